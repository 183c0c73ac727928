//! Record batch v2: the unit that Kafka's producers send, its logs keep and its fetches return, and that we store byte for byte.
//!
//! ```text
//! ┌─────────────────────┬──────────┬──────────┬─────┐
//! │ header, 61 bytes    │ record 0 │ record 1 │  …  │     a row of the store, like a `.log` file: whole batches back to back
//! └─────────────────────┴──────────┴──────────┴─────┘
//!   batch/header.rs       batch/records.rs, once batch/open.rs has unpacked them, if they are compressed
//! ```
//! A batch is parsed once and then handed on as it is: its bytes are never encoded anew. Only what lies outside of the CRC is
//! set in place (base offset, leader epoch), and times that are not the producer's to set, which takes a new CRC.

mod builder;
mod error;
mod header;
mod open;
mod records;

use bytes::{Bytes, BytesMut};

use crate::ids::{Offset, Timestamp};
use crate::limits::BATCH_BYTES_MAX;
use crate::record::crc::crc32c;
use crate::record::{Compression, Origin, TimestampType};

pub use builder::{BatchBuilder, BuiltBatch};
pub use error::{BatchError, RecordError};
pub use header::{BATCH_HEADER_BYTES, BatchHeader, LENGTH_FIELD_END};
pub use open::OpenBatch;
pub use records::{HeaderViews, RecordView, RecordViews, Records};

use header::{CODEC_BITS, CRC_AT, CRC_FROM};
use records::RECORD_BYTES_MIN;

/// One whole batch: its parsed header and its bytes. Cloning shares the bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBatch {
    header: BatchHeader,
    bytes: Bytes,
    /// Boxed, since nearly no batch has one.
    origin: Option<Box<Origin>>,
}

impl RecordBatch {
    /// Parses the one batch at the start of `bytes`; what follows it is left out. The CRC is not looked at (see
    /// [`Self::verify_crc`]), nor are the records (see [`Self::records`]).
    ///
    /// # Errors
    /// `Truncated` when bytes are missing, `Magic` for Kafka's older formats, `Field` or `TooLarge` for what cannot be.
    pub fn parse(mut bytes: Bytes) -> Result<Self, BatchError> {
        let header = BatchHeader::parse(&bytes)?;
        let needed = header.batch_bytes();
        if bytes.len() < needed {
            return Err(BatchError::Truncated { needed, available: bytes.len() });
        }
        bytes.truncate(needed);
        Ok(Self { header, bytes, origin: None })
    }

    /// Parses the first 61 bytes only: for an index that reads no records. Further bytes are not looked at.
    ///
    /// # Errors
    /// As [`Self::parse`]; `Truncated` for fewer than 61 bytes only.
    pub fn parse_header(bytes: &[u8]) -> Result<BatchHeader, BatchError> {
        BatchHeader::parse(bytes)
    }

    /// Parses batches that lie back to back, as in a row of the store, to the very end of `bytes`.
    ///
    /// # Errors
    /// What [`Self::parse`] says of the first batch that cannot be read.
    pub fn parse_all(mut bytes: Bytes) -> Result<Vec<Self>, BatchError> {
        let mut batches = Vec::new();
        while !bytes.is_empty() {
            let batch = Self::parse(bytes.clone())?;
            bytes = bytes.split_off(batch.bytes.len());
            batches.push(batch);
        }
        Ok(batches)
    }

    /// Returns the header.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// Returns the whole batch as it is stored.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Tells what the batch was made of when it was read from a file in one of Kafka's old formats; `None` for what is as it was
    /// written. Whatever changes the batch makes it forget.
    pub fn origin(&self) -> Option<&Origin> {
        self.origin.as_deref()
    }

    /// Counts the bytes that the batch takes where it lies: its own, or those of the message that it was made of.
    pub fn stored_bytes(&self) -> usize {
        self.origin.as_ref().map_or(self.bytes.len(), |origin| origin.bytes().len())
    }

    pub(in crate::record) fn with_origin(mut self, origin: Origin) -> Self {
        self.origin = Some(Box::new(origin));
        self
    }

    /// Returns the offset that the batch begins with.
    pub fn base_offset(&self) -> Offset {
        self.header.base_offset
    }

    /// Returns the offset of the last record that the batch was made with.
    pub fn last_offset(&self) -> Offset {
        self.header.last_offset()
    }

    /// Returns the offset after the batch.
    pub fn next_offset(&self) -> Offset {
        self.header.next_offset()
    }

    /// Names the codec of the records.
    pub fn compression(&self) -> Compression {
        self.header.compression()
    }

    /// Tells whether the batch holds a control record that consumers never see.
    pub fn is_control(&self) -> bool {
        self.header.is_control()
    }

    /// Tells whether the batch belongs to a transaction.
    pub fn is_transactional(&self) -> bool {
        self.header.is_transactional()
    }

    /// Tells whose clock the timestamps are from.
    pub fn timestamp_type(&self) -> TimestampType {
        self.header.timestamp_type()
    }

    /// Checks that the bytes from the attributes on are the ones that were written.
    ///
    /// # Errors
    /// `Crc` with both numbers.
    pub fn verify_crc(&self) -> Result<(), BatchError> {
        let computed = crc32c(self.bytes.get(CRC_FROM..).unwrap_or_default());
        if computed == self.header.crc {
            return Ok(());
        }
        Err(BatchError::Crc { base_offset: self.base_offset(), stored: self.header.crc, computed })
    }

