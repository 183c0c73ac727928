//! Appending: which batches may come in, and how they are laid out in rows. Pure: batches and a state give rows to write.
//!
//! ```text
//! row = batch | batch | …     whole batches back to back, closed at about CHUNK_BYTES_TARGET; a larger batch has a row alone
//! ```

use bytes::Bytes;

use crate::config::CompressionType;
use crate::ids::{LogId, Offset, Timestamp};
use crate::limits::CHUNK_BYTES_TARGET;
use crate::log::{Log, Tail};
use crate::record::{BatchError, RecordBatch, TimestampType};
use crate::storage::key::{ChunkKey, GuardKey};
use crate::storage::{Expectation, Table, Write, WriteBatch};

/// The leader epoch that the log writes into every batch: there is one leader, and it never changes.
pub const LEADER_EPOCH: i32 = 0;

/// A batch that may be appended, and the times of its records.
#[derive(Clone, Debug)]
pub struct CheckedBatch {
    batch: RecordBatch,
    min_timestamp: Timestamp,
    max_timestamp: Timestamp,
}

/// Says why a batch may not be appended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidBatch {
    /// A single record is larger than the topic allows.
    #[error("record is {} bytes, topic allows {} (max.message.bytes)", grouped(*.bytes), grouped(*.allowed))]
    RecordTooLarge {
        /// Bytes of the record in a batch of its own.
        bytes: usize,
        /// The topic's `max.message.bytes`.
        allowed: usize,
    },
    /// A batch of several records is larger than the topic allows.
    #[error(
        "batch of {records} records is {} bytes, topic allows {} (max.message.bytes)", grouped(*.bytes), grouped(*.allowed)
    )]
    BatchTooLarge {
        /// Bytes of the batch.
        bytes: usize,
        /// Records in it.
        records: i32,
        /// The topic's `max.message.bytes`.
        allowed: usize,
    },
    /// The batch holds no record.
    #[error("the batch holds no record")]
    Empty,
    /// The records' offsets leave gaps; only a log that was compacted has those.
    #[error("the batch counts {records} records over {offsets} offsets; a producer leaves no gaps")]
    Gaps {
        /// Records in the batch.
        records: i32,
        /// Offsets it spans.
        offsets: i64,
    },
    /// Control batches are written by brokers only.
    #[error("the batch holds a control record, which producers may not write")]
    Control,
    /// Transactions and idempotence are not kept yet, and promising them would be wrong.
    #[error(
        "the batch belongs to producer id {producer_id}; idempotent and transactional producers are not supported yet"
    )]
    ProducerState {
        /// The producer id in the batch.
        producer_id: i64,
    },
    /// The log's time is the log's to give.
    #[error("the batch says that its times are the log's (LogAppendTime), which producers may not say")]
    LogAppendTime,
    /// A record cannot be put into a batch.
    #[error("the record cannot be stored: {0}")]
    Unencodable(BatchError),
    /// The bytes are not what they should be.
    #[error(transparent)]
    Corrupt(#[from] BatchError),
}

impl CheckedBatch {
    /// Checks what Kafka's `LogValidator` checks of a producer's batch, reads the records' times, sets the header's largest time
    /// right where it is wrong, and packs the records anew where the topic's `compression.type` asks for another codec.
    /// `bytes_max` is the topic's `max.message.bytes`: it holds before and after that. The batch's base offset does not matter.
    ///
    /// # Errors
    /// Names the first rule that the batch breaks.
    pub fn check(
        batch: RecordBatch,
        bytes_max: usize,
        compression_type: CompressionType,
    ) -> Result<Self, InvalidBatch> {
        let header = *batch.header();
        let (bytes, records) = (batch.bytes().len(), header.record_count);
        size_within(bytes, records, bytes_max)?;
        if header.is_control() {
            return Err(InvalidBatch::Control);
        }
        if header.producer_id >= 0 || header.is_transactional() {
            return Err(InvalidBatch::ProducerState { producer_id: header.producer_id });
        }
        if records <= 0 {
            return Err(InvalidBatch::Empty);
        }
        let offsets = i64::from(header.last_offset_delta).saturating_add(1);
        if i64::from(records) != offsets {
            return Err(InvalidBatch::Gaps { records, offsets });
        }
        if header.timestamp_type() == TimestampType::LogAppendTime {
            return Err(InvalidBatch::LogAppendTime);
        }
        batch.verify_crc()?;
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        let open = batch.open()?;
        for record in open.views() {
            let millis = record?.timestamp.millis();
            (min, max) = (min.min(millis), max.max(millis));
        }
        let codec = compression_type.codec_for(header.compression());
        let batch = if codec == header.compression() { batch } else { batch.repacked(codec, open.body())? };
        size_within(batch.bytes().len(), records, bytes_max)?;
        let (min_timestamp, max_timestamp) = (Timestamp::from_millis(min), Timestamp::from_millis(max));
        // Whoever looks for a time believes the header: so it must tell the truth, as in Kafka's `LogValidator`.
        let batch = if header.max_timestamp == max_timestamp {
            batch
        } else {
            batch.with_max_timestamp(max_timestamp)
        };
        Ok(Self { batch, min_timestamp, max_timestamp })
    }

