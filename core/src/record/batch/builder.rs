//! Makes a batch record by record, into one buffer, with one CRC pass at the end.

use bytes::Bytes;

use crate::ids::{Offset, Timestamp};
use crate::limits::{BATCH_BYTES_MAX, HEADERS_MAX};
use crate::record::batch::{
    BATCH_HEADER_BYTES, BatchError, BatchHeader, CODEC_BITS, CRC_AT, CRC_FROM, LENGTH_FIELD_END, RecordBatch,
    RecordError,
};
use crate::record::crc::crc32c;
use crate::record::varint::{varint_bytes, varlong_bytes, write_varint, write_varlong};
use crate::record::{Compression, Header, NewRecord, Record, TimestampType};

/// Gathers records and makes a batch of them, compressed or not.
///
/// ```
/// use bytes::Bytes;
/// use tablog_core::ids::{Offset, Timestamp};
/// use tablog_core::record::{BatchBuilder, NewRecord};
///
/// let mut builder = BatchBuilder::at(Offset::new(41));
/// let record = NewRecord { value: Some(Bytes::from_static(b"hello")), ..NewRecord::default() };
/// builder.try_push(&record, Timestamp::from_millis(1_000))?;
/// let batch = builder.build();
/// assert_eq!(batch.next_offset(), Offset::new(42));
/// let records = batch.records()?.collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(records[0].value, record.value);
/// # Ok::<(), tablog_core::record::BatchError>(())
/// ```
#[derive(Clone, Debug)]
pub struct BatchBuilder {
    header: BatchHeader,
    /// Sixty-one bytes of room for the header, then the records.
    out: Vec<u8>,
    /// The last record's offset delta; -1 while there is none.
    previous_delta: i32,
    /// Set when the base timestamp is given, and not the first record's.
    base_timestamp_given: bool,
    /// The least and the largest timestamp pushed.
    times: Option<(Timestamp, Timestamp)>,
}

/// A batch that was made here just now: its checksum is right, and the times of its records are known.
#[derive(Clone, Debug)]
pub struct BuiltBatch {
    batch: RecordBatch,
    times: Option<(Timestamp, Timestamp)>,
}

impl BuiltBatch {
    /// Returns the batch.
    pub fn batch(&self) -> &RecordBatch {
        &self.batch
    }

    /// Returns the least and the largest timestamp of its records; `None` without any.
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        self.times
    }

    /// Hands the batch out.
    pub fn into_batch(self) -> RecordBatch {
        self.batch
    }
}

/// What a record to be written has in common, be it new or stored.
struct Parts<'a> {
    key: Option<&'a Bytes>,
    value: Option<&'a Bytes>,
    headers: &'a [Header],
}

impl Default for BatchBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl BatchBuilder {
    /// Starts a batch at offset 0, as producers do: the log sets the offset.
    pub fn new() -> Self {
        Self::at(Offset::ZERO)
    }

    /// Starts a batch at an offset, at least 0. Built without a record, it stands for that one offset.
    pub fn at(base_offset: Offset) -> Self {
        debug_assert!(base_offset >= Offset::ZERO, "a stored offset is never negative: {base_offset}");
        Self {
            header: BatchHeader { base_offset, ..BatchHeader::default() },
            out: vec![0; BATCH_HEADER_BYTES],
            previous_delta: -1,
            base_timestamp_given: false,
            times: None,
        }
    }

    /// Starts a batch that takes the place of another one and gets some of its records: offsets, last offset, epochs, producer,
    /// timestamp type, transaction and control bits are kept, as Kafka's log cleaner keeps them. The largest timestamp is that
    /// of the records pushed, or the old one when there is none.
    pub fn like(header: &BatchHeader) -> Self {
        let attributes = header.attributes & !CODEC_BITS;
        // Records of the log's time have lost their own: counting from that time, their deltas are one byte each.
        let keeps_base =
            header.timestamp_type() == TimestampType::CreateTime || header.delete_horizon().is_some();
        Self {
            header: BatchHeader { attributes, record_count: 0, ..*header },
            base_timestamp_given: keeps_base,
            ..Self::at(header.base_offset)
        }
    }

