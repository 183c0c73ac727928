//! Messages of the formats v0 (Kafka up to 0.9) and v1 (0.10), which disks still keep: read, and never written
//! (`org.apache.kafka.common.record.LegacyRecord`, `AbstractLegacyRecordBatch`), big-endian.
//!
//! ```text
//!   0 ┌────────────────────────────┐
//!     │ offset                 i64 │  outside of the CRC; of a wrapper: that of its last message
//!   8 ├────────────────────────────┤
//!     │ size                   i32 │  bytes from 12 on
//!  12 ├────────────────────────────┤
//!     │ CRC-32                 u32 │  of everything from 16 on (CRC-32 of zip and PNG, not CRC-32C)
//!  16 ├────────────────────────────┤
//!     │ magic                   i8 │  0 or 1
//!  17 ├────────────────────────────┤     7       4       3        2   0
//!     │ attributes              i8 │ ──► │ unused │ time- │ codec │      codec: 0 none, 1 gzip, 2 snappy, 3 lz4
//!  18 ├────────────────────────────┤     │        │ stamp │       │      bit 3, v1 only: 1 = LogAppendTime
//!     │ timestamp   i64, v1 only   │
//!     ├────────────────────────────┤
//!     │ key length, key    i32 …   │  a length of -1 is null
//!     ├────────────────────────────┤
//!     │ value length, value i32 …  │  of a wrapper: messages, back to back, compressed
//!     └────────────────────────────┘
//!
//! wrapper (codec ≠ 0), offset 42        its value, unpacked                  the records' offsets
//! ┌────────┬───────────────────┐    v0  ┌──────┬──────┬──────┐
//! │ header │ compressed value  │ ──►    │  40  │  41  │  42  │               40  41  42    as they are
//! └────────┴───────────────────┘    v1  ├──────┼──────┼──────┤
//!                                       │   0  │   1  │   2  │               40  41  42    42 stands for the last one
//!                                       └──────┴──────┴──────┘
//! ```
//! In memory a message, or a wrapper with its messages, becomes a record batch v2 without a codec, so that all above knows one
//! format only. What the file says stays beside it: see [`Origin`]. v0 has no timestamps (-1), and neither format has headers.

mod error;
mod wrapper;

use bytes::Bytes;

use crate::ids::{Offset, Timestamp};
use crate::limits::BATCH_BYTES_MAX;
use crate::record::{BatchBuilder, BatchError, Compression, Record, RecordBatch, TimestampType};

pub use error::MessageError;

/// Bytes before the ones that the size counts.
pub const MESSAGE_SIZE_END: usize = 12;
/// Bytes of the smallest message: v0, without a key and a value.
pub const MESSAGE_BYTES_MIN: usize = 26;
/// Bytes that [`MessageHeader::parse`] looks at.
pub const MESSAGE_HEADER_BYTES: usize = 18;
/// Where the bytes begin that the CRC covers: at the magic byte.
const CRC_FROM: usize = 16;
const TIMESTAMP_TYPE_BIT: u8 = 1 << 3;

/// What a batch was before it was read: a message of format v0 or v1, as it lies in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    header: MessageHeader,
    position_bytes: u64,
    bytes: Bytes,
}

impl Origin {
    /// Returns the format's version: 0 or 1.
    pub fn magic(&self) -> u8 {
        self.header.magic
    }

    /// Returns the message's header: its size, CRC-32, attributes, codec.
    pub fn header(&self) -> &MessageHeader {
        &self.header
    }

    /// Returns the message's own time; of a wrapper, what it says of those in it: the largest one, or the log's. v0 has none.
    pub fn timestamp(&self) -> Timestamp {
        let bytes = self.bytes.get(MESSAGE_HEADER_BYTES..).and_then(<[u8]>::first_chunk);
        let stated = bytes.filter(|_| self.header.magic > 0).map(|bytes| i64::from_be_bytes(*bytes));
        stated.map_or(Timestamp::NONE, Timestamp::from_millis)
    }

