//! The store in a real browser: the suite that every backend passes, and what only a browser can do to a database.
//!
//! Runs in a dedicated worker, as the engine does:
//!
//! ```text
//! CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner CHROMEDRIVER=/usr/bin/chromedriver \
//!   cargo test -p tablog-core --target wasm32-unknown-unknown --test 'browser_*'
//! ```
//! `webdriver.json` in the crate's folder says how Chromium is started; the variable `WASM_BINDGEN_TEST_WEBDRIVER_JSON` names
//! another such file. Chromium has two database engines: LevelDB by default, SQLite with the argument
//! `--enable-features=IdbSqliteBackingStore,IdbSqliteOnDiskRollout` (`webdriver-sqlite.json`). With
//! `--user-data-dir=<empty folder>` one can see afterwards which it was.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "clippy does not take browser tests for tests")]

mod browser;

use browser::{Events, RawDatabase, Replaced, Uncaught, buffer, fresh_name, get};
use bytes::Bytes;
use futures_util::future::join;
use js_sys::Reflect;
use tablog_core::browser::{ConnectionEvent, IndexedDbStorage, delete_database, persisted, schema};
use tablog_core::storage::suite::{self, append_many, everything, number};
use tablog_core::storage::{
    Content, Durability, Expectation, KeyRange, Order, Scan, Storage, StorageError, Table, Write, WriteBatch,
};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

mod suite_as_this_browser_does_it {
    use super::*;

    macro_rules! run_each {
        ($($name:ident,)*) => {
            $(#[wasm_bindgen_test]
            async fn $name() {
                let database = fresh_name();
                suite::$name(async || IndexedDbStorage::open(&database).await.unwrap()).await;
                delete_database(&database).await.unwrap();
            })*
        };
    }
    tablog_core::storage_suite!(run_each);
}

mod suite_without_get_all_records {
    use super::*;

    macro_rules! run_each {
        ($($name:ident,)*) => {
            $(#[wasm_bindgen_test]
            async fn $name() {
                let database = fresh_name();
                let missing = Replaced::missing("IDBObjectStore", "getAllRecords");
                suite::$name(async || IndexedDbStorage::open(&database).await.unwrap()).await;
                drop(missing);
                delete_database(&database).await.unwrap();
            })*
        };
    }
    tablog_core::storage_suite!(run_each);
}

