//! Reads, each in one read-only transaction. What is asked without waiting for an answer is asked in one burst, and the transaction told
//! that no more comes: else it stays open, in everybody's way, for as long as its tab is frozen. What needs an answer first is
//! asked from within that answer's own success handler, so that a busy executor can never let a transaction end in the middle of a scan.

use std::cell::RefCell;
use std::mem;
use std::rc::Rc;

use bytes::Bytes;
use futures_util::future::try_join_all;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{IdbCursor, IdbKeyRange, IdbObjectStore, IdbRequest};

use super::answer::{Answer, Step};
use super::burst::{Burst, Method, Mode};
use super::connection::Connection;
use super::js;
use crate::limits::{SCAN_KEYS_PAGE, SCAN_ROWS_MAX};
use crate::storage::{Content, KeyRange, Order, Row, Scan, StorageError, Table};

#[wasm_bindgen]
extern "C" {
    /// What object stores can do in browsers that have `getAllRecords`; web-sys does not know it yet.
    #[wasm_bindgen(extends = IdbObjectStore)]
    #[derive(Clone)]
    type RecordStore;

    #[wasm_bindgen(method, structural, catch, js_name = getAllKeys)]
    fn get_all_keys_by(this: &RecordStore, options: &ReadOptions) -> Result<IdbRequest, JsValue>;

    /// The dictionary `IDBGetAllOptions`.
    #[wasm_bindgen(extends = Object)]
    type ReadOptions;

    #[wasm_bindgen(method, structural, setter)]
    fn set_query(this: &ReadOptions, range: &IdbKeyRange);

    #[wasm_bindgen(method, structural, setter)]
    fn set_count(this: &ReadOptions, count: u32);

    #[wasm_bindgen(method, structural, setter)]
    fn set_direction(this: &ReadOptions, direction: &str);

    /// The dictionary-like `IDBRecord`.
    type Record;

    #[wasm_bindgen(method, structural, getter)]
    fn key(this: &Record) -> JsValue;

    #[wasm_bindgen(method, structural, getter)]
    fn value(this: &Record) -> JsValue;
}

/// Reads one row.
pub(super) async fn get(
    connection: &Connection,
    table: Table,
    key: &[u8],
) -> Result<Option<Bytes>, StorageError> {
    let mut burst = Burst::default();
    burst.ask(table, Method::Get, &js::to_buffer(key), &JsValue::UNDEFINED);
    let sent = burst.send(connection.database(), Mode::Read, true).map_err(|e| js::storage_error(&e))?;
    let Some(request) = sent.requests().next() else { return Ok(None) };
    let found = Rc::new(RefCell::new(None));
    let into = Rc::clone(&found);
    let answer = Answer::of(request, move |value| {
        if !value.is_undefined() {
            *into.borrow_mut() = Some(js::from_buffer(value)?);
        }
        Ok(Step::Done)
    });
    answer.wait().await?;
    Ok(found.take())
}

/// Reads rows of a range in order.
pub(super) async fn scan(connection: &Connection, scan: &Scan) -> Result<Vec<Row>, StorageError> {
    let mut answers = scan_each(connection, std::slice::from_ref(scan)).await?;
    Ok(answers.pop().unwrap_or_default())
}

/// Answers many scans in one transaction.
pub(super) async fn scan_each(
    connection: &Connection,
    scans: &[Scan],
) -> Result<Vec<Vec<Row>>, StorageError> {
    let by_records = has_records();
    let mut burst = Burst::default();
    let (mut ways, mut is_all) = (Vec::with_capacity(scans.len()), true);
    for scan in scans {
        let range = key_range(&scan.range).map_err(|e| js::storage_error(&e))?;
        let way = range.filter(|_| scan.rows_max > 0).map(|range| {
            let way = Way::of(scan, by_records);
            way.ask(&mut burst, scan, &range);
            is_all &= way.asks_at_once(scan);
            way
        });
        ways.push(way);
    }
    if burst.is_empty() {
        return Ok(vec![Vec::new(); scans.len()]);
    }
    let sent = burst.send(connection.database(), Mode::Read, is_all).map_err(|e| js::storage_error(&e))?;
    let mut requests = sent.requests();
    let mut answers = Vec::with_capacity(scans.len());
    for (scan, way) in scans.iter().zip(ways) {
        let (first, second) = match way {
            None => (None, None),
            Some(Way::KeysAndValues) => (requests.next(), requests.next()),
            Some(_) => (requests.next(), None),
        };
        let transaction = &sent.transaction;
        answers.push(async move {
            let (Some(way), Some(first)) = (way, first) else { return Ok(Vec::new()) };
            let store = || {
                let store = transaction.object_store(scan.table.name());
                store.map(JsCast::unchecked_into).map_err(|e| js::storage_error(&e))
            };
            match way {
                Way::Records => records(first).await,
                Way::KeysAndValues => keys_and_values(first, second).await,
                Way::ValuesBackwards => values_backwards(first, store()?, scan).await,
                Way::LastKey => keys_by_cursor(first, 1).await,
                Way::KeysByCursor => keys_by_cursor(first, scan.rows_max).await,
                // Once the transaction was told that no more comes, its stores are out of reach.
                Way::KeyPages if way.asks_at_once(scan) => keys_in_pages(first, None, scan).await,
                Way::KeyPages => keys_in_pages(first, Some(store()?), scan).await,
            }
        });
    }
    try_join_all(answers).await
}

