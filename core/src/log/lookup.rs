//! Finding records: which rows hold an offset or a time, and what can be read of the rows' bytes.

use bytes::Bytes;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::limits::SCAN_ROWS_MAX;
use crate::log::Log;
use crate::record::batch::{BATCH_HEADER_BYTES, LENGTH_FIELD_END};
use crate::record::{BatchError, RecordBatch};
use crate::source::{Damage, Fetched};
use crate::storage::key::ChunkKey;
use crate::storage::{Content, Order, Row, Scan, Table};

/// What a fetch has to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadPlan {
    /// The question to storage.
    pub scan: Scan,
    /// The rows that the answer must hold.
    pub rows: Vec<ChunkKey>,
    from: Offset,
    bytes_max: usize,
}

/// A row as storage gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRow {
    /// The row's key.
    pub key: Bytes,
    /// The row's value, or why storage cannot read it.
    pub value: Result<Bytes, String>,
}

impl From<Row> for ReadRow {
    fn from(row: Row) -> Self {
        Self { key: row.key, value: Ok(row.value) }
    }
}

/// Says that storage does not hold the rows that were planned: somebody deleted them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowsMissing;

impl Log {
    /// Plans reading the offsets from `from` to `last`, as far as one scan goes. `None` when there is nothing of them, or the rows
    /// were not loaded.
    pub fn plan_span(&self, from: Offset, last: Offset) -> Option<ReadPlan> {
        let rows = self.kept_rows()?;
        let first = rows.partition_point(|row| row.last_offset() < from);
        let wanted = rows.get(first..)?.iter().take(SCAN_ROWS_MAX).take_while(|row| row.base_offset <= last);
        self.plan(wanted.copied().collect(), from, usize::MAX)
    }

    /// Plans a fetch of whole batches from `from` on. `None` when there is nothing from there on, or the rows were not loaded.
    pub fn plan_fetch(&self, from: Offset, bytes_max: usize) -> Option<ReadPlan> {
        let rows = self.kept_rows()?;
        let first = rows.partition_point(|row| row.last_offset() < from);
        let mut planned = Vec::new();
        let mut bytes_planned = 0_usize;
        for row in rows.get(first..)?.iter().take(SCAN_ROWS_MAX) {
            if !planned.is_empty() && bytes_planned >= bytes_max {
                break;
            }
            bytes_planned = bytes_planned.saturating_add(usize::try_from(row.bytes).unwrap_or(usize::MAX));
            planned.push(*row);
        }
        self.plan(planned, from, bytes_max)
    }

    fn plan(&self, planned: Vec<ChunkKey>, from: Offset, bytes_max: usize) -> Option<ReadPlan> {
        let (first, last) = (planned.first()?, planned.last()?);
        let scan = Scan {
            table: Table::Chunks,
            range: ChunkKey::range_of_offsets(self.id(), first.base_offset, last.base_offset.next()),
            order: Order::Ascending,
            content: Content::Rows,
            rows_max: planned.len(),
        };
        Some(ReadPlan { scan, rows: planned, from, bytes_max })
    }

    /// Returns the rows that may hold the first record with a timestamp of at least `timestamp`, in the order to look.
    pub fn rows_for_timestamp(&self, timestamp: Timestamp) -> Option<Vec<ChunkKey>> {
        let may_hold = |row: &&ChunkKey| {
            let zone = self.zone_of(row);
            zone.records > 0 && zone.max_timestamp >= timestamp
        };
        Some(self.kept_rows()?.iter().filter(may_hold).copied().collect())
    }
}

impl ReadPlan {
    /// Cuts what was read into batches from the planned offset on, checks them, and names what cannot be read.
    ///
    /// # Errors
    /// `RowsMissing` when a planned row is not among the rows read.
    pub fn read(&self, partition: PartitionId, rows: &[ReadRow]) -> Result<Fetched, RowsMissing> {
        let mut reader = Reader::new(partition, self.from, self.bytes_max);
        let mut rows = rows.iter();
        for planned in &self.rows {
            let key = planned.encode();
            let row = rows.find(|row| row.key == key).ok_or(RowsMissing)?;
            let has_room = match &row.value {
                Ok(value) => reader.read_row(planned, value),
                Err(cause) => reader.lost_row(planned, cause),
            };
            if !has_room {
                break;
            }
        }
        Ok(reader.fetched)
    }
}

/// Returns the first record of a row at `from` or later whose timestamp is at least `timestamp`. Batches that cannot be read are
/// passed over: a fetch names them.
pub fn first_at_or_after(
    row: &ChunkKey,
    value: &Bytes,
    from: Offset,
    timestamp: Timestamp,
) -> Option<(Offset, Timestamp)> {
    let fetched = read_from(row, value, from);
    let candidates = fetched.batches.iter().filter(|batch| batch.header().max_timestamp >= timestamp);
    candidates.filter_map(|batch| batch.open().ok()).find_map(|open| {
        let mut records = open.views().map_while(Result::ok).map(|record| (record.offset, record.timestamp));
        records.find(|&(offset, time)| offset >= from && time >= timestamp)
    })
}

/// Reads what one row holds from an offset on: whole batches, the first of which may begin before it, and what is damaged. What
/// lies before the offset does not matter, damaged or not.
pub fn read_from(row: &ChunkKey, value: &Bytes, from: Offset) -> Fetched {
    let mut reader = Reader::new(PartitionId::default(), row.base_offset.max(from), usize::MAX);
    reader.read_row(row, value);
    reader.fetched
}

