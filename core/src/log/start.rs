//! Where a log starts once records were deleted, and the decision to delete up to an offset.
//!
//! Persisted as JSON under [`MetaKey::Log`], only for logs that somebody deleted from:
//!
//! ```text
//! {"v":1,"log_start_offset":42,"boundary":{"records":3,"bytes":210,"min_timestamp":-1,"max_timestamp":17}}
//! ```
//! Rows that lie below the start as a whole are removed with the same commit. A row that reaches across it stays as it is;
//! `boundary` sums up what is left of it, so that nobody has to read it to count.

use std::fmt;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::ids::{LogId, Offset, Timestamp};
use crate::log::append::LEADER_EPOCH;
use crate::log::lookup::read_from;
use crate::log::{Log, Tail};
use crate::record::BatchBuilder;
use crate::storage::key::{ChunkKey, MetaKey};
use crate::storage::{Expectation, StorageError, Table, Write, WriteBatch};

/// Where a log starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogStart {
    /// The first offset that can be fetched.
    pub offset: Offset,
    /// What is left of the row that reaches below the start; `None` when no row does.
    pub boundary: Option<Boundary>,
    /// The row as it is stored; `None` when there is none.
    pub row: Option<Bytes>,
}

/// Sums up that part of a row which lies at the log start or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boundary {
    /// Records that can still be fetched.
    pub records: u32,
    /// Bytes of the batches that hold them.
    pub bytes: u32,
    /// The smallest of their timestamps.
    pub min_timestamp: Timestamp,
    /// The largest of their timestamps.
    pub max_timestamp: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct LogRow {
    v: u32,
    log_start_offset: Offset,
    boundary: Option<Boundary>,
}

impl LogStart {
    /// Parses what the store keeps.
    ///
    /// # Errors
    /// `Corrupt` when it is no such row, `NewerVersion` when a later version wrote it.
    pub fn parse(row: Bytes) -> Result<Self, StorageError> {
        let parsed: LogRow = decode_row(&row, "log")?;
        Ok(Self { offset: parsed.log_start_offset, boundary: parsed.boundary, row: Some(row) })
    }

    /// Describes a start and encodes its row.
    ///
    /// # Errors
    /// `Other`, if JSON cannot be written.
    pub fn encode(offset: Offset, boundary: Option<Boundary>) -> Result<Self, StorageError> {
        let row = encode_row(&LogRow { v: 1, log_start_offset: offset, boundary })?;
        Ok(Self { offset, boundary, row: Some(row) })
    }
}

/// A decision to let a log start later, not yet committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Truncation {
    log: LogId,
    /// The log that was decided on, as it was then.
    generation: u64,
    /// Its last row; nothing may follow it when all goes.
    tail: Option<Tail>,
    start: LogStart,
    removed: Option<ChunkKey>,
    stand_in: Option<(ChunkKey, Bytes)>,
}

impl Log {
    /// Finds the row that `before` falls into the middle of; its value is needed to decide. `None` when there is none.
    pub fn row_across(&self, before: Offset) -> Option<ChunkKey> {
        let rows = self.kept_rows()?;
        let row = rows.get(rows.partition_point(|row| row.last_offset() < before))?;
        (row.base_offset < before).then_some(*row)
    }

