//! The four files of a data directory that hold one offset for each partition
//! (`org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile`), the text of a checkpoint:
//!
//! ```text
//! 0
//! 2
//! orders 0 1041      topic, partition, offset: in no order
//! my-topic 7 12
//! ```
//!
//! | file | the offset |
//! |---|---|
//! | `recovery-point-offset-checkpoint` | everything before it is on disk: a start after a crash checks what comes after |
//! | `log-start-offset-checkpoint` | the first offset that can be read; only where records were deleted from within a segment |
//! | `replication-offset-checkpoint` | the high watermark: everything before it is acknowledged |
//! | `cleaner-offset-checkpoint` | compaction is done up to here |

use crate::ids::{Offset, PartitionId, TopicName};
use crate::segment::format::{FormatError, checkpoint};

/// One partition and its offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionOffset {
    /// The topic.
    pub topic: TopicName,
    /// The partition.
    pub partition: PartitionId,
    /// The offset; what it means is the file's to say.
    pub offset: Offset,
}

/// A whole file of offsets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OffsetCheckpoint {
    /// The partitions in the file's order.
    pub entries: Vec<PartitionOffset>,
}

impl OffsetCheckpoint {
    /// Reads a whole file.
    ///
    /// # Errors
    /// Names the first line that cannot be right. `file` is the file's name.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let entries = checkpoint::parse(file, bytes, |fields| {
            let [topic, partition, offset] = fields else {
                return Err("should be a topic, a partition and an offset, and is".to_owned());
            };
            let topic = TopicName::parse(topic).map_err(|error| format!("names no topic ({error})"))?;
            let partition: i32 = checkpoint::number(partition, "partition")?;
            let offset: i64 = checkpoint::number(offset, "offset")?;
            if partition < 0 || offset < 0 {
                return Err("has a number below zero".to_owned());
            }
            Ok(PartitionOffset { topic, partition: PartitionId::new(partition), offset: Offset::new(offset) })
        })?;
        Ok(Self { entries })
    }

    /// Writes the file as Kafka does.
    pub fn encode(&self) -> Vec<u8> {
        let line = |entry: &PartitionOffset| format!("{} {} {}", entry.topic, entry.partition, entry.offset);
        checkpoint::encode(self.entries.iter().map(line))
    }

    /// Finds a partition's offset; the last one, as Kafka does, should it be there twice.
    pub fn offset_of(&self, topic: &TopicName, partition: PartitionId) -> Option<Offset> {
        let mut entries = self.entries.iter().rev();
        entries.find(|entry| entry.topic == *topic && entry.partition == partition).map(|entry| entry.offset)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::cut_and_flip;

    const FILE: &str = "recovery-point-offset-checkpoint";
    /// As Kafka 4.4.0 writes it.
    const KAFKAS: &str = "0\n3\njava-none-plain 0 32\njava-gzip-committed 0 15\n__consumer_offsets 49 0\n";

    #[test]
    fn offsets_read_and_come_back_byte_for_byte() {
        let offsets = OffsetCheckpoint::parse(FILE, KAFKAS.as_bytes()).unwrap();
        assert_eq!(offsets.encode(), KAFKAS.as_bytes());
        let of = |topic, partition| {
            offsets
                .offset_of(&TopicName::parse(topic).unwrap(), PartitionId::new(partition))
                .map(Offset::value)
        };
        assert_eq!((of("java-gzip-committed", 0), of("__consumer_offsets", 49)), (Some(15), Some(0)));
        assert_eq!((of("java-gzip-committed", 1), of("java", 0)), (None, None));
        let empty = OffsetCheckpoint::parse(FILE, b"0\n0\n").unwrap();
        assert_eq!(empty.encode(), b"0\n0\n");
    }

    #[test]
    fn lines_that_cannot_be_right_are_named() {
        let refused = |text: &str| OffsetCheckpoint::parse(FILE, text.as_bytes()).unwrap_err().to_string();
        assert!(
            refused("0\n1\na b c d\n")
                .contains("byte 4: line 3 should be a topic, a partition and an offset")
        );
        assert!(refused("0\n1\nä 0 0\n").contains("line 3 names no topic ('ä' at position 1"));
        assert!(refused("0\n1\na -1 0\n").contains("below zero"));
        assert!(refused("0\n1\na 4294967296 0\n").contains("partition that is no number that fits"));
    }

    #[test]
    fn damaged_files_never_panic() {
        cut_and_flip(KAFKAS.as_bytes(), |damaged| {
            if let Ok(offsets) = OffsetCheckpoint::parse(FILE, damaged) {
                assert_eq!(OffsetCheckpoint::parse(FILE, &offsets.encode()).unwrap(), offsets);
            }
        });
    }

    proptest! {
        #[test]
        fn any_offsets_come_back(
            rows in proptest::collection::vec(("[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,20}", 0..i32::MAX, 0..i64::MAX), 0..20),
        ) {
            let entry = |(topic, partition, offset): &(String, i32, i64)| PartitionOffset {
                topic: TopicName::parse(topic).unwrap(),
                partition: PartitionId::new(*partition),
                offset: Offset::new(*offset),
            };
            let offsets = OffsetCheckpoint { entries: rows.iter().map(entry).collect() };
            prop_assert_eq!(OffsetCheckpoint::parse(FILE, &offsets.encode()).unwrap(), offsets);
        }
    }
}
