//! One connection to the database: opening it within a bounded time, and learning that it is gone.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Reflect;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, IdbDatabase, IdbFactory, IdbOpenDbRequest, IdbVersionChangeEvent};

use super::journal::Journal;
use super::{js, schema};
use crate::limits::{
    DATABASE_BLOCKED_NOTICE_MS, DATABASE_BLOCKED_WAIT_MS, DATABASE_OPEN_AGAIN_MS, DATABASE_OPEN_ATTEMPTS_MAX,
    DATABASE_OPEN_NOTICE_MS, DATABASE_OPEN_WAIT_MS,
};
use crate::storage::StorageError;

/// What happens to a database behind its user's back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionEvent {
    /// Opening takes unusually long, most likely because another tab keeps an older version open: the person should close that
    /// tab. The platform does not tell a slow disk from that.
    Blocked,
    /// Another tab brings the database to a newer version: this page let go of it and should be reloaded.
    Outdated,
    /// The database was deleted, by another tab or by the person: what was stored is gone.
    Deleted,
    /// The browser closed the connection. The next operation makes a new one.
    Lost,
    /// A new connection was made after one was lost.
    Reopened,
}

/// Who is told of [`ConnectionEvent`]s. The one `dyn` here: JavaScript's event handlers are that anyway.
pub(super) type Watcher = Rc<dyn Fn(ConnectionEvent)>;

/// An open connection. Dropping it closes it, after the transactions that still run.
pub(super) struct Connection {
    number: u64,
    database: IdbDatabase,
    journal: Rc<Journal>,
    lost: Rc<Cell<bool>>,
    _on_version_change: Closure<dyn FnMut(IdbVersionChangeEvent)>,
    _on_close: Closure<dyn FnMut(Event)>,
}

impl Connection {
    /// Opens the database, making or upgrading it where needed.
    ///
    /// # Errors
    /// `Blocked` when another tab keeps an older version open, `NewerVersion`, `Unavailable`, `Unreadable`, `QuotaExceeded`, or
    /// `ConnectionLost`.
    pub(super) async fn open(name: &str, watcher: &Watcher) -> Result<Self, StorageError> {
        match Self::try_to_open(name, watcher).await {
            Err(StorageError::Unreadable(_)) => {
                js::sleep(DATABASE_OPEN_AGAIN_MS).await;
                Self::try_to_open(name, watcher).await
            }
            outcome => outcome,
        }
    }

    async fn try_to_open(name: &str, watcher: &Watcher) -> Result<Self, StorageError> {
        let ours = f64::from(schema::version());
        for _ in 0..DATABASE_OPEN_ATTEMPTS_MAX {
            let existing = open_as_it_is(name, watcher).await?;
            let outdated = existing.is_some();
            if let Some(database) = existing {
                let found = database.version();
                if found == ours {
                    return Ok(Self::new(database, Journal::soon(name), watcher));
                }
                database.close();
                if found > ours {
                    let text = format!("it has layout {found}, this page knows {ours}");
                    return Err(StorageError::NewerVersion(text));
                }
            }
            upgrade(name, outdated, watcher).await?;
        }
        Err(StorageError::ConnectionLost(
            "the database was remade again and again while it was opened".into(),
        ))
    }

    fn new(database: IdbDatabase, journal: Rc<Journal>, watcher: &Watcher) -> Self {
        let lost = Rc::new(Cell::new(false));
        let (closing, gone, watch) = (database.clone(), Rc::clone(&lost), Rc::clone(watcher));
        let told = Rc::clone(&journal);
        let on_version_change =
            Closure::<dyn FnMut(IdbVersionChangeEvent)>::new(move |event: IdbVersionChangeEvent| {
                gone.set(true);
                told.let_go();
                // Lets the transactions that run complete, then gives way.
                closing.close();
                let deleted = event.new_version().is_none();
                watch(if deleted { ConnectionEvent::Deleted } else { ConnectionEvent::Outdated });
            });
        let (gone, watch, told) = (Rc::clone(&lost), Rc::clone(watcher), Rc::clone(&journal));
        let on_close = Closure::<dyn FnMut(Event)>::new(move |_| {
            gone.set(true);
            told.let_go();
            watch(ConnectionEvent::Lost);
        });
        database.set_onversionchange(Some(on_version_change.as_ref().unchecked_ref()));
        database.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        let number = CONNECTIONS.get().saturating_add(1);
        CONNECTIONS.set(number);
        Self { number, database, journal, lost, _on_version_change: on_version_change, _on_close: on_close }
    }

    /// Returns a number that no other connection of this page has had: from 1 on.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Returns the platform's connection.
    pub(super) fn database(&self) -> &IdbDatabase {
        &self.database
    }