/// How a scan is put to the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Records,
    KeysAndValues,
    /// The last keys, then forward from the first of them.
    ValuesBackwards,
    /// One key, by a cursor that is never moved.
    LastKey,
    KeysByCursor,
    KeyPages,
}

impl Way {
    fn of(scan: &Scan, by_records: bool) -> Self {
        match (scan.content, scan.order) {
            (Content::Rows, _) if by_records => Self::Records,
            (Content::Rows, Order::Ascending) => Self::KeysAndValues,
            (Content::Rows, Order::Descending) => Self::ValuesBackwards,
            (Content::Keys, Order::Descending) if scan.rows_max == 1 => Self::LastKey,
            (Content::Keys, Order::Descending) if !by_records => Self::KeysByCursor,
            (Content::Keys, _) => Self::KeyPages,
        }
    }

    /// Tells whether nothing is asked that waits for an answer.
    fn asks_at_once(self, scan: &Scan) -> bool {
        match self {
            Self::Records | Self::KeysAndValues | Self::LastKey => true,
            Self::ValuesBackwards | Self::KeysByCursor => false,
            Self::KeyPages => u32::try_from(scan.rows_max).is_ok_and(|rows| rows <= SCAN_KEYS_PAGE),
        }
    }

    /// Asks what can be asked before there is an answer.
    fn ask(self, burst: &mut Burst, scan: &Scan, range: &IdbKeyRange) {
        let (table, count) = (scan.table, u32::try_from(scan.rows_max).unwrap_or(u32::MAX));
        let rows = u32::try_from(scan.rows_max.min(SCAN_ROWS_MAX)).unwrap_or(u32::MAX);
        match self {
            Self::Records => {
                let options = options(range, scan.order, rows);
                burst.ask(table, Method::GetAllRecords, &options, &JsValue::UNDEFINED);
            }
            // In one transaction: they belong together.
            Self::KeysAndValues => {
                burst.ask(table, Method::GetAllKeys, range, &rows.into());
                burst.ask(table, Method::GetAll, range, &rows.into());
            }
            Self::ValuesBackwards | Self::LastKey | Self::KeysByCursor => {
                burst.ask(table, Method::OpenKeyCursor, range, &"prev".into());
            }
            Self::KeyPages => {
                let count = count.min(SCAN_KEYS_PAGE);
                match scan.order {
                    Order::Ascending => burst.ask(table, Method::GetAllKeys, range, &count.into()),
                    Order::Descending => {
                        let options = options(range, scan.order, count);
                        burst.ask(table, Method::GetAllKeys, &options, &JsValue::UNDEFINED);
                    }
                }
            }
        }
    }
}

/// Tells whether the browser has `getAllRecords`, and with it options for what is asked of keys.
fn has_records() -> bool {
    let of = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let prototype = of(&js_sys::global(), "IDBObjectStore").and_then(|class| of(&class, "prototype"));
    prototype.and_then(|prototype| of(&prototype, "getAllRecords")).is_some_and(|it| it.is_function())
}

/// Translates a range; `None` when no key can lie in it, which IndexedDB takes for a mistake.
pub(super) fn key_range(range: &KeyRange) -> Result<Option<IdbKeyRange>, JsValue> {
    if range.from >= range.to {
        return Ok(None);
    }
    let (from, to) = (js::to_buffer(&range.from), js::to_buffer(&range.to));
    IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, false, true).map(Some)
}

fn options(range: &IdbKeyRange, order: Order, count: u32) -> ReadOptions {
    let options: ReadOptions = Object::new().unchecked_into();
    options.set_query(range);
    options.set_count(count);
    options.set_direction(if order == Order::Ascending { "next" } else { "prev" });
    options
}

async fn records(request: IdbRequest) -> Result<Vec<Row>, StorageError> {
    gather(request, |record: &JsValue, _| {
        let record = record.unchecked_ref::<Record>();
        Ok(Row { key: js::from_buffer(&record.key())?, value: js::from_buffer(&record.value())? })
    })
    .await
}

/// Waits for keys, which were asked first, and values.
async fn keys_and_values(keys: IdbRequest, values: Option<IdbRequest>) -> Result<Vec<Row>, StorageError> {
    let Some(values) = values else { return Ok(Vec::new()) };
    gather(values, move |value, index| {
        let keys: Array = keys.result().map_err(|e| js::storage_error(&e))?.unchecked_into();
        Ok(Row { key: js::from_buffer(&keys.get(index))?, value: js::from_buffer(value)? })
    })
    .await
}

