//! Why a finding matters, and what Apache Kafka does with it (`org.apache.kafka.storage.internals.log.LogLoader`, `LogSegment`,
//! `ProducerStateManager`).

use super::finding::{Check, Severity};

impl Check {
    /// Says how bad it is.
    pub fn severity(self) -> Severity {
        use Severity::{Error, Note, Warning};
        match self {
            Self::Unreadable
            | Self::NoLog
            | Self::BatchDamaged
            | Self::RecordsDamaged
            | Self::SegmentName
            | Self::SegmentOverlap
            | Self::IndexDamaged
            | Self::OffsetIndexMismatch
            | Self::TimeIndexMismatch
            | Self::TransactionIndexMismatch
            | Self::SnapshotDamaged
            | Self::MetadataSnapshotDamaged
            | Self::QuorumStateDamaged
            | Self::LeaderEpochsDamaged
            | Self::PartitionMetadataDamaged
            | Self::NodeFileDamaged
            | Self::LogStartBeyondEnd => Error,
            Self::MaxTimestamp
            | Self::SegmentHole
            | Self::Gap
            | Self::Sequence
            | Self::SnapshotMismatch
            | Self::MetadataSnapshotMismatch
            | Self::MetadataSnapshotMissing
            | Self::QuorumStateMismatch
            | Self::LeaderEpochMismatch
            | Self::TextCutOff
            | Self::TopicIdMismatch
            | Self::CheckpointBeyondEnd
            | Self::Foreign => Warning,
            Self::TimeBackwards
            | Self::Preallocated
            | Self::NotDecoded
            | Self::OldFormat
            | Self::Compacted
            | Self::SegmentSwap
            | Self::IndexMissing
            | Self::OpenTransaction
            | Self::SnapshotBeyondEnd
            | Self::SnapshotNotCompared
            | Self::MetadataSnapshotBeyondEnd
            | Self::QuorumStateUnknown
            | Self::UncleanShutdown
            | Self::Leftover => Note,
        }
    }

