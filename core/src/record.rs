//! Records and the batches that carry them, in memory. The bytes are in the modules below, each with its picture.

pub mod batch;
pub mod compression;
pub mod control;
pub mod crc;
pub mod legacy;
pub mod varint;

use bytes::Bytes;

use crate::ids::{Offset, Timestamp};

pub use batch::{BatchBuilder, BatchError, BatchHeader, BuiltBatch, RecordBatch, RecordView};
pub use compression::{Compression, CompressionError};
pub use control::{ControlRecordType, EndTransactionMarker};
pub use legacy::{MessageError, MessageHeader, Origin};

/// Whose clock a batch's timestamps are from (`org.apache.kafka.common.record.TimestampType`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimestampType {
    /// The producer's, record by record.
    #[default]
    CreateTime,
    /// The log's: one time for the whole batch, its largest timestamp.
    LogAppendTime,
}

/// One header of a record. Kafka calls the key a string, but hands on any bytes; so do we.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The header's name, UTF-8 by convention. May repeat within one record.
    pub key: Bytes,
    /// The header's value; null and empty are different.
    pub value: Option<Bytes>,
}

/// One record as it lies in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its time: the producer's (`CreateTime`) or the log's (`LogAppendTime`), as its batch says.
    pub timestamp: Timestamp,
    /// The key; null and empty are different.
    pub key: Option<Bytes>,
    /// The value; null is a tombstone, which is not the same as an empty value.
    pub value: Option<Bytes>,
    /// The headers in their order, duplicates included.
    pub headers: Vec<Header>,
}

/// A record on its way into a partition: it has no offset yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewRecord {
    /// Its time; `None` takes the time of publishing.
    pub timestamp: Option<Timestamp>,
    /// The key, or null.
    pub key: Option<Bytes>,
    /// The value, or null for a tombstone.
    pub value: Option<Bytes>,
    /// The headers in their order.
    pub headers: Vec<Header>,
}
