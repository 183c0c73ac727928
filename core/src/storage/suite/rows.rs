//! Rows: what was put is what is got.

use bytes::Bytes;

use crate::storage::suite::{
    add, check, commit, delete, everything, expect_value, is_conflict, keys_of, number, put, row,
};
use crate::storage::{Durability, KeyRange, Order, Row, Scan, Storage, Table, Write, WriteBatch};

pub async fn a_missing_row_reads_as_none<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert_eq!(store.get(Table::Meta, b"nothing").await, Ok(None));
    assert_eq!(store.scan(&everything(Table::Meta)).await, Ok(vec![]));
}

pub async fn a_committed_row_reads_back<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let value: Vec<u8> = (0..=255).collect();
    commit(&store, [put(Table::Chunks, b"key", &value)]).await;
    assert_eq!(store.get(Table::Chunks, b"key").await, Ok(Some(Bytes::from(value.clone()))));
    assert_eq!(store.scan(&everything(Table::Chunks)).await, Ok(vec![row(b"key", &value)]));
}

pub async fn a_later_value_replaces_an_earlier_one<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"key", b"a longer first value")]).await;
    commit(&store, [put(Table::Meta, b"key", b"second")]).await;
    assert_eq!(store.scan(&everything(Table::Meta)).await, Ok(vec![row(b"key", b"second")]));
}

pub async fn an_empty_value_is_not_a_missing_row<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"empty", b"")]).await;
    assert_eq!(store.get(Table::Meta, b"empty").await, Ok(Some(Bytes::new())));
    assert_eq!(store.get(Table::Meta, b"other").await, Ok(None));
    assert_eq!(store.scan(&everything(Table::Meta)).await, Ok(vec![row(b"empty", b"")]));
    let expecting = |value: Option<&[u8]>| expect_value(b"empty", value);
    assert_eq!(check(&store, expecting(Some(b""))).await, Ok(()));
    assert!(is_conflict(&check(&store, expecting(None)).await));
}

pub async fn tables_are_separate<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    for table in Table::ALL {
        commit(&store, [put(table, b"key", table.name().as_bytes())]).await;
    }
    commit(&store, [delete(Table::Meta, b"", &[0xFF])]).await;
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(None));
    assert_eq!(store.get(Table::Chunks, b"key").await, Ok(Some(Bytes::from_static(b"chunks"))));
}

pub async fn writes_apply_in_the_order_given<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [b"a", b"b", b"c"].map(|key| put(Table::Meta, key, b"old"))).await;
    commit(
        &store,
        [
            delete(Table::Meta, b"a", b"d"),
            put(Table::Meta, b"b", b"first"),
            put(Table::Meta, b"b", b"second"),
            put(Table::Meta, b"c", b"gone"),
            delete(Table::Meta, b"c", b"d"),
        ],
    )
    .await;
    assert_eq!(store.scan(&everything(Table::Meta)).await, Ok(vec![row(b"b", b"second")]));
}

pub async fn pieces_read_back_as_one_value<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let pieces = |key: &[u8], pieces: &[&[u8]]| {
        let pieces = pieces.iter().map(|piece| Bytes::copy_from_slice(piece)).collect();
        Write::PutPieces { table: Table::Chunks, key: Bytes::copy_from_slice(key), pieces }
    };
    let long = [7_u8; 70_000];
    let writes = [
        pieces(b"a", &[]),
        pieces(b"b", &[b"", b"one", b"", b"two", b""]),
        pieces(b"c", &[&long, b"-", &long[1..]]),
        put(Table::Chunks, b"d", b"before"),
        pieces(b"d", &[b"after"]),
        pieces(b"e", &[b"before"]),
        put(Table::Chunks, b"e", b"after"),
    ];
    commit(&store, writes).await;
    let whole = [&long[..], b"-", &long[1..]].concat();
    let rows =
        [row(b"a", b""), row(b"b", b"onetwo"), row(b"c", &whole), row(b"d", b"after"), row(b"e", b"after")];
    assert!(store.scan(&everything(Table::Chunks)).await.unwrap() == rows);
    let added = add(Table::Chunks, b"f", b"");
    let batch = WriteBatch { expectations: vec![], writes: vec![pieces(b"f", &[b"1"]), added] };
    assert!(is_conflict(&store.commit(&batch, Durability::Relaxed).await), "the row is there by then");
}

