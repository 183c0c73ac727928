//! The store in the browser's database.
//!
//! Reads survive the loss of the connection by one reopening. A commit is tried again only when its transaction could not even
//! be made: anything later may have been applied. When the database is deleted while it is open (by another tab, or by the
//! person who clears the site's data), the next operation finds a new, empty one: reads find nothing, expectations conflict. What is
//! committed without a look expects the connection for that reason.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use bytes::Bytes;
use js_sys::{Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{StorageEstimate, StorageManager};

use super::commit::{CommitFailure, commit};
use super::connection::{self, Connection, ConnectionEvent, Watcher};
use super::{journal, js, read};
use crate::limits::SCANS_AT_ONCE_MAX;
use crate::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

/// Keeps rows in an IndexedDB database. A clone shares the connection.
#[derive(Clone)]
pub struct IndexedDbStorage {
    shared: Rc<Shared>,
}

struct Shared {
    name: String,
    connection: RefCell<Option<Rc<Connection>>>,
    watcher: Watcher,
}

impl IndexedDbStorage {
    /// Opens the database of this name, making or upgrading it where needed.
    ///
    /// # Errors
    /// As [`IndexedDbStorage::open_watched`].
    pub async fn open(name: &str) -> Result<Self, StorageError> {
        Self::open_watched(name, |_| {}).await
    }

    /// Opens the database and tells `watcher` from then on what happens to it behind our back.
    ///
    /// # Errors
    /// `Blocked` when another tab keeps an older version open for too long, `NewerVersion` when this code is too old for it,
    /// `Unavailable` when the browser refuses, `Unreadable` when it cannot open what is stored (it was tried twice),
    /// `QuotaExceeded`, or `ConnectionLost`.
    pub async fn open_watched(
        name: &str,
        watcher: impl Fn(ConnectionEvent) + 'static,
    ) -> Result<Self, StorageError> {
        let watcher: Watcher = Rc::new(watcher);
        let connection = Rc::new(Connection::open(name, &watcher).await?);
        let shared = Shared { name: name.to_owned(), connection: RefCell::new(Some(connection)), watcher };
        Ok(Self { shared: Rc::new(shared) })
    }

    /// Returns the database's name.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Lets go of the connection once what runs on it has completed. The next operation makes a new one.
    pub fn close(&self) {
        self.shared.connection.borrow_mut().take();
    }

    async fn connection(&self) -> Result<Rc<Connection>, StorageError> {
        let current = self.shared.connection.borrow().clone();
        if let Some(connection) = current.filter(|connection| !connection.is_lost()) {
            return Ok(connection);
        }
        self.shared.connection.borrow_mut().take();
        let connection = Rc::new(Connection::open(&self.shared.name, &self.shared.watcher).await?);
        // Two operations may have reopened at once: both connections work, and the later one stays.
        self.shared.connection.replace(Some(Rc::clone(&connection)));
        (self.shared.watcher)(ConnectionEvent::Reopened);
        Ok(connection)
    }

    async fn read<T>(
        &self,
        read: impl AsyncFn(&Connection) -> Result<T, StorageError>,
    ) -> Result<T, StorageError> {
        let connection = self.connection().await?;
        match read(&connection).await {
            Err(StorageError::ConnectionLost(_)) => {
                connection.lose();
                let again = self.connection().await?;
                read(&again).await
            }
            outcome => outcome,
        }
    }
}

impl Storage for IndexedDbStorage {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.read(async |connection| read::get(connection, table, key).await).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.read(async |connection| read::scan(connection, scan).await).await
    }

    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        let mut answers = Vec::with_capacity(scans.len());
        for some in scans.chunks(SCANS_AT_ONCE_MAX) {
            answers.extend(self.read(async |connection| read::scan_each(connection, some).await).await?);
        }
        Ok(answers)
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let connection = self.connection().await?;
        match commit(&connection, batch, durability).await {
            Ok(()) => Ok(()),
            Err(CommitFailure::Aborted(error)) => {
                if matches!(error, StorageError::ConnectionLost(_)) {
                    connection.lose();
                }
                Err(error)
            }
            Err(CommitFailure::NotStarted(StorageError::ConnectionLost(_))) => {
                connection.lose();
                let again = self.connection().await?;
                match commit(&again, batch, durability).await {
                    Ok(()) => Ok(()),
                    Err(CommitFailure::NotStarted(error) | CommitFailure::Aborted(error)) => Err(error),
                }
            }
            Err(CommitFailure::NotStarted(error)) => Err(error),
        }
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        let Some(manager) = storage_manager() else { return Ok(Usage::default()) };
        let estimate: StorageEstimate = settled(manager.estimate()).await?.unchecked_into();
        let used_bytes = estimate.get_usage().map(js::whole).unwrap_or_default();
        Ok(Usage { used_bytes, quota_bytes: estimate.get_quota().map(js::whole) })
    }

    fn connection(&self) -> u64 {
        let connection = self.shared.connection.borrow();
        connection.as_ref().filter(|connection| !connection.is_lost()).map_or(0, |it| it.number())
    }
}

impl fmt::Debug for IndexedDbStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IndexedDbStorage").field("name", &self.shared.name).finish_non_exhaustive()
    }
}

/// Deletes a database, with all that is in it.
///
/// # Errors
/// `Blocked` when another tab keeps it open for too long (it goes as soon as that tab lets go), `Unavailable`, or what the platform reports.
pub async fn delete_database(name: &str) -> Result<(), StorageError> {
    connection::delete(name).await?;
    journal::tidy_up(name).await;
    Ok(())
}

/// Tells whether the browser has promised to keep what is stored here when room gets scarce; `None` when it does not say.
///
/// # Errors
/// What the platform reports.
pub async fn persisted() -> Result<Option<bool>, StorageError> {
    let Some(manager) = storage_manager() else { return Ok(None) };
    Ok(settled(manager.persisted()).await?.as_bool())
}

async fn settled(promise: Result<Promise, JsValue>) -> Result<JsValue, StorageError> {
    let promise = promise.map_err(|error| js::storage_error(&error))?;
    JsFuture::from(promise).await.map_err(|error| js::storage_error(&error))
}

/// Finds `navigator.storage`, in a window or a worker; pages that are not secure have none.
fn storage_manager() -> Option<StorageManager> {
    let navigator = Reflect::get(&js_sys::global(), &"navigator".into()).ok()?;
    Reflect::get(&navigator, &"storage".into()).ok()?.dyn_into().ok()
}
