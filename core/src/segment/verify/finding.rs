//! What verification finds, in words and as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::{Offset, TopicPartition};
use crate::limits::{VERIFY_FINDINGS_LISTED_MAX, VERIFY_FINDINGS_PER_FILE_MAX};

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Records are lost, or readers get wrong ones.
    Error,
    /// Something contradicts something else, and no record is lost by it.
    Warning,
    /// Worth knowing, and as it may be.
    Note,
}

/// What kind of thing was found: a name for programs. Persisted in reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Check {
    /// The platform could not read a file.
    Unreadable,
    /// A `.log` is none.
    NoLog,
    /// Bytes of a `.log` are no batch, or not the ones that were written.
    BatchDamaged,
    /// A batch's records are not what its header says, though its CRC is right.
    RecordsDamaged,
    /// A batch's header gives another largest timestamp than its records have.
    MaxTimestamp,
    /// Times go back from batch to batch.
    TimeBackwards,
    /// Zeros fill the end of a `.log`.
    Preallocated,
    /// Records that were not looked at: compressed by an unknown codec, or beyond the limit when they are unpacked.
    NotDecoded,
    /// Messages of the formats v0 and v1, from before Kafka 0.11.
    OldFormat,
    /// A segment's batches begin before the offset in its name.
    SegmentName,
    /// Two segments hold the same offsets.
    SegmentOverlap,
    /// No segment holds some offsets.
    SegmentHole,
    /// Offsets are missing once between two batches, which may be a damaged base offset.
    Gap,
    /// Offsets are missing, and something else tells that the log was compacted.
    Compacted,
    /// A `.swap` stands in for its segment.
    SegmentSwap,
    /// A segment has no `.index`, or no `.timeindex`.
    IndexMissing,
    /// An index contradicts itself.
    IndexDamaged,
    /// A `.index` contradicts the log.
    OffsetIndexMismatch,
    /// A `.timeindex` contradicts the log.
    TimeIndexMismatch,
    /// A `.txnindex` contradicts the log.
    TransactionIndexMismatch,
    /// A transaction was begun and neither committed nor aborted.
    OpenTransaction,
    /// A producer's sequence numbers do not follow each other.
    Sequence,
    /// A producer snapshot cannot be read.
    SnapshotDamaged,
    /// A producer snapshot contradicts the log.
    SnapshotMismatch,
    /// A producer snapshot is of an offset that the log does not reach.
    SnapshotBeyondEnd,
    /// Producer snapshots were not compared with the log.
    SnapshotNotCompared,
    /// A snapshot of the cluster's metadata cannot be read to its end.
    MetadataSnapshotDamaged,
    /// A metadata snapshot's name contradicts its batches, or those of the log.
    MetadataSnapshotMismatch,
    /// The metadata's log begins behind offset 0, and no snapshot stands for what came before.
    MetadataSnapshotMissing,
    /// A metadata snapshot is of an offset that the log does not reach.
    MetadataSnapshotBeyondEnd,
    /// `quorum-state` cannot be read.
    QuorumStateDamaged,
    /// `quorum-state` is of a version that is not known.
    QuorumStateUnknown,
    /// `quorum-state` contradicts itself, or the metadata's log.
    QuorumStateMismatch,
    /// `leader-epoch-checkpoint` cannot be read, or contradicts itself.
    LeaderEpochsDamaged,
    /// Leader epochs fall from batch to batch, or contradict `leader-epoch-checkpoint`.
    LeaderEpochMismatch,
    /// `partition.metadata` cannot be read.
    PartitionMetadataDamaged,
    /// Partitions of one topic name different topic ids.
    TopicIdMismatch,
    /// A file of the node cannot be read.
    NodeFileDamaged,
    /// A text file ends within a line, or where more must follow.
    TextCutOff,
    /// A checkpoint's offset lies beyond the log's end.
    CheckpointBeyondEnd,
    /// The log start offset lies beyond the log's end.
    LogStartBeyondEnd,
    /// The broker did not stop in order.
    UncleanShutdown,
    /// Files that a crash left behind.
    Leftover,
    /// A file that does not belong here, or cannot be shown.
    Foreign,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of thing it is.
    pub check: Check,
    /// The partition, if it is one's.
    #[serde(serialize_with = "as_text", skip_serializing_if = "Option::is_none")]
    pub topic_partition: Option<TopicPartition>,
    /// The file's path.
    pub file: String,
    /// Where in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_bytes: Option<u64>,
    /// The first offset that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_offset: Option<Offset>,
    /// The offset behind the last that it is about; `None` when it is about one only, or nobody knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_offset: Option<Offset>,
    /// What is wrong, with the numbers in it.
    pub what: String,
    /// Why it matters.
    pub why: &'static str,
    /// What a broker does with it when it starts.
    pub broker: &'static str,
}

fn as_text<S: serde::Serializer>(value: &Option<TopicPartition>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(topic_partition) => serializer.collect_str(topic_partition),
        None => serializer.serialize_none(),
    }
}

/// One partition in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifiedPartition {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Its segments.
    pub segments: u64,
    /// Batches that can be read.
    pub batches: u64,
    /// Records in them, by their headers.
    pub records: u64,
    /// Bytes of its logs.
    pub log_bytes: u64,
    /// The first offset.
    pub log_start_offset: Offset,
    /// The offset behind the last.
    pub log_end_offset: Offset,
    /// Whether offsets are missing as compaction leaves them.
    pub looks_compacted: bool,
}

/// What was found, as far as verification has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// The version of this report's form. Persisted.
    pub version: u32,
    /// Whether everything was looked at.
    pub done: bool,
    /// Findings of the worst kind.
    pub errors: u64,
    /// Contradictions that cost no record.
    pub warnings: u64,
    /// Things worth knowing.
    pub notes: u64,
    /// The findings, in the order in which they were found; of many alike in one file the first.
    pub findings: Vec<Finding>,
    /// Findings that are counted but not listed.
    pub not_listed: u64,
    /// The partitions that were looked at to their end.
    pub partitions: Vec<VerifiedPartition>,
}

impl VerifyReport {
    /// Draws the report as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Gathers findings, and counts what is too much to list.
#[derive(Debug)]
pub(super) struct Findings {
    pub(super) report: VerifyReport,
    alike: BTreeMap<(String, Check), u64>,
}

impl Default for Findings {
    fn default() -> Self {
        Self { report: VerifyReport { version: 1, ..VerifyReport::default() }, alike: BTreeMap::new() }
    }
}

impl Findings {
    pub(super) fn push(&mut self, finding: Finding) {
        let report = &mut self.report;
        let count = match finding.severity {
            Severity::Error => &mut report.errors,
            Severity::Warning => &mut report.warnings,
            Severity::Note => &mut report.notes,
        };
        *count = count.saturating_add(1);
        let is_full = report.findings.len() >= VERIFY_FINDINGS_LISTED_MAX;
        let key = (finding.file.clone(), finding.check);
        if is_full && !self.alike.contains_key(&key) {
            report.not_listed = report.not_listed.saturating_add(1);
            return;
        }
        let alike = self.alike.entry(key).or_default();
        *alike = alike.saturating_add(1);
        if is_full || *alike > VERIFY_FINDINGS_PER_FILE_MAX {
            report.not_listed = report.not_listed.saturating_add(1);
        } else {
            report.findings.push(finding);
        }
    }
}
