//! Several clients of one store: nobody sees half a commit, nobody overwrites another unawares.

use std::cell::Cell;

use bytes::Bytes;
use futures_util::future::{join, join_all};

use crate::storage::suite::{
    append_many, commit, everything, expect_value, is_conflict, keys_of, number, put,
};
use crate::storage::{Durability, Storage, Table, WriteBatch};

pub async fn two_clients_racing_for_one_place_give_one_winner<S: Storage>(open: impl AsyncFn() -> S) {
    let (left, right) = (open().await, open().await);
    for round in 0..20 {
        let batch = |who: &[u8]| WriteBatch {
            expectations: vec![expect_value(&number(round), None)],
            writes: vec![put(Table::Meta, &number(round), who)],
        };
        let (left_batch, right_batch) = (batch(b"left"), batch(b"right"));
        let (first, second) = join(
            left.commit(&left_batch, Durability::Relaxed),
            right.commit(&right_batch, Durability::Relaxed),
        )
        .await;
        assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        assert!(is_conflict(&first) || is_conflict(&second));
        let winner: &'static [u8] = if first.is_ok() { b"left" } else { b"right" };
        assert_eq!(left.get(Table::Meta, &number(round)).await, Ok(Some(Bytes::from_static(winner))));
    }
}

pub async fn clients_that_retry_after_a_conflict_leave_no_gap<S: Storage>(open: impl AsyncFn() -> S) {
    const COMMITS_EACH: usize = 25;
    let clients = [open().await, open().await, open().await];
    join_all(clients.iter().map(|client| append_many(client, COMMITS_EACH))).await;
    let rows = open().await.scan(&everything(Table::Chunks)).await.unwrap();
    assert_eq!(keys_of(&rows), (0..3 * COMMITS_EACH).map(number).collect::<Vec<_>>());
}

pub async fn commits_issued_together_all_apply<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let batches: Vec<WriteBatch> = (0..20)
        .map(|n| WriteBatch { expectations: vec![], writes: vec![put(Table::Meta, &number(n), b"x")] })
        .collect();
    let outcomes = join_all(batches.iter().map(|batch| store.commit(batch, Durability::Relaxed))).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(store.scan(&everything(Table::Meta)).await.unwrap().len(), 20);
}

pub async fn a_commit_is_seen_by_every_client<S: Storage>(open: impl AsyncFn() -> S) {
    let (writer, early) = (open().await, open().await);
    assert_eq!(early.get(Table::Meta, b"key").await, Ok(None));
    commit(&writer, [put(Table::Meta, b"key", b"x")]).await;
    for client in [&writer, &early, &open().await] {
        assert_eq!(client.get(Table::Meta, b"key").await, Ok(Some(Bytes::from_static(b"x"))));
    }
}

pub async fn a_read_sees_whole_commits_only<S: Storage>(open: impl AsyncFn() -> S) {
    const ROUNDS: usize = 40;
    let (writer, reader) = (open().await, open().await);
    let written = Cell::new(0);
    let write = async {
        for round in 1..=ROUNDS {
            let rows = [b"a", b"b", b"c"].map(|key| put(Table::Meta, key, &number(round)));
            commit(&writer, rows).await;
            written.set(round);
        }
    };
    let read = async {
        while written.get() < ROUNDS {
            let rows = reader.scan(&everything(Table::Meta)).await.unwrap();
            assert!(rows.is_empty() || rows.len() == 3, "{rows:?}");
            assert!(rows.iter().all(|row| row.value == rows[0].value), "{rows:?}");
        }
    };
    join(write, read).await;
}
