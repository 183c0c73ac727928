//! Publishing records and looking at them.

use serde::{Deserialize, Serialize};

/// Most rows that one request may ask for.
pub const ROWS_MAX: u32 = 1_000;
/// Most lines that one request may ask for.
pub const LINES_MAX: u32 = 2_000;
/// Most headers of a record that its details bring; [`RowView::headers`] tells how many there are.
pub const HEADERS_SHOWN_MAX: usize = 1_000;
/// Most buckets of a histogram.
pub const BUCKETS_MAX: u32 = 2_000;

/// Views, replays and files of the engine that opens Kafka's files have numbers from here on, those of the other one smaller ones.
pub const FILE_ENGINES_IDS_FROM: u32 = 1 << 31;

/// Numbers a view. Handed out by the engine.
pub type ViewId = u32;
/// Numbers a file that the engine has open.
pub type FileId = u32;

/// When a record counts as published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Acks {
    /// `acks=0`: taken in, not yet stored.
    None,
    /// `acks=1`: the transaction completed.
    Leader,
    /// `acks=all`: the disk was asked to flush, too.
    All,
}

/// One record to publish.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishRecord {
    /// The key; `None` is null.
    #[serde(with = "serde_bytes")]
    pub key: Option<Vec<u8>>,
    /// The value; `None` is null, a tombstone.
    #[serde(with = "serde_bytes")]
    pub value: Option<Vec<u8>>,
    /// The headers in order.
    pub headers: Vec<PublishHeader>,
    /// The partition; `None` lets the key choose, or the sticky partitioner.
    pub partition: Option<i32>,
    /// The time; `None` is now.
    pub timestamp: Option<i64>,
}

/// One header to publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishHeader {
    /// Its name.
    pub key: String,
    /// Its value; `None` is null.
    #[serde(with = "serde_bytes")]
    pub value: Option<Vec<u8>>,
}

/// Where records landed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// Each record, in the order of the request.
    pub landed: Vec<Landed>,
    /// From the request's arrival to the last acknowledgement, in microseconds.
    pub elapsed_us: u64,
}

/// Where one record landed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// The partition.
    pub partition: i32,
    /// The offset; -1 with `acks=0`, when nobody knows yet.
    pub offset: i64,
    /// The timestamp that was stored.
    pub timestamp: i64,
    /// The level really reached.
    pub acks: Acks,
}

/// Whose records to look at.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SourceRef {
    /// A stored topic.
    Topic(String),
    /// An opened file.
    File(FileId),
}

/// A view and its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewState {
    /// The view.
    pub view: ViewId,
    /// Rows in it: records of the chosen partitions.
    pub rows: u64,
    /// Rows before this one are what they were when the view was last told of; from here on they may be new, or have moved: a
    /// record that comes late takes its place in time.
    pub first_changed_row: u64,
    /// Bytes of its source's batches.
    pub bytes: u64,
    /// The earliest timestamp.
    pub first_timestamp: Option<i64>,
    /// The latest timestamp.
    pub last_timestamp: Option<i64>,
    /// Every partition of the source, chosen or not.
    pub partitions: i32,
    /// How much of a file is indexed, in bytes of bytes; `None` when all is.
    pub indexing: Option<(u64, u64)>,
    /// What cannot be read, a sentence each; at most 100.
    pub damage: Vec<String>,
    /// How many stretches cannot be read.
    pub damage_count: u64,
    /// Whether there is a transaction or a control record in it, as far as is known.
    pub has_transactions: bool,
}

/// Where to start looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// At the first row.
    Oldest,
    /// At the last row.
    Newest,
    /// At a record, or the first after it that still exists.
    Offset {
        /// The partition.
        partition: i32,
        /// The offset.
        offset: i64,
    },
    /// At the first row that is not earlier, in milliseconds since 1970 UTC.
    Time(i64),
}

/// Rows of a view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The view.
    pub view: ViewId,
    /// The first row's number.
    pub first_row: u64,
    /// The rows; fewer than asked for at the end.
    pub rows: Vec<RowView>,
}

/// One row of the grid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowView {
    /// The record's partition.
    pub partition: i32,
    /// The record's offset.
    pub offset: i64,
    /// The record's timestamp.
    pub timestamp: i64,
    /// A glimpse of the key.
    pub key: Cell,
    /// A glimpse of the value.
    pub value: Cell,
    /// How many headers it has.
    pub headers: u32,
    /// What it marks, when it is a control record, which no consumer sees.
    pub marker: Option<String>,
    /// Why the record cannot be shown, when it cannot: its batch's codec, for example.
    pub problem: Option<String>,
    /// What its batch says of itself; `None` when the batch cannot be read.
    pub batch: Option<BatchView>,
    /// How its transaction ended.
    pub transaction: Transaction,
}

