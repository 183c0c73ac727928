//! Expectations: all hold, or nothing changes.

use crate::storage::suite::{
    check, commit, delete, everything, expect_last, expect_value, is_conflict, keys_of, number, put, row,
};
use crate::storage::{Durability, Storage, StorageError, Table, WriteBatch};

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
