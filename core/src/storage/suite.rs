//! The behaviour that every backend must pass, one test for each promise of the contract in [`super`].
//!
//! Each test gets `open`, which makes a further client of one store; the store is empty when the test begins.
//! [`storage_suite!`](crate::storage_suite) lists the tests, so that each backend runs every one of them under its own name.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    missing_docs,
    reason = "tests, each named by what it promises"
)]

use std::cell::Cell;

use bytes::Bytes;
use futures_util::future::{join, join_all};

use crate::limits::SCAN_ROWS_MAX;
use crate::storage::{
    Content, Durability, Expectation, KeyRange, Order, Row, Scan, Storage, StorageError, Table, Write,
    WriteBatch,
};

/// Hands the names of all tests of the suite to the macro `$each`, separated by commas.
#[macro_export]
macro_rules! storage_suite {
    ($each:ident) => {
        $each! {
            a_missing_row_reads_as_none,
            a_committed_row_reads_back,
            a_later_value_replaces_an_earlier_one,
            an_empty_value_is_not_a_missing_row,
            tables_are_separate,
            keys_are_compared_byte_by_byte,
            a_descending_scan_is_the_reverse_of_an_ascending_one,
            a_range_includes_its_start_and_excludes_its_end,
            a_range_that_ends_before_it_begins_is_empty,
            a_scan_returns_at_most_rows_max_rows,
            a_scan_with_values_stops_at_the_limit,
            a_scan_for_keys_brings_no_values,
            writes_apply_in_the_order_given,
            deleting_a_range_leaves_its_neighbours,
            an_empty_batch_commits,
            both_durabilities_complete,
            an_expectation_that_fails_changes_nothing,
            a_last_key_expectation_holds_for_the_last_key_only,
            a_value_expectation_compares_the_whole_value,
            expectations_look_at_what_was_there_before_the_writes,
            a_batch_without_writes_still_checks_its_expectations,
            many_expectations_hold_together_or_not_at_all,
            a_conflict_names_what_was_expected_and_what_was_found,
            two_clients_racing_for_one_place_give_one_winner,
            clients_that_retry_after_a_conflict_leave_no_gap,
            commits_issued_together_all_apply,
            a_commit_is_seen_by_every_client,
            a_read_sees_whole_commits_only,
            a_value_of_ten_megabytes_reads_back,
            a_thousand_rows_in_one_commit_read_back_in_order,
            usage_stays_within_the_quota,
        }
    };
}

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

pub async fn an_expectation_that_fails_changes_nothing<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"a", b"1"), put(Table::Chunks, b"a", b"1")]).await;
    let batch = WriteBatch {
        expectations: vec![expect_value(b"a", Some(b"1")), expect_value(b"b", Some(b"2"))],
        writes: vec![
            delete(Table::Meta, b"", &[0xFF]),
            put(Table::Meta, b"b", b"2"),
            put(Table::Chunks, b"a", b"2"),
            put(Table::Chunks, b"b", b"2"),
        ],
    };
    for durability in [Durability::Relaxed, Durability::Strict] {
        assert!(is_conflict(&store.commit(&batch, durability).await));
        for client in [&store, &open().await] {
            assert_eq!(client.scan(&everything(Table::Meta)).await, Ok(vec![row(b"a", b"1")]));
            assert_eq!(client.scan(&everything(Table::Chunks)).await, Ok(vec![row(b"a", b"1")]));
        }
    }
}

pub async fn a_last_key_expectation_holds_for_the_last_key_only<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert_eq!(check(&store, expect_last(b"", &[0xFF], None)).await, Ok(()));
    assert!(is_conflict(&check(&store, expect_last(b"", &[0xFF], Some(b"a"))).await));
    commit(&store, [b"a1", b"a2", b"b1"].map(|key| put(Table::Meta, key, b"x"))).await;
    assert_eq!(check(&store, expect_last(b"a", b"b", Some(b"a2"))).await, Ok(()));
    assert_eq!(check(&store, expect_last(b"a", b"b2", Some(b"b1"))).await, Ok(()));
    assert_eq!(check(&store, expect_last(b"c", b"d", None)).await, Ok(()));
    for wrong in [Some(&b"a1"[..]), Some(b"a3"), Some(b"a"), Some(b"b1"), None] {
        assert!(is_conflict(&check(&store, expect_last(b"a", b"b", wrong)).await), "{wrong:?}");
    }
}

pub async fn a_value_expectation_compares_the_whole_value<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"key", b"value")]).await;
    assert_eq!(check(&store, expect_value(b"key", Some(b"value"))).await, Ok(()));
    assert_eq!(check(&store, expect_value(b"none", None)).await, Ok(()));
    for wrong in [Some(&b"valu"[..]), Some(b"value "), Some(b"Value"), Some(b""), None] {
        assert!(is_conflict(&check(&store, expect_value(b"key", wrong)).await), "{wrong:?}");
    }
    assert!(is_conflict(&check(&store, expect_value(b"none", Some(b""))).await));
}

pub async fn expectations_look_at_what_was_there_before_the_writes<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    let batch = WriteBatch {
        expectations: vec![expect_value(b"key", None), expect_last(b"", &[0xFF], None)],
        writes: vec![put(Table::Meta, b"key", b"x")],
    };
    assert_eq!(store.commit(&batch, Durability::Relaxed).await, Ok(()));
    assert!(is_conflict(&store.commit(&batch, Durability::Relaxed).await), "now the row is there");
}

pub async fn a_batch_without_writes_still_checks_its_expectations<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    assert_eq!(check(&store, expect_value(b"key", None)).await, Ok(()));
    assert!(is_conflict(&check(&store, expect_value(b"key", Some(b"x"))).await));
}

