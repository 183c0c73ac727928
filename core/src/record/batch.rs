//! Record batch v2. The signatures below are the contract; the codec's author fills them in.

use bytes::Bytes;

use crate::ids::{Offset, Timestamp};
use crate::record::{NewRecord, Record};

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
    /// Timestamp that the records' deltas count from.
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

/// One whole batch: its parsed header and its untouched bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBatch {
    header: BatchHeader,
    bytes: Bytes,
}

/// placeholder
#[derive(Debug)]
pub enum BatchError {}
/// placeholder
#[derive(Debug)]
pub struct BatchBuilder;
#[allow(dead_code)]
impl RecordBatch {
    /// Returns the header.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }
    fn _unused(_: Record, _: NewRecord) {}
}