#[wasm_bindgen_test]
async fn two_connections_racing_for_the_end_of_a_log_leave_it_dense() {
    const COMMITS_EACH: usize = 200;
    let name = fresh_name();
    let left = IndexedDbStorage::open(&name).await.unwrap();
    let right = IndexedDbStorage::open(&name).await.unwrap();
    join(append_many(&left, COMMITS_EACH), append_many(&right, COMMITS_EACH)).await;
    let rows = left.scan(&everything(Table::Chunks)).await.unwrap();
    let keys: Vec<Bytes> = rows.into_iter().map(|row| row.key).collect();
    assert_eq!(keys, (0..2 * COMMITS_EACH).map(number).collect::<Vec<_>>());
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn the_chosen_durability_reaches_the_platform() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    for (durability, expected) in [(Durability::Relaxed, "relaxed"), (Durability::Strict, "strict")] {
        let watched = Replaced::watched("IDBTransaction", "commit");
        assert_eq!(store.commit(&put(b"key", b"x"), durability).await, Ok(()));
        let transaction = watched.last_receiver();
        assert_eq!(get(&transaction, "durability").as_string().as_deref(), Some(expected));
    }
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn only_buffers_of_the_exact_size_are_handed_to_the_database() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let watched = Replaced::watched("IDBObjectStore", "put");
    store.commit(&put(b"key", b"value"), Durability::Relaxed).await.unwrap();
    let arguments = watched.last_arguments();
    let lengths = arguments.iter().map(|argument| {
        argument.dyn_into::<js_sys::ArrayBuffer>().expect("a buffer, not a view").byte_length()
    });
    assert_eq!(lengths.collect::<Vec<_>>(), [5, 3]);
    drop(watched);
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_commit_is_finished_and_checked_even_if_its_caller_stops_waiting() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    for (expected, outcome) in [(None, Some(&b"new"[..])), (Some(&b"other"[..]), None)] {
        let batch = expecting(expected, put(b"key", b"new"));
        {
            let mut commit = std::pin::pin!(store.commit(&batch, Durability::Relaxed));
            assert!(futures_util::poll!(&mut commit).is_pending());
        }
        // The next transaction waits for the one before it.
        store.commit(&put(b"after", b""), Durability::Relaxed).await.unwrap();
        assert_eq!(store.get(Table::Meta, b"key").await, Ok(outcome.map(Bytes::from_static)));
        store.commit(&clear(Table::Meta), Durability::Relaxed).await.unwrap();
    }
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_read_whose_caller_stops_waiting_disturbs_nothing() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    let uncaught = Uncaught::watch();
    for _ in 0..20 {
        let scan = everything(Table::Meta);
        let mut read = std::pin::pin!(store.scan(&scan));
        assert!(futures_util::poll!(&mut read).is_pending());
    }
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(Some(Bytes::from_static(b"x"))));
    assert_eq!(uncaught.count(), 0, "answers that come later find nobody, and mind it not");
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn more_keys_than_one_request_brings_come_in_order() {
    const ROWS: usize = 10_000;
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let put = |n| Write::Put { table: Table::Chunks, key: number(n), value: Bytes::new() };
    let batch = WriteBatch { expectations: vec![], writes: (0..ROWS).map(put).collect() };
    store.commit(&batch, Durability::Relaxed).await.unwrap();
    for (order, rows_max) in [
        (Order::Ascending, ROWS),
        (Order::Ascending, 9_000),
        (Order::Descending, ROWS),
        (Order::Descending, 5_000),
    ] {
        let scan = Scan { order, rows_max, content: Content::Keys, ..everything(Table::Chunks) };
        let keys: Vec<Bytes> = store.scan(&scan).await.unwrap().into_iter().map(|row| row.key).collect();
        let mut expected: Vec<Bytes> = (0..ROWS).map(number).collect();
        if order == Order::Descending {
            expected.reverse();
        }
        expected.truncate(rows_max);
        assert!(keys == expected, "{order:?} {rows_max}: {} keys", keys.len());
    }
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn every_older_layout_is_opened_and_keeps_its_rows() {
    for version in 1..=schema::version() {
        let name = fresh_name();
        let database = RawDatabase::open(&name, version, schema::tables_of(version)).await;
        for table in schema::tables_of(version) {
            database.put(*table, b"key", &buffer(table.name().as_bytes())).await;
        }
        database.close();
        let store = IndexedDbStorage::open(&name).await.unwrap();
        for table in Table::ALL {
            let kept = schema::tables_of(version).contains(&table);
            let expected = kept.then(|| Bytes::from_static(table.name().as_bytes()));
            assert_eq!(store.get(table, b"key").await, Ok(expected), "version {version}, {}", table.name());
        }
        delete_database(&name).await.unwrap();
    }
}

#[wasm_bindgen_test]
fn the_layout_only_ever_grows() {
    // Persisted: a new table is added at the end of this list, and nothing else in it ever changes.
    assert_eq!(Table::ALL.map(Table::name), ["chunks", "meta"]);
    assert_eq!(schema::version(), 2);
}

#[wasm_bindgen_test]
async fn a_newer_layout_is_refused_and_left_alone() {
    let name = fresh_name();
    let newer = schema::version() + 1;
    let database = RawDatabase::open(&name, newer, &Table::ALL).await;
    database.put(Table::Meta, b"key", &buffer(b"precious")).await;
    database.close();
    let refused = IndexedDbStorage::open(&name).await;
    assert!(matches!(refused, Err(StorageError::NewerVersion(_))), "{refused:?}");
    let database = RawDatabase::open(&name, newer, &Table::ALL).await;
    assert_eq!(database.get(Table::Meta, b"key").await, b"precious");
    database.close();
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_tab_that_keeps_an_older_version_open_gives_a_word_and_then_a_typed_error() {
    let name = fresh_name();
    let hostage = RawDatabase::open(&name, 1, schema::tables_of(1)).await;
    let events = Events::default();
    let blocked = IndexedDbStorage::open_watched(&name, events.listener()).await;
    assert!(matches!(blocked, Err(StorageError::Blocked)), "{blocked:?}");
    assert_eq!(events.take(), [ConnectionEvent::Blocked]);
    hostage.close();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    assert_eq!(store.commit(&put(b"key", b"x"), Durability::Relaxed).await, Ok(()));
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_tab_with_a_newer_version_is_given_way_to() {
    let name = fresh_name();
    let events = Events::default();
    let store = IndexedDbStorage::open_watched(&name, events.listener()).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    let newer = RawDatabase::open(&name, schema::version() + 1, &Table::ALL).await;
    assert_eq!(events.take(), [ConnectionEvent::Outdated]);
    for outcome in [
        store.get(Table::Meta, b"key").await.map(|_| ()),
        store.scan(&everything(Table::Meta)).await.map(|_| ()),
        store.commit(&put(b"key", b"y"), Durability::Relaxed).await,
    ] {
        assert!(matches!(outcome, Err(StorageError::NewerVersion(_))), "{outcome:?}");
    }
    newer.close();
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_closed_connection_is_opened_again() {
    let name = fresh_name();
    let events = Events::default();
    let store = IndexedDbStorage::open_watched(&name, events.listener()).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    for round in 0..3 {
        close_behind_its_back(&store).await;
        match round {
            0 => assert_eq!(store.get(Table::Meta, b"key").await, Ok(Some(Bytes::from_static(b"x")))),
            1 => assert_eq!(store.scan(&everything(Table::Meta)).await.unwrap().len(), 1),
            _ => assert_eq!(store.commit(&put(b"key", b"y"), Durability::Strict).await, Ok(())),
        }
        assert_eq!(events.take(), [ConnectionEvent::Reopened]);
    }
    store.close();
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(Some(Bytes::from_static(b"y"))));
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_database_that_is_deleted_while_it_is_open_reads_as_empty() {
    let name = fresh_name();
    let events = Events::default();
    let store = IndexedDbStorage::open_watched(&name, events.listener()).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    delete_database(&name).await.unwrap();
    assert_eq!(events.take(), [ConnectionEvent::Deleted]);
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(None));
    assert_eq!(store.scan(&everything(Table::Meta)).await, Ok(vec![]));
    let batch = expecting(Some(b"x"), put(b"key", b"y"));
    let outcome = store.commit(&batch, Durability::Relaxed).await;
    assert!(matches!(outcome, Err(StorageError::Conflict(_))), "{outcome:?}");
    delete_database(&name).await.unwrap();
}

/// A disk cannot be filled from within a page; so the platform's way of saying so is acted out: no request fails, the
/// transaction is aborted with a cause.
async fn outcome_when_the_platform_aborts_with(name: Option<&str>) -> Result<(), StorageError> {
    let database = fresh_name();
    let store = IndexedDbStorage::open(&database).await.unwrap();
    store.commit(&put(b"key", b"before"), Durability::Relaxed).await.unwrap();
    let cause = name.map_or("null".to_owned(), |name| format!("new DOMException('acted out', '{name}')"));
    let body = format!(
        "return function () {{ Object.defineProperty(this, 'error', {{ value: {cause} }}); this.abort(); }}"
    );
    let fault = Replaced::with("IDBTransaction", "commit", &body);
    let outcome = store.commit(&put(b"key", b"after"), Durability::Relaxed).await;
    drop(fault);
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(Some(Bytes::from_static(b"before"))));
    assert_eq!(store.commit(&put(b"key", b"after"), Durability::Relaxed).await, Ok(()));
    delete_database(&database).await.unwrap();
    outcome
}

#[wasm_bindgen_test]
async fn what_aborts_a_commit_is_told_by_its_cause() {
    let outcome = outcome_when_the_platform_aborts_with(Some("QuotaExceededError")).await;
    assert_eq!(outcome, Err(StorageError::QuotaExceeded));
    let outcome = outcome_when_the_platform_aborts_with(Some("UnknownError")).await;
    assert!(matches!(&outcome, Err(StorageError::ConnectionLost(text)) if text.contains("acted out")));
    let outcome = outcome_when_the_platform_aborts_with(None).await;
    assert!(matches!(&outcome, Err(StorageError::ConnectionLost(text)) if text.contains("without a reason")));
    let outcome = outcome_when_the_platform_aborts_with(Some("ConstraintError")).await;
    assert!(matches!(outcome, Err(StorageError::Conflict(_))), "{outcome:?}");
}

#[wasm_bindgen_test]
async fn a_put_that_is_refused_at_once_undoes_the_whole_commit() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let body = "return function (value, key) {
        if (value.byteLength === 3) throw new DOMException('acted out', 'QuotaExceededError');
        return original.call(this, value, key);
    }";
    let fault = Replaced::with("IDBObjectStore", "put", body);
    let mut batch = expecting(None, put(b"first", b"1"));
    batch.writes.extend(put(b"second", b"123").writes);
    batch.writes.extend(put(b"third", b"1").writes);
    let outcome = store.commit(&batch, Durability::Relaxed).await;
    drop(fault);
    assert_eq!(outcome, Err(StorageError::QuotaExceeded));
    assert_eq!(store.scan(&everything(Table::Meta)).await, Ok(vec![]));
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn a_browser_without_a_database_is_a_typed_error() {
    let global: JsValue = js_sys::global().into();
    let show = |value: &JsValue| {
        let property = js_sys::Object::new();
        Reflect::set(&property, &"value".into(), value).unwrap();
        Reflect::set(&property, &"configurable".into(), &true.into()).unwrap();
        js_sys::Object::define_property(
            global.unchecked_ref::<js_sys::Object>(),
            &"indexedDB".into(),
            &property,
        );
    };
    let factory = get(&global, "indexedDB");
    show(&JsValue::UNDEFINED);
    let refused = IndexedDbStorage::open(&fresh_name()).await;
    show(&factory);
    assert!(matches!(refused, Err(StorageError::Unavailable(_))), "{refused:?}");
}

#[wasm_bindgen_test]
async fn a_browser_that_forbids_its_database_is_a_typed_error_with_its_words() {
    for name in ["SecurityError", "InvalidStateError"] {
        let body = format!("return function () {{ throw new DOMException('acted out', '{name}'); }}");
        let fault = Replaced::with("IDBFactory", "open", &body);
        let refused = IndexedDbStorage::open(&fresh_name()).await;
        drop(fault);
        assert!(matches!(&refused, Err(StorageError::Unavailable(text)) if text.contains("acted out")));
    }
}

#[wasm_bindgen_test]
async fn something_that_is_not_bytes_is_reported_as_damage() {
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let database = RawDatabase::open(&name, schema::version(), &[]).await;
    database.put(Table::Meta, b"key", &"a text".into()).await;
    database.close();
    let damaged = store.get(Table::Meta, b"key").await;
    assert!(matches!(damaged, Err(StorageError::Corrupt(_))), "{damaged:?}");
    let damaged = store.scan(&everything(Table::Meta)).await;
    assert!(matches!(damaged, Err(StorageError::Corrupt(_))), "{damaged:?}");
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn the_browser_tells_its_quota_and_whether_it_keeps_what_is_stored() {
    let store = IndexedDbStorage::open(&fresh_name()).await.unwrap();
    assert!(store.usage().await.unwrap().quota_bytes.unwrap() > 1_000_000);
    assert!(persisted().await.unwrap().is_some());
    delete_database(store.name()).await.unwrap();
}

fn put(key: &'static [u8], value: &'static [u8]) -> WriteBatch {
    let (key, value) = (Bytes::from_static(key), Bytes::from_static(value));
    WriteBatch { expectations: vec![], writes: vec![Write::Put { table: Table::Meta, key, value }] }
}

/// Adds the expectation that the row `key` holds this.
fn expecting(value: Option<&'static [u8]>, mut batch: WriteBatch) -> WriteBatch {
    let (key, value) = (Bytes::from_static(b"key"), value.map(Bytes::from_static));
    batch.expectations.push(Expectation::Value { table: Table::Meta, key, value });
    batch
}

fn clear(table: Table) -> WriteBatch {
    let range = KeyRange { from: vec![], to: vec![0xFF; 9] };
    WriteBatch { expectations: vec![], writes: vec![Write::DeleteRange { table, range }] }
}

/// Closes the connection that the store uses now. No event tells the store: it learns of it when an operation fails.
async fn close_behind_its_back(store: &IndexedDbStorage) {
    let watched = Replaced::watched("IDBDatabase", "transaction");
    store.get(Table::Meta, b"key").await.unwrap();
    watched.last_receiver().unchecked_into::<web_sys::IdbDatabase>().close();
}
