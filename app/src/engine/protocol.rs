//! What page and engine say to each other. One message is a JavaScript array: first an `ArrayBuffer` with one of the enums below in
//! postcard's encoding, transferred; then any `File` or `Blob` that goes along, in the order in which the message counts them.
//!
//! Page and engine of one build always match (the worker's file name carries its hash); [`ToEngine::Hello`] proves it.

mod records;
mod transfer;

use serde::{Deserialize, Serialize};

pub use records::*;
use tablog_core::segment::folder::is_kafkas;
pub use tablog_core::source::IsolationLevel;
pub use transfer::*;

/// Grows with every change to these types.
pub const PROTOCOL_VERSION: u32 = 3;

/// The name of the browser's database. Persisted.
pub const DATABASE: &str = "tablog";

/// Numbers a request; chosen by the page, never reused while the engine lives.
pub type RequestId = u32;

/// Page to engine.
#[derive(Debug, Serialize, Deserialize)]
pub enum ToEngine {
    /// The first message. The engine answers with [`FromEngine::Welcome`] or [`FromEngine::Refused`].
    Hello {
        /// The page's [`PROTOCOL_VERSION`].
        protocol: u32,
        /// What the page keeps of what the engine asked it to remember last ([`FromEngine::Testimony`]).
        testimony: Option<String>,
    },
    /// Asks for something.
    Request {
        /// Comes back with the reply and the progress.
        id: RequestId,
        /// What is asked.
        request: Request,
    },
    /// Asks a running request to stop; it still replies, with [`FailureKind::Cancelled`] or with what it had done.
    Cancel {
        /// The request to stop.
        id: RequestId,
    },
    /// Asks for a sign of life.
    Ping {
        /// Comes back with the pong.
        nonce: u32,
    },
    /// The page is looked at again: other tabs may have been at work meanwhile.
    Visible,
}

/// Engine to page.
#[derive(Debug, Serialize, Deserialize)]
pub enum FromEngine {
    /// The engine's script runs and hears messages: time for [`ToEngine::Hello`]. What is sent earlier is lost.
    Listening,
    /// The engine is ready. [`Event::StorageStatus`] follows once the browser has told of the room there is.
    Welcome {
        /// The engine's [`PROTOCOL_VERSION`].
        protocol: u32,
        /// Whether it keeps records in memory only: they go with it.
        is_ephemeral: bool,
    },
    /// The engine cannot work here: no IndexedDB and no memory, a newer database, another protocol.
    Refused(Failure),
    /// The one answer to a request.
    Reply {
        /// The request.
        id: RequestId,
        /// What came of it.
        reply: Result<Reply, Failure>,
    },
    /// How far a long request has got.
    Progress {
        /// The request.
        id: RequestId,
        /// How far.
        progress: Progress,
    },
    /// Something happened that nobody asked for.
    Event(Event),
    /// What is acknowledged by now: the page keeps it where it outlives the database, in place of what it kept before.
    Testimony {
        /// See `tablog_core::witness`.
        text: String,
    },
    /// A sign of life.
    Pong {
        /// From the ping.
        nonce: u32,
    },
    /// The engine's last words before it dies of a bug in it.
    Panicked {
        /// What went wrong, and where.
        message: String,
    },
}

