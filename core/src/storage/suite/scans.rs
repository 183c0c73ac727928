//! Scans: which rows, in which order, how many.

use bytes::Bytes;

use crate::limits::{SCAN_ROWS_MAX, SCANS_AT_ONCE_MAX};
use crate::storage::suite::{
    all, check, commit, delete, everything, expect_last, is_conflict, keys_of, number, put, row,
};
use crate::storage::{Content, KeyRange, Order, Scan, Storage, Table};

pub async fn keys_are_compared_byte_by_byte<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let sorted = awkward_keys();
    let shuffled = sorted.iter().rev().map(|key| put(Table::Meta, key, key));
    commit(&store, shuffled).await;
    let rows = store.scan(&everything(Table::Meta)).await.unwrap();
    assert_eq!(rows, sorted.iter().map(|key| row(key, key)).collect::<Vec<_>>());
    for key in &sorted {
        assert_eq!(store.get(Table::Meta, key).await, Ok(Some(key.clone())));
    }
}

pub async fn a_descending_scan_is_the_reverse_of_an_ascending_one<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, awkward_keys().iter().map(|key| put(Table::Meta, key, &[7; 3]))).await;
    for content in [Content::Keys, Content::Rows] {
        for range in [all(), KeyRange { from: vec![0, 0], to: vec![0xFF] }] {
            let scan =
                |order| Scan { table: Table::Meta, range: range.clone(), order, content, rows_max: 100 };
            let ascending = store.scan(&scan(Order::Ascending)).await.unwrap();
            let mut descending = store.scan(&scan(Order::Descending)).await.unwrap();
            descending.reverse();
            assert!(ascending.len() > 3);
            assert_eq!(ascending, descending);
        }
    }
}

pub async fn a_range_includes_its_start_and_excludes_its_end<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [b"a", b"b", b"c", b"d"].map(|key| put(Table::Meta, key, b"x"))).await;
    for order in [Order::Ascending, Order::Descending] {
        for content in [Content::Keys, Content::Rows] {
            let range = KeyRange { from: b"b".into(), to: b"d".into() };
            let scan = Scan { table: Table::Meta, range, order, content, rows_max: 10 };
            let mut keys = keys_of(&store.scan(&scan).await.unwrap());
            keys.sort();
            assert_eq!(keys, [&b"b"[..], b"c"]);
        }
    }
    commit(&store, [delete(Table::Meta, b"b", b"d")]).await;
    assert_eq!(keys_of(&store.scan(&everything(Table::Meta)).await.unwrap()), [&b"a"[..], b"d"]);
}

pub async fn a_range_that_ends_before_it_begins_is_empty<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"b", b"x")]).await;
    for (from, to) in [(&b"c"[..], &b"a"[..]), (b"b", b"b")] {
        for order in [Order::Ascending, Order::Descending] {
            let range = KeyRange { from: from.into(), to: to.into() };
            let scan = Scan { table: Table::Meta, range, order, content: Content::Rows, rows_max: 10 };
            assert_eq!(store.scan(&scan).await, Ok(vec![]));
        }
        commit(&store, [delete(Table::Meta, from, to)]).await;
        assert_eq!(check(&store, expect_last(from, to, None)).await, Ok(()));
        assert!(is_conflict(&check(&store, expect_last(from, to, Some(b"b"))).await));
    }
    assert_eq!(store.get(Table::Meta, b"b").await, Ok(Some(Bytes::from_static(b"x"))));
}

pub async fn a_scan_returns_at_most_rows_max_rows<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [b"a", b"b", b"c", b"d"].map(|key| put(Table::Meta, key, b"x"))).await;
    for content in [Content::Keys, Content::Rows] {
        for (order, rows_max, expected) in [
            (Order::Ascending, 0, &[][..]),
            (Order::Descending, 0, &[]),
            (Order::Ascending, 2, &[&b"a"[..], b"b"]),
            (Order::Descending, 2, &[b"d", b"c"]),
            (Order::Descending, 1, &[b"d"]),
            (Order::Ascending, 9, &[b"a", b"b", b"c", b"d"]),
        ] {
            let scan = Scan { table: Table::Meta, range: all(), order, content, rows_max };
            let rows = store.scan(&scan).await.unwrap();
            assert_eq!(keys_of(&rows), expected, "{order:?} {rows_max}");
        }
    }
}

pub async fn a_scan_with_values_stops_at_the_limit<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let rows_len = SCAN_ROWS_MAX + 1;
    commit(&store, (0..rows_len).map(|n| put(Table::Meta, &number(n), b"v"))).await;
    for order in [Order::Ascending, Order::Descending] {
        let scan =
            |content| Scan { table: Table::Meta, range: all(), order, content, rows_max: rows_len + 50 };
        let rows = store.scan(&scan(Content::Rows)).await.unwrap();
        assert_eq!(rows.len(), SCAN_ROWS_MAX);
        let keys = store.scan(&scan(Content::Keys)).await.unwrap();
        assert_eq!(keys.len(), rows_len, "keys are small: all of them are given");
        assert_eq!(keys_of(&keys)[..SCAN_ROWS_MAX], keys_of(&rows));
    }
}

pub async fn a_scan_for_keys_brings_no_values<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"a", b"value"), put(Table::Meta, b"b", b"value")]).await;
    for order in [Order::Ascending, Order::Descending] {
        let scan = Scan { table: Table::Meta, range: all(), order, content: Content::Keys, rows_max: 10 };
        let rows = store.scan(&scan).await.unwrap();
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.value.is_empty()));
    }
}

pub async fn many_scans_together_answer_as_each_one_alone<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, awkward_keys().iter().map(|key| put(Table::Meta, key, key))).await;
    commit(&store, (0..40).map(|n| put(Table::Chunks, &number(n), b"chunk"))).await;
    let mut scans = Vec::new();
    for (table, from) in [Table::Meta, Table::Chunks].into_iter().cycle().zip(0..=SCANS_AT_ONCE_MAX) {
        // Some find nothing, and the last ones cannot: they end before they begin.
        let range = KeyRange { from: number(from / 4).to_vec(), to: number(50).to_vec() };
        let range = if from % 5 == 0 { all() } else { range };
        for (order, content) in [
            (Order::Ascending, Content::Rows),
            (Order::Descending, Content::Rows),
            (Order::Ascending, Content::Keys),
            (Order::Descending, Content::Keys),
        ] {
            scans.push(Scan { table, range: range.clone(), order, content, rows_max: from % 7 });
        }
    }
    let mut alone = Vec::new();
    for scan in &scans {
        alone.push(store.scan(scan).await.unwrap());
    }
    assert!(alone.iter().any(|rows| rows.len() == 6));
    assert_eq!(store.scan_each(&scans).await.unwrap(), alone);
    assert_eq!(store.scan_each(&[]).await, Ok(vec![]));
}

/// Keys in the order that they must come in: short and long, with the smallest and largest bytes.
fn awkward_keys() -> Vec<Bytes> {
    let keys: [&[u8]; 12] = [
        &[],
        &[0],
        &[0, 0],
        &[0, 0, 1],
        &[0, 0xFF],
        &[1],
        &[0x7F, 0xFF],
        &[0x80],
        &[0x80, 0],
        &[0xFE, 0xFF, 0xFF],
        &[0xFF],
        &[0xFF, 0xFF, 0],
    ];
    keys.into_iter().map(Bytes::from_static).collect()
}