    /// Tells where in its file the message lies.
    pub fn position_bytes(&self) -> u64 {
        self.position_bytes
    }

    /// Returns the message as it was written, from its offset on: what an exporter copies.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// The numbers before a message's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageHeader {
    /// Its offset; that of the last message in it when it is a wrapper.
    pub offset: Offset,
    /// Bytes after this field.
    pub size: i32,
    /// CRC-32 of everything after this field.
    pub crc: u32,
    /// The format's version: 0 or 1.
    pub magic: u8,
    /// Codec (bits 0-2), timestamp type (3).
    pub attributes: u8,
}

impl MessageHeader {
    /// Tells whether bytes say that they are a message of the old formats, by their magic byte.
    pub fn is_old(bytes: &[u8]) -> bool {
        bytes.get(CRC_FROM).is_some_and(|&magic| magic <= 1)
    }

    /// Parses the first 18 bytes and checks all that can be checked without the others.
    ///
    /// # Errors
    /// `Truncated`, `Magic`, or `Field` and `TooLarge` for what cannot be.
    pub fn parse(bytes: &[u8]) -> Result<Self, BatchError> {
        let header = Self::read(bytes)
            .ok_or(BatchError::Truncated { needed: MESSAGE_HEADER_BYTES, available: bytes.len() })?;
        let base_offset = header.offset;
        let field = |field, value| Err(BatchError::Field { base_offset, field, value });
        if header.magic > 1 {
            return Err(BatchError::Magic { magic: header.magic });
        }
        if base_offset < Offset::ZERO {
            return field("offset", base_offset.value());
        }
        if header.size < header.size_min() {
            return field("message size", header.size.into());
        }
        if header.message_bytes() > BATCH_BYTES_MAX {
            return Err(BatchError::TooLarge { base_offset, bytes: header.message_bytes() });
        }
        match header.compression() {
            Compression::Zstd | Compression::Unknown(_) => field("attributes", header.attributes.into()),
            _ => Ok(header),
        }
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (offset, rest) = bytes.split_first_chunk()?;
        let (size, rest) = rest.split_first_chunk()?;
        let (crc, rest) = rest.split_first_chunk()?;
        let (&magic, rest) = rest.split_first()?;
        let (&attributes, _) = rest.split_first()?;
        Some(Self {
            offset: Offset::new(i64::from_be_bytes(*offset)),
            size: i32::from_be_bytes(*size),
            crc: u32::from_be_bytes(*crc),
            magic,
            attributes,
        })
    }

    /// CRC, magic, attributes, both lengths, and in v1 the timestamp.
    fn size_min(&self) -> i32 {
        if self.magic == 0 { 14 } else { 22 }
    }

    /// Counts the bytes of the whole message.
    pub fn message_bytes(&self) -> usize {
        usize::try_from(self.size).unwrap_or(0).saturating_add(MESSAGE_SIZE_END)
    }

    /// Names the codec of the messages in it; `None` when it is no wrapper.
    pub fn compression(&self) -> Compression {
        Compression::from_attributes(self.attributes.into())
    }

    /// Tells whose clock the timestamp is from. In v0, where there is none, it counts as the producer's.
    pub fn timestamp_type(&self) -> TimestampType {
        if self.magic == 1 && self.attributes & TIMESTAMP_TYPE_BIT != 0 {
            TimestampType::LogAppendTime
        } else {
            TimestampType::CreateTime
        }
    }
}

/// A message taken apart.
#[derive(Clone, Debug)]
struct Message {
    header: MessageHeader,
    timestamp: Timestamp,
    key: Option<Bytes>,
    value: Option<Bytes>,
}

