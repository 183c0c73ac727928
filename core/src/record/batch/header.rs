//! The 61 bytes before a batch's records (`org.apache.kafka.common.record.DefaultRecordBatch`), big-endian.
//!
//! ```text
//!   0 ┌──────────────────────────────┐
//!     │ base offset              i64 │  set by the log, outside of the CRC
//!   8 ├──────────────────────────────┤
//!     │ batch length             i32 │  bytes from 12 on: the whole batch less 12
//!  12 ├──────────────────────────────┤
//!     │ partition leader epoch   i32 │  set by the log, outside of the CRC
//!  16 ├──────────────────────────────┤
//!     │ magic                    i8  │  2
//!  17 ├──────────────────────────────┤
//!     │ CRC-32C                  u32 │  of everything from 21 on
//!  21 ├──────────────────────────────┤     15         7   6         5       4         3      2   0
//!     │ attributes               i16 │ ──► │ unused   │ │ delete  │ control │ transac-│ time-│ co- │
//!  23 ├──────────────────────────────┤     │          │ │ horizon │         │ tional  │ stamp│ dec │
//!     │ last offset delta        i32 │                                                 (1 = LogAppendTime)
//!  27 ├──────────────────────────────┤
//!     │ base timestamp           i64 │  the first record's; the delete horizon when bit 6 is set
//!  35 ├──────────────────────────────┤
//!     │ max timestamp            i64 │
//!  43 ├──────────────────────────────┤
//!     │ producer id              i64 │  -1: not idempotent
//!  51 ├──────────────────────────────┤
//!     │ producer epoch           i16 │  -1
//!  53 ├──────────────────────────────┤
//!     │ base sequence            i32 │  -1
//!  57 ├──────────────────────────────┤
//!     │ record count             i32 │  0 when compaction took every record
//!  61 ├──────────────────────────────┤
//!     │ records …                    │  see `records.rs`
//! ```

use crate::ids::{Offset, Timestamp};
use crate::limits::{BATCH_BYTES_MAX, BATCH_RECORDS_MAX, COMPRESSED_RECORDS_PER_BYTE_MAX};
use crate::record::batch::{BatchError, RECORD_BYTES_MIN};
use crate::record::{Compression, TimestampType};

/// Bytes before the first record.
pub const BATCH_HEADER_BYTES: usize = 61;
/// Bytes before the ones that the batch length counts.
pub const LENGTH_FIELD_END: usize = 12;
/// Where the CRC lies.
pub(super) const CRC_AT: usize = 17;
/// Where the bytes begin that the CRC covers.
pub(super) const CRC_FROM: usize = 21;
/// Where the magic byte lies, in every version of Kafka's format.
const MAGIC_AT: usize = 16;
/// Record batch v2.
const MAGIC: u8 = 2;

pub(super) const CODEC_BITS: i16 = 0x07;
const TIMESTAMP_TYPE_BIT: i16 = 1 << 3;
const TRANSACTIONAL_BIT: i16 = 1 << 4;
const CONTROL_BIT: i16 = 1 << 5;
const DELETE_HORIZON_BIT: i16 = 1 << 6;

/// The 61 bytes before a batch's records, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// First offset; the other offsets are relative to it.
    pub base_offset: Offset,
    /// Bytes after this field: the whole batch less 12.
    pub batch_length: i32,
    /// Epoch of the leader that appended the batch; -1 when none did.
    pub partition_leader_epoch: i32,
    /// CRC-32C of everything after this field.
    pub crc: u32,
    /// Codec (bits 0-2), timestamp type (3), transactional (4), control (5), delete horizon (6).
    pub attributes: i16,
    /// Last offset less the first. Kept by compaction even when the last record goes.
    pub last_offset_delta: i32,
    /// Timestamp that the records' deltas count from: the first record's, or the delete horizon.
    pub base_timestamp: Timestamp,
    /// Largest timestamp in the batch.
    pub max_timestamp: Timestamp,
    /// Producer id; -1 when the producer is not idempotent.
    pub producer_id: i64,
    /// Producer epoch; -1 when the producer is not idempotent.
    pub producer_epoch: i16,
    /// Sequence of the first record; -1 when the producer is not idempotent.
    pub base_sequence: i32,
    /// Records in the batch.
    pub record_count: i32,
}

