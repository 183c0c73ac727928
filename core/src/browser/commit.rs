//! The one way in which anything is written: expectations and writes in one burst on one transaction with a chosen durability.
//!
//! rexie cannot do this: it has no durability option, and it reports a transaction that was aborted for want of room as done.
//!
//! ```text
//! burst:    look at what is expected … put, add, delete …   all requested before anything is awaited
//! nothing to look at → commit()                             the browser needs nobody here any more to bring it to its end
//! success of the last look, all as expected → commit()      nothing can be added any more, no turn is lost
//! success of a look that finds something else → abort()     the writes behind it are undone
//! an added row is there already → the browser aborts        so too where commit() was called
//! complete → Ok            abort → Conflict, or why
//! ```
//! Whoever looks holds up all others when it is frozen in between: so only what is rare does.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{
    Event, IdbCursor, IdbCursorDirection, IdbDatabase, IdbObjectStore, IdbRequest, IdbTransaction,
};

use super::connection::Connection;
use super::js;
use super::read::key_range;
use crate::storage::{Durability, Expectation, StorageError, Table, Write, WriteBatch};

#[wasm_bindgen]
extern "C" {
    /// `IDBDatabase` with the transaction options that web-sys keeps behind an unstable flag.
    #[wasm_bindgen(extends = IdbDatabase)]
    type DurableDatabase;

    #[wasm_bindgen(method, structural, catch)]
    fn transaction(
        this: &DurableDatabase,
        tables: &Array,
        mode: &str,
        options: &TransactionOptions,
    ) -> Result<IdbTransaction, JsValue>;

    /// The dictionary `IDBTransactionOptions`.
    #[wasm_bindgen(extends = Object)]
    type TransactionOptions;

    /// `IDBTransaction` with its `commit`, which web-sys marks as deprecated although it is current.
    #[wasm_bindgen(extends = IdbTransaction)]
    pub(super) type CommittedTransaction;

    #[wasm_bindgen(method, structural, catch)]
    pub(super) fn commit(this: &CommittedTransaction) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, setter)]
    fn set_durability(this: &TransactionOptions, durability: &str);
}

type Handler = Closure<dyn FnMut(Event)>;

/// Says how a commit failed.
pub(super) enum CommitFailure {
    /// The transaction could not even be made: certainly nothing was changed.
    NotStarted(StorageError),
    /// The transaction ended without completing.
    Aborted(StorageError),
}

/// Applies a batch. Once it has begun it goes on to its end, whether or not somebody still waits for it; the first of a connection
/// does not begin before the browser has a new journal.
pub(super) async fn commit(
    connection: &Connection,
    batch: &WriteBatch,
    durability: Durability,
) -> Result<(), CommitFailure> {
    if batch.expectations.is_empty() && batch.writes.is_empty() {
        return Ok(());
    }
    if let Some(other) = batch.expectations.iter().find(|expectation| is_other(expectation, connection)) {
        return Err(CommitFailure::NotStarted(other.conflict(None)));
    }
    connection.journal_begun().await;
    let transaction = begin(connection.database(), batch, durability)
        .map_err(|error| CommitFailure::NotStarted(js::storage_error(&error)))?;
    let commit = Commit::start(transaction, batch);
    let (settle, settled) = js::once();
    // The handlers must outlive the caller's interest: without them, writes would be committed unchecked.
    spawn_local(async move { settle(commit.finish().await) });
    let lost = |_| Err(StorageError::ConnectionLost("the transaction ended without a word".into()));
    settled.await.unwrap_or_else(lost).map_err(CommitFailure::Aborted)
}

fn begin(
    database: &IdbDatabase,
    batch: &WriteBatch,
    durability: Durability,
) -> Result<IdbTransaction, JsValue> {
    let tables = Array::new();
    for table in Table::ALL.into_iter().filter(|table| concerns(batch, *table)) {
        tables.push(&table.name().into());
    }
    let options: TransactionOptions = Object::new().unchecked_into();
    options.set_durability(match durability {
        Durability::Relaxed => "relaxed",
        Durability::Strict => "strict",
    });
    database.unchecked_ref::<DurableDatabase>().transaction(&tables, "readwrite", &options)
}