/// What the page may ask. Each names its [`Reply`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Lists the topics: [`Reply::Topics`].
    ListTopics,
    /// Makes a topic: [`Reply::Topic`].
    CreateTopic {
        /// Its name, unchecked.
        name: String,
        /// How many partitions, unchecked.
        partitions: i32,
        /// Configs by Kafka's names.
        configs: Vec<(String, String)>,
    },
    /// Describes a topic: [`Reply::Topic`].
    DescribeTopic {
        /// Its name.
        name: String,
    },
    /// Sets configs of a topic, leaving the others: [`Reply::Topic`].
    AlterConfigs {
        /// Its name.
        name: String,
        /// What to set; `None` takes the default again.
        configs: Vec<(String, Option<String>)>,
    },
    /// Deletes a topic and its records: [`Reply::Deleted`].
    DeleteTopic {
        /// Its name.
        name: String,
    },
    /// Deletes a partition's records before an offset: [`Reply::Topic`].
    DeleteRecords {
        /// The topic's name.
        name: String,
        /// The partition.
        partition: i32,
        /// The first offset to keep.
        before: i64,
    },
    /// Tells where a key would go: [`Reply::Partition`].
    PartitionFor {
        /// The topic's name.
        name: String,
        /// The key.
        #[serde(with = "serde_bytes")]
        key: Vec<u8>,
    },
    /// Publishes records: [`Reply::Published`].
    Publish {
        /// The topic's name.
        topic: String,
        /// The records, in order.
        records: Vec<PublishRecord>,
        /// When to call them published.
        acks: Acks,
    },
    /// Opens a window onto records in time order: [`Reply::View`]. Grows with its source ([`Event::View`]) until closed.
    OpenView {
        /// Whose records.
        source: SourceRef,
        /// Which partitions; `None` for all.
        partitions: Option<Vec<i32>>,
        /// What of transactions to show.
        isolation: IsolationLevel,
    },
    /// Ends a view and whatever leans on it: [`Reply::Done`].
    CloseView {
        /// The view.
        view: ViewId,
    },
    /// Reads rows of a view: [`Reply::Rows`].
    Rows {
        /// The view.
        view: ViewId,
        /// The first row, from 0 in time order.
        first_row: u64,
        /// How many; at most [`ROWS_MAX`].
        count: u32,
    },
    /// Finds the row to start at: [`Reply::Row`].
    Locate {
        /// The view.
        view: ViewId,
        /// Where to start.
        start: Start,
    },
    /// Counts a view's records over time: [`Reply::Histogram`].
    Histogram {
        /// The view.
        view: ViewId,
        /// How many buckets; at most [`BUCKETS_MAX`].
        buckets: u32,
    },
    /// Reads what there is to know of one record, without its value: [`Reply::Record`].
    Record {
        /// Which record.
        record: RecordRef,
    },
    /// Reads lines of a record's key or value: [`Reply::Lines`].
    Lines {
        /// Which record.
        record: RecordRef,
        /// Key or value.
        part: Part,
        /// How to show it.
        form: Form,
        /// The first line, from 0.
        first_line: u64,
        /// How many lines; at most [`LINES_MAX`].
        count: u32,
    },
    /// Reads a record's key or value whole, to copy it: [`Reply::Bytes`].
    Bytes {
        /// Which record.
        record: RecordRef,
        /// Key or value.
        part: Part,
    },
    /// Looks at the files that come along and says what they are: [`Reply::Files`].
    Sniff {
        /// Their names in the order in which they come along, with the folders that the page knows of: a file's own name lacks them.
        names: Vec<String>,
    },
    /// Sorts files by their paths and lengths: [`Reply::Survey`]. The files need not come along.
    Survey {
        /// Path and length of each.
        files: Vec<(String, u64)>,
    },
    /// Opens a topic of a broker's data directory in place: [`Reply::Opened`]. All of its files come along.
    OpenTopicLog {
        /// The topic.
        topic: String,
        /// The files' paths, in the order in which they come along.
        names: Vec<String>,
    },
    /// Opens a Kafka `.log` that comes along, in place: [`Reply::Opened`].
    OpenLog {
        /// Its name, with the folder that the page knows of: it tells the topic and the partition.
        name: String,
    },
    /// Lets go of an opened file: [`Reply::Done`].
    CloseFile {
        /// The file.
        file: FileId,
    },
    /// Imports into a topic from a file that comes along, a sample or text: [`Reply::Imported`], with progress, can be cancelled.
    Import(ImportRequest),
    /// Writes a source as a file, or as several: [`Reply::Exported`] with a `Blob` for each, with progress, can be cancelled.
    Export(ExportRequest),
    /// Puts a replay onto a view, paused before its first row: [`Reply::Replay`].
    OpenReplay {
        /// The view to play.
        view: ViewId,
        /// How.
        options: ReplayOptions,
    },
    /// Steers a replay: [`Reply::Replay`].
    Replay {
        /// The replay.
        replay: ReplayId,
        /// What to do.
        command: ReplayCommand,
    },
    /// Ends a replay: [`Reply::Done`].
    CloseReplay {
        /// The replay.
        replay: ReplayId,
    },
    /// Replays a view into a topic: [`Reply::Copied`], with progress, can be cancelled.
    ReplayInto(ReplayInto),
    /// Tells how much room is used and left: [`Reply::Storage`].
    StorageStatus,
}