/// How a record's transaction ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Transaction {
    /// It is of none.
    #[default]
    None,
    /// It was committed.
    Committed,
    /// It was aborted: consumers of committed records do not see the record.
    Aborted,
    /// It is open, or its end was not found so far: consumers of committed records do not see the record yet.
    Open,
}

impl Transaction {
    /// Says it in a word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Committed => "committed",
            Self::Aborted => "aborted",
            Self::Open => "open",
        }
    }
}

/// What a record's batch says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchView {
    /// Its first offset.
    pub base_offset: i64,
    /// Its last offset.
    pub last_offset: i64,
    /// Bytes that it takes as it is stored.
    pub bytes: u32,
    /// The format that it is stored in (`magic`): 2, or 0 and 1 of old files.
    pub magic: u8,
    /// The codec's number, as Kafka has it.
    pub codec: u8,
    /// Whether the log gave the time (`LogAppendTime`).
    pub is_log_append_time: bool,
    /// Who produced it; -1 when that is not known.
    pub producer_id: i64,
    /// The producer's epoch, or -1.
    pub producer_epoch: i16,
    /// The producer's number for the first record, or -1.
    pub base_sequence: i32,
    /// The epoch of the leader that appended it, or -1.
    pub leader_epoch: i32,
    /// Its CRC-32C.
    pub crc: u32,
}

impl BatchView {
    /// Returns the producer's number for the record at an offset. Numbers go on at 0 after the largest (`DefaultRecordBatch.incrementSequence`).
    pub fn sequence_of(&self, offset: i64) -> Option<i64> {
        let base = i64::from(self.base_sequence);
        (base >= 0).then(|| (base + (offset - self.base_offset)).rem_euclid(1 << 31))
    }
}

/// A glimpse of a key, a value or a header's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it is.
    pub kind: CellKind,
    /// Its beginning, made safe to show: control and direction marks visible, line breaks folded.
    pub text: String,
    /// Its whole length.
    pub bytes: u64,
    /// Whether the text stops before the end.
    pub is_cut: bool,
}

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CellKind {
    /// Null.
    Null,
    /// Zero bytes.
    Empty,
    /// UTF-8 that begins like JSON.
    Json,
    /// UTF-8.
    Text,
    /// Anything else; the text is hexadecimal.
    Binary,
    /// What Kafka itself writes, in its internal topics and control records; the text sums its fields up.
    Fields,
}

/// Names one record.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// Whose record.
    pub source: SourceRef,
    /// Its partition.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
}

/// Key, value, or a header's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Part {
    /// The key.
    Key,
    /// The value.
    Value,
    /// The value of a header, by its place from 0.
    Header(u32),
}

/// How to show bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Form {
    /// Indented, with the numbers as written.
    Json,
    /// As UTF-8, what is not UTF-8 made visible.
    Text,
    /// Sixteen bytes a line.
    Hex,
    /// The fields of what Kafka itself writes, as JSON.
    Fields,
}

/// What there is to know of one record besides its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDetails {
    /// The grid's row.
    pub row: RowView,
    /// `CreateTime` or `LogAppendTime`.
    pub timestamp_type: String,
    /// The headers in order, duplicates included; at most [`HEADERS_SHOWN_MAX`].
    pub headers: Vec<(Cell, Cell)>,
    /// Whether the key is valid JSON, and the value.
    pub key_is_json: bool,
    /// Whether the value is valid JSON.
    pub value_is_json: bool,
    /// Facts of its batch, label and text: offsets, codec, sizes, producer id, epoch, sequence, leader epoch, CRC.
    pub batch: Vec<(String, String)>,
}

/// Lines of a key or value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lines {
    /// The first line's number.
    pub first_line: u64,
    /// Lines in all, as far as known.
    pub lines_total: u64,
    /// Whether that is all; when not, ask again for more.
    pub is_complete: bool,
    /// The lines.
    pub lines: Vec<Line>,
    /// Why the form does not fit, such as "not JSON: line 1, column 7: …"; then there are no lines.
    pub problem: Option<String>,
}

/// One line: indented, in coloured pieces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Levels of indentation.
    pub depth: u16,
    /// The pieces.
    pub spans: Vec<Span>,
    /// The line that closes what this one opens, when it can be folded.
    pub fold_to: Option<u64>,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it is.
    pub kind: SpanKind,
    /// Its text, safe to show.
    pub text: String,
}

/// What a piece of a line is; the page gives each a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpanKind {
    /// Brackets, commas, colons.
    Punctuation,
    /// A member's name.
    Key,
    /// A string.
    String,
    /// A number, as written.
    Number,
    /// `true` or `false`.
    Bool,
    /// `null`.
    Null,
    /// Plain text.
    Text,
    /// A line's address in hex.
    Address,
}

/// Counts over time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Where the first bucket begins, in milliseconds since 1970 UTC.
    pub from: i64,
    /// Where the last bucket ends.
    pub to: i64,
    /// Records in each bucket of equal length.
    pub counts: Vec<u64>,
}
