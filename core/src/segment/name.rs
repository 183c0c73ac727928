//! What the names in a broker's data directory tell: `orders-7/00000000000000000042.log` is partition 7 of `orders`, from offset
//! 42 on (`org.apache.kafka.storage.internals.log.LogFileUtils`, `UnifiedLog.parseTopicPartitionName`).

use serde::Serialize;

use crate::ids::{Offset, PartitionId, TopicName};
use crate::limits::PARTITIONS_MAX;

/// Digits of an offset in a file's name.
const OFFSET_DIGITS: usize = 20;
/// Digits of an epoch in a metadata snapshot's name.
const EPOCH_DIGITS: usize = 10;

/// What part of a segment a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum SegmentPart {
    /// `.log`: the batches.
    Log,
    /// `.index`: where an offset lies.
    OffsetIndex,
    /// `.timeindex`: from which offset on a time can be found.
    TimeIndex,
    /// `.txnindex`: what was aborted.
    TransactionIndex,
    /// `.snapshot`: the producers as of the offset in the name, which need not be a segment's.
    ProducerSnapshot,
}

/// What a broker was about to do with a file when it stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum FileState {
    /// Nothing: the file is part of the log.
    InUse,
    /// `.deleted`: to be deleted soon.
    Deleted,
    /// `.cleaned`: being written by compaction, or by a segment's split.
    Cleaned,
    /// `.swap`: written whole, and about to take the place of other segments.
    Swap,
    /// `.part`: a metadata snapshot that is being written.
    Partial,
}

/// A file that belongs to the directory as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum NodeFile {
    /// `meta.properties`: whose directory it is.
    MetaProperties,
    /// `recovery-point-offset-checkpoint`: up to where each partition is on disk.
    RecoveryPoints,
    /// `log-start-offset-checkpoint`: where partitions begin.
    LogStartOffsets,
    /// `replication-offset-checkpoint`: high watermarks.
    HighWatermarks,
    /// `cleaner-offset-checkpoint`: up to where compaction is done.
    CleanerOffsets,
    /// `.kafka_cleanshutdown`: the broker stopped in order, and need not check its logs when it starts.
    CleanShutdown,
    /// `bootstrap.checkpoint`: the metadata that a new cluster begins with.
    BootstrapMetadata,
    /// `.lock`: keeps a second broker out of the directory.
    Lock,
    /// Whatever lies in `remote-log-index-cache`: copies of indexes of segments in tiered storage.
    RemoteIndexCache,
}

/// What a file in a data directory is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Part of a segment.
    Segment {
        /// The segment's base offset, or the offset that a producer snapshot is of.
        base_offset: Offset,
        /// Which part.
        part: SegmentPart,
        /// What was to become of it.
        state: FileState,
    },
    /// `leader-epoch-checkpoint`: from where on each leader wrote.
    LeaderEpochs,
    /// `partition.metadata`: the topic's id.
    PartitionMetadata,
    /// `quorum-state`: whom a controller voted for.
    QuorumState,
    /// `00000000000000000123-0000000001.checkpoint`: a snapshot of the cluster's metadata (KIP-630).
    MetadataSnapshot {
        /// The offset after the last record that it stands for.
        end_offset: Offset,
        /// The leader epoch of that record.
        epoch: i32,
        /// What was to become of it.
        state: FileState,
    },
    /// A file of the directory as a whole.
    Node(NodeFile),
    /// `….tmp`: a new version of a small file, which a crash kept from taking the old one's place.
    Temporary,
}

impl FileKind {
    /// Tells what a file is by its name, without its folder.
    pub fn parse(name: &str) -> Option<Self> {
        let kind = match name {
            "leader-epoch-checkpoint" => Self::LeaderEpochs,
            "partition.metadata" => Self::PartitionMetadata,
            "quorum-state" => Self::QuorumState,
            "meta.properties" => Self::Node(NodeFile::MetaProperties),
            "recovery-point-offset-checkpoint" => Self::Node(NodeFile::RecoveryPoints),
            "log-start-offset-checkpoint" => Self::Node(NodeFile::LogStartOffsets),
            "replication-offset-checkpoint" => Self::Node(NodeFile::HighWatermarks),
            "cleaner-offset-checkpoint" => Self::Node(NodeFile::CleanerOffsets),
            ".kafka_cleanshutdown" => Self::Node(NodeFile::CleanShutdown),
            "bootstrap.checkpoint" => Self::Node(NodeFile::BootstrapMetadata),
            ".lock" => Self::Node(NodeFile::Lock),
            _ => return Self::parse_numbered(name),
        };
        Some(kind)
    }