    /// Decides what has to be written so that the log starts at `before`, which lies after the start and no later than the
    /// end. `across` is the value of [`Log::row_across`].
    ///
    /// When nothing is left, an empty batch at the last offset stands in for all rows: the log's end must not be forgotten.
    ///
    /// # Errors
    /// `Corrupt` when the row across the new start cannot be read, or the rows were not loaded.
    pub fn decide_truncation(
        &self,
        before: Offset,
        across: Option<&Bytes>,
    ) -> Result<Truncation, StorageError> {
        let rows =
            self.kept_rows().ok_or_else(|| StorageError::Corrupt("the log's rows are not loaded".into()))?;
        let kept = rows.partition_point(|row| row.last_offset() < before);
        let removed = kept.checked_sub(1).and_then(|last| rows.get(last)).copied();
        let end = self.tail().map(Tail::next_offset);
        let everything = end == Some(before);
        let boundary = match across.zip(self.row_across(before)) {
            Some((value, row)) => Some(boundary_of(&row, value, before)?),
            None => None,
        };
        let stand_in = if everything { Some(stand_in(self.id(), before)?) } else { None };
        Ok(Truncation {
            log: self.id(),
            generation: self.generation,
            tail: self.tail,
            start: LogStart::encode(before, if everything { None } else { boundary })?,
            removed,
            stand_in,
        })
    }

    /// Decides what has to be written so that every row up to `last` goes, and the log starts behind it. `is_last` says that no row
    /// follows; the decision then holds only as long as none does. Needs no row to be known; `None` when those that are do not reach
    /// as far as the log was just seen to.
    ///
    /// # Errors
    /// `Other`, if JSON cannot be written.
    pub fn decide_to_drop(&self, last: &ChunkKey, is_last: bool) -> Result<Option<Truncation>, StorageError> {
        let before = last.last_offset().next();
        let reaches_on = self.tail.is_none_or(|tail| is_last || tail.next_offset() > before);
        if before <= self.start.offset || !reaches_on {
            return Ok(None);
        }
        Ok(Some(Truncation {
            log: self.id,
            generation: self.generation,
            tail: if is_last { Some(Tail::Row(*last)) } else { self.tail },
            start: LogStart::encode(before, None)?,
            removed: Some(*last),
            stand_in: if is_last { Some(stand_in(self.id, before)?) } else { None },
        }))
    }

    /// Takes note that a truncation was committed.
    pub fn truncated(&mut self, truncation: Truncation) {
        let is_as_it_was = self.generation == truncation.generation
            && (truncation.stand_in.is_none() || self.tail == truncation.tail);
        if !is_as_it_was {
            // Somebody looked meanwhile, and may have found more than this truncation left: then nothing is known for sure.
            if truncation.start.offset > self.start.offset {
                self.reset(truncation.start);
            }
            return;
        }
        let generation = self.generation.saturating_add(1);
        let rows = self.rows.take();
        let tail = self.tail;
        let (known_end, reads, vouched) = (self.known_end, self.reads, self.vouched);
        *self = Self { generation, known_end, reads, vouched, ..Self::new(self.id(), truncation.start) };
        if let Some((stand_in, _)) = truncation.stand_in {
            self.set_rows(vec![stand_in]);
        } else if let Some(mut rows) = rows {
            rows.retain(|row| truncation.removed.is_none_or(|last| row.base_offset > last.base_offset));
            self.set_rows(rows);
        } else {
            self.tail = tail;
        }
    }
}

impl Truncation {
    /// Returns the start that the log then has.
    pub fn log_start_offset(&self) -> Offset {
        self.start.offset
    }

    /// Adds what this decision expects and writes. `log` is the log that was decided on.
    pub fn write_to(&self, log: &Log, batch: &mut WriteBatch) {
        let key = MetaKey::Log(self.log).encode();
        batch.expectations.push(Expectation::Value {
            table: Table::Meta,
            key: key.clone(),
            value: log.start().row.clone(),
        });
        if let Some((stand_in, value)) = &self.stand_in {
            // All goes only if nobody appended in the meantime.
            batch.expectations.push(Expectation::LastKey {
                table: Table::Chunks,
                range: ChunkKey::range_of(self.log),
                key: self.tail.and_then(Tail::row).map(|row| row.encode()),
            });
            batch
                .writes
                .push(Write::DeleteRange { table: Table::Chunks, range: ChunkKey::range_of(self.log) });
            batch.writes.push(Write::Put {
                table: Table::Chunks,
                key: stand_in.encode(),
                value: value.clone(),
            });
        } else if let Some(last) = &self.removed {
            let range = ChunkKey::range_of_offsets(self.log, Offset::ZERO, last.base_offset.next());
            batch.writes.push(Write::DeleteRange { table: Table::Chunks, range });
        }
        if let Some(row) = &self.start.row {
            batch.writes.push(Write::Put { table: Table::Meta, key, value: row.clone() });
        }
    }
}

