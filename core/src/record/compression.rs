//! The codec that a batch's records are compressed with. Only uncompressed batches can be read so far.

use std::fmt;

/// Names a codec, by bits 0 to 2 of a batch's attributes (`org.apache.kafka.common.record.CompressionType`). Persisted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// 0: the records lie there as they are.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_have_kafkas_numbers_whatever_the_other_bits_say() {
        let names: Vec<String> =
            (0..8).map(|bits| Compression::from_attributes(bits | !0x07).to_string()).collect();
        assert_eq!(names[..5], ["none", "gzip", "snappy", "lz4", "zstd"]);
        assert_eq!(names[7], "an unknown codec (number 7)");
    }
}
