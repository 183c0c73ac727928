//! Files in, files out, and replays.

use serde::{Deserialize, Serialize};

use super::records::{FileId, SourceRef, ViewId};
use tablog_core::source::IsolationLevel;

/// Numbers a replay. Handed out by the engine.
pub type ReplayId = u32;

/// What a file seems to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileGuess {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// What it seems to be; `None` when nothing that can be opened.
    pub format: Option<FileFormat>,
    /// Why: "starts with a record batch, magic 2", "the first line has kcat's fields", or why it cannot be opened.
    pub reason: String,
    /// A topic name that fits.
    pub topic: String,
    /// How many partitions its records name, as far as seen; 1 when they name none.
    pub partitions: i32,
    /// Names of the first event's members, to choose key and time from.
    pub fields: Vec<String>,
}

/// The files that can be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileFormat {
    /// A Kafka segment, opened in place.
    Log,
    /// Tablog's JSON Lines: everything of every record.
    JsonLines,
    /// What `kcat -J` prints.
    Kcat,
    /// Any JSON, a line an event: the line becomes the value.
    PlainJson,
}

/// An opened file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedFile {
    /// Its number.
    pub file: FileId,
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
}

/// What to import, and where to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRequest {
    /// Where the lines come from.
    pub from: ImportFrom,
    /// The form; `None` takes what the first lines look like.
    pub format: Option<FileFormat>,
    /// The topic; made with so many partitions when it does not exist.
    pub topic: String,
    /// Partitions of a topic that must be made.
    pub partitions: i32,
    /// Which record goes where.
    pub partitioning: Partitioning,
    /// For plain JSON: the top-level member that becomes the key.
    pub key_field: Option<String>,
    /// For plain JSON: the top-level member that becomes the timestamp, in milliseconds or ISO 8601.
    pub timestamp_field: Option<String>,
    /// What to do at a line that cannot be read.
    pub on_error: OnError,
}

/// Where lines come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ImportFrom {
    /// The one file that comes along.
    File,
    /// A file of this site, such as `samples/earthquakes.jsonl`.
    Sample(String),
    /// Pasted text.
    Text(String),
}

/// Which partition a record goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Partitioning {
    /// To the one it came from, where it names one; else by key.
    Same,
    /// By the key's hash, as a producer would.
    ByKey,
}

/// What to do at a line that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnError {
    /// Keep what was imported before it, and stop.
    Stop,
    /// Leave it out, and say so.
    Skip,
}

/// What a lot of files is, by their names. Files are named by their places in the lot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Topics of a broker's data directory.
    pub topics: Vec<SurveyedTopic>,
    /// What has to be looked at one by one.
    pub others: Vec<u32>,
    /// What cannot be opened: name and reason.
    pub notes: Vec<(String, String)>,
}

/// One topic of a broker's data directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyedTopic {
    /// Its name.
    pub name: String,
    /// Its files, and those of the whole directory.
    pub files: Vec<u32>,
    /// How many partitions have a folder.
    pub partitions: u32,
}

/// How an import went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The topic.
    pub topic: String,
    /// Records acknowledged: these are stored.
    pub records: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Lines left out.
    pub skipped: u64,
    /// The first of what went wrong, at most 100, each with line and column.
    pub problems: Vec<String>,
    /// Why the import ended before the end, and which lines are not stored; `None` when it did not.
    pub stopped: Option<String>,
    /// Wall time.
    pub elapsed_ms: u64,
    /// Where the records landed, by partition and offset: the first ranges of each partition.
    pub ranges: Vec<OffsetRange>,
    /// How many more ranges there are.
    pub ranges_more: u64,
}

/// Offsets of a partition, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffsetRange {
    /// The partition.
    pub partition: i32,
    /// The first offset.
    pub first_offset: i64,
    /// The last offset.
    pub last_offset: i64,
}

/// The files that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportFormat {
    /// Tablog's JSON Lines: reads back identical.
    JsonLines,
    /// What `kcat -J` prints.
    Kcat,
    /// Folders of a broker's data directory, with indexes and all.
    DataDirectory(Packing),
}

