//! What the page and the verifier say to each other, and what was found.

use serde::{Deserialize, Serialize};

use crate::engine::protocol::{Failure, Progress};

/// What the page says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToVerifier {
    /// Verify the files that come along.
    Verify {
        /// Their paths, in the order in which they come along.
        names: Vec<String>,
    },
}

/// What the verifier says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromVerifier {
    /// It is there, and can be told what to verify.
    Listening,
    /// How far it is.
    Progress(Progress),
    /// It is done; one `Blob` with the whole report as JSON comes along.
    Done(Verification),
    /// It cannot go on.
    Failed(Failure),
}

/// What verification found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Places where records are lost or wrong.
    pub errors: u64,
    /// Contradictions that cost no record.
    pub warnings: u64,
    /// Things worth knowing.
    pub notes: u64,
    /// The findings, the worst first.
    pub findings: Vec<FindingView>,
    /// How many more there are.
    pub not_listed: u64,
    /// The partitions, in numbers.
    pub partitions: Vec<PartitionView>,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FindingSeverity {
    /// Records are lost, or readers get wrong ones.
    Error,
    /// Something contradicts something else, and no record is lost by it.
    Warning,
    /// Worth knowing, and as it may be.
    Note,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// How bad it is.
    pub severity: FindingSeverity,
    /// The file's path.
    pub file: String,
    /// Where in the file.
    pub position_bytes: Option<u64>,
    /// The first offset that it is about.
    pub from_offset: Option<i64>,
    /// The offset behind the last that it is about.
    pub to_offset: Option<i64>,
    /// What is wrong.
    pub what: String,
    /// Why it matters.
    pub why: String,
    /// What a broker does with it when it starts.
    pub broker: String,
}

/// One partition in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionView {
    /// The partition.
    pub partition: i32,
    /// Its segments.
    pub segments: u64,
    /// Batches that can be read.
    pub batches: u64,
    /// Records in them, by their headers.
    pub records: u64,
    /// Bytes of its logs.
    pub bytes: u64,
    /// The first offset.
    pub log_start_offset: i64,
    /// The offset behind the last.
    pub log_end_offset: i64,
}
