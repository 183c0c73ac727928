//! Reads, each in one read-only transaction. Requests are chained from within their own success handlers, so that a busy
//! executor can never let a transaction end in the middle of a scan. A transaction whose requests are all made is told so at
//! once: else it stays open, in everybody's way, for as long as its tab is frozen before the answers come.

use std::cell::RefCell;
use std::mem;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::poll;
use js_sys::{Array, Function, Object};
use wasm_bindgen::prelude::*;
use web_sys::{
    IdbCursor, IdbCursorDirection, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
    IdbTransactionMode,
};

use super::answer::{Answer, Step};
use super::commit::CommittedTransaction;
use super::connection::Connection;
use super::js;
use crate::limits::{SCAN_KEYS_PAGE, SCAN_ROWS_MAX};
use crate::sorting::sort_each_once;
use crate::storage::{Content, KeyRange, Order, Row, Scan, StorageError, Table};

#[wasm_bindgen]
extern "C" {
    /// What object stores can do in browsers that have `getAllRecords`; web-sys does not know it yet.
    #[wasm_bindgen(extends = IdbObjectStore)]
    #[derive(Clone)]
    type RecordStore;

    #[wasm_bindgen(method, structural, getter, js_name = getAllRecords)]
    fn records_function(this: &RecordStore) -> Option<Function>;

    #[wasm_bindgen(method, structural, catch, js_name = getAllRecords)]
    fn get_all_records(this: &RecordStore, options: &ReadOptions) -> Result<IdbRequest, JsValue>;

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
    let store = store(connection, table)?;
    let request = store.get(&js::to_buffer(key)).map_err(|e| js::storage_error(&e))?;
    ask_no_more(&store.transaction());
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
    let store = store(connection, scan.table)?;
    let transaction = store.transaction();
    in_one_burst(&transaction, asks_at_once(&store, scan), scan_in(store, scan)).await
}

/// Says that nothing more will be asked in the transaction. Where that fails, it has ended already, or ends by itself.
fn ask_no_more(transaction: &IdbTransaction) {
    transaction.unchecked_ref::<CommittedTransaction>().commit().ok();
}

/// Waits for what requests at the first look at it, and says then that nothing more comes, if that `is_all`.
async fn in_one_burst<T>(transaction: &IdbTransaction, is_all: bool, asked: impl Future<Output = T>) -> T {
    let mut asked = pin!(asked);
    let first = poll!(asked.as_mut());
    if is_all {
        ask_no_more(transaction);
    }
    match first {
        Poll::Ready(answer) => answer,
        Poll::Pending => asked.await,
    }
}

/// Tells whether all requests of a scan are made together: none of them waits for the answer of another.
fn asks_at_once(store: &IdbObjectStore, scan: &Scan) -> bool {
    let by_records = store.unchecked_ref::<RecordStore>().records_function().is_some();
    let is_one_page = u32::try_from(scan.rows_max).is_ok_and(|rows| rows <= SCAN_KEYS_PAGE);
    match (scan.content, scan.order) {
        (Content::Rows, order) => by_records || order == Order::Ascending,
        (Content::Keys, Order::Ascending) => is_one_page,
        (Content::Keys, Order::Descending) => scan.rows_max <= 1 || (by_records && is_one_page),
    }
}

/// Answers many scans in one transaction. All are requested before any is waited for: the first look at the futures together
/// looks at each of them, and each requests at its first look.
pub(super) async fn scan_each(
    connection: &Connection,
    scans: &[Scan],
) -> Result<Vec<Vec<Row>>, StorageError> {
    let tables = sort_each_once(scans.iter().map(|scan| scan.table.name()).collect());
    if tables.is_empty() {
        return Ok(Vec::new());
    }
    let tables: Array = tables.into_iter().map(JsValue::from).collect();
    let transaction = connection
        .database()
        .transaction_with_str_sequence_and_mode(&tables, IdbTransactionMode::Readonly)
        .map_err(|error| js::storage_error(&error))?;
    let store = |table: Table| transaction.object_store(table.name()).map_err(|e| js::storage_error(&e));
    let mut is_all = true;
    for scan in scans {
        is_all &= asks_at_once(&store(scan.table)?, scan);
    }
    let asked = scans.iter().map(|scan| async { scan_in(store(scan.table)?, scan).await });
    in_one_burst(&transaction, is_all, try_join_all(asked)).await
}

async fn scan_in(store: IdbObjectStore, scan: &Scan) -> Result<Vec<Row>, StorageError> {
    let rows_max = match scan.content {
        Content::Rows => scan.rows_max.min(SCAN_ROWS_MAX),
        Content::Keys => scan.rows_max,
    };
    let Some(range) = key_range(&scan.range).map_err(|e| js::storage_error(&e))?.filter(|_| rows_max > 0)
    else {
        return Ok(vec![]);
    };
    let count = u32::try_from(rows_max).unwrap_or(u32::MAX);
    let store: RecordStore = store.unchecked_into();
    let by_records = store.records_function().is_some();
    match (scan.content, scan.order) {
        (Content::Rows, order) if by_records => records(&store, &range, order, count).await,
        (Content::Rows, Order::Ascending) => keys_and_values(&store, &range, count).await,
        (Content::Rows, Order::Descending) => values_backwards(&store, &range, scan, rows_max).await,
        (Content::Keys, Order::Descending) if by_records && rows_max > 1 => {
            keys_in_pages(&store, &scan.range, Order::Descending, rows_max).await
        }
        (Content::Keys, Order::Descending) => keys_by_cursor(&store, &range, rows_max).await,
        (Content::Keys, Order::Ascending) => {
            keys_in_pages(&store, &scan.range, Order::Ascending, rows_max).await
        }
    }
}

