//! The layout of the database. Version `n` holds the first `n` tables of [`Table::ALL`]: the list only ever grows, so every
//! older database is a beginning of today's, and an upgrade only ever adds.
//!
//! rexie makes and upgrades the database. Its builder silently deletes each object store that it is not told of; here it is
//! always told of all of them.

use std::error::Error;

use rexie::{ObjectStore, Rexie};

use crate::storage::{StorageError, Table};

/// Returns the version of the database that this code writes. Persisted.
pub fn version() -> u32 {
    u32::try_from(Table::ALL.len()).unwrap_or(u32::MAX)
}

/// Returns the tables that a database of this version holds.
pub fn tables_of(version: u32) -> &'static [Table] {
    let tables = usize::try_from(version).unwrap_or(usize::MAX).min(Table::ALL.len());
    Table::ALL.get(..tables).unwrap_or(&Table::ALL)
}

/// Makes the database, or brings an older one up to date. Waits, perhaps forever, for other tabs to let go of an older version.
///
/// # Errors
/// As opening does; `NewerVersion` when somebody else brought it further in the meantime.
pub(super) async fn upgrade(name: &str) -> Result<(), StorageError> {
    let mut builder = Rexie::builder(name).version(version());
    for table in Table::ALL {
        builder = builder.add_object_store(ObjectStore::new(table.name()));
    }
    let database = builder.build().await.map_err(|error| storage_error(&error))?;
    database.close();
    Ok(())
}

/// Maps rexie's error by the platform's name in its words: the error object itself is hidden.
fn storage_error(error: &rexie::Error) -> StorageError {
    let text = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    let named = |name: &str| text.contains(name);
    if named("QuotaExceededError") {
        StorageError::QuotaExceeded
    } else if named("VersionError") {
        StorageError::NewerVersion(text)
    } else if ["SecurityError", "InvalidStateError", "NotAllowedError"].into_iter().any(named) {
        StorageError::Unavailable(text)
    } else if named("UnknownError") {
        StorageError::Unreadable(text)
    } else {
        StorageError::ConnectionLost(text)
    }
}
