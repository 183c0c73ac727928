//! The narrow door to whatever keeps the bytes: ordered rows in a few tables, and one atomic commit.
//!
//! # The contract that every backend keeps (`storage/suite.rs` checks each line)
//! 1. Keys are compared byte by byte. A scan returns rows in key order, or in reverse.
//! 2. [`Storage::commit`] applies a [`WriteBatch`] whole or not at all. `Ok` means the transaction completed, never merely that
//!    a request succeeded.
//! 3. Expectations are checked inside the same transaction as the writes. One that does not hold gives
//!    [`StorageError::Conflict`] and changes nothing.
//! 4. Operations of one batch apply in the order given. A [`Write::Add`] whose row is there by then gives
//!    [`StorageError::Conflict`], and the whole batch changes nothing.
//! 5. Overlapping commits of several clients, other tabs included, are serialised; a read sees whole commits only.
//! 6. What was committed is seen by every later read of every client.
//! 7. After an error of which [`StorageError::changed_nothing`] does not say so, the outcome of a commit may be unknown: the caller reads before it
//!    writes again.
//! 8. A value of zero bytes and a missing row are different things.
//! 9. A batch that expects nothing of the tables is handed over as a whole, and needs nobody to be applied: whoever committed it may
//!    be frozen or gone.

#[cfg(any(test, feature = "testing"))]
pub mod faulty;
pub mod key;
pub mod memory;
#[cfg(any(test, feature = "testing"))]
pub mod suite;
pub mod table;

use std::fmt;

use bytes::Bytes;

pub use table::Table;

/// How far a commit must have got before it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// The transaction completed; survives a crash of the tab or the browser.
    Relaxed,
    /// The disk was asked to flush before the transaction completed; survives power loss as far as the platform promises.
    Strict,
}

/// A half-open range of keys: `from` is included, `to` is not.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key that may be in the range.
    pub from: Vec<u8>,
    /// The first key after the range.
    pub to: Vec<u8>,
}

/// Which way a scan runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the smallest key up.
    Ascending,
    /// From the largest key down.
    Descending,
}

/// Whether a scan brings values along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Keys only; every returned value is empty.
    Keys,
    /// Keys and values.
    Rows,
}

/// One question to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The table to read.
    pub table: Table,
    /// The keys to return.
    pub range: KeyRange,
    /// The direction.
    pub order: Order,
    /// Keys only, or rows.
    pub content: Content,
    /// Most rows to return; a full answer may have more behind it. At most [`crate::limits::SCAN_ROWS_MAX`] when values are asked for.
    pub rows_max: usize,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The row's key.
    pub key: Bytes,
    /// The row's value.
    pub value: Bytes,
}

/// What must be true when a commit is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The largest key within the range is this one, or there is none.
    LastKey {
        /// The table to look into.
        table: Table,
        /// Where to look for the largest key.
        range: KeyRange,
        /// The key that must be found; `None` when the range must be empty.
        key: Option<Bytes>,
    },
    /// The row at the key has exactly this value, or does not exist.
    Value {
        /// The table to look into.
        table: Table,
        /// The row's key.
        key: Bytes,
        /// The value that must be found; `None` when the row must not exist.
        value: Option<Bytes>,
    },
    /// The commit goes over the connection of this number: the store is the one that was read over it. Nothing has to be looked at
    /// for that. See [`Storage::connection`].
    Connection(u64),
}

/// One change to a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Sets a row, replacing what was there.
    Put {
        /// The table to change.
        table: Table,
        /// The row's key.
        key: Bytes,
        /// The row's new value.
        value: Bytes,
    },
    /// Sets a row, replacing what was there, to pieces that lie back to back: who has them need not put them together.
    PutPieces {
        /// The table to change.
        table: Table,
        /// The row's key.
        key: Bytes,
        /// The row's new value, in pieces.
        pieces: Vec<Bytes>,
    },
    /// Sets a row that must not be there yet: else nothing of the batch is applied. The store itself sees to that, without anybody who
    /// looks first.
    Add {
        /// The table to change.
        table: Table,
        /// The row's key.
        key: Bytes,
        /// The row's value.
        value: Bytes,
    },
    /// Removes every row of the range.
    DeleteRange {
        /// The table to change.
        table: Table,
        /// The keys to remove.
        range: KeyRange,
    },
}

