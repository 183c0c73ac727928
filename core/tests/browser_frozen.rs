//! What a tab that is frozen leaves behind: no transaction that waits for it. How to run it is told in `browser_storage.rs`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not take browser tests for tests")]

mod browser;

use std::future::Future;
use std::pin::pin;

use browser::{Replaced, expecting, fresh_name, put};
use bytes::Bytes;
use futures_util::poll;
use tablog_core::broker::{Acks, Broker, ProduceError};
use tablog_core::browser::{BrowserEnv, IndexedDbStorage, delete_database};
use tablog_core::ids::{Offset, PartitionId, TopicName, TopicPartition};
use tablog_core::limits::KEY_SCAN_ROWS_MAX;
use tablog_core::record::{BatchBuilder, NewRecord, RecordBatch};
use tablog_core::storage::suite::everything;
use tablog_core::storage::{
    Content, Durability, KeyRange, Order, Scan, Storage, StorageError, Table, Write, WriteBatch,
};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

fn batch(value: &'static str) -> RecordBatch {
    let mut builder = BatchBuilder::new();
    let record = NewRecord { value: Some(Bytes::from_static(value.as_bytes())), ..NewRecord::default() };
    builder.try_push(&record, tablog_core::ids::Timestamp::from_millis(1)).unwrap();
    builder.build()
}

fn place() -> TopicPartition {
    TopicPartition { topic: TopicName::parse("t").unwrap(), partition: PartitionId::new(0) }
}

/// Looks once at a future: all that comes later is what a frozen tab does not do. Tells how many transactions were ended by then.
async fn ended_at_once<T>(asked: impl Future<Output = T>) -> u32 {
    let watched = Replaced::watched("IDBTransaction", "commit");
    let mut asked = pin!(asked);
    assert!(poll!(asked.as_mut()).is_pending());
    let ended = watched.count();
    drop(watched);
    asked.await;
    ended
}

/// A bug had every commit wait for an answer in its middle, and every read for its last one: a tab that was frozen then held up all
/// others for as long as that took.
#[wasm_bindgen_test]
async fn what_is_asked_needs_no_answer_before_others_get_their_turn() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    // A connection's first commit waits for the browser's new journal: without a transaction, so nobody waits for it.
    store.commit(&put(b"key", b"w"), Durability::Strict).await.unwrap();
    assert_eq!(ended_at_once(store.commit(&put(b"key", b"x"), Durability::Strict)).await, 1);
    assert_eq!(ended_at_once(store.get(Table::Meta, b"key")).await, 1);
    for content in [Content::Keys, Content::Rows] {
        for (order, rows_max) in
            [(Order::Ascending, 1), (Order::Ascending, KEY_SCAN_ROWS_MAX), (Order::Descending, 1)]
        {
            let scan = Scan { order, content, rows_max, ..everything(Table::Meta) };
            assert_eq!(ended_at_once(store.scan(&scan)).await, 1, "{scan:?}");
            assert_eq!(ended_at_once(store.scan_each(&[scan.clone(), scan.clone()])).await, 1, "{scan:?}");
        }
    }
    // Whoever looks first has to hear the answer.
    assert_eq!(
        ended_at_once(store.commit(&expecting(Some(b"x"), put(b"key", b"y")), Durability::Relaxed)).await,
        0
    );
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn an_append_is_one_transaction_that_nobody_looks_into() {
    let name = fresh_name();
    let broker = Broker::open(IndexedDbStorage::open(&name).await.unwrap(), BrowserEnv).await.unwrap();
    broker.create_topic(&place().topic, 1, &[]).await.unwrap();
    for at in 0..3 {
        let made = Replaced::watched("IDBDatabase", "transaction");
        let looks = Replaced::watched("IDBObjectStore", "openKeyCursor");
        let gets = Replaced::watched("IDBObjectStore", "get");
        let ack = broker.produce(&place(), vec![batch("x")], Acks::Leader).await.unwrap();
        assert_eq!((ack.base_offset, made.count(), looks.count(), gets.count()), (Offset::new(at), 1, 0, 0));
    }
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn an_append_never_lands_in_a_database_that_was_made_anew() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let broker = Broker::open(store.clone(), BrowserEnv).await.unwrap();
    broker.create_topic(&place().topic, 1, &[]).await.unwrap();
    broker.produce(&place(), vec![batch("before")], Acks::Leader).await.unwrap();
    delete_database(&name).await.unwrap();
    let refused = broker.produce(&place(), vec![batch("after")], Acks::Leader).await;
    assert_eq!(refused, Err(ProduceError::UnknownTopicOrPartition(place())));
    for table in Table::ALL {
        assert_eq!(store.scan(&everything(table)).await, Ok(vec![]), "{}", table.name());
    }
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn what_counts_for_one_connection_is_refused_over_another() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let number = store.connection();
    let batch = |value| {
        let mut batch: WriteBatch = put(b"key", value);
        batch.expectations.push(tablog_core::storage::Expectation::Connection(number));
        batch
    };
    assert_eq!(store.commit(&batch(b"x"), Durability::Relaxed).await, Ok(()));
    store.close();
    assert_eq!(store.connection(), 0);
    let refused = store.commit(&batch(b"y"), Durability::Relaxed).await;
    assert!(matches!(refused, Err(StorageError::Conflict(_))), "{refused:?}");
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(Some(Bytes::from_static(b"x"))));
    assert!(store.connection() > number);
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_request_that_cannot_be_made_takes_back_those_before_it() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    // Among those that are made one by one, and among those that are made in a loop.
    for nth in [2, 30] {
        let body = format!(
            "return function (...given) {{
                if (calls.push(given) === {nth}) throw new DOMException('not today', 'DataCloneError');
                return original.apply(this, given);
            }}"
        );
        let failing = Replaced::with("IDBObjectStore", "put", &body);
        let put = |key: u8| {
            let (key, value) = (Bytes::from(vec![key]), Bytes::from_static(b"y"));
            Write::Put { table: Table::Meta, key, value }
        };
        let many = WriteBatch { writes: (0..40).map(put).collect(), ..WriteBatch::default() };
        let refused = store.commit(&many, Durability::Relaxed).await;
        assert_eq!(refused, Err(StorageError::Other("DataCloneError: not today".to_owned())));
        assert_eq!(failing.count(), nth);
        drop(failing);
        assert_eq!(store.scan(&everything(Table::Meta)).await.unwrap().len(), 1);
        assert_eq!(store.commit(&many, Durability::Relaxed).await, Ok(()));
        let range = KeyRange { from: vec![0], to: vec![40] };
        let tidy = Write::DeleteRange { table: Table::Meta, range };
        let tidy = WriteBatch { writes: vec![tidy], ..WriteBatch::default() };
        store.commit(&tidy, Durability::Relaxed).await.unwrap();
    }
    delete_database(&name).await.unwrap();
}
