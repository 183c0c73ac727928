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

use browser::{RawDatabase, Replaced, Uncaught, expecting, fresh_name, get, put};
use bytes::Bytes;
use futures_util::future::join;
use tablog_core::browser::{IndexedDbStorage, delete_database, persisted, schema};
use tablog_core::limits::{JOURNAL_ASK_MS, JOURNAL_REST_MS};
use tablog_core::storage::suite::{self, append_many, everything, number};
use tablog_core::storage::{
    Content, Durability, KeyRange, Order, Scan, Storage, StorageError, Table, Write, WriteBatch,
};
use wasm_bindgen::{JsCast, JsValue};
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
    // The first commit of a connection waits for the browser's new journal: until then, it has not begun.
    store.commit(&clear(Table::Meta), Durability::Relaxed).await.unwrap();
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
async fn a_new_journal_is_asked_for_soon_and_seen_to_by_the_first_commit_or_after_a_rest() {
    for commits_first in [true, false] {
        let name = fresh_name();
        // What makes the browser begin a new journal is that a database is deleted.
        let deleted = Replaced::watched("IDBFactory", "deleteDatabase");
        let store = IndexedDbStorage::open(&name).await.unwrap();
        // Chromium appends to the journal as soon as it opens a database: until there is a new one, a kill may cost everything.
        while deleted.count() == 0 {
            rest(JOURNAL_ASK_MS).await;
        }
        if commits_first {
            store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
        }
        // Once to begin the journal, and once what the browser's memory was filled with.
        wait_for(&deleted, 2).await;
        let last = deleted.last_arguments().get(0).as_string().unwrap();
        assert!(last.starts_with(&format!("{name}.journal.")), "{last}");
        store.commit(&put(b"key", b"y"), Durability::Relaxed).await.unwrap();
        assert_eq!(deleted.count(), 2, "nothing more for this connection");
        drop(deleted);
        delete_database(&name).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn those_that_are_open_at_the_same_time_have_one_new_journal() {
    let names = [fresh_name(), fresh_name(), fresh_name()];
    let deleted = Replaced::watched("IDBFactory", "deleteDatabase");
    let open = async |at: usize| {
        let store = IndexedDbStorage::open(&names[at]).await.unwrap();
        store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
        store
    };
    let first = open(0).await;
    // What is left is deleted once commits go on.
    wait_for(&deleted, 2).await;
    let second = open(1).await;
    drop(first);
    let third = open(2).await;
    rest(JOURNAL_REST_MS).await;
    assert_eq!(deleted.count(), 2, "the second did without, and told the third");
    drop((second, third));
    rest(JOURNAL_REST_MS).await;
    let alone = open(0).await;
    wait_for(&deleted, 4).await;
    drop(alone);
    drop(deleted);
    for name in names {
        delete_database(&name).await.unwrap();
    }
}

#[wasm_bindgen_test]
async fn who_has_lost_its_connection_vouches_for_no_journal_any_more() {
    let (name, other) = (fresh_name(), fresh_name());
    let deleted = Replaced::watched("IDBFactory", "deleteDatabase");
    let store = IndexedDbStorage::open(&name).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    wait_for(&deleted, 2).await;
    // The store is still there, but has had to give its connection up.
    delete_database(&name).await.unwrap();
    rest(JOURNAL_REST_MS).await;
    let before = deleted.count();
    let second = IndexedDbStorage::open(&other).await.unwrap();
    second.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    wait_for(&deleted, before + 2).await;
    drop((deleted, store, second));
    delete_database(&other).await.unwrap();
}

#[wasm_bindgen_test]
async fn what_a_tab_left_that_ended_in_the_middle_of_a_new_journal_is_deleted_and_nothing_else() {
    let name = fresh_name();
    let (left, foreign) = ([".journal", ".journal.17"], [".journal.mine", ".journal17", ".journal.17.5"]);
    let named = |end: &&str| format!("{name}{end}");
    for name in left.iter().chain(&foreign).map(named) {
        RawDatabase::open(&name, 1, &[]).await.close();
    }
    let deleted = Replaced::watched("IDBFactory", "deleteDatabase");
    let store = IndexedDbStorage::open(&name).await.unwrap();
    store.commit(&put(b"key", b"x"), Durability::Relaxed).await.unwrap();
    wait_for(&deleted, 4).await;
    drop((deleted, store));
    let listed = js_sys::Function::new_no_args("return indexedDB.databases()").call0(&JsValue::NULL).unwrap();
    let listed = wasm_bindgen_futures::JsFuture::from(js_sys::Promise::from(listed)).await.unwrap();
    let mut ours: Vec<String> = js_sys::Array::from(&listed)
        .iter()
        .map(|database| get(&database, "name").as_string().unwrap())
        .filter(|other| other.starts_with(&name))
        .collect();
    ours.sort();
    let mut kept: Vec<String> = foreign.iter().map(named).collect();
    for name in &kept {
        delete_database(name).await.unwrap();
    }
    delete_database(&name).await.unwrap();
    kept.push(name);
    kept.sort();
    assert_eq!(ours, kept);
}

#[wasm_bindgen_test]
async fn a_browser_without_leveldb_is_left_alone() {
    let navigator = get(&js_sys::global(), "navigator");
    let agent = js_sys::Object::new();
    for (name, value) in
        [("value", JsValue::from("Gecko/20100101 Firefox/146.0")), ("configurable", true.into())]
    {
        js_sys::Reflect::set(&agent, &name.into(), &value).unwrap();
    }
    js_sys::Object::define_property(navigator.unchecked_ref::<js_sys::Object>(), &"userAgent".into(), &agent);
    let name = fresh_name();
    let deleted = Replaced::watched("IDBFactory", "deleteDatabase");
    let store = IndexedDbStorage::open(&name).await.unwrap();
    assert_eq!(store.commit(&put(b"key", b"x"), Durability::Relaxed).await, Ok(()));
    rest(2 * JOURNAL_REST_MS).await;
    js_sys::Reflect::delete_property(navigator.unchecked_ref::<js_sys::Object>(), &"userAgent".into())
        .unwrap();
    assert_eq!(deleted.count(), 0);
    drop((deleted, store));
    delete_database(&name).await.unwrap();
}

/// Waits until a function was called so often, and no oftener.
async fn wait_for(watched: &Replaced, calls: u32) {
    for _ in 0..100 {
        if watched.count() >= calls {
            break;
        }
        rest(100).await;
    }
    assert_eq!(watched.count(), calls);
}

async fn rest(millis: i32) {
    let elapsed = js_sys::Promise::new(&mut |resolve, _| {
        let wait = js_sys::Function::new_with_args("done, millis", "setTimeout(done, millis)");
        wait.call2(&JsValue::NULL, &resolve, &millis.into()).unwrap();
    });
    wasm_bindgen_futures::JsFuture::from(elapsed).await.unwrap();
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
    const ROWS: usize = 20_000;
    let name = fresh_name();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    let put = |n| Write::Put { table: Table::Chunks, key: number(n), value: Bytes::new() };
    let batch = WriteBatch { expectations: vec![], writes: (0..ROWS).map(put).collect() };
    store.commit(&batch, Durability::Relaxed).await.unwrap();
    for (order, rows_max) in [
        (Order::Ascending, ROWS),
        (Order::Ascending, 18_000),
        (Order::Descending, ROWS),
        (Order::Descending, 17_000),
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

fn clear(table: Table) -> WriteBatch {
    let range = KeyRange { from: vec![], to: vec![0xFF; 9] };
    WriteBatch { expectations: vec![], writes: vec![Write::DeleteRange { table, range }] }
}
