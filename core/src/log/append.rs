//! Appending: how batches are laid out in rows. Pure: batches and a state give rows to write.
//!
//! ```text
//! row = batch | batch | …     whole batches back to back, closed at about CHUNK_BYTES_TARGET; a larger batch has a row alone
//! ```

use bytes::Bytes;

use crate::ids::{LogId, Offset, Timestamp};
use crate::limits::{CHUNK_BYTES_TARGET, PIECE_BYTES_MIN};
use crate::log::{CheckedBatch, Log, Tail};
use crate::record::TimestampType;
use crate::storage::key::{ChunkKey, GuardKey};
use crate::storage::{Expectation, Table, Write, WriteBatch};

/// The leader epoch that the log writes into every batch: there is one leader, and it never changes.
pub const LEADER_EPOCH: i32 = 0;

/// Lays batches out in rows behind a log's tail.
#[derive(Clone, Debug)]
pub struct RowCutter {
    log: LogId,
    previous: Tail,
    next_offset: Offset,
    log_append_time: Option<Timestamp>,
    rows: Vec<RowPieces>,
    open: OpenRow,
    open_key: Option<ChunkKey>,
}

/// A decision to append, not yet committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    log: LogId,
    previous: Tail,
    rows: Vec<RowPieces>,
}

/// A row, in pieces that lie back to back: most batches are in it as their producer made them, not as a copy.
pub type RowPieces = (ChunkKey, Vec<Bytes>);

/// The row that batches still go into.
#[derive(Clone, Debug, Default)]
struct OpenRow {
    pieces: Vec<Bytes>,
    /// Behind the pieces: what is too little for a piece of its own.
    small: Vec<u8>,
    bytes: usize,
}

impl OpenRow {
    fn push(&mut self, header: &[u8], body: Bytes) {
        self.bytes = self.bytes.saturating_add(header.len()).saturating_add(body.len());
        self.small.extend_from_slice(header);
        if body.len() < PIECE_BYTES_MIN {
            self.small.extend_from_slice(&body);
        } else {
            self.close_small();
            self.pieces.push(body);
        }
    }

    fn close_small(&mut self) {
        if !self.small.is_empty() {
            self.pieces.push(std::mem::take(&mut self.small).into());
        }
    }

    fn close(mut self) -> Vec<Bytes> {
        self.close_small();
        self.pieces
    }
}

impl RowCutter {
    /// Starts behind the log's tail; `None` when the tail was not loaded yet. With `LogAppendTime` every record takes the time `now`.
    pub fn new(log: &Log, timestamp_type: TimestampType, now: Timestamp) -> Option<Self> {
        let previous = log.tail()?;
        Some(Self {
            log: log.id(),
            previous,
            next_offset: previous.next_offset(),
            log_append_time: (timestamp_type == TimestampType::LogAppendTime).then_some(now),
            rows: Vec::new(),
            open: OpenRow::default(),
            open_key: None,
        })
    }

    /// Returns the time that every record takes, if it is the log's.
    pub fn log_append_time(&self) -> Option<Timestamp> {
        self.log_append_time
    }

    /// Returns the offset that the next record gets.
    pub fn next_offset(&self) -> Offset {
        self.next_offset
    }

    /// Lays out one more batch and returns its first offset.
    pub fn push(&mut self, batch: &CheckedBatch) -> Offset {
        let base_offset = self.next_offset;
        let stamped = batch.stamped(self.log_append_time);
        let header = stamped.batch().header();
        if self.open.bytes > 0 && self.open.bytes.saturating_add(stamped.bytes_len()) > CHUNK_BYTES_TARGET {
            self.close_row();
        }
        let (front, body) = stamped.batch().placed(base_offset, LEADER_EPOCH);
        self.open.push(&front, body);
        let (min_timestamp, max_timestamp) = stamped.times();
        let last_offset = base_offset.advance(i64::from(header.last_offset_delta));
        let bytes = u32::try_from(self.open.bytes).unwrap_or(u32::MAX);
        let records = u32::try_from(header.record_count).unwrap_or(0);
        let delta_from = |base: Offset| u32::try_from(last_offset.distance_from(base)).unwrap_or(u32::MAX);
        self.open_key = Some(match self.open_key {
            None => ChunkKey {
                log: self.log,
                base_offset,
                last_offset_delta: delta_from(base_offset),
                records,
                bytes,
                min_timestamp,
                max_timestamp,
            },
            Some(key) => ChunkKey {
                last_offset_delta: delta_from(key.base_offset),
                records: key.records.saturating_add(records),
                bytes,
                min_timestamp: key.min_timestamp.min(min_timestamp),
                max_timestamp: key.max_timestamp.max(max_timestamp),
                ..key
            },
        });
        self.next_offset = last_offset.next();
        base_offset
    }

    fn close_row(&mut self) {
        if let Some(key) = self.open_key.take() {
            self.rows.push((key, std::mem::take(&mut self.open).close()));
        }
    }

    /// Ends the layout.
    pub fn finish(mut self) -> Append {
        self.close_row();
        Append { log: self.log, previous: self.previous, rows: self.rows }
    }
}

impl Append {
    /// Returns the log that is appended to.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// Returns where the append begins.
    pub fn offset(&self) -> Offset {
        self.previous.next_offset()
    }

    /// Returns the offset behind the append.
    pub fn next_offset(&self) -> Offset {
        self.rows.last().map_or(self.offset(), |(key, _)| key.last_offset().next())
    }

    /// Returns the rows that are written, in order.
    pub fn rows(&self) -> &[RowPieces] {
        &self.rows
    }