impl Default for BatchHeader {
    /// Describes an empty batch at offset 0 from a producer that is not idempotent.
    fn default() -> Self {
        Self {
            base_offset: Offset::ZERO,
            batch_length: 49,
            partition_leader_epoch: -1,
            crc: 0,
            attributes: 0,
            last_offset_delta: 0,
            base_timestamp: Timestamp::NONE,
            max_timestamp: Timestamp::NONE,
            producer_id: -1,
            producer_epoch: -1,
            base_sequence: -1,
            record_count: 0,
        }
    }
}

impl BatchHeader {
    /// Parses the first 61 bytes and checks all that can be checked without the records: magic, length, counts.
    ///
    /// # Errors
    /// Names the field that cannot be right. No batch of another magic is read.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let truncated = || BatchError::Truncated { needed: BATCH_HEADER_BYTES, available: bytes.len() };
        let magic = *bytes.get(MAGIC_AT).ok_or_else(truncated)?;
        if magic != MAGIC {
            return Err(BatchError::Magic { magic });
        }
        Self::read(bytes).ok_or_else(truncated)?.checked()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (base_offset, rest) = bytes.split_first_chunk()?;
        let (batch_length, rest) = rest.split_first_chunk()?;
        let (partition_leader_epoch, rest) = rest.split_first_chunk()?;
        let (_magic, rest) = rest.split_first()?;
        let (crc, rest) = rest.split_first_chunk()?;
        let (attributes, rest) = rest.split_first_chunk()?;
        let (last_offset_delta, rest) = rest.split_first_chunk()?;
        let (base_timestamp, rest) = rest.split_first_chunk()?;
        let (max_timestamp, rest) = rest.split_first_chunk()?;
        let (producer_id, rest) = rest.split_first_chunk()?;
        let (producer_epoch, rest) = rest.split_first_chunk()?;
        let (base_sequence, rest) = rest.split_first_chunk()?;
        let (record_count, _records) = rest.split_first_chunk()?;
        Some(Self {
            base_offset: Offset::new(i64::from_be_bytes(*base_offset)),
            batch_length: i32::from_be_bytes(*batch_length),
            partition_leader_epoch: i32::from_be_bytes(*partition_leader_epoch),
            crc: u32::from_be_bytes(*crc),
            attributes: i16::from_be_bytes(*attributes),
            last_offset_delta: i32::from_be_bytes(*last_offset_delta),
            base_timestamp: Timestamp::from_millis(i64::from_be_bytes(*base_timestamp)),
            max_timestamp: Timestamp::from_millis(i64::from_be_bytes(*max_timestamp)),
            producer_id: i64::from_be_bytes(*producer_id),
            producer_epoch: i16::from_be_bytes(*producer_epoch),
            base_sequence: i32::from_be_bytes(*base_sequence),
            record_count: i32::from_be_bytes(*record_count),
        })
    }

    fn checked(self) -> Result<Self, BatchError> {
        let base_offset = self.base_offset;
        let field = |field, value| Err(BatchError::Field { base_offset, field, value });
        if base_offset < Offset::ZERO {
            return field("base offset", base_offset.value());
        }
        let body_bytes = usize::try_from(self.batch_length)
            .ok()
            .and_then(|length| length.checked_add(LENGTH_FIELD_END)?.checked_sub(BATCH_HEADER_BYTES));
        let Some(body_bytes) = body_bytes else {
            return field("batch length", self.batch_length.into());
        };
        if self.batch_bytes() > BATCH_BYTES_MAX {
            return Err(BatchError::TooLarge { base_offset, bytes: self.batch_bytes() });
        }
        if self.last_offset_delta < 0
            || base_offset.value().checked_add(self.last_offset_delta.into()).is_none()
        {
            return field("last offset delta", self.last_offset_delta.into());
        }
        // Each record has an offset of its own, and an uncompressed one takes seven bytes at least. Whoever reads a compressed
        // batch makes room by its count alone, so that the bytes must bear it out as well.
        let records_max = usize::try_from(self.last_offset_delta).unwrap_or(usize::MAX).saturating_add(1);
        let records_max = match self.compression() {
            Compression::None => records_max.min(body_bytes.div_euclid(RECORD_BYTES_MIN)),
            _ => records_max
                .min(body_bytes.saturating_mul(COMPRESSED_RECORDS_PER_BYTE_MAX))
                .min(BATCH_RECORDS_MAX),
        };
        match usize::try_from(self.record_count) {
            Ok(records) if records <= records_max => Ok(self),
            _ => field("record count", self.record_count.into()),
        }
    }

    /// Draws the header as 61 bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(BATCH_HEADER_BYTES);
        out.extend_from_slice(&self.base_offset.value().to_be_bytes());
        out.extend_from_slice(&self.batch_length.to_be_bytes());
        out.extend_from_slice(&self.partition_leader_epoch.to_be_bytes());
        out.push(MAGIC);
        out.extend_from_slice(&self.crc.to_be_bytes());
        out.extend_from_slice(&self.attributes.to_be_bytes());
        out.extend_from_slice(&self.last_offset_delta.to_be_bytes());
        out.extend_from_slice(&self.base_timestamp.millis().to_be_bytes());
        out.extend_from_slice(&self.max_timestamp.millis().to_be_bytes());
        out.extend_from_slice(&self.producer_id.to_be_bytes());
        out.extend_from_slice(&self.producer_epoch.to_be_bytes());
        out.extend_from_slice(&self.base_sequence.to_be_bytes());
        out.extend_from_slice(&self.record_count.to_be_bytes());
        out
    }

    /// Counts the bytes of the whole batch, header included.
    pub fn batch_bytes(&self) -> usize {
        usize::try_from(self.batch_length).unwrap_or(0).saturating_add(LENGTH_FIELD_END)
    }

    /// Returns the offset of the last record that the batch was made with.
    pub fn last_offset(&self) -> Offset {
        self.base_offset.advance(self.last_offset_delta.into())
    }

    /// Returns the offset after the batch.
    pub fn next_offset(&self) -> Offset {
        self.last_offset().next()
    }

    /// Names the codec of the records.
    pub fn compression(&self) -> Compression {
        Compression::from_attributes(self.attributes)
    }

    /// Tells whose clock the timestamps are from.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.attributes & TIMESTAMP_TYPE_BIT == 0 {
            TimestampType::CreateTime
        } else {
            TimestampType::LogAppendTime
        }
    }

    /// Tells whether the batch belongs to a transaction.
    pub fn is_transactional(&self) -> bool {
        self.attributes & TRANSACTIONAL_BIT != 0
    }

    /// Tells whether the batch holds a control record (a transaction's marker) that consumers never see.
    pub fn is_control(&self) -> bool {
        self.attributes & CONTROL_BIT != 0
    }

    /// Returns the time after which compaction may drop the batch's tombstones, once one was set (KIP-534).
    pub fn delete_horizon(&self) -> Option<Timestamp> {
        (self.attributes & DELETE_HORIZON_BIT != 0).then_some(self.base_timestamp)
    }

    pub(super) fn set_compression(&mut self, codec: Compression) {
        self.attributes = (self.attributes & !CODEC_BITS) | i16::from(codec.number());
    }

    pub(super) fn set_timestamp_type(&mut self, timestamp_type: TimestampType) {
        self.set_bit(TIMESTAMP_TYPE_BIT, timestamp_type == TimestampType::LogAppendTime);
    }

    pub(super) fn set_transactional(&mut self, transactional: bool) {
        self.set_bit(TRANSACTIONAL_BIT, transactional);
    }

    pub(super) fn set_control(&mut self, control: bool) {
        self.set_bit(CONTROL_BIT, control);
    }

    pub(super) fn set_delete_horizon(&mut self, horizon: Timestamp) {
        self.set_bit(DELETE_HORIZON_BIT, true);
        self.base_timestamp = horizon;
    }

    fn set_bit(&mut self, bit: i16, on: bool) {
        self.attributes = if on { self.attributes | bit } else { self.attributes & !bit };
    }
}