pub async fn many_expectations_hold_together_or_not_at_all<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, (0..100).map(|n| put(Table::Meta, &number(n), &number(n)))).await;
    for wrong in [None, Some(0), Some(50), Some(99)] {
        let expected = |n| if wrong == Some(n) { number(1_000) } else { number(n) };
        let batch = WriteBatch {
            expectations: (0..100).map(|n| expect_value(&number(n), Some(&expected(n)))).collect(),
            writes: vec![put(Table::Chunks, &number(wrong.unwrap_or(7)), b"x")],
        };
        let outcome = store.commit(&batch, Durability::Relaxed).await;
        assert_eq!(is_conflict(&outcome), wrong.is_some(), "{wrong:?}: {outcome:?}");
    }
    assert_eq!(keys_of(&store.scan(&everything(Table::Chunks)).await.unwrap()), [number(7)]);
}

pub async fn a_conflict_names_what_was_expected_and_what_was_found<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, &[0x0A, 0xB1], &[0xC2; 200])]).await;
    for (expectation, words) in [
        (expect_last(&[0x0A], &[0x0B], Some(&[0x0A, 0xA9])), &["meta", "0aa9", "0ab1"][..]),
        (expect_last(&[0x0A], &[0x0B], None), &["meta", "missing", "0ab1"]),
        (expect_value(&[0x0A, 0xB1], Some(&[0xD3])), &["meta", "0ab1", "d3", "c2c2", "200 bytes"]),
        (expect_value(&[0x0E], Some(b"")), &["meta", "0e", "empty", "missing"]),
    ] {
        let Err(StorageError::Conflict(text)) = check(&store, expectation).await else {
            panic!("no conflict");
        };
        assert!(words.iter().all(|word| text.contains(word)), "{text:?} lacks one of {words:?}");
        assert!(text.len() < 500, "{text:?}");
    }
}

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

pub async fn usage_stays_within_the_quota<S: Storage>(open: impl AsyncFn() -> S) {
    let store = open().await;
    commit(&store, [put(Table::Meta, b"key", &[1; 1_000])]).await;
    let usage = store.usage().await.unwrap();
    assert!(usage.quota_bytes.is_none_or(|quota| usage.used_bytes <= quota), "{usage:?}");
}

/// Appends rows at the store's end, each after a look at where that is; tries again whenever another client was faster.
pub async fn append_many<S: Storage>(client: &S, rows: usize) {
    for _ in 0..rows {
        loop {
            let last = Scan {
                order: Order::Descending,
                content: Content::Keys,
                rows_max: 1,
                ..everything(Table::Chunks)
            };
            let last = client.scan(&last).await.unwrap().pop().map(|row| row.key);
            let next = last.as_ref().map_or(0, |key| usize_of(key) + 1);
            let batch = WriteBatch {
                expectations: vec![Expectation::LastKey { table: Table::Chunks, range: all(), key: last }],
                writes: vec![put(Table::Chunks, &number(next), b"x")],
            };
            match client.commit(&batch, Durability::Relaxed).await {
                Ok(()) => break,
                Err(StorageError::Conflict(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Asks for all rows of a table, as far as one scan goes.
pub fn everything(table: Table) -> Scan {
    Scan { table, range: all(), order: Order::Ascending, content: Content::Rows, rows_max: SCAN_ROWS_MAX }
}

/// Makes a key that sorts as the number does.
pub fn number(n: usize) -> Bytes {
    Bytes::copy_from_slice(&u32::try_from(n).unwrap().to_be_bytes())
}

fn usize_of(key: &[u8]) -> usize {
    usize::try_from(u32::from_be_bytes(key.try_into().unwrap())).unwrap()
}

fn all() -> KeyRange {
    KeyRange { from: vec![], to: vec![0xFF; 9] }
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

async fn commit<S: Storage>(store: &S, writes: impl IntoIterator<Item = Write>) {
    let batch = WriteBatch { expectations: vec![], writes: writes.into_iter().collect() };
    store.commit(&batch, Durability::Relaxed).await.unwrap();
}

async fn check<S: Storage>(store: &S, expectation: Expectation) -> Result<(), StorageError> {
    let batch = WriteBatch { expectations: vec![expectation], writes: vec![] };
    store.commit(&batch, Durability::Relaxed).await
}

fn is_conflict(outcome: &Result<(), StorageError>) -> bool {
    matches!(outcome, Err(StorageError::Conflict(_)))
}

fn expect_value(key: &[u8], value: Option<&[u8]>) -> Expectation {
    let value = value.map(Bytes::copy_from_slice);
    Expectation::Value { table: Table::Meta, key: Bytes::copy_from_slice(key), value }
}

fn expect_last(from: &[u8], to: &[u8], key: Option<&[u8]>) -> Expectation {
    let range = KeyRange { from: from.into(), to: to.into() };
    Expectation::LastKey { table: Table::Meta, range, key: key.map(Bytes::copy_from_slice) }
}

fn put(table: Table, key: &[u8], value: &[u8]) -> Write {
    Write::Put { table, key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) }
}

fn delete(table: Table, from: &[u8], to: &[u8]) -> Write {
    Write::DeleteRange { table, range: KeyRange { from: from.into(), to: to.into() } }
}

fn row(key: &[u8], value: &[u8]) -> Row {
    Row { key: Bytes::copy_from_slice(key), value: Bytes::copy_from_slice(value) }
}

fn keys_of(rows: &[Row]) -> Vec<Bytes> {
    rows.iter().map(|row| row.key.clone()).collect()
}