    /// Says why it matters.
    pub fn why(self) -> &'static str {
        match self {
            Self::Unreadable => "What cannot be read could not be verified.",
            Self::NoLog => "The segment's records cannot be read.",
            Self::BatchDamaged => "The records here are lost, or cannot be trusted.",
            Self::RecordsDamaged => {
                "A consumer fails at this batch, though its CRC is right: it was written like this."
            }
            Self::MaxTimestamp => "Searching by time, and retention by time, trust the header.",
            Self::TimeBackwards => {
                "Producers may set any time, so this is allowed; a search by time finds the first record that is late enough."
            }
            Self::Preallocated => "The file was made larger before it was written to; no record is missing.",
            Self::NotDecoded => "Nothing need be wrong with the records, but they were not looked at.",
            Self::OldFormat => {
                "They were read and checked like batches, but such messages have no headers and no producer ids, and in v0 no time."
            }
            Self::SegmentName => {
                "Offsets are looked up by the names of the files: these records are never found."
            }
            Self::SegmentOverlap => {
                "The same offset means two records, depending on where a consumer begins to read."
            }
            Self::SegmentHole | Self::Gap => "Consumers jump over these offsets without a word.",
            Self::Compacted => {
                "Compaction keeps the last record of each key, and takes older ones: consumers jump over their offsets."
            }
            Self::SegmentSwap => "Compaction, or a segment's split, was about to be finished.",
            Self::IndexMissing => "Looking up an offset or a time reads the segment from its beginning.",
            Self::IndexDamaged | Self::OffsetIndexMismatch => {
                "Whoever looks an offset up may miss records that are there, or get an error."
            }
            Self::TimeIndexMismatch => {
                "Whoever looks a time up may miss records; retention by time may delete too early or too late."
            }
            Self::TransactionIndexMismatch => {
                "Who reads committed records only sees records that were aborted, or misses some that were not."
            }
            Self::OpenTransaction => "Who reads committed records only waits here until it is decided.",
            Self::Sequence => "A batch of this producer is missing, or was written twice.",
            Self::SnapshotDamaged | Self::SnapshotMismatch => {
                "The broker tells by it which batches are repeated and which transactions are open."
            }
            Self::SnapshotBeyondEnd => "The log was cut off since it was written.",
            Self::SnapshotNotCompared => "What the log says of its producers is not known well enough.",
            Self::MetadataSnapshotDamaged => {
                "What the cluster consists of, its topics, brokers and configs, is not all in it."
            }
            Self::MetadataSnapshotMismatch => {
                "The name says which records of the log the snapshot stands for: controllers copy it to each other by that."
            }
            Self::MetadataSnapshotMissing => {
                "What the cluster consisted of before that offset is nowhere: the log alone does not tell."
            }
            Self::MetadataSnapshotBeyondEnd => {
                "It was copied from a controller that was ahead, or the log was cut off since it was written."
            }
            Self::QuorumStateDamaged | Self::QuorumStateMismatch => {
                "By it a node knows whom it follows and that it has voted already: who forgets may vote twice in one election."
            }
            Self::QuorumStateUnknown => "Nothing need be wrong with it, but what is in it was not looked at.",
            Self::LeaderEpochsDamaged | Self::LeaderEpochMismatch => {
                "Replicas find out by it where their logs part: a wrong one lets a follower keep, or cut off, too much."
            }
            Self::PartitionMetadataDamaged | Self::TopicIdMismatch => {
                "The topic's id tells this topic from another one of the same name."
            }
            Self::NodeFileDamaged => "The broker starts from it.",
            Self::TextCutOff => {
                "Kafka ends every line of this file: if it was cut off, its last number or name may be another one, and lines \
                 may be missing."
            }
            Self::CheckpointBeyondEnd => "The log had more records when this was written.",
            Self::LogStartBeyondEnd => "Every record of the log counts as deleted.",
            Self::UncleanShutdown => "What was written last may be incomplete.",
            Self::Leftover => "These files are no part of the log.",
            Self::Foreign => "A broker's data directory should hold nothing else.",
        }
    }

    /// Says what a broker does with it when it starts.
    pub fn broker(self) -> &'static str {
        match self {
            Self::Unreadable | Self::NoLog | Self::BatchDamaged | Self::RecordsDamaged => {
                "After a crash, the broker reads the segments behind the recovery point: it cuts the log off before the first \
                 batch that is damaged, and deletes all segments after it. After it stopped in order it does not look, and \
                 whoever reads this place gets an error."
            }
            Self::MaxTimestamp
            | Self::TimeBackwards
            | Self::NotDecoded
            | Self::Sequence
            | Self::Gap
            | Self::Compacted => "It takes the batch as it is.",
            Self::OldFormat => {
                "It serves the messages as they are. Since Kafka 4.0 it takes none of these formats from producers (KIP-724)."
            }
            Self::Preallocated => "After a crash, it cuts the zeros off; it reads no further than them.",
            Self::SegmentName | Self::SegmentOverlap | Self::SegmentHole => {
                "It takes the segments as they are."
            }
            Self::SegmentSwap => {
                "It gives the files their final names, and deletes the segments that they replace."
            }
            Self::IndexMissing => "It makes both indexes anew when the .index is missing.",
            Self::IndexDamaged | Self::OffsetIndexMismatch | Self::TimeIndexMismatch => {
                "After it stopped in order it trusts the index. Delete the .index, and it makes both indexes anew when it \
                 starts, as it does after a crash for the segments behind the recovery point."
            }
            Self::TransactionIndexMismatch => {
                "It trusts the file, unless it makes the segment's indexes anew: delete the .index, and it does."
            }
            Self::OpenTransaction => "It waits for the coordinator to commit or abort the transaction.",
            Self::SnapshotDamaged => {
                "It deletes the file, and starts from an older one or from the log's beginning."
            }
            Self::SnapshotMismatch => {
                "It starts from the newest snapshot, and reads only what comes after it."
            }
            Self::SnapshotBeyondEnd => "It deletes the file.",
            Self::SnapshotNotCompared => "It starts from the newest snapshot that it can read.",
            Self::MetadataSnapshotDamaged => {
                "A node loads the newest snapshot when it starts, and does not start if it cannot. Older ones it does not read."
            }
            Self::MetadataSnapshotMismatch => "It takes the name as it is.",
            Self::MetadataSnapshotMissing => "A node that needs the snapshot does not start without it.",
            Self::MetadataSnapshotBeyondEnd => {
                "It empties the log, lets it begin at the snapshot's offset, and fetches the rest from the other controllers."
            }
            Self::QuorumStateDamaged => "The node does not start.",
            Self::QuorumStateUnknown => "Kafka 4.4 does not start with a version that it does not know.",
            Self::QuorumStateMismatch => {
                "It takes what the file says, unless the log is of a later epoch: then it begins there, without a leader."
            }
            Self::LeaderEpochsDamaged => "It takes the log directory offline.",
            Self::LeaderEpochMismatch => "It trusts the file, and drops entries behind the log's end.",
            Self::PartitionMetadataDamaged => "It takes the log directory offline.",
            Self::TopicIdMismatch => {
                "It puts a partition aside (-stray) whose id is not the one that the cluster knows."
            }
            Self::NodeFileDamaged => {
                "It does not start without a right meta.properties; other checkpoints it takes as empty, and reads all logs."
            }
            Self::TextCutOff => "It reads the file as it is.",
            Self::CheckpointBeyondEnd => "It takes the log's end instead.",
            Self::LogStartBeyondEnd => {
                "It deletes all segments, and begins an empty one at the log start offset."
            }
            Self::UncleanShutdown => {
                "It reads every segment behind the recovery point, and makes their indexes anew."
            }
            Self::Leftover => "What it does depends on the kind of leftover.",
            Self::Foreign => {
                "Files it does not look at; a folder whose name is no partition's keeps it from starting."
            }
        }
    }
}
