//! What the page and the verifier say to each other, and what was found.

use serde::{Deserialize, Serialize};

use crate::engine::protocol::{Failure, Progress};

/// What the page says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ToVerifier {
    /// Verify the files that come along: [`Outcome::Files`], with the whole report as JSON.
    Verify {
        /// Their paths, in the order in which they come along.
        names: Vec<String>,
    },
    /// Compare what is stored with what was acknowledged, and look at every byte if wanted: [`Outcome::Shown`].
    VerifyStored {
        /// What the page remembers of what was acknowledged.
        testimony: Option<String>,
        /// Whether to read all records; else keys alone.
        reads_all: bool,
    },
    /// Append to a database that is there for a crash test, without end, and tell of each acknowledgement.
    Append {
        /// The database.
        database: String,
        /// Numbers the worker among those of the test.
        round: u32,
    },
    /// Compare the database of a crash test with what was acknowledged, and delete it: [`Outcome::Shown`].
    Check {
        /// The database.
        database: String,
        /// What was acknowledged.
        acknowledged: Vec<Acknowledged>,
        /// How many workers were ended.
        kills: u32,
    },
}

/// What the verifier says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FromVerifier {
    /// It is there, and can be told what to do.
    Listening,
    /// How far it is.
    Progress(Progress),
    /// Records of a crash test were acknowledged.
    Acknowledged(Acknowledged),
    /// It is done; a report as JSON may come along as a `Blob`.
    Done(Outcome),
    /// It cannot go on.
    Failed(Failure),
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Outcome {
    /// What was found in files; one `Blob` with the whole report as JSON comes along.
    Files(Verification),
    /// What was found in a database.
    Shown(Shown),
}

/// What was found in a database, in words: who found it has them, so that the page need not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Whether all is well; `None` when that was not looked into.
    pub is_good: Option<bool>,
    /// How it went, in a sentence.
    pub sentence: String,
    /// What else there is to say.
    pub note: String,
    /// Of each topic: name, partitions, acknowledged, stored and missing records.
    pub topics: Vec<Vec<String>>,
    /// What is wrong: of each place, where it is and the cause.
    pub findings: Vec<Vec<String>>,
    /// What is lost: of each range, where it is, the cause, and since when.
    pub losses: Vec<Vec<String>>,
    /// The whole report as JSON.
    pub json: String,
    /// What is lost as JSON.
    pub losses_json: String,
}

/// Records that were acknowledged in a crash test: their producer's numbers rise by one with each offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// The worker.
    pub round: u32,
    /// The producer in it.
    pub producer: u32,
    /// The partition.
    pub partition: i32,
    /// The first record's offset.
    pub base_offset: i64,
    /// The first record's number.
    pub first: u64,
    /// How many.
    pub count: u32,
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
