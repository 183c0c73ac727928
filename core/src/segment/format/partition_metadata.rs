//! `partition.metadata`: the id of the topic that a partition's folder belongs to (KIP-516,
//! `org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile`), text without an end of line at its end:
//!
//! ```text
//! version: 0
//! topic_id: aJtYSiKfQ1W98uHYTAK1Gg
//! ```
//! The id is 16 bytes in base64 for URLs, without padding.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::ids::TopicId;
use crate::segment::format::{FormatError, lines};

/// A whole `partition.metadata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionMetadata {
    /// The file's version: 0 today; a broker reads later ones too.
    pub version: i32,
    /// The topic's id, never of zeros.
    pub topic_id: TopicId,
}

impl PartitionMetadata {
    /// Reads a whole file.
    ///
    /// # Errors
    /// Names the line that cannot be right. `file` is the file's name.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let lines = lines(file, bytes)?;
        let [version, topic_id, ..] = &lines[..] else {
            let cause = format!("the file has {} lines instead of 2", lines.len());
            return Err(FormatError::new(file, 0, cause));
        };
        let value = |line: &super::Line<'_>, name: &str| {
            line.text.strip_prefix(name).map(|value| value.trim().to_owned())
        };
        let number =
            value(version, "version:").and_then(|value| value.parse().ok()).filter(|&v: &i32| v >= 0);
        let id = value(topic_id, "topic_id:").and_then(|value| decode_uuid(&value)).filter(|&id| id != 0);
        match (number, id) {
            (None, _) => Err(version.refuse(file, "should be \"version: 0\", and is")),
            (_, None) => {
                Err(topic_id.refuse(file, "should be \"topic_id: \" and 22 characters of base64, and is"))
            }
            (Some(version), Some(id)) => Ok(Self { version, topic_id: TopicId::new(id) }),
        }
    }

    /// Writes the file as Kafka does.
    pub fn encode(&self) -> Vec<u8> {
        format!("version: {}\ntopic_id: {}", self.version, encode_uuid(self.topic_id.value())).into_bytes()
    }
}

/// Reads a UUID as Kafka writes it (`org.apache.kafka.common.Uuid`).
pub(in crate::segment) fn decode_uuid(text: &str) -> Option<u128> {
    let bytes = URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()?;
    bytes.try_into().ok().map(u128::from_be_bytes)
}

/// Writes a UUID as Kafka does.
pub(in crate::segment) fn encode_uuid(id: u128) -> String {
    URL_SAFE_NO_PAD.encode(id.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::cut_and_flip;

    const FILE: &str = "orders-0/partition.metadata";
    /// As Kafka 4.4.0 writes it.
    const KAFKAS: &[u8] = b"version: 0\ntopic_id: aJtYSiKfQ1W98uHYTAK1Gg";

    #[test]
    fn the_topics_id_reads_and_comes_back_byte_for_byte() {
        let metadata = PartitionMetadata::parse(FILE, KAFKAS).unwrap();
        assert_eq!(metadata.topic_id.to_string(), "689b584a229f4355bdf2e1d84c02b51a");
        assert_eq!(metadata.encode(), KAFKAS);
    }

    #[test]
    fn files_that_cannot_be_right_say_why() {
        let refused = |text: &str| PartitionMetadata::parse(FILE, text.as_bytes()).unwrap_err().to_string();
        assert_eq!(refused(""), format!("{FILE}, byte 0: the file has 0 lines instead of 2"));
        assert!(refused("version: x\ntopic_id: aJtYSiKfQ1W98uHYTAK1Gg").contains("line 1 should be"));
        assert!(refused("version: 0\ntopic_id: aJtY").contains("byte 11: line 2 should be"));
        assert!(refused("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA").contains("line 2"));
    }

    #[test]
    fn damaged_files_never_panic() {
        cut_and_flip(KAFKAS, |damaged| {
            if let Ok(metadata) = PartitionMetadata::parse(FILE, damaged) {
                assert_eq!(PartitionMetadata::parse(FILE, &metadata.encode()).unwrap(), metadata);
            }
        });
    }

    proptest! {
        #[test]
        fn any_id_comes_back(version in 0..i32::MAX, id in 1..u128::MAX) {
            let metadata = PartitionMetadata { version, topic_id: TopicId::new(id) };
            prop_assert_eq!(PartitionMetadata::parse(FILE, &metadata.encode()).unwrap(), metadata);
        }
    }
}