    /// Sets the producer's id, epoch and the sequence of the first record.
    #[must_use]
    pub fn producer(mut self, id: i64, epoch: i16, base_sequence: i32) -> Self {
        self.header.producer_id = id;
        self.header.producer_epoch = epoch;
        self.header.base_sequence = base_sequence;
        self
    }

    /// Sets the leader's epoch.
    #[must_use]
    pub fn leader_epoch(mut self, epoch: i32) -> Self {
        self.header.partition_leader_epoch = epoch;
        self
    }

    /// Marks the batch as part of a transaction.
    #[must_use]
    pub fn transactional(mut self) -> Self {
        self.header.set_transactional(true);
        self
    }

    /// Marks the batch as holding a control record.
    #[must_use]
    pub fn control(mut self) -> Self {
        self.header.set_control(true);
        self
    }

    /// Gives every record the log's time.
    #[must_use]
    pub fn log_append_time(mut self, time: Timestamp) -> Self {
        self.header.set_timestamp_type(TimestampType::LogAppendTime);
        self.header.max_timestamp = time;
        self
    }

    /// Sets the time after which tombstones may go, which becomes the base that timestamps count from (KIP-534). To be
    /// called before the first record is pushed.
    #[must_use]
    pub fn delete_horizon(mut self, horizon: Timestamp) -> Self {
        debug_assert!(self.previous_delta < 0, "the deltas of the records pushed count from another base");
        self.header.set_delete_horizon(horizon);
        self.base_timestamp_given = true;
        self
    }

    /// Appends a record at the offset after the last one. A record without a time of its own gets `now`.
    ///
    /// # Errors
    /// `TooLarge` or `OffsetOutOfBatch` when it does not fit in, `Record` when it has too many headers; nothing changes then.
    pub fn try_push(&mut self, record: &NewRecord, now: Timestamp) -> Result<(), BatchError> {
        let offset_delta = self.next_delta()?;
        self.push(offset_delta, record.timestamp.unwrap_or(now), &Parts::from(record))
    }

    /// Appends a record at its own offset, which may leave a gap.
    ///
    /// # Errors
    /// As [`Self::try_push`]; `OffsetOutOfBatch` also when the offset is not after the last one.
    pub fn try_push_record(&mut self, record: &Record) -> Result<(), BatchError> {
        let delta = record.offset.value().checked_sub(self.header.base_offset.value());
        match delta.and_then(|delta| i32::try_from(delta).ok()) {
            Some(delta) if delta > self.previous_delta => {
                self.push(delta, record.timestamp, &Parts::from(record))
            }
            _ => Err(self.out_of_batch(record.offset)),
        }
    }

    /// As [`Self::try_push`], unless the batch would grow over `bytes_max` by it: then it returns `false`, and nothing changes.
    ///
    /// # Errors
    /// As [`Self::try_push`].
    pub fn try_push_within(
        &mut self,
        bytes_max: usize,
        record: &NewRecord,
        now: Timestamp,
    ) -> Result<bool, BatchError> {
        let offset_delta = self.next_delta()?;
        self.push_within(bytes_max, offset_delta, record.timestamp.unwrap_or(now), &Parts::from(record))
    }

    /// Makes room at once for a batch of so many bytes.
    #[must_use]
    pub fn with_room(mut self, bytes: usize) -> Self {
        self.out.reserve_exact(bytes.saturating_sub(self.out.len()));
        self
    }

    /// Counts the bytes that the batch would have with one more record: to close it before it grows over a limit.
    pub fn bytes_len_with(&self, record: &NewRecord, now: Timestamp) -> usize {
        let timestamp = record.timestamp.unwrap_or(now);
        let delta = self.timestamp_delta(timestamp);
        let body = Parts::from(record).body_bytes(delta, self.previous_delta.saturating_add(1));
        self.out.len().saturating_add(sized_bytes(body))
    }

