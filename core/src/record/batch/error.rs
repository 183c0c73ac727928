//! What can be wrong with a batch's bytes, or with what somebody wants to put in one.

use crate::ids::Offset;
use crate::limits::{BATCH_BYTES_MAX, HEADERS_MAX};
use crate::record::varint::VarintError;
use crate::record::{CompressionError, MessageError};

/// Says why bytes are no record batch v2, or why a record does not go into one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BatchError {
    /// The bytes end before the batch does.
    #[error("the batch is cut off: it needs {needed} bytes, and {available} are there")]
    Truncated {
        /// Bytes that the batch, or its header, takes.
        needed: usize,
        /// Bytes there are.
        available: usize,
    },
    /// The format's version is another one: 0 and 1 are Kafka's before 0.11.
    #[error(
        "the batch has magic byte {magic}; only record batch v2 (magic 2, Kafka 0.11 and later) can be read"
    )]
    Magic {
        /// The byte found.
        magic: u8,
    },
    /// A header field has a value that no batch can have.
    #[error("the batch at offset {base_offset} has an impossible {field}: {value}")]
    Field {
        /// The batch's base offset, as found.
        base_offset: Offset,
        /// The field's name.
        field: &'static str,
        /// Its value, as found.
        value: i64,
    },
    /// The batch is larger than any that is ever read or made.
    #[error("the batch at offset {base_offset} takes {bytes} bytes; at most {BATCH_BYTES_MAX} are allowed")]
    TooLarge {
        /// The batch's base offset.
        base_offset: Offset,
        /// Bytes it takes.
        bytes: usize,
    },
    /// The bytes are not the ones that were written.
    #[error(
        "the batch at offset {base_offset} is damaged: its CRC is {computed:08x}, and {stored:08x} was written"
    )]
    Crc {
        /// The batch's base offset.
        base_offset: Offset,
        /// The CRC in the header.
        stored: u32,
        /// The CRC of the bytes.
        computed: u32,
    },
    /// A message of the old formats is not the one that was written.
    #[error(
        "the message at offset {offset} is damaged: its CRC is {computed:08x}, and {stored:08x} was written"
    )]
    MessageCrc {
        /// The message's offset.
        offset: Offset,
        /// The CRC in the header.
        stored: u32,
        /// The CRC of the bytes.
        computed: u32,
    },
    /// A message of the old formats cannot be read, though its CRC is right.
    #[error("the message at offset {offset}: {cause}")]
    Message {
        /// The message's offset.
        offset: Offset,
        /// What is wrong.
        cause: MessageError,
    },
    /// The records are compressed, and cannot be unpacked or packed.
    #[error("the batch at offset {base_offset}: {cause}")]
    Compression {
        /// The batch's base offset.
        base_offset: Offset,
        /// What is wrong.
        cause: CompressionError,
    },
    /// One record cannot be read, or cannot be put in.
    #[error("record {index} of the batch at offset {base_offset}: {cause}")]
    Record {
        /// The batch's base offset.
        base_offset: Offset,
        /// The record's place in the batch, counted from 0.
        index: i32,
        /// What is wrong with it.
        cause: RecordError,
    },
    /// Bytes are left over after the last record.
    #[error("the batch at offset {base_offset} has {bytes} bytes too many after its {record_count} records")]
    Trailing {
        /// The batch's base offset.
        base_offset: Offset,
        /// Records that the header counts.
        record_count: i32,
        /// Bytes left over.
        bytes: usize,
    },
    /// A record's offset cannot go into the batch: it is not after the one before, or too far from the first.
    #[error("offset {offset} does not fit into the batch from {base_offset} to {last_offset}")]
    OffsetOutOfBatch {
        /// The offset refused.
        offset: Offset,
        /// The batch's base offset.
        base_offset: Offset,
        /// The batch's last offset so far.
        last_offset: Offset,
    },
}

/// Says what is wrong with one record's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// A number cannot be read.
    #[error(transparent)]
    Varint(#[from] VarintError),
    /// The record ends before the field.
    #[error("it ends before its {field}")]
    Truncated {
        /// The field's name.
        field: &'static str,
    },
    /// A length is negative, and not the -1 that stands for null.
    #[error("its {field} has the length {length}")]
    Length {
        /// The field's name.
        field: &'static str,
        /// The length found.
        length: i32,
    },
    /// A length reaches past the end.
    #[error("its {field} takes {length} bytes, and {available} are left")]
    Overrun {
        /// The field's name.
        field: &'static str,
        /// The length found.
        length: i32,
        /// Bytes that are left.
        available: usize,
    },
    /// The number of headers is negative or beyond all reason.
    #[error("it counts {count} headers; at most {HEADERS_MAX} are allowed")]
    HeaderCount {
        /// The count found.
        count: i32,
    },
    /// Bytes are left over within the record.
    #[error("{bytes} bytes are left over after its headers")]
    Trailing {
        /// Bytes left over.
        bytes: usize,
    },
    /// The offset delta does not rise, or passes the batch's last one.
    #[error("its offset delta is {delta}, after {previous} and with {last} as the batch's last")]
    OffsetDelta {
        /// The delta found.
        delta: i32,
        /// The delta of the record before; -1 for the first.
        previous: i32,
        /// The batch's last offset delta.
        last: i32,
    },
}
