//! Reaching past the store into the browser: databases made by hand, methods watched or broken.
#![allow(dead_code, reason = "no test file uses all of it")]
#![allow(clippy::unwrap_used, reason = "clippy does not take browser tests for tests")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Array, Function, Promise, Reflect};
use tablog_core::browser::ConnectionEvent;
use tablog_core::storage::{Expectation, Table, Write, WriteBatch};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Names a database that no other test has.
pub fn fresh_name() -> String {
    thread_local!(static COUNT: Cell<u32> = const { Cell::new(0) });
    COUNT.set(COUNT.get() + 1);
    format!("test-{}-{}", js_sys::Date::now(), COUNT.get())
}

/// What a store told of its connection.
#[derive(Clone, Default)]
pub struct Events(Rc<RefCell<Vec<ConnectionEvent>>>);

impl Events {
    pub fn listener(&self) -> impl Fn(ConnectionEvent) + 'static {
        let events = Rc::clone(&self.0);
        move |event| events.borrow_mut().push(event)
    }

    pub fn take(&self) -> Vec<ConnectionEvent> {
        self.0.take()
    }
}

/// Another function in place of one of the platform's, for as long as this lives.
pub struct Replaced {
    prototype: JsValue,
    method: &'static str,
    original: JsValue,
    calls: Array,
}

impl Replaced {
    /// Notes how the method is called.
    pub fn watched(class: &str, method: &'static str) -> Self {
        let body =
            "return function (...given) { calls.push([this, given]); return original.apply(this, given); }";
        Self::with(class, method, body)
    }

    /// Takes the method away, as in a browser that never had it.
    pub fn missing(class: &str, method: &'static str) -> Self {
        let replaced = Self::with(class, method, "return undefined");
        Reflect::delete_property(replaced.prototype.unchecked_ref::<js_sys::Object>(), &method.into())
            .unwrap();
        replaced
    }

    /// Runs `body` with `original` and `calls` in scope; it returns what stands in for the method.
    pub fn with(class: &str, method: &'static str, body: &str) -> Self {
        let prototype = get(&get(&js_sys::global(), class), "prototype");
        let original = get(&prototype, method);
        assert!(original.is_function(), "{class}.{method}");
        let calls = Array::new();
        let make = Function::new_with_args("original, calls", body);
        let replacement = make.call2(&JsValue::NULL, &original, &calls).unwrap();
        Reflect::set(&prototype, &method.into(), &replacement).unwrap();
        Self { prototype, method, original, calls }
    }

    /// Counts the calls.
    pub fn count(&self) -> u32 {
        self.calls.length()
    }

    /// Returns the object whose method was called last.
    pub fn last_receiver(&self) -> JsValue {
        self.last().get(0)
    }

    /// Returns what the method was last called with.
    pub fn last_arguments(&self) -> Array {
        self.last().get(1).unchecked_into()
    }

    fn last(&self) -> Array {
        assert!(self.calls.length() > 0, "{} was not called", self.method);
        self.calls.get(self.calls.length() - 1).unchecked_into()
    }
}

impl Drop for Replaced {
    fn drop(&mut self) {
        Reflect::set(&self.prototype, &self.method.into(), &self.original).unwrap();
    }
}

/// Sets one row of the meta table.
pub fn put(key: &'static [u8], value: &'static [u8]) -> WriteBatch {
    let (key, value) = (Bytes::from_static(key), Bytes::from_static(value));
    WriteBatch { expectations: vec![], writes: vec![Write::Put { table: Table::Meta, key, value }] }
}

/// Adds the expectation that the row `key` holds this.
pub fn expecting(value: Option<&'static [u8]>, mut batch: WriteBatch) -> WriteBatch {
    let (key, value) = (Bytes::from_static(b"key"), value.map(Bytes::from_static));
    batch.expectations.push(Expectation::Value { table: Table::Meta, key, value });
    batch
}

/// Counts what goes wrong in event handlers where nobody awaits it.
pub struct Uncaught {
    count: Rc<Cell<u32>>,
    _on_error: Closure<dyn FnMut(JsValue)>,
}

impl Uncaught {
    pub fn watch() -> Self {
        let count = Rc::new(Cell::new(0));
        let counted = Rc::clone(&count);
        let on_error = Closure::<dyn FnMut(JsValue)>::new(move |_| counted.set(counted.get() + 1));
        Reflect::set(&js_sys::global(), &"onerror".into(), on_error.as_ref()).unwrap();
        Self { count, _on_error: on_error }
    }

    pub fn count(&self) -> u32 {
        self.count.get()
    }
}

impl Drop for Uncaught {
    fn drop(&mut self) {
        Reflect::set(&js_sys::global(), &"onerror".into(), &JsValue::NULL).unwrap();
    }
}

pub fn get(target: &JsValue, name: &str) -> JsValue {
    Reflect::get(target, &name.into()).unwrap()
}

/// A database that is opened past all that is tested.
pub struct RawDatabase(JsValue);

impl RawDatabase {
    /// Opens it, making those of the tables that are missing if that takes a new version.
    pub async fn open(name: &str, version: u32, tables: &[Table]) -> Self {
        let tables: Array = tables.iter().map(|table| JsValue::from(table.name())).collect();
        let body = "
            const request = indexedDB.open(name, version);
            request.onupgradeneeded = () => {
                const have = request.result.objectStoreNames;
                for (const table of tables) if (!have.contains(table)) request.result.createObjectStore(table);
            };
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);";
        Self(promised("name, version, tables", body, &[name.into(), version.into(), tables.into()]).await)
    }

    pub async fn put(&self, table: Table, key: &[u8], value: &JsValue) {
        let body = "
            const transaction = database.transaction(table, 'readwrite');
            transaction.objectStore(table).put(value, key);
            transaction.oncomplete = () => resolve();
            transaction.onabort = () => reject(transaction.error);";
        let arguments = [self.0.clone(), table.name().into(), buffer(key), value.clone()];
        promised("database, table, key, value", body, &arguments).await;
    }

    pub async fn get(&self, table: Table, key: &[u8]) -> Vec<u8> {
        let body = "
            const request = database.transaction(table).objectStore(table).get(key);
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);";
        let arguments = [self.0.clone(), table.name().into(), buffer(key)];
        js_sys::Uint8Array::new(&promised("database, table, key", body, &arguments).await).to_vec()
    }

    pub fn close(self) {
        self.0.unchecked_into::<web_sys::IdbDatabase>().close();
    }
}

/// Copies bytes into a buffer of JavaScript's.
pub fn buffer(bytes: &[u8]) -> JsValue {
    js_sys::Uint8Array::new_from_slice(bytes).buffer().into()
}

async fn promised(parameters: &str, body: &str, arguments: &[JsValue]) -> JsValue {
    let body = format!("return new Promise((resolve, reject) => {{ {body} }})");
    let function = Function::new_with_args(parameters, &body);
    let promise = function.apply(&JsValue::NULL, &arguments.iter().collect::<Array>()).unwrap();
    JsFuture::from(promise.unchecked_into::<Promise>()).await.unwrap()
}