pub async fn deleting_a_range_leaves_its_neighbours<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let keys: [&[u8]; 5] = [&[1, 0xFF], &[2], &[2, 0], &[2, 0xFF, 0xFF], &[3]];
    commit(&store, keys.map(|key| put(Table::Chunks, key, b"x"))).await;
    let range = KeyRange::prefix(&[2]);
    commit(&store, [Write::DeleteRange { table: Table::Chunks, range: range.clone() }]).await;
    let left = store.scan(&everything(Table::Chunks)).await.unwrap();
    assert_eq!(keys_of(&left), [&[1, 0xFF][..], &[3]]);
    commit(&store, [Write::DeleteRange { table: Table::Chunks, range }]).await;
    assert_eq!(store.scan(&everything(Table::Chunks)).await.unwrap(), left);
}

pub async fn an_empty_batch_commits<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert_eq!(store.commit(&WriteBatch::default(), Durability::Relaxed).await, Ok(()));
    assert_eq!(store.commit(&WriteBatch::default(), Durability::Strict).await, Ok(()));
}

pub async fn both_durabilities_complete<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    for (durability, key) in [(Durability::Relaxed, b"relaxed"), (Durability::Strict, b"strict!")] {
        let batch = WriteBatch {
            expectations: vec![expect_value(key, None)],
            writes: vec![put(Table::Meta, key, b"x")],
        };
        assert_eq!(store.commit(&batch, durability).await, Ok(()));
        assert_eq!(store.get(Table::Meta, key).await, Ok(Some(Bytes::from_static(b"x"))));
    }
}

pub async fn a_value_of_ten_megabytes_reads_back<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let mut state = 1_u32;
    let noise = (0..10_000_000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    });
    let value = Bytes::from(noise.collect::<Vec<u8>>());
    commit(&store, [Write::Put { table: Table::Chunks, key: number(1), value: value.clone() }]).await;
    assert!(store.get(Table::Chunks, &number(1)).await.unwrap() == Some(value.clone()));
    let rows = store.scan(&everything(Table::Chunks)).await.unwrap();
    assert!(rows == [Row { key: number(1), value }]);
}

pub async fn a_thousand_rows_in_one_commit_read_back_in_order<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let value = |n: usize| vec![u8::try_from(n % 251).unwrap(); n];
    commit(&store, (0..1_000).rev().map(|n| put(Table::Chunks, &number(n), &value(n)))).await;
    for order in [Order::Ascending, Order::Descending] {
        let scan = Scan { order, ..everything(Table::Chunks) };
        let mut rows = store.scan(&scan).await.unwrap();
        if order == Order::Descending {
            rows.reverse();
        }
        assert!(rows == (0..1_000).map(|n| row(&number(n), &value(n))).collect::<Vec<_>>());
    }
}

pub async fn usage_counts_what_is_stored_and_stays_within_the_quota<S: Storage>(open: impl AsyncFn() -> S) {
    const VALUE_BYTES: usize = 10_000;
    let store = open().await;
    // A browser counts in its own time: what is stored shows a little later, while more is stored.
    for n in 0..100 {
        commit(&store, [put(Table::Meta, &number(n), &[1; VALUE_BYTES])]).await;
        let usage = store.usage().await.unwrap();
        assert!(usage.quota_bytes.is_none_or(|quota| usage.used_bytes <= quota), "{usage:?}");
        if usage.used_bytes >= u64::try_from(VALUE_BYTES).unwrap() {
            return;
        }
    }
    panic!("a megabyte is stored, and the usage is {:?}", store.usage().await);
}