    /// Counts the bytes of a batch that holds just this record: what `max.message.bytes` is compared with.
    pub fn bytes_of_one(record: &NewRecord) -> usize {
        BATCH_HEADER_BYTES.saturating_add(sized_bytes(Parts::from(record).body_bytes(0, 0)))
    }

    /// Counts the bytes of the batch as it is now.
    pub fn bytes_len(&self) -> usize {
        self.out.len()
    }

    /// Counts the records pushed.
    pub fn record_count(&self) -> i32 {
        self.header.record_count
    }

    /// Ends the batch, compressed or not, and keeps what is known of it, so that nobody has to look again.
    ///
    /// # Errors
    /// As [`Self::build_compressed`].
    pub fn finish(self, codec: Compression) -> Result<BuiltBatch, BatchError> {
        let times = self.times;
        Ok(BuiltBatch { batch: self.build_compressed(codec)?, times })
    }

    /// Ends the batch. Without a record it is an empty one, as compaction leaves behind.
    pub fn build(mut self) -> RecordBatch {
        self.settle_header();
        let Self { mut header, mut out, .. } = self;
        header.crc = 0;
        if let Some(front) = out.get_mut(..BATCH_HEADER_BYTES) {
            front.copy_from_slice(&header.encode());
        }
        header.crc = crc32c(out.get(CRC_FROM..).unwrap_or_default());
        if let Some(crc) = out.get_mut(CRC_AT..CRC_FROM) {
            crc.copy_from_slice(&header.crc.to_be_bytes());
        }
        RecordBatch { header, bytes: out.into(), origin: None }
    }

    /// Ends the batch with its records compressed, also where that makes it larger, as in Kafka.
    ///
    /// # Errors
    /// `Compression`, or `TooLarge` when it would be larger than a batch may be.
    pub fn build_compressed(mut self, codec: Compression) -> Result<RecordBatch, BatchError> {
        if codec == Compression::None {
            return Ok(self.build());
        }
        self.settle_header();
        RecordBatch::pack(self.header, codec, self.out.get(BATCH_HEADER_BYTES..).unwrap_or_default())
    }

    fn settle_header(&mut self) {
        if let Some((_, max_timestamp)) = self.times
            && self.header.timestamp_type() == TimestampType::CreateTime
        {
            self.header.max_timestamp = max_timestamp;
        }
        // Every push has kept the length under BATCH_BYTES_MAX.
        let bytes = self.out.len().saturating_sub(LENGTH_FIELD_END);
        self.header.batch_length = i32::try_from(bytes).unwrap_or(self.header.batch_length);
    }

    fn next_delta(&self) -> Result<i32, BatchError> {
        let base = self.header.base_offset;
        let refused = || self.out_of_batch(base.advance(i64::from(self.previous_delta).saturating_add(1)));
        self.previous_delta.checked_add(1).ok_or_else(refused)
    }

    fn out_of_batch(&self, offset: Offset) -> BatchError {
        let last_offset = self.header.last_offset();
        BatchError::OffsetOutOfBatch { offset, base_offset: self.header.base_offset, last_offset }
    }

    /// As in Java the difference wraps, and adding it back gives the exact timestamp.
    fn timestamp_delta(&self, timestamp: Timestamp) -> i64 {
        if self.previous_delta < 0 && !self.base_timestamp_given {
            return 0;
        }
        timestamp.millis().wrapping_sub(self.header.base_timestamp.millis())
    }

    fn push(&mut self, offset_delta: i32, timestamp: Timestamp, parts: &Parts<'_>) -> Result<(), BatchError> {
        // Nothing is larger than that.
        self.push_within(usize::MAX, offset_delta, timestamp, parts).map(drop)
    }