    /// Names the row that is there once somebody has appended where this append begins; `changes` are those of the topic.
    pub fn guard(&self, changes: u64) -> Bytes {
        GuardKey { log: self.log, changes, offset: self.offset() }.encode()
    }

    /// Adds what this decision takes for granted (that the tail still is the tail) and writes. With a look that is expected; without
    /// one, the `guard` must not be there. The guard gets the `note`.
    pub fn write_to(&self, batch: &mut WriteBatch, guard: Bytes, note: Bytes, looks: bool) {
        let (table, key, value) = (Table::Guards, guard, note);
        if looks {
            batch.expectations.push(Expectation::LastKey {
                table: Table::Chunks,
                range: ChunkKey::range_of(self.log),
                key: self.previous.row().map(|row| row.encode()),
            });
            batch.writes.push(Write::Put { table, key, value });
        } else {
            batch.writes.push(Write::Add { table, key, value });
        }
        batch.writes.extend(self.rows.iter().map(|(key, pieces)| Write::PutPieces {
            table: Table::Chunks,
            key: key.encode(),
            pieces: pieces.clone(),
        }));
    }

    /// Takes note in the log that the append was committed.
    pub fn apply(&self, log: &mut Log) {
        let keys: Vec<ChunkKey> = self.rows.iter().map(|(key, _)| *key).collect();
        if log.tail().is_some_and(|tail| tail.next_offset() >= self.previous.next_offset()) {
            log.absorb_own(&keys);
        } else {
            // Set back meanwhile, and perhaps just being read from before this append: whoever needs it reads it anew.
            log.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::CompressionType;
    use crate::limits::MAX_MESSAGE_BYTES_DEFAULT;
    use crate::log::lookup::batches_of;
    use crate::record::{BatchBuilder, NewRecord, RecordBatch};

    fn batch(value_bytes: usize, times: &[i64]) -> CheckedBatch {
        let mut builder = BatchBuilder::new();
        for &time in times {
            let value = Some(Bytes::from(vec![b'x'; value_bytes]));
            let timestamp = Some(Timestamp::from_millis(time));
            let record = NewRecord { timestamp, value, ..NewRecord::default() };
            builder.try_push(&record, Timestamp::NONE).unwrap();
        }
        let bytes_max = usize::try_from(MAX_MESSAGE_BYTES_DEFAULT).unwrap();
        CheckedBatch::check(builder.build(), bytes_max, CompressionType::Producer).unwrap()
    }

    fn any_batches() -> impl Strategy<Value = Vec<CheckedBatch>> {
        let one = (0..120_000usize, prop::collection::vec(-5..1_000i64, 1..5))
            .prop_map(|(bytes, times)| batch(bytes, &times));
        prop::collection::vec(one, 1..12)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn rows_hold_every_batch_in_order_and_their_keys_tell_the_truth(batches in any_batches(), by_log: bool) {
            let log = Log::empty(LogId::new(7));
            let kind = if by_log { TimestampType::LogAppendTime } else { TimestampType::CreateTime };
            let now = Timestamp::from_millis(5_000);
            let mut cutter = RowCutter::new(&log, kind, now).unwrap();
            let bases: Vec<Offset> = batches.iter().map(|batch| cutter.push(batch)).collect();
            let end = cutter.next_offset();
            let append = cutter.finish();

            let mut placed = Vec::new();
            let mut next = Offset::ZERO;
            let rows = append.rows().iter().map(|(key, pieces)| (*key, Bytes::from(pieces.concat())));
            let rows: Vec<(ChunkKey, Bytes)> = rows.collect();
            for (key, value) in &rows {
                let row: Vec<RecordBatch> = batches_of(value).map(|(_, batch)| batch.unwrap()).collect();
                prop_assert!(value.len() <= CHUNK_BYTES_TARGET || row.len() == 1);
                prop_assert_eq!(key.base_offset, next);
                prop_assert_eq!(usize::try_from(key.bytes).unwrap(), value.len());
                let records = row.iter().flat_map(|batch| batch.records().unwrap()).map(Result::unwrap);
                let times: Vec<(Offset, Timestamp)> = records.map(|record| (record.offset, record.timestamp)).collect();
                prop_assert_eq!(usize::try_from(key.records).unwrap(), times.len());
                prop_assert_eq!(key.last_offset(), times.last().unwrap().0);
                prop_assert_eq!(key.min_timestamp, times.iter().map(|(_, time)| *time).min().unwrap());
                prop_assert_eq!(key.max_timestamp, times.iter().map(|(_, time)| *time).max().unwrap());
                prop_assert!(!by_log || key.min_timestamp == now);
                next = key.last_offset().next();
                placed.extend(row);
            }
            prop_assert_eq!(next, end);
            prop_assert_eq!(placed.iter().map(RecordBatch::base_offset).collect::<Vec<_>>(), bases);
            for (placed, given) in placed.iter().zip(&batches) {
                placed.verify_crc().unwrap();
                prop_assert_eq!(placed.header().partition_leader_epoch, LEADER_EPOCH);
                if !by_log {
                    let back = placed.clone().with_base_offset(Offset::ZERO).with_leader_epoch(-1);
                    prop_assert_eq!(back.bytes(), given.batch().bytes());
                }
            }
            // No two neighbours would have fitted into one row.
            for pair in rows.windows(2) {
                let first_of_next = batches_of(&pair[1].1).next().unwrap().1.unwrap();
                prop_assert!(pair[0].1.len() + first_of_next.bytes().len() > CHUNK_BYTES_TARGET);
            }
        }
    }
}