    fn parse_numbered(name: &str) -> Option<Self> {
        if let Some(whole) = name.strip_suffix(".tmp") {
            return Self::parse(whole).map(|_| Self::Temporary);
        }
        let (digits, rest) = name.split_at_checked(OFFSET_DIGITS)?;
        let base_offset = offset(digits)?;
        if let Some(rest) = rest.strip_prefix('-') {
            return Self::parse_metadata_snapshot(base_offset, rest);
        }
        let (state, part) = [
            (FileState::Deleted, rest.strip_suffix(".deleted")),
            (FileState::Cleaned, rest.strip_suffix(".cleaned")),
            (FileState::Swap, rest.strip_suffix(".swap")),
            (FileState::InUse, Some(rest)),
        ]
        .into_iter()
        .find_map(|(state, part)| part.map(|part| (state, part)))?;
        let part = match part {
            ".log" => SegmentPart::Log,
            ".index" => SegmentPart::OffsetIndex,
            ".timeindex" => SegmentPart::TimeIndex,
            ".txnindex" => SegmentPart::TransactionIndex,
            ".snapshot" => SegmentPart::ProducerSnapshot,
            _ => return None,
        };
        Some(Self::Segment { base_offset, part, state })
    }

    fn parse_metadata_snapshot(end_offset: Offset, rest: &str) -> Option<Self> {
        let (digits, rest) = rest.split_at_checked(EPOCH_DIGITS)?;
        let epoch = if is_digits(digits) { digits.parse().ok()? } else { return None };
        let state = match rest {
            ".checkpoint" => FileState::InUse,
            ".checkpoint.deleted" => FileState::Deleted,
            // Between the epoch and the end are the digits of a random number.
            _ if rest.ends_with(".checkpoint.part") => FileState::Partial,
            _ => return None,
        };
        Some(Self::MetadataSnapshot { end_offset, epoch, state })
    }
}

/// What a partition's folder is to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum FolderState {
    /// `orders-7`: the partition.
    Current,
    /// `orders-7.….-future`: a copy that is being made to replace the partition in another directory.
    Future,
    /// `orders-7.….-delete`: to be deleted.
    Deleted,
    /// `orders-7.….-stray`: put aside, since the cluster knows no such replica.
    Stray,
}

/// What a folder's name tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionFolder {
    /// The topic; cut off at the end when a long name had to make room for `-delete` or `-stray`.
    pub topic: TopicName,
    /// The partition: what follows the last dash.
    pub partition: PartitionId,
    /// What the folder is to the broker.
    pub state: FolderState,
}

impl PartitionFolder {
    /// Parses a folder's name, without the folders above it. `None` when it names no partition.
    pub fn parse(name: &str) -> Option<Self> {
        let marked = [
            (FolderState::Deleted, name.strip_suffix("-delete")),
            (FolderState::Future, name.strip_suffix("-future")),
            (FolderState::Stray, name.strip_suffix("-stray")),
        ]
        .into_iter()
        .find_map(|(state, rest)| rest.map(|rest| (state, rest)));
        let (state, name) = match marked {
            // A point and a random number stand before the mark.
            Some((state, rest)) => (state, rest.rsplit_once('.').filter(|(_, id)| !id.is_empty())?.0),
            None => (FolderState::Current, name),
        };
        let (topic, number) = name.rsplit_once('-')?;
        let number: i32 = if is_digits(number) { number.parse().ok()? } else { return None };
        let topic = TopicName::parse(topic).ok()?;
        Some(Self { topic, partition: PartitionId::new(number), state })
    }

    /// Tells whether the partition's number is one that can be shown.
    pub fn is_within_limits(&self) -> bool {
        self.partition.value() < PARTITIONS_MAX
    }
}

/// What a log file's name tells, as far as it can be told of a file that lies anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileName {
    /// The first offset that the file may hold, when the name is one that Kafka gives.
    pub(super) base_offset: Option<Offset>,
    /// The partition, from the folder; 0 when the folder does not tell.
    pub(super) partition: PartitionId,
}

impl FileName {
    pub(super) fn parse(name: &str) -> Self {
        let mut parts = name.rsplit(['/', '\\']);
        let base_offset = match parts.next().and_then(FileKind::parse) {
            Some(FileKind::Segment { base_offset, part: SegmentPart::Log, .. }) => Some(base_offset),
            _ => None,
        };
        let folder = parts.next().and_then(PartitionFolder::parse).filter(PartitionFolder::is_within_limits);
        Self { base_offset, partition: folder.map(|folder| folder.partition).unwrap_or_default() }
    }
}

