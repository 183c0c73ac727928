//! Reads a log's keys: one for its end, all of them for its zones. No value is touched.

use crate::ids::LogId;
use crate::limits::KEY_SCAN_ROWS_MAX;
use crate::log::Tail;
use crate::storage::key::ChunkKey;
use crate::storage::{Content, KeyRange, Order, Row, Scan, Storage, StorageError, Table};

/// Reads the last row's key.
///
/// # Errors
/// What storage reports, and `Corrupt` for a key that is none.
pub async fn tail(storage: &impl Storage, log: LogId) -> Result<Tail, StorageError> {
    let scan = Scan {
        table: Table::Chunks,
        range: ChunkKey::range_of(log),
        order: Order::Descending,
        content: Content::Keys,
        rows_max: 1,
    };
    let last = storage.scan(&scan).await?;
    Ok(Tail::from_row(last.first().map(|row| decode(&row.key)).transpose()?))
}

/// Reads the keys of every row after `after`, or of all rows, in order.
///
/// # Errors
/// As [`tail`].
pub async fn rows_after(
    storage: &impl Storage,
    log: LogId,
    after: Option<&ChunkKey>,
) -> Result<Vec<ChunkKey>, StorageError> {
    rows_in(storage, scan_after(log, after).range).await
}

/// Asks for the keys of the rows after `after`, or of all rows: for the first page of them.
pub fn scan_after(log: LogId, after: Option<&ChunkKey>) -> Scan {
    let mut range = ChunkKey::range_of(log);
    if let Some(after) = after {
        range.from = successor(after);
    }
    page_of(range)
}

/// Reads the keys of at most `rows_max` rows after `after`, or of the first ones, in order. Fewer are the last there are.
///
/// # Errors
/// As [`tail`].
pub async fn some_rows_after(
    storage: &impl Storage,
    log: LogId,
    after: Option<&ChunkKey>,
    rows_max: usize,
) -> Result<Vec<ChunkKey>, StorageError> {
    decoded(&storage.scan(&Scan { rows_max, ..scan_after(log, after) }).await?)
}

/// Reads every row's key in a range of the table, a page at a time.
///
/// # Errors
/// As [`tail`].
pub async fn rows_in(storage: &impl Storage, range: KeyRange) -> Result<Vec<ChunkKey>, StorageError> {
    let mut found = Vec::new();
    let mut scan = page_of(range);
    loop {
        let page = storage.scan(&scan).await?;
        found.extend(decoded(&page)?);
        match found.last() {
            // A page that is not full is the last one; a full one is followed by keys that are larger, so this ends.
            Some(last) if page.len() >= scan.rows_max => scan.range.from = successor(last),
            _ => return Ok(found),
        }
    }
}

/// Reads the keys of rows that were found.
///
/// # Errors
/// `Corrupt` for a key that is none.
pub fn decoded(rows: &[Row]) -> Result<Vec<ChunkKey>, StorageError> {
    rows.iter().map(|row| decode(&row.key)).collect()
}

fn page_of(range: KeyRange) -> Scan {
    Scan {
        table: Table::Chunks,
        range,
        order: Order::Ascending,
        content: Content::Keys,
        rows_max: KEY_SCAN_ROWS_MAX,
    }
}

/// Returns the smallest key after a row's own.
fn successor(row: &ChunkKey) -> Vec<u8> {
    let mut key = row.encode().to_vec();
    key.push(0);
    key
}

fn decode(key: &[u8]) -> Result<ChunkKey, StorageError> {
    ChunkKey::decode(key).ok_or_else(|| {
        StorageError::Corrupt(format!(
            "a row of the table \"{}\" has a key of {} bytes, not {}",
            Table::Chunks.name(),
            key.len(),
            ChunkKey::ENCODED_BYTES
        ))
    })
}
