//! Where records are kept: the browser's database, or memory where the browser refuses.

use std::cell::Cell;
use std::rc::Rc;

use bytes::Bytes;
use futures_channel::mpsc;
use tablog_core::browser::{ConnectionEvent, IndexedDbStorage, persisted};
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

use super::Host;
use super::port::Port;
use crate::engine::logic::words::memory_note;
use crate::engine::protocol::{DATABASE, Event, Failure, FailureKind, StorageMode, StorageStatus};

/// Keeps rows in the browser's database, or in memory.
#[derive(Clone)]
pub struct AnyStorage {
    kind: Kind,
    /// Which life of the database this is about, and which life it is in: a broker that knows of a database which was deleted must
    /// never write to the one that came after it.
    life: u32,
    lives: Rc<Cell<u32>>,
}

#[derive(Clone)]
enum Kind {
    IndexedDb(IndexedDbStorage),
    Memory(MemoryStorage),
}

/// Open storage, and why it is only memory when it is.
pub struct Opened {
    /// The storage.
    pub storage: AnyStorage,
    /// Why it is only memory.
    pub note: Option<String>,
}

/// Makes what the database tells its events to; those that mean work for the host arrive at the other end.
pub fn listener(
    port: Port,
) -> (impl Fn(ConnectionEvent) + 'static, mpsc::UnboundedReceiver<ConnectionEvent>) {
    let (sender, receiver) = mpsc::unbounded();
    let heard = move |event: ConnectionEvent| {
        if let Some(failure) = in_words(event) {
            port.tell(Event::Storage(failure));
        }
        // Nobody listens before the database is open; then there is nothing to do either.
        drop(sender.unbounded_send(event));
    };
    (heard, receiver)
}

/// Opens the database, or makes room in memory when the browser does not let this page store anything, or cannot open what it
/// stored: looking at files and trying things out need no database.
///
/// # Errors
/// What the person must do something about: another version holds the database, or it failed.
pub async fn open(heard: impl Fn(ConnectionEvent) + 'static) -> Result<Opened, Failure> {
    match IndexedDbStorage::open_watched(DATABASE, heard).await {
        Ok(storage) => Ok(Opened { storage: AnyStorage::new(Kind::IndexedDb(storage)), note: None }),
        Err(error) => match memory_note(&error) {
            Some(note) => {
                Ok(Opened { storage: AnyStorage::new(Kind::Memory(MemoryStorage::new())), note: Some(note) })
            }
            None => Err(error.into()),
        },
    }
}

fn in_words(event: ConnectionEvent) -> Option<Failure> {
    let (kind, sentence) = match event {
        ConnectionEvent::Blocked => (
            FailureKind::Version,
            "Opening what is stored takes long. If another tab has an older version of Tablog open, close that tab or reload it",
        ),
        ConnectionEvent::Outdated => (
            FailureKind::Version,
            "Another tab brought the stored data to a newer version of Tablog: reload this page to go on",
        ),
        // Whether records are gone with the connection is found out first.
        ConnectionEvent::Deleted | ConnectionEvent::Lost | ConnectionEvent::Reopened => return None,
    };
    Some(Failure { kind, code: None, sentence: sentence.to_owned() })
}

impl Host {
    /// Tells how much room is used and left, as far as the browser says.
    pub async fn storage_status(&self) -> StorageStatus {
        // Both are courtesies of the browser: without them, what is unknown stays unknown.
        let storage = self.broker().storage().clone();
        let usage = storage.usage().await.unwrap_or_default();
        let mode = match &storage.kind {
            Kind::Memory(_) => StorageMode::Ephemeral,
            Kind::IndexedDb(_) => match persisted().await {
                Ok(Some(true)) => StorageMode::Persisted,
                _ => StorageMode::BestEffort,
            },
        };
        StorageStatus {
            mode,
            used_bytes: usage.used_bytes,
            quota_bytes: usage.quota_bytes,
            note: self.note.clone(),
        }
    }
}

impl AnyStorage {
    fn new(kind: Kind) -> Self {
        Self { kind, life: 0, lives: Rc::default() }
    }

    /// Tells whether rows go with the worker.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self.kind, Kind::Memory(_))
    }

    /// Begins another life: all that hold the storage as it was are shut out from now on.
    #[must_use]
    pub fn reborn(&self) -> Self {
        let life = self.lives.get().wrapping_add(1);
        self.lives.set(life);
        Self { life, ..self.clone() }
    }

    fn check(&self) -> Result<(), StorageError> {
        if self.life == self.lives.get() {
            return Ok(());
        }
        Err(StorageError::ConnectionLost("the stored data was deleted from outside".to_owned()))
    }
}

impl Storage for AnyStorage {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.check()?;
        match &self.kind {
            Kind::IndexedDb(storage) => storage.get(table, key).await,
            Kind::Memory(storage) => storage.get(table, key).await,
        }
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.check()?;
        match &self.kind {
            Kind::IndexedDb(storage) => storage.scan(scan).await,
            Kind::Memory(storage) => storage.scan(scan).await,
        }
    }

    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        self.check()?;
        match &self.kind {
            Kind::IndexedDb(storage) => storage.scan_each(scans).await,
            Kind::Memory(storage) => storage.scan_each(scans).await,
        }
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        self.check()?;
        match &self.kind {
            Kind::IndexedDb(storage) => storage.commit(batch, durability).await,
            Kind::Memory(storage) => storage.commit(batch, durability).await,
        }
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        match &self.kind {
            Kind::IndexedDb(storage) => storage.usage().await,
            Kind::Memory(storage) => storage.usage().await,
        }
    }

    fn connection(&self) -> u64 {
        match &self.kind {
            Kind::IndexedDb(storage) => storage.connection(),
            Kind::Memory(storage) => storage.connection(),
        }
    }
}
