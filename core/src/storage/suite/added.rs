//! Rows that are added: not over one that is there, and nothing else of the batch then either.

use futures_util::future::join;

use crate::storage::suite::{add, commit, delete, everything, is_conflict, number, put, row};
use crate::storage::{Durability, Storage, Table, Write, WriteBatch};

async fn outcome<S: Storage>(store: &S, writes: impl IntoIterator<Item = Write>) -> bool {
    let batch = WriteBatch { expectations: vec![], writes: writes.into_iter().collect() };
    let outcome = store.commit(&batch, Durability::Relaxed).await;
    assert!(outcome.is_ok() || is_conflict(&outcome), "{outcome:?}");
    outcome.is_ok()
}

pub async fn adding_a_row_that_is_there_changes_nothing<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert!(outcome(&store, [add(Table::Guards, b"a", b"1")]).await, "it was not there");
    for place in 0..3 {
        let mut writes = vec![put(Table::Meta, b"b", b"2"), delete(Table::Guards, b"b", b"c")];
        writes.insert(place, add(Table::Guards, b"a", b"2"));
        assert!(!outcome(&store, writes).await, "it is there");
        for client in [&store, &open().await] {
            assert_eq!(client.scan(&everything(Table::Guards)).await, Ok(vec![row(b"a", b"1")]));
            assert_eq!(client.scan(&everything(Table::Meta)).await, Ok(vec![]));
        }
    }
    assert!(outcome(&store, [add(Table::Guards, b"a1", b""), add(Table::Meta, b"a", b"")]).await, "others");
}

pub async fn a_row_is_added_to_what_the_batch_has_made_of_the_table_so_far<S: Storage>(
    open: impl AsyncFn() -> S,
) {
    let store = open().await;
    let (add, gone) = (|| add(Table::Guards, b"a", b"1"), || delete(Table::Guards, b"a", b"b"));
    assert!(!outcome(&store, [put(Table::Guards, b"a", b"0"), add()]).await);
    assert!(!outcome(&store, [add(), add()]).await);
    assert_eq!(store.scan(&everything(Table::Guards)).await, Ok(vec![]));
    // Added and taken away: that is how a batch looks whether a row is there.
    assert!(outcome(&store, [add(), gone(), add(), gone()]).await);
    assert_eq!(store.scan(&everything(Table::Guards)).await, Ok(vec![]));
    commit(&store, [put(Table::Guards, b"a", b"0")]).await;
    assert!(!outcome(&store, [add(), gone()]).await);
    assert!(outcome(&store, [gone(), add()]).await);
    assert_eq!(store.scan(&everything(Table::Guards)).await, Ok(vec![row(b"a", b"1")]));
}

pub async fn of_two_clients_that_add_the_same_row_one_wins<S: Storage>(open: impl AsyncFn() -> S) {
    let (left, right) = (open().await, open().await);
    for round in 0..20 {
        let key = number(round);
        let writes = |who: &[u8]| [put(Table::Meta, &key, who), add(Table::Guards, &key, b"")];
        let (first, second) = join(outcome(&left, writes(b"left")), outcome(&right, writes(b"right"))).await;
        assert!(first != second, "{first} {second}");
        let winner: &[u8] = if first { b"left" } else { b"right" };
        assert_eq!(left.get(Table::Meta, &key).await.unwrap().as_deref(), Some(winner));
    }
}