    /// Waits until what is committed goes into a journal that ends well.
    pub(super) async fn journal_begun(&self) {
        self.journal.begun().await;
    }

    /// Tells whether the connection is known to be of no more use.
    pub(super) fn is_lost(&self) -> bool {
        self.lost.get()
    }

    /// Notes that the connection is of no more use.
    pub(super) fn lose(&self) {
        self.lost.set(true);
        self.journal.let_go();
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.database.set_onversionchange(None);
        self.database.set_onclose(None);
        self.database.close();
    }
}

/// Deletes the database, with all that is in it.
///
/// # Errors
/// `Blocked` when another tab keeps it open for too long; it is then deleted as soon as that tab lets go.
pub(super) async fn delete(name: &str) -> Result<(), StorageError> {
    let request = factory()?.delete_database(name).map_err(|error| js::opening_error(&error))?;
    let (settle, mut settled) = js::once();
    let blocked = Rc::new(Cell::new(false));
    let noted = Rc::clone(&blocked);
    let stuck = Stuck::default();
    let free = stuck.clone();
    spawn_local(async move {
        let on_blocked = Closure::<dyn FnMut(Event)>::new(move |_| noted.set(true));
        request.set_onblocked(Some(on_blocked.as_ref().unchecked_ref()));
        let outcome = answer(&request).await.map(|_| ());
        request.set_onblocked(None);
        free.set(None);
        settle(outcome);
    });
    let mut outcome = js::within(DATABASE_BLOCKED_WAIT_MS, &mut settled).await;
    if outcome.is_none() && !blocked.get() {
        // Nobody is in the way: there is just much to delete.
        outcome = js::within(DATABASE_OPEN_WAIT_MS, settled).await;
    }
    match outcome {
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) | None if blocked.get() => {
            stuck.set(Some(Pending::on(name)));
            Err(StorageError::Blocked)
        }
        Some(Err(_)) | None => Err(too_slow()),
    }
}

/// Finds the browser's databases.
pub(super) fn factory() -> Result<IdbFactory, StorageError> {
    let found = Reflect::get(&js_sys::global(), &"indexedDB".into());
    let found = found.map_err(|error| js::opening_error(&error))?;
    found.dyn_into().map_err(|_| StorageError::Unavailable("it offers no IndexedDB here".into()))
}

/// A connection that nobody has taken yet: closed when nobody does, instead of standing in other tabs' way.
struct Untaken(Option<IdbDatabase>);

impl Untaken {
    fn take(mut self) -> Option<IdbDatabase> {
        self.0.take()
    }
}

impl Drop for Untaken {
    fn drop(&mut self) {
        if let Some(database) = &self.0 {
            database.close();
        }
    }
}