/// Translates a range; `None` when no key can lie in it, which IndexedDB takes for a mistake.
pub(super) fn key_range(range: &KeyRange) -> Result<Option<IdbKeyRange>, JsValue> {
    if range.from >= range.to {
        return Ok(None);
    }
    let (from, to) = (js::to_buffer(&range.from), js::to_buffer(&range.to));
    IdbKeyRange::bound_with_lower_open_and_upper_open(&from, &to, false, true).map(Some)
}

fn store(connection: &Connection, table: Table) -> Result<IdbObjectStore, StorageError> {
    let transaction = connection
        .database()
        .transaction_with_str_and_mode(table.name(), IdbTransactionMode::Readonly)
        .map_err(|error| js::storage_error(&error))?;
    transaction.object_store(table.name()).map_err(|error| js::storage_error(&error))
}

fn options(range: &IdbKeyRange, order: Order, count: u32) -> ReadOptions {
    let options: ReadOptions = Object::new().unchecked_into();
    options.set_query(range);
    options.set_count(count);
    options.set_direction(if order == Order::Ascending { "next" } else { "prev" });
    options
}

async fn records(
    store: &RecordStore,
    range: &IdbKeyRange,
    order: Order,
    count: u32,
) -> Result<Vec<Row>, StorageError> {
    let request = store.get_all_records(&options(range, order, count)).map_err(|e| js::storage_error(&e))?;
    gather(request, |record: &JsValue, _| {
        let record = record.unchecked_ref::<Record>();
        Ok(Row { key: js::from_buffer(&record.key())?, value: js::from_buffer(&record.value())? })
    })
    .await
}

/// Asks for keys and values at once, in one transaction: they belong together.
async fn keys_and_values(
    store: &RecordStore,
    range: &IdbKeyRange,
    count: u32,
) -> Result<Vec<Row>, StorageError> {
    let keys = store.get_all_keys_with_key_and_limit(range, count).map_err(|e| js::storage_error(&e))?;
    let values = store.get_all_with_key_and_limit(range, count).map_err(|e| js::storage_error(&e))?;
    let asked = keys.clone();
    gather(values, move |value, index| {
        let keys: Array = asked.result().map_err(|e| js::storage_error(&e))?.unchecked_into();
        Ok(Row { key: js::from_buffer(&keys.get(index))?, value: js::from_buffer(value)? })
    })
    .await
}

/// Finds the last keys, then reads forward from the first of them, in one transaction.
async fn values_backwards(
    store: &RecordStore,
    range: &IdbKeyRange,
    scan: &Scan,
    rows_max: usize,
) -> Result<Vec<Row>, StorageError> {
    let keys = Rc::new(RefCell::new(Vec::new()));
    let values = Rc::new(RefCell::new(Vec::new()));
    let (from_store, to) = (store.clone(), js::to_buffer(&scan.range.to));
    let (keys_into, values_into) = (Rc::clone(&keys), Rc::clone(&values));
    let mut reading_values = false;
    let request = store
        .open_key_cursor_with_range_and_direction(range, IdbCursorDirection::Prev)
        .map_err(|e| js::storage_error(&e))?;
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
        let request = range.and_then(|range| from_store.get_all_with_key(&range));
        request.map(Step::Next).map_err(|e| js::storage_error(&e))
    });
    answer.wait().await?;
    let values = values.take().into_iter().rev();
    Ok(keys.take().into_iter().zip(values).map(|(key, value)| Row { key, value }).collect())
}

async fn keys_by_cursor(
    store: &RecordStore,
    range: &IdbKeyRange,
    rows_max: usize,
) -> Result<Vec<Row>, StorageError> {
    let request = store
        .open_key_cursor_with_range_and_direction(range, IdbCursorDirection::Prev)
        .map_err(|e| js::storage_error(&e))?;
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

/// Reads keys page by page: a million of them in one answer would hold up the thread and fill its memory.
async fn keys_in_pages(
    store: &RecordStore,
    range: &KeyRange,
    order: Order,
    rows_max: usize,
) -> Result<Vec<Row>, StorageError> {
    let first = keys_page(store, range, order, rows_max)?;
    let rows = Rc::new(RefCell::new(Vec::new()));
    let (store, mut rest, into) = (store.clone(), range.clone(), Rc::clone(&rows));
    let answer = Answer::of(first, move |result| {
        let page = result.unchecked_ref::<Array>();
        let mut rows = into.borrow_mut();
        for key in page.iter() {
            rows.push(Row { key: js::from_buffer(&key)?, value: Bytes::new() });
        }
        let missing = rows_max.saturating_sub(rows.len());
        let Some(last) = rows.last().filter(|_| page.length() == SCAN_KEYS_PAGE && missing > 0) else {
            return Ok(Step::Done);
        };
        match order {
            // The smallest key after this one.
            Order::Ascending => rest.from = [&last.key[..], &[0]].concat(),
            Order::Descending => rest.to = last.key.to_vec(),
        }
        if rest.from >= rest.to {
            return Ok(Step::Done);
        }
        keys_page(&store, &rest, order, missing).map(Step::Next)
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