/// How many files come out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Packing {
    /// One, a zip.
    Zip,
    /// Each by itself.
    Files,
}

/// What to export, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportRequest {
    /// Whose records.
    pub source: SourceRef,
    /// In which form.
    pub format: ExportFormat,
    /// What of transactions to write as lines, which have no control records at either level. A data directory has everything.
    pub isolation: IsolationLevel,
    /// Which partitions; `None` for all.
    pub partitions: Option<Vec<i32>>,
    /// The first offset of each partition; `None` for the log's start.
    pub from: Option<i64>,
    /// The offset after the last; `None` for the log's end.
    pub to: Option<i64>,
}

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    /// A name for the file.
    pub name: String,
    /// Records written; 0 for a data directory, which is counted in files.
    pub records: u64,
    /// Files of a data directory.
    pub files: u64,
    /// Their paths, in the order in which they come along; none when they come as one zip.
    pub paths: Vec<String>,
    /// Bytes written.
    pub bytes: u64,
    /// What could not be written, or not exactly: at most 100 sentences.
    pub problems: Vec<String>,
    /// How many such records there are.
    pub problem_count: u64,
}

/// How to play.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayOptions {
    /// How fast.
    pub speed: Speed,
    /// Longer gaps than this are cut down to it; `None` keeps all.
    pub skip_gaps_ms: Option<u64>,
    /// Whether to begin again at the end.
    pub is_loop: bool,
}

/// How fast time runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Speed {
    /// Recorded time times this, from 0.1 to 1,000.
    Times(f64),
    /// As fast as records can be read.
    Fastest,
}

/// What a replay can be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReplayCommand {
    /// Go on.
    Play,
    /// Stop where it stands.
    Pause,
    /// Show one record more, and pause.
    StepForward,
    /// Take one record back, and pause.
    StepBack,
    /// Go on from a row: it becomes the last one shown; `None` is before the first.
    SeekRow(Option<u64>),
    /// Go on from a time: all earlier rows are shown.
    SeekTime(i64),
    /// Play otherwise.
    Options(ReplayOptions),
}

/// Where a replay stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayState {
    /// The replay.
    pub replay: ReplayId,
    /// Its view.
    pub view: ViewId,
    /// Rows shown so far: the last one shown is this less one.
    pub rows_shown: u64,
    /// Rows in all.
    pub rows: u64,
    /// The recorded time it stands at.
    pub timestamp: Option<i64>,
    /// Whether it plays.
    pub is_playing: bool,
    /// How far behind its recorded time the newest row was sent, in milliseconds.
    pub late_ms: f64,
    /// How it plays.
    pub options: ReplayOptions,
}

/// A replay into a topic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayInto {
    /// What to replay.
    pub view: ViewId,
    /// The first row to replay.
    pub first_row: u64,
    /// How many rows; `None` to the end.
    pub rows: Option<u64>,
    /// The topic to write to; made when it does not exist.
    pub topic: String,
    /// Partitions of a topic that must be made.
    pub partitions: i32,
    /// Which record goes where.
    pub partitioning: Partitioning,
    /// Whether records keep their timestamps; else they get the time of replaying.
    pub keeps_timestamps: bool,
    /// How fast.
    pub options: ReplayOptions,
}

/// How a replay into a topic went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyReport {
    /// The topic.
    pub topic: String,
    /// Records acknowledged there.
    pub records: u64,
    /// Records left out because they cannot be read, or are control records.
    pub skipped: u64,
    /// Why, for the first of them, at most 100.
    pub problems: Vec<String>,
    /// Records among those sent that are of aborted or open transactions: in the topic they are like all others.
    pub uncommitted: u64,
    /// Wall time.
    pub elapsed_ms: u64,
    /// Why it ended before the end, and which records are not stored.
    pub stopped: Option<String>,
    /// Where the records landed, by partition and offset: the first ranges of each partition.
    pub ranges: Vec<OffsetRange>,
    /// How many more ranges there are.
    pub ranges_more: u64,
}