/// Changes that become visible together, if every expectation holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteBatch {
    /// What must hold, checked before anything is written.
    pub expectations: Vec<Expectation>,
    /// What is then written, in this order.
    pub writes: Vec<Write>,
}

/// How much room the log takes and may take, as far as the platform tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Bytes in use.
    pub used_bytes: u64,
    /// Bytes that may be used in all; `None` when unknown.
    pub quota_bytes: Option<u64>,
}

/// Says why storage did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// An expectation did not hold: somebody else wrote first. Nothing was changed.
    #[error("somebody else wrote first: {0}")]
    Conflict(String),
    /// The platform's quota is used up. Nothing was changed.
    #[error("the browser's storage quota is used up: free some room, or ask the browser for more")]
    QuotaExceeded,
    /// The connection was lost and could not be made again.
    #[error("the connection to the database was lost: {0}")]
    ConnectionLost(String),
    /// Another tab holds an older version of the database open. Nothing was changed.
    #[error("another tab has an older version of Tablog open: close it, or reload it")]
    Blocked,
    /// The database was written by a newer version. Nothing was changed.
    #[error("the database was written by a newer version of Tablog ({0}): reload to get that version")]
    NewerVersion(String),
    /// The platform refuses to store anything here. Nothing was changed.
    #[error("the browser does not let this page store anything: {0}")]
    Unavailable(String),
    /// The platform cannot open what is stored, now or ever; nothing was deleted. Nothing was changed.
    #[error("the browser cannot open the database: {0}")]
    Unreadable(String),
    /// What is stored is not what was written.
    #[error("stored data is damaged: {0}")]
    Corrupt(String),
    /// Anything else that the platform reported.
    #[error("storage failed: {0}")]
    Other(String),
}

/// Keeps ordered rows. See the module for the contract.
#[allow(async_fn_in_trait, reason = "one thread everywhere: no Send bound is wanted")]
pub trait Storage {
    /// Reads one row.
    ///
    /// # Errors
    /// Any [`StorageError`] but `Conflict` and `QuotaExceeded`.
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError>;

    /// Reads rows of a range, in order.
    ///
    /// # Errors
    /// Any [`StorageError`] but `Conflict` and `QuotaExceeded`.
    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError>;

    /// Answers many questions, in their order, each as [`Storage::scan`] does: none is answered from before the one in
    /// front of it. Where every question has a price of its own, a backend asks [`crate::limits::SCANS_AT_ONCE_MAX`] of them together.
    ///
    /// # Errors
    /// Any [`StorageError`] but `Conflict` and `QuotaExceeded`.
    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        let mut answers = Vec::with_capacity(scans.len());
        for scan in scans {
            answers.push(self.scan(scan).await?);
        }
        Ok(answers)
    }

    /// Applies a batch as one transaction.
    ///
    /// # Errors
    /// `Conflict` when an expectation does not hold or an added row is there already, `QuotaExceeded` when there is no room, or what the platform reports.
    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError>;

    /// Tells how much room is used and left.
    ///
    /// # Errors
    /// Any [`StorageError`] but `Conflict` and `QuotaExceeded`.
    async fn usage(&self) -> Result<Usage, StorageError>;

    /// Numbers the connection that the next operation uses, as far as that is known: as long as the number is the same, so is the
    /// store. Over another connection there may be another store, made anew after the first was wiped. 0 where there is no
    /// connection, or no need of one.
    fn connection(&self) -> u64;
}