/// Cuts a row into batches, lazily: header by header, each with the byte that it begins at. After a batch that cannot be
/// parsed it goes on where that one's length says, and ends where that makes no sense.
pub fn batches_of(value: &Bytes) -> impl Iterator<Item = (usize, Result<RecordBatch, BatchError>)> + use<> {
    let mut rest = value.clone();
    let bytes_in_all = value.len();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let position = bytes_in_all.saturating_sub(rest.len());
        let batch = RecordBatch::parse(rest.clone());
        let bytes = batch.as_ref().map_or_else(|_| claimed_bytes(&rest), |batch| batch.bytes().len());
        rest = rest.split_off(bytes);
        Some((position, batch))
    })
}

/// Says why a row holds less than its key says, when no batch in it is damaged.
fn missing(row: &ChunkKey) -> &'static str {
    if row.is_hole() {
        "the records were acknowledged, and were gone when somebody looked"
    } else {
        "the row ends too early"
    }
}

/// Returns the length that an unreadable batch claims to have, or all that is left when it cannot be.
fn claimed_bytes(rest: &Bytes) -> usize {
    let claimed = rest.get(LENGTH_FIELD_END.saturating_sub(4)..).and_then(|field| field.split_first_chunk());
    let claimed = claimed.and_then(|(field, _)| usize::try_from(i32::from_be_bytes(*field)).ok());
    let claimed = claimed.map(|length| length.saturating_add(LENGTH_FIELD_END));
    claimed.filter(|bytes| (BATCH_HEADER_BYTES..=rest.len()).contains(bytes)).unwrap_or(rest.len())
}

/// Walks rows and keeps what is whole; offsets that no whole batch holds are damage.
struct Reader {
    partition: PartitionId,
    from: Offset,
    bytes_max: usize,
    bytes_read: usize,
    fetched: Fetched,
}

impl Reader {
    fn new(partition: PartitionId, from: Offset, bytes_max: usize) -> Self {
        let fetched = Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() };
        Self { partition, from, bytes_max, bytes_read: 0, fetched }
    }

    /// Reads one row; `false` when there is room for no more.
    fn read_row(&mut self, row: &ChunkKey, value: &Bytes) -> bool {
        self.begin_row(row);
        let mut expected = row.base_offset;
        let mut cause: Option<(usize, String)> = None;
        for (at, batch) in batches_of(value) {
            match self.fitting(batch, expected, cause.is_some(), row) {
                Err(error) => drop(cause.get_or_insert((at, error))),
                Ok(batch) => {
                    if let Some((at, cause)) = cause.take() {
                        self.damaged(batch.base_offset(), at, cause);
                    }
                    expected = batch.next_offset();
                    if !self.take(batch) {
                        return false;
                    }
                }
            }
        }
        if expected <= row.last_offset() {
            let (at, cause) = cause.unwrap_or_else(|| (value.len(), missing(row).to_owned()));
            self.damaged(row.last_offset().next(), at, cause);
        }
        true
    }

    /// Names a row that storage cannot read; there is room for more.
    fn lost_row(&mut self, row: &ChunkKey, cause: &str) -> bool {
        self.begin_row(row);
        self.damaged(row.last_offset().next(), 0, cause.to_owned());
        true
    }

    fn begin_row(&mut self, row: &ChunkKey) {
        if row.base_offset > self.fetched.next_offset {
            self.damaged(row.base_offset, 0, "the rows that held these offsets are missing".to_owned());
        }
    }

    /// Lets a batch pass, or says why not: it must be whole and begin where the one before it ended, or somewhere later when
    /// that one was damaged. The CRC does not cover the base offset. A batch that ends before the asked offset is not worth a CRC.
    fn fitting(
        &self,
        batch: Result<RecordBatch, BatchError>,
        expected: Offset,
        after_damage: bool,
        row: &ChunkKey,
    ) -> Result<RecordBatch, String> {
        let batch = batch.map_err(|error| error.to_string())?;
        let (base, last) = (batch.base_offset(), batch.last_offset());
        let begins_right = base == expected || (after_damage && base > expected);
        if !begins_right || last > row.last_offset() {
            return Err(format!(
                "a batch with the offsets {base} to {last} lies where {expected} to {} belong",
                row.last_offset()
            ));
        }
        if batch.last_offset() >= self.from {
            batch.verify_crc().map_err(|error| error.to_string())?;
        }
        Ok(batch)
    }

    fn take(&mut self, batch: RecordBatch) -> bool {
        if batch.last_offset() < self.from {
            return true;
        }
        let bytes = self.bytes_read.saturating_add(batch.bytes().len());
        if bytes > self.bytes_max && !self.fetched.batches.is_empty() {
            return false;
        }
        self.bytes_read = bytes;
        self.fetched.next_offset = batch.next_offset();
        self.fetched.batches.push(batch);
        true
    }

    fn damaged(&mut self, to: Offset, position: usize, cause: String) {
        let from = self.fetched.next_offset;
        if to > from {
            self.fetched.next_offset = to;
            self.fetched.damage.push(Damage {
                partition: self.partition,
                from: Some(from),
                to: Some(to),
                position_bytes: u64::try_from(position).unwrap_or(u64::MAX),
                cause,
            });
        }
    }
}