/// Makes the row that keeps a log's end when no record is left: an empty batch, as Kafka's compaction leaves them too.
fn stand_in(log: LogId, end: Offset) -> Result<(ChunkKey, Bytes), StorageError> {
    let base_offset = Offset::new(end.value().saturating_sub(1).max(0));
    let bytes = BatchBuilder::at(base_offset).leader_epoch(LEADER_EPOCH).build().bytes().clone();
    let key = ChunkKey {
        log,
        base_offset,
        last_offset_delta: 0,
        records: 0,
        bytes: u32::try_from(bytes.len()).map_err(|error| StorageError::Other(error.to_string()))?,
        min_timestamp: Timestamp::NONE,
        max_timestamp: Timestamp::NONE,
    };
    Ok((key, bytes))
}

/// Sums up what a row holds from `start` on. What lies below goes: nobody cares whether it can be read.
fn boundary_of(row: &ChunkKey, value: &Bytes, start: Offset) -> Result<Boundary, StorageError> {
    let fetched = read_from(row, value, start);
    if let Some(damage) = fetched.damage.first() {
        return Err(unreadable(row, start, &damage.cause));
    }
    let mut rest = Boundary {
        records: 0,
        bytes: 0,
        min_timestamp: Timestamp::from_millis(i64::MAX),
        max_timestamp: Timestamp::from_millis(i64::MIN),
    };
    for batch in &fetched.batches {
        rest.bytes = rest.bytes.saturating_add(u32::try_from(batch.bytes().len()).unwrap_or(u32::MAX));
        let open = batch.open().map_err(|error| unreadable(row, start, &error))?;
        for record in open.views() {
            let record = record.map_err(|error| unreadable(row, start, &error))?;
            if record.offset >= start {
                rest.records = rest.records.saturating_add(1);
                rest.min_timestamp = rest.min_timestamp.min(record.timestamp);
                rest.max_timestamp = rest.max_timestamp.max(record.timestamp);
            }
        }
    }
    Ok(rest)
}

/// Says why a log cannot start within a row, and where it can.
pub(crate) fn unreadable(row: &ChunkKey, start: Offset, cause: &impl fmt::Display) -> StorageError {
    StorageError::Corrupt(format!(
        "the row that holds offset {start} cannot be read, so its records up to offset {} can only go together: {cause}",
        row.last_offset()
    ))
}

/// Encodes a row of the meta table.
///
/// # Errors
/// `Other`, if JSON cannot be written.
pub(crate) fn encode_row(row: &impl Serialize) -> Result<Bytes, StorageError> {
    serde_json::to_vec(row).map(Bytes::from).map_err(|error| StorageError::Other(error.to_string()))
}

/// Decodes a row of the meta table. Every such row begins with its version, `v`.
///
/// # Errors
/// `NewerVersion` when a later version wrote it, `Corrupt` when it cannot be read.
pub(crate) fn decode_row<R: serde::de::DeserializeOwned>(row: &[u8], what: &str) -> Result<R, StorageError> {
    #[derive(Deserialize)]
    struct Version {
        v: u32,
    }
    let corrupt = |error| StorageError::Corrupt(format!("the row of a {what} cannot be read: {error}"));
    let Version { v } = serde_json::from_slice(row).map_err(corrupt)?;
    if v > 1 {
        return Err(StorageError::NewerVersion(format!(
            "the row of a {what} has version {v}, this one knows 1"
        )));
    }
    serde_json::from_slice(row).map_err(corrupt)
}