thread_local! {
    /// How many connections were made.
    static CONNECTIONS: Cell<u64> = const { Cell::new(0) };

    /// The databases that an upgrade or a deletion waits for although this page gave up waiting: whoever opens one of them waits
    /// behind that.
    static PENDING: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// What an upgrade or a deletion takes back when it comes through after all.
type Stuck = Rc<Cell<Option<Pending>>>;

/// An upgrade or a deletion that another tab holds up.
struct Pending(String);

impl Pending {
    fn on(name: &str) -> Self {
        PENDING.with_borrow_mut(|pending| pending.push(name.to_owned()));
        Self(name.to_owned())
    }

    fn is_on(name: &str) -> bool {
        PENDING.with_borrow(|pending| pending.iter().any(|other| other == name))
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        PENDING.with_borrow_mut(|pending| {
            if let Some(at) = pending.iter().position(|other| *other == self.0) {
                pending.swap_remove(at);
            }
        });
    }
}

/// Opens the database with whatever layout it has; `None` when there is none. Behind an upgrade or a deletion that waits for
/// another tab, opening waits too, without any event that says so.
async fn open_as_it_is(name: &str, watcher: &Watcher) -> Result<Option<IdbDatabase>, StorageError> {
    let is_behind = Pending::is_on(name);
    let request = factory()?.open(name).map_err(|error| js::opening_error(&error))?;
    let (settle, mut settled) = js::once();
    // Goes on when the wait is given up, or the caller is: what comes late is then dropped, and closed.
    spawn_local(async move { settle(existing(&request).await.map(Untaken)) });
    let (notice_ms, wait_ms) = if is_behind {
        (DATABASE_BLOCKED_NOTICE_MS, DATABASE_BLOCKED_WAIT_MS)
    } else {
        (DATABASE_OPEN_NOTICE_MS, DATABASE_OPEN_WAIT_MS)
    };
    let mut outcome = js::within(notice_ms, &mut settled).await;
    if outcome.is_none() {
        watcher(ConnectionEvent::Blocked);
        outcome = js::within(wait_ms, settled).await;
    }
    match outcome {
        Some(Ok(outcome)) => outcome.map(Untaken::take),
        Some(Err(_)) | None if is_behind => Err(StorageError::Blocked),
        Some(Err(_)) | None => Err(too_slow()),
    }
}

async fn existing(request: &IdbOpenDbRequest) -> Result<Option<IdbDatabase>, StorageError> {
    let missing = Rc::new(Cell::new(false));
    let (noted, upgrading) = (Rc::clone(&missing), request.clone());
    // Without a version, an upgrade is only ever asked for when there is no database: then none must come to be.
    let on_upgrade = Closure::<dyn FnMut(Event)>::new(move |_| {
        noted.set(true);
        if let Some(transaction) = upgrading.transaction() {
            // Fails only when the transaction has ended already, and then nothing is left to stop.
            transaction.abort().ok();
        }
    });
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let outcome = answer(request).await;
    request.set_onupgradeneeded(None);
    match outcome {
        Err(_) if missing.get() => Ok(None),
        outcome => outcome.map(|database| Some(database.unchecked_into())),
    }
}

/// Opens a database with a version; `upgrade` gets it when it had an older one, or was not there. For small ones of our own, which
/// nobody holds on to.
pub(super) async fn open_with(
    name: &str,
    version: u32,
    upgrade: impl Fn(&IdbDatabase) -> Result<(), JsValue> + 'static,
) -> Result<IdbDatabase, StorageError> {
    let request = factory()?.open_with_u32(name, version).map_err(|error| js::opening_error(&error))?;
    let opening = request.clone();
    let on_upgrade = Closure::<dyn FnMut(Event)>::new(move |_| {
        let upgraded = opening.result().and_then(|database| upgrade(database.unchecked_ref()));
        if upgraded.is_err()
            && let Some(transaction) = opening.transaction()
        {
            // Fails only when the transaction has ended already, and then nothing is left to stop.
            transaction.abort().ok();
        }
    });
    request.set_onupgradeneeded(Some(on_upgrade.as_ref().unchecked_ref()));
    let opened = answer(&request).await;
    request.set_onupgradeneeded(None);
    opened.map(JsCast::unchecked_into)
}

/// Makes the database, or brings it up to date when it is `outdated`: only then can another tab stand in the way.
async fn upgrade(name: &str, outdated: bool, watcher: &Watcher) -> Result<(), StorageError> {
    let (settle, mut settled) = js::once();
    let owned_name = name.to_owned();
    let stuck = Stuck::default();
    let free = stuck.clone();
    // Goes on when the wait is given up: the upgrade then happens as soon as the other tab lets go.
    spawn_local(async move {
        let outcome = schema::upgrade(&owned_name).await;
        free.set(None);
        settle(outcome);
    });
    let mut outcome = js::within(DATABASE_BLOCKED_NOTICE_MS, &mut settled).await;
    if outcome.is_none() {
        if outdated {
            watcher(ConnectionEvent::Blocked);
        }
        let wait_ms = if outdated { DATABASE_BLOCKED_WAIT_MS } else { DATABASE_OPEN_WAIT_MS };
        outcome = js::within(wait_ms, settled).await;
    }
    match outcome {
        Some(Ok(outcome)) => outcome,
        Some(Err(_)) | None if outdated => {
            stuck.set(Some(Pending::on(name)));
            Err(StorageError::Blocked)
        }
        Some(Err(_)) | None => Err(too_slow()),
    }
}

fn too_slow() -> StorageError {
    StorageError::ConnectionLost(format!(
        "the browser did not answer within {DATABASE_OPEN_WAIT_MS} ms; another tab may stand in the way, so close other tabs of \
         this page"
    ))
}

/// Waits for an opening or deleting request.
pub(super) async fn answer(request: &IdbOpenDbRequest) -> Result<JsValue, StorageError> {
    let (settle, settled) = js::once();
    let (succeed, fail, asked) = (settle.clone(), settle, request.clone());
    let on_success =
        Closure::<dyn FnMut(Event)>::new(move |_| succeed(asked.result().map_err(|e| js::opening_error(&e))));
    let asked = request.clone();
    let on_error = Closure::<dyn FnMut(Event)>::new(move |event: Event| {
        // Else the browser's console shows as uncaught what is handled here.
        event.prevent_default();
        let error = asked.error().ok().flatten();
        fail(Err(js::opening_error(&error.map_or(JsValue::UNDEFINED, JsValue::from))));
    });
    request.set_onsuccess(Some(on_success.as_ref().unchecked_ref()));
    request.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    let outcome = settled.await;
    request.set_onsuccess(None);
    request.set_onerror(None);
    outcome.unwrap_or_else(|_| Err(StorageError::ConnectionLost("the request was dropped".into())))
}