fn offset(digits: &str) -> Option<Offset> {
    if is_digits(digits) { digits.parse().ok().map(Offset::new) } else { None }
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_base_offset_and_the_partition() {
        let parse = |name| {
            let FileName { base_offset, partition } = FileName::parse(name);
            (base_offset.map(Offset::value), partition.value())
        };
        assert_eq!(parse("kafka-logs/my-orders-7/00000000000000000042.log"), (Some(42), 7));
        assert_eq!(parse("C:\\logs\\a-1\\00000000000000000000.log"), (Some(0), 1));
        assert_eq!(parse("a-1.0123456789abcdef-delete/00000000000000000009.log.deleted"), (Some(9), 1));
        assert_eq!(parse("09223372036854775807.log"), (Some(i64::MAX), 0));
        assert_eq!(parse("99999999999999999999.log"), (None, 0));
        assert_eq!(parse("orders/000042.log"), (None, 0));
        assert_eq!(parse("a-5000/dump.bin"), (None, 0));
    }

    #[test]
    fn files_are_told_by_their_names() {
        let segment = |name: &str| match FileKind::parse(name) {
            Some(FileKind::Segment { base_offset, part, state }) => (base_offset.value(), part, state),
            other => panic!("{name}: {other:?}"),
        };
        use FileState::{Cleaned, Deleted, InUse, Swap};
        assert_eq!(segment("00000000000000000042.log"), (42, SegmentPart::Log, InUse));
        assert_eq!(segment("00000000000000000042.index.swap"), (42, SegmentPart::OffsetIndex, Swap));
        assert_eq!(segment("00000000000000000042.timeindex.cleaned"), (42, SegmentPart::TimeIndex, Cleaned));
        assert_eq!(
            segment("00000000000000000042.txnindex.deleted"),
            (42, SegmentPart::TransactionIndex, Deleted)
        );
        assert_eq!(segment("00000000000000000042.snapshot"), (42, SegmentPart::ProducerSnapshot, InUse));
        let metadata = |name| match FileKind::parse(name) {
            Some(FileKind::MetadataSnapshot { end_offset, epoch, state }) => {
                (end_offset.value(), epoch, state)
            }
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(metadata("00000000000000000123-0000000001.checkpoint"), (123, 1, InUse));
        assert_eq!(metadata("00000000000000000123-0000000001.checkpoint.deleted"), (123, 1, Deleted));
        assert_eq!(
            metadata("00000000000000000123-0000000001-99.checkpoint.part"),
            (123, 1, FileState::Partial)
        );
        assert_eq!(
            FileKind::parse("bootstrap.checkpoint"),
            Some(FileKind::Node(NodeFile::BootstrapMetadata))
        );
        assert_eq!(FileKind::parse("quorum-state.tmp"), Some(FileKind::Temporary));
        for foreign in [
            "",
            "notes.txt",
            "notes.txt.tmp",
            "0000000000000000042.log",
            "000000000000000000042.log",
            "00000000000000000042.log.bak",
            "+0000000000000000042.log",
            "00000000000000000123-1.checkpoint",
            "0000000000000000000é.log",
            "99999999999999999999.log",
        ] {
            assert_eq!(FileKind::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn the_partition_is_what_follows_the_last_dash() {
        let parse = |name: &str| {
            PartitionFolder::parse(name)
                .map(|folder| (folder.topic.as_str().to_owned(), folder.partition.value(), folder.state))
        };
        let some = |topic: &str, partition, state| Some((topic.to_owned(), partition, state));
        assert_eq!(parse("orders-7"), some("orders", 7, FolderState::Current));
        assert_eq!(parse("a.b-c_d-1-12"), some("a.b-c_d-1", 12, FolderState::Current));
        assert_eq!(parse("__cluster_metadata-0"), some("__cluster_metadata", 0, FolderState::Current));
        let id = "2f0f6c1b5d2e4f0b8b8f8a7b9c0d1e2f";
        assert_eq!(parse(&format!("a.b-3.{id}-delete")), some("a.b", 3, FolderState::Deleted));
        assert_eq!(parse(&format!("a-3.{id}-future")), some("a", 3, FolderState::Future));
        assert_eq!(parse(&format!("a-3.{id}-stray")), some("a", 3, FolderState::Stray));
        for none in [
            "orders",
            "orders-",
            "-7",
            "orders-x",
            "orders-7-delete",
            "orders--",
            "orders-+7",
            "ä-0",
            "a-99999999999",
        ] {
            assert_eq!(parse(none), None, "{none}");
        }
        assert!(PartitionFolder::parse("a-999").unwrap().is_within_limits());
        assert!(!PartitionFolder::parse("a-1000").unwrap().is_within_limits());
    }
}