/// Finds the last keys, then reads forward from the first of them.
async fn values_backwards(
    request: IdbRequest,
    store: RecordStore,
    scan: &Scan,
) -> Result<Vec<Row>, StorageError> {
    let rows_max = scan.rows_max.min(SCAN_ROWS_MAX);
    let keys = Rc::new(RefCell::new(Vec::new()));
    let values = Rc::new(RefCell::new(Vec::new()));
    let to = js::to_buffer(&scan.range.to);
    let (keys_into, values_into) = (Rc::clone(&keys), Rc::clone(&values));
    let mut reading_values = false;
    let answer = Answer::of(request, move |result| {
        let mut keys = keys_into.borrow_mut();
        if reading_values {
            for value in result.unchecked_ref::<Array>().iter() {
                values_into.borrow_mut().push(js::from_buffer(&value)?);
            }
            return Ok(Step::Done);
        }
        if next_key(result, &mut keys, rows_max)? {
            return Ok(Step::Again);
        }
        let Some(first) = keys.last() else { return Ok(Step::Done) };
        let first: &Bytes = first;
        reading_values = true;
        let range =
            IdbKeyRange::bound_with_lower_open_and_upper_open(&js::to_buffer(first), &to, false, true);
        let request = range.and_then(|range| store.get_all_with_key(&range));
        request.map(Step::Next).map_err(|e| js::storage_error(&e))
    });
    answer.wait().await?;
    let values = values.take().into_iter().rev();
    Ok(keys.take().into_iter().zip(values).map(|(key, value)| Row { key, value }).collect())
}

async fn keys_by_cursor(request: IdbRequest, rows_max: usize) -> Result<Vec<Row>, StorageError> {
    let keys = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&keys);
    let answer = Answer::of(request, move |result| {
        let more = next_key(result, &mut into.borrow_mut(), rows_max)?;
        Ok(if more { Step::Again } else { Step::Done })
    });
    answer.wait().await?;
    Ok(keys.take().into_iter().map(|key| Row { key, value: Bytes::new() }).collect())
}

/// Takes the cursor's key and moves on; tells whether the cursor will answer again.
fn next_key(cursor: &JsValue, keys: &mut Vec<Bytes>, rows_max: usize) -> Result<bool, StorageError> {
    let Some(cursor) = cursor.dyn_ref::<IdbCursor>() else { return Ok(false) };
    keys.push(js::from_buffer(&cursor.key().map_err(|e| js::storage_error(&e))?)?);
    if keys.len() == rows_max {
        return Ok(false);
    }
    cursor.continue_().map_err(|e| js::storage_error(&e))?;
    Ok(true)
}

/// Reads keys page by page: a million of them in one answer would hold up the thread and fill its memory. Without a `store`, one page
/// is all.
async fn keys_in_pages(
    first: IdbRequest,
    store: Option<RecordStore>,
    scan: &Scan,
) -> Result<Vec<Row>, StorageError> {
    let rows = Rc::new(RefCell::new(Vec::new()));
    let (mut rest, order, rows_max, into) = (scan.range.clone(), scan.order, scan.rows_max, Rc::clone(&rows));
    let answer = Answer::of(first, move |result| {
        let page = result.unchecked_ref::<Array>();
        let mut rows = into.borrow_mut();
        for key in page.iter() {
            rows.push(Row { key: js::from_buffer(&key)?, value: Bytes::new() });
        }
        let missing = rows_max.saturating_sub(rows.len());
        let last = rows.last().filter(|_| page.length() == SCAN_KEYS_PAGE && missing > 0);
        let (Some(last), Some(store)) = (last, &store) else { return Ok(Step::Done) };
        match order {
            // The smallest key after this one.
            Order::Ascending => rest.from = [&last.key[..], &[0]].concat(),
            Order::Descending => rest.to = last.key.to_vec(),
        }
        if rest.from >= rest.to {
            return Ok(Step::Done);
        }
        keys_page(store, &rest, order, missing).map(Step::Next)
    });
    answer.wait().await?;
    Ok(rows.take())
}

fn keys_page(
    store: &RecordStore,
    range: &KeyRange,
    order: Order,
    rows_max: usize,
) -> Result<IdbRequest, StorageError> {
    let count = u32::try_from(rows_max).unwrap_or(u32::MAX).min(SCAN_KEYS_PAGE);
    let range = key_range(range).map_err(|e| js::storage_error(&e))?;
    let range = range.ok_or_else(|| StorageError::Other("no key can lie in an empty range".into()))?;
    let request = match order {
        Order::Ascending => store.get_all_keys_with_key_and_limit(&range, count),
        Order::Descending => store.get_all_keys_by(&options(&range, order, count)),
    };
    request.map_err(|e| js::storage_error(&e))
}

/// Waits for a request whose result is a list, and makes a row of each of its items.
async fn gather(
    request: IdbRequest,
    row: impl Fn(&JsValue, u32) -> Result<Row, StorageError> + 'static,
) -> Result<Vec<Row>, StorageError> {
    let rows = Rc::new(RefCell::new(Vec::new()));
    let into = Rc::clone(&rows);
    let answer = Answer::of(request, move |result| {
        let items = result.unchecked_ref::<Array>();
        let mut rows = into.borrow_mut();
        for index in 0..items.length() {
            rows.push(row(&items.get(index), index)?);
        }
        Ok(Step::Done)
    });
    answer.wait().await?;
    Ok(mem::take(&mut *rows.borrow_mut()))
}