impl Request {
    /// Tells whether it is for the engine that opens and writes Kafka's files. Views and replays tell by their numbers whose they
    /// are ([`FILE_ENGINES_IDS_FROM`]).
    pub fn is_for_file_engine(&self) -> bool {
        let is_file = |source: &SourceRef| matches!(source, SourceRef::File(_));
        let is_its = |id: u32| id >= FILE_ENGINES_IDS_FROM;
        match self {
            Self::OpenLog { .. } | Self::OpenTopicLog { .. } | Self::CloseFile { .. } => true,
            Self::Survey { files } => files.iter().any(|(path, _)| path.contains('/') || is_kafkas(path)),
            Self::OpenView { source, .. } => is_file(source),
            Self::Record { record } | Self::Lines { record, .. } | Self::Bytes { record, .. } => {
                is_file(&record.source)
            }
            Self::Export(request) => {
                is_file(&request.source) || matches!(request.format, ExportFormat::DataDirectory(_))
            }
            Self::CloseView { view }
            | Self::Rows { view, .. }
            | Self::Locate { view, .. }
            | Self::Histogram { view, .. }
            | Self::OpenReplay { view, .. } => is_its(*view),
            Self::Replay { replay, .. } | Self::CloseReplay { replay } => is_its(*replay),
            Self::ReplayInto(request) => is_its(request.view),
            Self::ListTopics
            | Self::CreateTopic { .. }
            | Self::DescribeTopic { .. }
            | Self::AlterConfigs { .. }
            | Self::DeleteTopic { .. }
            | Self::DeleteRecords { .. }
            | Self::PartitionFor { .. }
            | Self::Publish { .. }
            | Self::Sniff { .. }
            | Self::Import(_)
            | Self::StorageStatus => false,
        }
    }
}

/// What the engine answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Reply {
    /// Done; there is nothing to tell.
    Done,
    /// The stored topics, by name.
    Topics(Vec<TopicSummary>),
    /// One topic, whole.
    Topic(TopicDetails),
    /// What went with the topic.
    Deleted {
        /// Records deleted.
        records: u64,
        /// Bytes deleted.
        bytes: u64,
    },
    /// A partition.
    Partition(i32),
    /// Where records landed.
    Published(Published),
    /// A view and its size.
    View(ViewState),
    /// Rows of a view.
    Rows(Rows),
    /// A row of a view.
    Row(u64),
    /// Counts over time.
    Histogram(Histogram),
    /// One record.
    Record(RecordDetails),
    /// Lines of a key or value.
    Lines(Lines),
    /// A key or value; `None` when it is null.
    Bytes(#[serde(with = "serde_bytes")] Option<Vec<u8>>),
    /// What the files are, in their order.
    Files(Vec<FileGuess>),
    /// What a lot of files is.
    Survey(Survey),
    /// An opened file.
    Opened(OpenedFile),
    /// How an import went.
    Imported(ImportReport),
    /// What was exported; the `Blob` comes along.
    Exported(ExportReport),
    /// Where a replay stands.
    Replay(ReplayState),
    /// How a replay into a topic went.
    Copied(CopyReport),
    /// Room used and left.
    Storage(StorageStatus),
}

