//! How the store comes by its connection and what it does without: older and newer layouts, other tabs, browsers that refuse.
//! How to run it is told in `browser_storage.rs`.
#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, reason = "clippy does not take browser tests for tests")]

mod browser;

use std::future::Future;

use browser::{Events, RawDatabase, Replaced, buffer, expecting, fresh_name, get, put};
use bytes::Bytes;
use js_sys::Reflect;
use tablog_core::browser::{ConnectionEvent, IndexedDbStorage, delete_database, schema};
use tablog_core::storage::suite::everything;
use tablog_core::storage::{Durability, Storage, StorageError, Table};
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_dedicated_worker);

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
    assert_eq!(Table::ALL.map(Table::name), ["chunks", "meta", "guards"]);
    assert_eq!(schema::version(), 3);
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
    // Who tries again waits behind the upgrade that still waits: that took half a minute, without a word and with another error.
    let again = IndexedDbStorage::open_watched(&name, events.listener()).await;
    assert!(matches!(again, Err(StorageError::Blocked)), "{again:?}");
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
async fn a_database_whose_files_cannot_be_opened_is_tried_twice_and_then_a_typed_error() {
    // It was reported as a lost connection, after one try.
    let open_failing = |times: u32| {
        let body = format!(
            "return function (...given) {{
                calls.push([this, given]);
                if (calls.length > {times}) return original.apply(this, given);
                const request = new EventTarget();
                request.error = new DOMException('Internal error opening backing store', 'UnknownError');
                for (const kind of ['success', 'error', 'upgradeneeded']) {{
                    request.addEventListener(kind, (event) => request['on' + kind]?.(event));
                }}
                setTimeout(() => request.dispatchEvent(new Event('error', {{ cancelable: true }})));
                return request;
            }}"
        );
        Replaced::with("IDBFactory", "open", &body)
    };
    let name = fresh_name();
    let fault = open_failing(u32::MAX);
    let refused = IndexedDbStorage::open(&name).await;
    assert!(
        matches!(&refused, Err(StorageError::Unreadable(text)) if text.contains("backing store")),
        "{refused:?}"
    );
    assert_eq!(fault.count(), 2);
    drop(fault);
    let fault = open_failing(1);
    let store = IndexedDbStorage::open(&name).await;
    drop(fault);
    assert!(store.is_ok(), "{store:?}");
    delete_database(&name).await.unwrap();
}

#[wasm_bindgen_test]
async fn opening_that_is_given_up_leaves_no_connection_behind() {
    // The connection came all the same, listened to nobody, and blocked the deletion.
    let name = fresh_name();
    IndexedDbStorage::open(&name).await.unwrap().close();
    {
        let mut opening = Box::pin(IndexedDbStorage::open(&name));
        let waker = std::task::Waker::noop();
        let polled = opening.as_mut().poll(&mut std::task::Context::from_waker(waker));
        assert!(polled.is_pending());
    }
    assert_eq!(delete_database(&name).await, Ok(()));
}

#[wasm_bindgen_test]
async fn deleting_a_database_that_another_tab_holds_on_to_is_a_typed_error_and_happens_later() {
    let name = fresh_name();
    let hostage = RawDatabase::open(&name, schema::version(), &Table::ALL).await;
    hostage.put(Table::Meta, b"key", &buffer(b"x")).await;
    assert_eq!(delete_database(&name).await, Err(StorageError::Blocked));
    hostage.close();
    let store = IndexedDbStorage::open(&name).await.unwrap();
    assert_eq!(store.get(Table::Meta, b"key").await, Ok(None));
    delete_database(&name).await.unwrap();
}

/// Closes the connection that the store uses now. No event tells the store: it learns of it when an operation fails.
async fn close_behind_its_back(store: &IndexedDbStorage) {
    let watched = Replaced::watched("IDBDatabase", "transaction");
    store.get(Table::Meta, b"key").await.unwrap();
    watched.last_receiver().unchecked_into::<web_sys::IdbDatabase>().close();
}