impl Message {
    /// Parses the message at the start of `bytes`, and checks its CRC. What follows it is not looked at.
    fn parse(bytes: &Bytes) -> Result<Self, BatchError> {
        let header = MessageHeader::parse(bytes)?;
        let (needed, available) = (header.message_bytes(), bytes.len());
        let body = bytes.get(CRC_FROM..needed).ok_or(BatchError::Truncated { needed, available })?;
        let mut crc = flate2::Crc::new();
        crc.update(body);
        if crc.sum() != header.crc {
            let (base_offset, stored, computed) = (header.offset, header.crc, crc.sum());
            return Err(BatchError::MessageCrc { offset: base_offset, stored, computed });
        }
        let mut rest = bytes.slice(MESSAGE_HEADER_BYTES..needed);
        let parsed = Self::parse_body(header, &mut rest);
        parsed.map_err(|cause| BatchError::Message { offset: header.offset, cause })
    }

    fn parse_body(header: MessageHeader, rest: &mut Bytes) -> Result<Self, MessageError> {
        let timestamp = match header.magic {
            0 => Timestamp::NONE,
            _ => {
                let bytes = take(rest, 8, "timestamp")?;
                let bytes = bytes.first_chunk().ok_or(MessageError::Truncated { field: "timestamp" })?;
                Timestamp::from_millis(i64::from_be_bytes(*bytes))
            }
        };
        let key = take_nullable(rest, "key")?;
        let value = take_nullable(rest, "value")?;
        if !rest.is_empty() {
            return Err(MessageError::Trailing { bytes: rest.len() });
        }
        Ok(Self { header, timestamp, key, value })
    }

    fn into_record(self, offset: Offset) -> Record {
        let Self { timestamp, key, value, .. } = self;
        Record { offset, timestamp, key, value, headers: Vec::new() }
    }
}

impl RecordBatch {
    /// Reads the one batch, or message of the old formats, at the start of `bytes`; what follows it is left out. The CRC of a
    /// message is checked, since it is made anew into a batch; that of a batch is not. `position_bytes` tells where the bytes lie
    /// in their file.
    ///
    /// # Errors
    /// As [`Self::parse`]; of a message also `MessageCrc`, `Message` and `Compression`.
    pub fn parse_any(bytes: Bytes, position_bytes: u64) -> Result<Self, BatchError> {
        if MessageHeader::is_old(&bytes) {
            Self::from_message(bytes, position_bytes)
        } else {
            Self::parse(bytes)
        }
    }

    fn from_message(mut bytes: Bytes, position_bytes: u64) -> Result<Self, BatchError> {
        let message = Message::parse(&bytes)?;
        let header = message.header;
        bytes.truncate(header.message_bytes());
        let builder = match header.compression() {
            Compression::None => {
                let mut builder = builder_at(header.offset, &message);
                builder.try_push_record(&message.into_record(header.offset))?;
                builder
            }
            _ => wrapper::unpack(&message)?,
        };
        Ok(builder.build().with_origin(Origin { header, position_bytes, bytes }))
    }
}

/// Starts a batch with a message's timestamp type.
fn builder_at(base_offset: Offset, message: &Message) -> BatchBuilder {
    let builder = BatchBuilder::at(base_offset);
    match message.header.timestamp_type() {
        TimestampType::CreateTime => builder,
        TimestampType::LogAppendTime => builder.log_append_time(message.timestamp),
    }
}

fn take_nullable(rest: &mut Bytes, field: &'static str) -> Result<Option<Bytes>, MessageError> {
    let length = take(rest, 4, field)?;
    let length = length.first_chunk().ok_or(MessageError::Truncated { field })?;
    match i32::from_be_bytes(*length) {
        -1 => Ok(None),
        length => match usize::try_from(length) {
            Ok(bytes) => take(rest, bytes, field).map(Some),
            Err(_) => Err(MessageError::Length { field, length }),
        },
    }
}

fn take(rest: &mut Bytes, bytes: usize, field: &'static str) -> Result<Bytes, MessageError> {
    if bytes > rest.len() {
        return Err(MessageError::Truncated { field });
    }
    Ok(rest.split_to(bytes))
}

#[cfg(test)]
mod tests;
