//! The codec that a batch's records are compressed with, and how they are packed and unpacked (`org.apache.kafka.common.compress`).
//!
//! ```text
//! batch  ┌──────────────────┬──────────────────────────────┐        records, as in an uncompressed batch
//!        │ header, 61 bytes │ what one of the codecs made  │ ──►  ┌──────────┬──────────┬─────┐
//!        └──────────────────┴──────────────────────────────┘      │ record 0 │ record 1 │  …  │
//!                             compression/{gzip,snappy,lz4,zstd}   └──────────┴──────────┴─────┘
//! ```
//! Whoever unpacks says how many bytes may come out, and never believes a length in the data: a few bytes can claim, or really
//! be, gigabytes. Checksums that a codec's frame carries are compared. What follows the end of a frame is an error.

mod gzip;
mod input;
mod lz4;
mod snappy;
mod zstd;

use std::fmt;

use bytes::Bytes;

use lz4::HeaderChecksum;

/// Names a codec, by bits 0 to 2 of a batch's attributes (`org.apache.kafka.common.record.CompressionType`). Persisted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// 0: the records lie there as they are.
    #[default]
    None,
    /// 1: gzip.
    Gzip,
    /// 2: snappy, in the framing that Java's Kafka client uses.
    Snappy,
    /// 3: lz4, in its frame format.
    Lz4,
    /// 4: zstd.
    Zstd,
    /// 5 to 7: not known to Kafka 4.
    Unknown(u8),
}

/// Says why records cannot be unpacked, or packed. Positions count from the first byte after the batch's header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompressionError {
    /// Nobody knows the codec.
    #[error("it is compressed with an unknown codec (number {number})")]
    Unknown {
        /// The codec's number.
        number: u8,
    },
    /// More would come out than may.
    #[error("its {codec} data hold more than {bytes_max} bytes, and no more are allowed")]
    TooLarge {
        /// The codec.
        codec: Compression,
        /// Bytes that may come out.
        bytes_max: usize,
    },
    /// The codec cannot make sense of the data.
    #[error("its {codec} data cannot be read at byte {position}: {cause}")]
    Damaged {
        /// The codec.
        codec: Compression,
        /// The byte where reading stopped; the damage is there or before.
        position: usize,
        /// What is wrong.
        cause: String,
    },
    /// Something follows the end of the data.
    #[error("its {codec} data end at byte {position}, and {bytes} more bytes follow")]
    Trailing {
        /// The codec.
        codec: Compression,
        /// The byte after the end.
        position: usize,
        /// Bytes left over.
        bytes: usize,
    },
    /// The encoder failed.
    #[error("its records cannot be compressed with {codec}: {cause}")]
    Encoder {
        /// The codec.
        codec: Compression,
        /// What the encoder says.
        cause: String,
    },
}

impl Compression {
    /// Reads the codec from a batch's attributes.
    pub fn from_attributes(attributes: i16) -> Self {
        let [low, _] = attributes.to_le_bytes();
        match low & 0x07 {
            0 => Self::None,
            1 => Self::Gzip,
            2 => Self::Snappy,
            3 => Self::Lz4,
            4 => Self::Zstd,
            unknown => Self::Unknown(unknown),
        }
    }

    /// Returns the codec's number, 0 to 7. Persisted in a batch's attributes.
    pub fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Gzip => 1,
            Self::Snappy => 2,
            Self::Lz4 => 3,
            Self::Zstd => 4,
            Self::Unknown(number) => number & 0x07,
        }
    }

    /// Finds a codec by the name that `compression.type` has for it.
    pub fn parse(name: &str) -> Option<Self> {
        let known = [Self::None, Self::Gzip, Self::Snappy, Self::Lz4, Self::Zstd];
        known.into_iter().find(|codec| codec.to_string() == name)
    }

    /// Unpacks what lies behind a batch's header. Without a codec that is the data themselves, shared.
    ///
    /// # Errors
    /// `Unknown`; `TooLarge` when more than `bytes_max` bytes would come out; `Damaged` or `Trailing`.
    pub fn decompress(self, data: &Bytes, bytes_max: usize) -> Result<Bytes, CompressionError> {
        self.unpack(data, bytes_max, HeaderChecksum::Checked)
    }

    /// Unpacks the value of a message of format v0, as [`Self::decompress`] does. Clients of that time computed lz4's header
    /// checksum over the wrong bytes, so it is not looked at (KIP-57).
    ///
    /// # Errors
    /// As [`Self::decompress`].
    pub fn decompress_v0(self, data: &Bytes, bytes_max: usize) -> Result<Bytes, CompressionError> {
        self.unpack(data, bytes_max, HeaderChecksum::Ignored)
    }

    fn unpack(
        self,
        data: &Bytes,
        bytes_max: usize,
        lz4_header: HeaderChecksum,
    ) -> Result<Bytes, CompressionError> {
        let bytes = match self {
            Self::None if data.len() <= bytes_max => return Ok(data.clone()),
            Self::None => return Err(CompressionError::TooLarge { codec: self, bytes_max }),
            Self::Gzip => gzip::decompress(data, bytes_max),
            Self::Snappy => snappy::decompress(data, bytes_max),
            Self::Lz4 => lz4::decompress(data, bytes_max, lz4_header),
            Self::Zstd => zstd::decompress(data, bytes_max),
            Self::Unknown(number) => Err(CompressionError::Unknown { number }),
        };
        bytes.map(Bytes::from)
    }

    /// Packs records that lie back to back. What comes out may be larger, as in Kafka.
    ///
    /// # Errors
    /// `Unknown`; `Encoder` when the encoder fails.
    pub fn compress(self, records: &[u8]) -> Result<Vec<u8>, CompressionError> {
        match self {
            Self::None => Ok(records.to_vec()),
            Self::Gzip => gzip::compress(records),
            Self::Snappy => snappy::compress(records),
            Self::Lz4 => lz4::compress(records),
            Self::Zstd => Ok(zstd::compress(records)),
            Self::Unknown(number) => Err(CompressionError::Unknown { number }),
        }
    }
}

impl fmt::Display for Compression {
    /// Writes the name that Kafka's `compression.type` uses.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Gzip => f.write_str("gzip"),
            Self::Snappy => f.write_str("snappy"),
            Self::Lz4 => f.write_str("lz4"),
            Self::Zstd => f.write_str("zstd"),
            Self::Unknown(number) => write!(f, "an unknown codec (number {number})"),
        }
    }
}

/// Appends up to `room` bytes to `out`, as many as `write` says that it wrote.
fn append_with<E>(
    out: &mut Vec<u8>,
    room: usize,
    write: impl FnOnce(&mut [u8]) -> Result<usize, E>,
) -> Result<usize, E> {
    let start = out.len();
    out.resize(start.saturating_add(room), 0);
    let written = write(out.get_mut(start..).unwrap_or_default());
    out.truncate(start.saturating_add(*written.as_ref().unwrap_or(&0)));
    written
}

#[cfg(test)]
mod tests;