fn is_other(expectation: &Expectation, connection: &Connection) -> bool {
    matches!(expectation, Expectation::Connection(number) if *number != connection.number())
}

fn concerns(batch: &WriteBatch, table: Table) -> bool {
    let looked_at = batch.expectations.iter().filter_map(Expectation::table);
    looked_at.chain(batch.writes.iter().map(Write::table)).any(|concerned| concerned == table)
}

/// What the handlers of one transaction share.
struct Progress {
    transaction: IdbTransaction,
    expectations_open: Cell<usize>,
    verdict: RefCell<Option<StorageError>>,
}

impl Progress {
    /// Undoes everything for this reason; the first reason counts.
    fn refuse(&self, error: StorageError) {
        self.verdict.borrow_mut().get_or_insert(error);
        // Fails only when the transaction has ended already, and then its end tells the rest.
        self.transaction.abort().ok();
    }

    fn one_holds(&self) {
        self.expectations_open.set(self.expectations_open.get().saturating_sub(1));
    }

    fn commit_if_all_hold(&self) {
        if self.expectations_open.get() == 0 {
            // Saves a turn, and frees the database from a tab that is frozen now. Where it fails, the transaction has been
            // aborted already, or commits by itself.
            self.transaction.unchecked_ref::<CommittedTransaction>().commit().ok();
        }
    }
}

struct Commit {
    settled: oneshot::Receiver<Result<(), StorageError>>,
    progress: Rc<Progress>,
    _on_look: Vec<Handler>,
    _on_end: [Handler; 3],
}

impl Commit {
    /// Wires the transaction and issues every request, without awaiting anything.
    fn start(transaction: IdbTransaction, batch: &WriteBatch) -> Self {
        let (settle, settled) = js::once();
        let progress = Rc::new(Progress {
            transaction,
            expectations_open: Cell::new(batch.expectations.len()),
            verdict: RefCell::new(None),
        });
        let on_end = wire_end(&progress, settle);
        let mut on_look = Vec::with_capacity(batch.expectations.len());
        match burst(&progress, batch, &mut on_look) {
            Ok(()) => progress.commit_if_all_hold(),
            Err(error) => progress.refuse(js::storage_error(&error)),
        }
        Self { settled, progress, _on_look: on_look, _on_end: on_end }
    }

    async fn finish(self) -> Result<(), StorageError> {
        let outcome = self.settled.await;
        let transaction = &self.progress.transaction;
        transaction.set_oncomplete(None);
        transaction.set_onabort(None);
        transaction.set_onerror(None);
        outcome.unwrap_or_else(|_| {
            Err(StorageError::ConnectionLost("the transaction ended without a word".into()))
        })
    }
}

/// Listens to how the transaction ends. An acknowledgement is its `complete` event, nothing less.
fn wire_end(
    progress: &Rc<Progress>,
    settle: impl Fn(Result<(), StorageError>) + Clone + 'static,
) -> [Handler; 3] {
    let (completed, aborted) = (settle.clone(), settle);
    let on_complete = Handler::new(move |_| completed(Ok(())));
    let shared = Rc::clone(progress);
    let on_abort = Handler::new(move |_| {
        let verdict = shared.verdict.borrow_mut().take();
        aborted(Err(verdict.unwrap_or_else(|| abort_cause(&shared.transaction))));
    });
    let shared = Rc::clone(progress);
    let on_error = Handler::new(move |event: Event| {
        let request = event.target().and_then(|target| target.dyn_into::<IdbRequest>().ok());
        if let Some(error) = request.and_then(|request| request.error().ok().flatten()) {
            // Requests that fall with the transaction say "AbortError", whatever the cause was.
            if error.name() != "AbortError" {
                shared.verdict.borrow_mut().get_or_insert(js::storage_error(&error));
            }
        }
    });
    let transaction = &progress.transaction;
    transaction.set_oncomplete(Some(on_complete.as_ref().unchecked_ref()));
    transaction.set_onabort(Some(on_abort.as_ref().unchecked_ref()));
    transaction.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    [on_complete, on_abort, on_error]
}