    /// Counts the bytes that the batch takes in the log.
    pub fn bytes_len(&self) -> usize {
        self.batch.bytes().len()
    }

    /// Checks the size again: `bytes_max` may have become smaller since.
    ///
    /// # Errors
    /// `RecordTooLarge`, or `BatchTooLarge`.
    pub fn fits(&self, bytes_max: usize) -> Result<(), InvalidBatch> {
        size_within(self.bytes_len(), self.batch.header().record_count, bytes_max)
    }

    fn stamped(&self, log_append_time: Option<Timestamp>) -> Self {
        match log_append_time {
            None => self.clone(),
            Some(now) => Self {
                batch: self.batch.clone().with_log_append_time(now),
                min_timestamp: now,
                max_timestamp: now,
            },
        }
    }
}

fn size_within(bytes: usize, records: i32, allowed: usize) -> Result<(), InvalidBatch> {
    match records {
        _ if bytes <= allowed => Ok(()),
        1 => Err(InvalidBatch::RecordTooLarge { bytes, allowed }),
        _ => Err(InvalidBatch::BatchTooLarge { bytes, records, allowed }),
    }
}

/// Lays batches out in rows behind a log's tail.
#[derive(Clone, Debug)]
pub struct RowCutter {
    log: LogId,
    previous: Tail,
    next_offset: Offset,
    log_append_time: Option<Timestamp>,
    rows: Vec<(ChunkKey, Bytes)>,
    open: Vec<u8>,
    open_key: Option<ChunkKey>,
}

/// A decision to append, not yet committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    log: LogId,
    previous: Tail,
    rows: Vec<(ChunkKey, Bytes)>,
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
            open: Vec::new(),
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
        let placed = stamped.batch.with_base_offset(base_offset).with_leader_epoch(LEADER_EPOCH);
        if !self.open.is_empty() && self.open.len().saturating_add(placed.bytes().len()) > CHUNK_BYTES_TARGET
        {
            self.close_row();
        }
        self.open.extend_from_slice(placed.bytes());
        let bytes = u32::try_from(self.open.len()).unwrap_or(u32::MAX);
        let records = u32::try_from(placed.header().record_count).unwrap_or(0);
        let delta_from =
            |base: Offset| u32::try_from(placed.last_offset().distance_from(base)).unwrap_or(u32::MAX);
        self.open_key = Some(match self.open_key {
            None => ChunkKey {
                log: self.log,
                base_offset,
                last_offset_delta: delta_from(base_offset),
                records,
                bytes,
                min_timestamp: stamped.min_timestamp,
                max_timestamp: stamped.max_timestamp,
            },
            Some(key) => ChunkKey {
                last_offset_delta: delta_from(key.base_offset),
                records: key.records.saturating_add(records),
                bytes,
                min_timestamp: key.min_timestamp.min(stamped.min_timestamp),
                max_timestamp: key.max_timestamp.max(stamped.max_timestamp),
                ..key
            },
        });
        self.next_offset = placed.next_offset();
        base_offset
    }

    fn close_row(&mut self) {
        if let Some(key) = self.open_key.take() {
            self.rows.push((key, std::mem::take(&mut self.open).into()));
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

    /// Returns the rows that are written, in order.
    pub fn rows(&self) -> &[(ChunkKey, Bytes)] {
        &self.rows
    }

    /// Names the row that is there once somebody has appended where this append begins; `changes` are those of the topic.
    pub fn guard(&self, changes: u64) -> Bytes {
        GuardKey { log: self.log, changes, offset: self.previous.next_offset() }.encode()
    }

    /// Adds what this decision takes for granted (that the tail still is the tail) and writes. With a look that is expected; without
    /// one, the `guard` must not be there.
    pub fn write_to(&self, batch: &mut WriteBatch, guard: Bytes, looks: bool) {
        let (table, key, value) = (Table::Guards, guard, Bytes::new());
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
        batch.writes.extend(self.rows.iter().map(|(key, value)| Write::Put {
            table: Table::Chunks,
            key: key.encode(),
            value: value.clone(),
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

/// Writes a number with its thousands apart: 1,048,588.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len().saturating_mul(2));
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && digits.len().saturating_sub(index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::limits::MAX_MESSAGE_BYTES_DEFAULT;
    use crate::log::lookup::batches_of;
    use crate::record::{BatchBuilder, NewRecord};

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
            for (key, value) in append.rows() {
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
                    prop_assert_eq!(back.bytes(), given.batch.bytes());
                }
            }
            // No two neighbours would have fitted into one row.
            for pair in append.rows().windows(2) {
                let first_of_next = batches_of(&pair[1].1).next().unwrap().1.unwrap();
                prop_assert!(pair[0].1.len() + first_of_next.bytes().len() > CHUNK_BYTES_TARGET);
            }
        }
    }

    #[test]
    fn numbers_are_written_with_their_thousands_apart() {
        assert_eq!([0, 999, 1_000, 1_048_588].map(grouped), ["0", "999", "1,000", "1,048,588"]);
    }
}