    fn push_within(
        &mut self,
        bytes_max: usize,
        offset_delta: i32,
        timestamp: Timestamp,
        parts: &Parts<'_>,
    ) -> Result<bool, BatchError> {
        let base_offset = self.header.base_offset;
        if base_offset.value().checked_add(offset_delta.into()).is_none() {
            return Err(self.out_of_batch(base_offset.advance(offset_delta.into())));
        }
        let header_count = i32::try_from(parts.headers.len()).unwrap_or(i32::MAX);
        if parts.headers.len() > HEADERS_MAX {
            let cause = RecordError::HeaderCount { count: header_count };
            return Err(BatchError::Record { base_offset, index: self.header.record_count, cause });
        }
        let timestamp_delta = self.timestamp_delta(timestamp);
        let body = parts.body_bytes(timestamp_delta, offset_delta);
        let bytes = self.out.len().saturating_add(sized_bytes(body));
        if bytes > bytes_max {
            return Ok(false);
        }
        if bytes > BATCH_BYTES_MAX {
            return Err(BatchError::TooLarge { base_offset, bytes });
        }
        if self.previous_delta < 0 && !self.base_timestamp_given {
            self.header.base_timestamp = timestamp;
        }
        self.previous_delta = offset_delta;
        self.header.last_offset_delta = self.header.last_offset_delta.max(offset_delta);
        self.header.record_count = self.header.record_count.saturating_add(1);
        let (min, max) = self.times.unwrap_or((timestamp, timestamp));
        self.times = Some((min.min(timestamp), max.max(timestamp)));

        let out = &mut self.out;
        write_length(out, body);
        // The record's attributes: none are in use.
        out.push(0);
        write_varlong(out, timestamp_delta);
        write_varint(out, offset_delta);
        write_nullable(out, parts.key);
        write_nullable(out, parts.value);
        write_varint(out, header_count);
        for header in parts.headers {
            write_length(out, header.key.len());
            out.extend_from_slice(&header.key);
            write_nullable(out, header.value.as_ref());
        }
        Ok(true)
    }
}

impl<'a> From<&'a NewRecord> for Parts<'a> {
    fn from(record: &'a NewRecord) -> Self {
        Self { key: record.key.as_ref(), value: record.value.as_ref(), headers: &record.headers }
    }
}

impl<'a> From<&'a Record> for Parts<'a> {
    fn from(record: &'a Record) -> Self {
        Self { key: record.key.as_ref(), value: record.value.as_ref(), headers: &record.headers }
    }
}

impl Parts<'_> {
    /// Counts a record's bytes after its length.
    fn body_bytes(&self, timestamp_delta: i64, offset_delta: i32) -> usize {
        let numbers = 1_usize
            .saturating_add(varlong_bytes(timestamp_delta))
            .saturating_add(varint_bytes(offset_delta))
            .saturating_add(length_bytes(self.headers.len()));
        let content = nullable_bytes(self.key).saturating_add(nullable_bytes(self.value));
        self.headers.iter().fold(numbers.saturating_add(content), |bytes, header| {
            bytes
                .saturating_add(sized_bytes(header.key.len()))
                .saturating_add(nullable_bytes(header.value.as_ref()))
        })
    }
}

fn nullable_bytes(bytes: Option<&Bytes>) -> usize {
    bytes.map_or(1, |bytes| sized_bytes(bytes.len()))
}

fn sized_bytes(bytes: usize) -> usize {
    bytes.saturating_add(length_bytes(bytes))
}

fn length_bytes(bytes: usize) -> usize {
    varint_bytes(length(bytes))
}

/// Lengths beyond an int32 do not get here: they are beyond `BATCH_BYTES_MAX` too.
fn length(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}

fn write_length(out: &mut Vec<u8>, bytes: usize) {
    write_varint(out, length(bytes));
}

fn write_nullable(out: &mut Vec<u8>, bytes: Option<&Bytes>) {
    match bytes {
        None => write_varint(out, -1),
        Some(bytes) => {
            write_length(out, bytes.len());
            out.extend_from_slice(bytes);
        }
    }
}