/// What the engine tells by itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Event {
    /// The topics changed, here or in another tab. At most ten times a second.
    Topics(Vec<TopicSummary>),
    /// A view changed its size: records came, or were deleted, or a file was indexed further.
    View(ViewState),
    /// A view's source is gone.
    ViewGone {
        /// The view, closed now.
        view: ViewId,
        /// Why.
        failure: Failure,
    },
    /// A replay moved on.
    Replay(ReplayState),
    /// The database needs the person: another version waits, topics cannot be read, or storage was lost or wiped while open.
    Storage(Failure),
    /// How much room is used and left, and how safe records are.
    StorageStatus(StorageStatus),
}

/// How far a long request has got. The page draws a bar when the total is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Records handled.
    pub records: u64,
    /// Bytes handled.
    pub bytes: u64,
    /// Bytes in all, if known.
    pub bytes_total: Option<u64>,
    /// Records in all, if known.
    pub records_total: Option<u64>,
}

/// Sorts failures for the page; people read the sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailureKind {
    /// The request makes no sense as it is: a bad name, a bad number, bad input.
    Invalid,
    /// The thing does not exist, or not any more.
    NotFound,
    /// The quota is used up.
    QuotaExceeded,
    /// The person stopped it.
    Cancelled,
    /// The engine stopped before it answered; whether the request was done is not known.
    EngineLost,
    /// Page and engine, or engine and database, are of different versions.
    Version,
    /// The browser lacks something, or refuses it.
    Unsupported,
    /// Storage or a file failed.
    Io,
}

/// Why something did not happen, in words for the person in front of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{sentence}")]
pub struct Failure {
    /// What kind.
    pub kind: FailureKind,
    /// Kafka's name for it where Kafka has one, such as `INVALID_TOPIC_EXCEPTION`.
    pub code: Option<String>,
    /// What, where, why and what to do.
    pub sentence: String,
}

/// Where the engine keeps records, and how safe they are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageStatus {
    /// How safe.
    pub mode: StorageMode,
    /// Bytes in use by this origin.
    pub used_bytes: u64,
    /// Bytes that may be used; `None` when the browser does not tell.
    pub quota_bytes: Option<u64>,
    /// Why records are only in memory, when they are.
    pub note: Option<String>,
}

/// How safe stored records are from the browser itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StorageMode {
    /// The browser promised not to evict them.
    Persisted,
    /// The browser may evict them when the disk runs full.
    BestEffort,
    /// They are in memory and go with the tab: the browser refuses to store anything.
    Ephemeral,
}

/// One topic in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSummary {
    /// Its name.
    pub name: String,
    /// This incarnation's id: a topic that is deleted and made again has another.
    pub topic_id: String,
    /// How many partitions it has.
    pub partitions: i32,
    /// Records in it.
    pub records: u64,
    /// Bytes kept for it.
    pub bytes: u64,
    /// The latest record's time, in milliseconds since 1970 UTC.
    pub last_timestamp: Option<i64>,
}

/// One topic, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicDetails {
    /// What the list says.
    pub summary: TopicSummary,
    /// Each partition, by number.
    pub partitions: Vec<PartitionSummary>,
    /// Each config.
    pub configs: Vec<ConfigEntry>,
}

/// One partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartitionSummary {
    /// Its number.
    pub partition: i32,
    /// The first offset it still has.
    pub log_start_offset: i64,
    /// The offset its next record gets.
    pub high_watermark: i64,
    /// Records in it.
    pub records: u64,
    /// Bytes kept for it.
    pub bytes: u64,
    /// The largest timestamp in it.
    pub last_timestamp: Option<i64>,
}

/// One config of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigEntry {
    /// Kafka's name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Whether that is the default.
    pub is_default: bool,
    /// What it does, in a sentence.
    pub help: String,
}