/// Running out of room shows only here: no request fails, the transaction just ends.
fn abort_cause(transaction: &IdbTransaction) -> StorageError {
    match transaction.error() {
        Some(error) => js::storage_error(&error),
        None => StorageError::ConnectionLost("the browser aborted the transaction without a reason".into()),
    }
}

fn burst(progress: &Rc<Progress>, batch: &WriteBatch, handlers: &mut Vec<Handler>) -> Result<(), JsValue> {
    let mut stores: Vec<(Table, IdbObjectStore)> = Vec::with_capacity(Table::ALL.len());
    for table in Table::ALL.into_iter().filter(|table| concerns(batch, *table)) {
        stores.push((table, progress.transaction.object_store(table.name())?));
    }
    let store = |table: Table| {
        let found = stores.iter().find(|(named, _)| *named == table);
        found.map(|(_, store)| store).ok_or_else(|| JsValue::from("a table outside the transaction"))
    };
    for expectation in &batch.expectations {
        handlers.extend(look(progress, store, expectation)?);
    }
    for write in &batch.writes {
        match write {
            Write::Put { table, key, value } => {
                store(*table)?.put_with_key(&js::to_buffer(value), &js::to_buffer(key))?;
            }
            Write::Add { table, key, value } => {
                store(*table)?.add_with_key(&js::to_buffer(value), &js::to_buffer(key))?;
            }
            Write::DeleteRange { table, range } => {
                if let Some(range) = key_range(range)? {
                    store(*table)?.delete(&range)?;
                }
            }
        }
    }
    Ok(())
}

/// Asks for what an expectation is about, and judges the answer when it comes.
fn look<'a>(
    progress: &Rc<Progress>,
    store: impl Fn(Table) -> Result<&'a IdbObjectStore, JsValue>,
    expectation: &Expectation,
) -> Result<Option<Handler>, JsValue> {
    let request = match expectation {
        Expectation::LastKey { table, range, key } => match key_range(range)? {
            Some(range) => {
                store(*table)?.open_key_cursor_with_range_and_direction(&range, IdbCursorDirection::Prev)?
            }
            None => {
                // No key lies in an empty range: known without asking.
                match key {
                    None => progress.one_holds(),
                    Some(_) => progress.refuse(expectation.conflict(None)),
                }
                return Ok(None);
            }
        },
        Expectation::Value { table, key, .. } => store(*table)?.get(&js::to_buffer(key))?,
        Expectation::Connection(_) => {
            // Seen to before the transaction was made, on the connection that it belongs to.
            progress.one_holds();
            return Ok(None);
        }
    };
    let (shared, asked, expectation) = (Rc::clone(progress), request.clone(), expectation.clone());
    let on_success = Handler::new(move |_| match judge(&asked, &expectation) {
        Ok(()) => {
            shared.one_holds();
            shared.commit_if_all_hold();
        }
        Err(error) => shared.refuse(error),
    });
    request.set_onsuccess(Some(on_success.as_ref().unchecked_ref()));
    Ok(Some(on_success))
}

fn judge(request: &IdbRequest, expectation: &Expectation) -> Result<(), StorageError> {
    let result = request.result().map_err(|error| js::storage_error(&error))?;
    let (found, expected) = match expectation {
        Expectation::LastKey { key, .. } => {
            let cursor = result.dyn_ref::<IdbCursor>();
            let last = cursor.map(IdbCursor::key).transpose().map_err(|error| js::storage_error(&error))?;
            (last.as_ref().map(js::from_buffer).transpose()?, key)
        }
        Expectation::Value { value, .. } => {
            let found = (!result.is_undefined()).then(|| js::from_buffer(&result)).transpose()?;
            (found, value)
        }
        Expectation::Connection(_) => return Ok(()),
    };
    if &found == expected { Ok(()) } else { Err(expectation.conflict(found.as_deref())) }
}