    /// Unpacks the records if they are compressed, to be walked as often as one likes. The batch's own bytes stay as they are.
    ///
    /// # Errors
    /// `Compression`, also when they would take more than [`UNPACKED_BYTES_MAX`](crate::limits::UNPACKED_BYTES_MAX).
    pub fn open(&self) -> Result<OpenBatch, BatchError> {
        OpenBatch::new(self.header, &self.bytes.slice(BATCH_HEADER_BYTES..))
    }

    /// Walks the records; keys, values and headers share the batch's bytes, or those unpacked. The CRC is not looked at.
    ///
    /// # Errors
    /// As [`Self::open`]; while walking `Record`, or `Trailing` after the last one, and then no more.
    pub fn records(&self) -> Result<Records, BatchError> {
        Ok(self.open()?.records())
    }

    /// Packs the records anew, with another codec or none. All else stays, but for the length and the CRC.
    ///
    /// # Errors
    /// `Compression`, or `TooLarge` when the batch would become so.
    pub fn with_compression(self, codec: Compression) -> Result<Self, BatchError> {
        let body = self.open()?.body().clone();
        self.repacked(codec, &body)
    }

    /// Makes the batch anew from its records' bytes.
    pub(crate) fn repacked(self, codec: Compression, records: &Bytes) -> Result<Self, BatchError> {
        Self::pack(self.header, codec, records)
    }

    /// Puts a header and records together.
    fn pack(mut header: BatchHeader, codec: Compression, records: &[u8]) -> Result<Self, BatchError> {
        let base_offset = header.base_offset;
        let mut out = BytesMut::zeroed(BATCH_HEADER_BYTES);
        // A batch without records has no body either, and Kafka then names no codec.
        let codec = if records.is_empty() { Compression::None } else { codec };
        match codec {
            Compression::None => out.extend_from_slice(records),
            codec => {
                let packed = codec.compress(records);
                out.extend_from_slice(
                    &packed.map_err(|cause| BatchError::Compression { base_offset, cause })?,
                );
            }
        }
        header.set_compression(codec);
        let bytes = out.len();
        header.batch_length = i32::try_from(bytes.saturating_sub(LENGTH_FIELD_END))
            .ok()
            .filter(|_| bytes <= BATCH_BYTES_MAX)
            .ok_or(BatchError::TooLarge { base_offset, bytes })?;
        let batch = Self { header, bytes: out.freeze(), origin: None };
        Ok(batch.patched().with_fresh_crc())
    }

    /// Moves the batch to another base offset, at least 0. The CRC does not cover it. Copies the bytes only if they are shared.
    #[must_use]
    pub fn with_base_offset(mut self, base_offset: Offset) -> Self {
        debug_assert!(base_offset >= Offset::ZERO, "a stored offset is never negative: {base_offset}");
        self.header.base_offset = base_offset;
        self.patched()
    }

    /// Sets the epoch of the leader that appends the batch. The CRC does not cover it. Copies the bytes only if they are shared.
    #[must_use]
    pub fn with_leader_epoch(mut self, epoch: i32) -> Self {
        self.header.partition_leader_epoch = epoch;
        self.patched()
    }

    /// Returns the batch's header and what follows it, moved to a base offset, at least 0, and a leader epoch; the CRC covers
    /// neither.
    pub(crate) fn placed(&self, base_offset: Offset, leader_epoch: i32) -> (Vec<u8>, Bytes) {
        debug_assert!(base_offset >= Offset::ZERO, "a stored offset is never negative: {base_offset}");
        let header = BatchHeader { base_offset, partition_leader_epoch: leader_epoch, ..self.header };
        (header.encode(), self.bytes.slice(BATCH_HEADER_BYTES.min(self.bytes.len())..))
    }

    /// Gives every record the log's own time instead of the producer's, as `message.timestamp.type=LogAppendTime` asks, and
    /// computes the CRC anew. The bytes keep the producer's deltas, as in Kafka.
    #[must_use]
    pub fn with_log_append_time(mut self, time: Timestamp) -> Self {
        self.header.set_timestamp_type(TimestampType::LogAppendTime);
        self.header.max_timestamp = time;
        let batch = self.patched();
        batch.with_fresh_crc()
    }

    /// Sets the largest timestamp, for a header that does not say what the records do, and computes the CRC anew.
    #[must_use]
    pub fn with_max_timestamp(mut self, max_timestamp: Timestamp) -> Self {
        self.header.max_timestamp = max_timestamp;
        self.patched().with_fresh_crc()
    }

    fn with_fresh_crc(mut self) -> Self {
        self.header.crc = crc32c(self.bytes.get(CRC_FROM..).unwrap_or_default());
        self.patched()
    }

    /// Writes the header over the first 61 bytes.
    fn patched(self) -> Self {
        let header = self.header;
        let mut bytes = self.bytes.try_into_mut().unwrap_or_else(|shared| BytesMut::from(shared.as_ref()));
        if let Some(front) = bytes.get_mut(..BATCH_HEADER_BYTES) {
            front.copy_from_slice(&header.encode());
        }
        Self { header, bytes: bytes.freeze(), origin: None }
    }
}

#[cfg(test)]
mod tests;