impl<S: Storage> Storage for std::rc::Rc<S> {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        (**self).get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        (**self).scan(scan).await
    }

    async fn scan_each(&self, scans: &[Scan]) -> Result<Vec<Vec<Row>>, StorageError> {
        (**self).scan_each(scans).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        (**self).commit(batch, durability).await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        (**self).usage().await
    }

    fn connection(&self) -> u64 {
        (**self).connection()
    }
}

impl StorageError {
    /// Tells of a failed commit whether it certainly changed nothing; else it may have been applied.
    pub fn changed_nothing(&self) -> bool {
        match self {
            Self::Conflict(_)
            | Self::QuotaExceeded
            | Self::Blocked
            | Self::NewerVersion(_)
            | Self::Unavailable(_)
            | Self::Unreadable(_) => true,
            Self::ConnectionLost(_) | Self::Corrupt(_) | Self::Other(_) => false,
        }
    }
}

impl KeyRange {
    /// Covers one key and no other, also where it is the beginning of others.
    pub fn exactly(key: &[u8]) -> Self {
        Self { from: key.to_vec(), to: [key, &[0]].concat() }
    }

    /// Covers every key that starts with `prefix`.
    pub fn prefix(prefix: &[u8]) -> Self {
        let mut to = prefix.to_vec();
        while let Some(last) = to.last_mut() {
            if *last < u8::MAX {
                *last = last.saturating_add(1);
                return Self { from: prefix.to_vec(), to };
            }
            to.pop();
        }
        // A prefix of 0xFF bytes only has no successor of its own length; no key of ours is that long.
        Self { from: prefix.to_vec(), to: vec![u8::MAX; 64] }
    }

    /// Tells whether the key lies in the range.
    pub fn contains(&self, key: &[u8]) -> bool {
        self.from.as_slice() <= key && key < self.to.as_slice()
    }
}

impl Expectation {
    /// Says what was expected and what was `found` instead: a key for `LastKey`, a value for `Value`.
    pub fn conflict(&self, found: Option<&[u8]>) -> StorageError {
        StorageError::Conflict(match self {
            Self::LastKey { table, range, key } => format!(
                "the last key of {} in {range:?} should be {}, but is {}",
                table.name(),
                excerpt(key.as_deref()),
                excerpt(found)
            ),
            Self::Value { table, key, value } => format!(
                "row {} of {} should be {}, but is {}",
                hex(key),
                table.name(),
                excerpt(value.as_deref()),
                excerpt(found)
            ),
            Self::Connection(number) => {
                format!("the commit should go over connection {number}, but the database was opened anew")
            }
        })
    }

    /// Returns the table that has to be looked into, if any has.
    pub fn table(&self) -> Option<Table> {
        match self {
            Self::LastKey { table, .. } | Self::Value { table, .. } => Some(*table),
            Self::Connection(_) => None,
        }
    }
}

impl Write {
    /// Returns the table that is changed.
    pub fn table(&self) -> Table {
        match self {
            Self::Put { table, .. }
            | Self::PutPieces { table, .. }
            | Self::Add { table, .. }
            | Self::DeleteRange { table, .. } => *table,
        }
    }

    /// Says that the row of this key, which was to be added, is there already.
    pub fn is_there(table: Table, key: &[u8]) -> StorageError {
        StorageError::Conflict(format!("row {} of {} should not be there, but is", hex(key), table.name()))
    }
}

impl fmt::Debug for KeyRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", hex(&self.from), hex(&self.to))
    }
}

/// Writes bytes for an error's text: short ones whole, long ones by their start and length.
fn excerpt(bytes: Option<&[u8]>) -> String {
    const SHOWN_BYTES_MAX: usize = 64;
    match bytes {
        None => "missing".to_owned(),
        Some([]) => "empty".to_owned(),
        Some(bytes) => match bytes.get(..SHOWN_BYTES_MAX) {
            Some(start) if start.len() < bytes.len() => format!("{}… ({} bytes)", hex(start), bytes.len()),
            _ => hex(bytes),
        },
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
