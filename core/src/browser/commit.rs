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
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, IdbCursor, IdbDatabase, IdbRequest, IdbTransaction};

use super::burst::{Burst, Ended, Method, Mode, Sent};
use super::connection::Connection;
use super::js;
use super::read::key_range;
use crate::storage::{Durability, Expectation, StorageError, Write, WriteBatch};

#[wasm_bindgen]
extern "C" {
    /// `IDBTransaction` with its `commit`, which web-sys marks as deprecated although it is current.
    #[wasm_bindgen(extends = IdbTransaction)]
    type CommittedTransaction;

    #[wasm_bindgen(method, structural, catch)]
    fn commit(this: &CommittedTransaction) -> Result<(), JsValue>;
}

type Handler = Closure<dyn FnMut(Event)>;

/// Says how a commit failed.
pub(super) enum CommitFailure {
    /// The transaction could not even be made, or was taken back at once: certainly nothing was changed.
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
    if let Some(other) = batch.expectations.iter().find(|expectation| is_other(expectation, connection)) {
        return Err(CommitFailure::NotStarted(other.conflict(None)));
    }
    let not_started = |error: JsValue| CommitFailure::NotStarted(js::storage_error(&error));
    let not_heard = |error: JsValue| CommitFailure::Aborted(js::storage_error(&error));
    let mut burst = Burst::default();
    let looks = ask_for_looks(&mut burst, batch)?;
    ask_for_writes(&mut burst, batch).map_err(not_started)?;
    if burst.is_empty() {
        return Ok(());
    }
    connection.journal_begun().await;
    let sent =
        burst.send(connection.database(), Mode::Write(durability), looks.is_empty()).map_err(not_started)?;
    let commit = Commit::start(&sent, looks).map_err(not_heard)?;
    let (settle, settled) = js::once();
    // The handlers must outlive the caller's interest: without them, writes would be committed unchecked.
    spawn_local(async move { settle(commit.finish().await) });
    let lost = |_| Err(StorageError::ConnectionLost("the transaction ended without a word".into()));
    settled.await.unwrap_or_else(lost).map_err(CommitFailure::Aborted)
}

/// Applies what was put together, to a database that no connection of ours is for.
pub(super) async fn commit_burst(database: &IdbDatabase, burst: Burst) -> Result<(), StorageError> {
    let sent = burst.send(database, Mode::Write(Durability::Relaxed), true);
    let commit = sent.and_then(|sent| Commit::start(&sent, Vec::new()));
    commit.map_err(|error| js::storage_error(&error))?.finish().await
}

fn is_other(expectation: &Expectation, connection: &Connection) -> bool {
    matches!(expectation, Expectation::Connection(number) if *number != connection.number())
}

/// Asks for what is expected, and returns that, in the order of the requests. What can be told without a look is told at once.
fn ask_for_looks(burst: &mut Burst, batch: &WriteBatch) -> Result<Vec<Expectation>, CommitFailure> {
    let mut looks = Vec::new();
    for expectation in &batch.expectations {
        match expectation {
            Expectation::LastKey { table, range, key } => {
                let range =
                    key_range(range).map_err(|error| CommitFailure::NotStarted(js::storage_error(&error)))?;
                match (range, key) {
                    (Some(range), _) => burst.ask(*table, Method::OpenKeyCursor, &range, &"prev".into()),
                    // No key lies in an empty range.
                    (None, None) => continue,
                    (None, Some(_)) => return Err(CommitFailure::NotStarted(expectation.conflict(None))),
                }
            }
            Expectation::Value { table, key, .. } => {
                burst.ask(*table, Method::Get, &js::to_buffer(key), &JsValue::UNDEFINED);
            }
            // Seen to already, on the connection that the transaction belongs to.
            Expectation::Connection(_) => continue,
        }
        looks.push(expectation.clone());
    }
    Ok(looks)
}

fn ask_for_writes(burst: &mut Burst, batch: &WriteBatch) -> Result<(), JsValue> {
    for write in &batch.writes {
        match write {
            Write::Put { table, key, value } => {
                burst.ask(*table, Method::Put, &js::to_buffer(value), &js::to_buffer(key));
            }
            Write::PutPieces { table, key, pieces } => {
                burst.ask(*table, Method::Put, &js::joined(pieces), &js::to_buffer(key));
            }
            Write::Add { table, key, value } => {
                burst.ask(*table, Method::Add, &js::to_buffer(value), &js::to_buffer(key));
            }
            Write::DeleteRange { table, range } => {
                if let Some(range) = key_range(range)? {
                    burst.ask(*table, Method::Delete, &range, &JsValue::UNDEFINED);
                }
            }
        }
    }
    Ok(())
}

/// What the handlers of one transaction share.
struct Progress {
    transaction: IdbTransaction,
    looks_open: Cell<usize>,
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
        let open = self.looks_open.get().saturating_sub(1);
        self.looks_open.set(open);
        if open == 0 {
            // Saves a turn. Where it fails, the transaction has been aborted already, or commits by itself.
            self.transaction.unchecked_ref::<CommittedTransaction>().commit().ok();
        }
    }
}

struct Commit {
    settled: oneshot::Receiver<Result<(), StorageError>>,
    _on_look: Vec<Handler>,
    _on_end: Ended,
}

impl Commit {
    /// Listens to the transaction, and to the first of its requests, which are the looks.
    fn start(sent: &Sent, looks: Vec<Expectation>) -> Result<Self, JsValue> {
        let (settle, settled) = js::once();
        let progress = Rc::new(Progress {
            transaction: sent.transaction.clone(),
            looks_open: Cell::new(looks.len()),
            verdict: RefCell::new(None),
        });
        let looking = sent.requests().zip(looks);
        let on_look = looking.map(|(request, look)| wire_look(&progress, request, look)).collect();
        // An acknowledgement is the transaction's `complete` event, nothing less.
        let on_end = Ended::new(move |is_complete, cause| {
            let verdict = progress.verdict.borrow_mut().take();
            settle(if is_complete { Ok(()) } else { Err(verdict.unwrap_or_else(|| abort_cause(&cause))) });
        });
        sent.when_ended(&on_end)?;
        Ok(Self { settled, _on_look: on_look, _on_end: on_end })
    }

    async fn finish(self) -> Result<(), StorageError> {
        self.settled.await.unwrap_or_else(|_| {
            Err(StorageError::ConnectionLost("the transaction ended without a word".into()))
        })
    }
}

/// Running out of room shows only here: no request fails, the transaction just ends.
fn abort_cause(error: &JsValue) -> StorageError {
    if error.is_null() {
        return StorageError::ConnectionLost("the browser aborted the transaction without a reason".into());
    }
    js::storage_error(error)
}

/// Judges what an expectation is about when the answer comes.
fn wire_look(progress: &Rc<Progress>, request: IdbRequest, expectation: Expectation) -> Handler {
    let (shared, asked) = (Rc::clone(progress), request.clone());
    let on_success = Handler::new(move |_| match judge(&asked, &expectation) {
        Ok(()) => shared.one_holds(),
        Err(error) => shared.refuse(error),
    });
    request.set_onsuccess(Some(on_success.as_ref().unchecked_ref()));
    on_success
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
        // Nobody looks for it.
        Expectation::Connection(_) => return Ok(()),
    };
    if &found == expected { Ok(()) } else { Err(expectation.conflict(found.as_deref())) }
}
