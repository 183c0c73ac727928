//! Writing a broker's data directory: files that are there already as they are, and partitions of any [`Source`] made anew.
//!
//! ```text
//! orders-0/partition.metadata                  the topic's id
//! orders-0/00000000000000000000.log            batches, byte for byte, rolled at `segment_bytes`
//! orders-0/00000000000000000000.index          made along with the log, as a broker makes them (export/indexes.rs)
//! orders-0/00000000000000000000.timeindex
//! orders-0/00000000000000000000.txnindex       only if something was aborted in the segment
//! orders-0/00000000000000004711.snapshot       the producers, at each roll and at the log's end
//! orders-0/leader-epoch-checkpoint
//! log-start-offset-checkpoint                  for partitions that begin within a segment
//! meta.properties, recovery-point-offset-checkpoint      only in a directory that is to stand for itself
//! ```
//! Nothing is written here: [`Export::next`] hands over one piece after the other, a file's name or some of its bytes, and who
//! asks puts them into a folder or a zip. So an export can pause and stop at any time, and never holds more than a piece of a
//! log, the indexes of one segment and the producers of one partition.

mod copy;
mod indexes;
mod remake;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::rc::Rc;

use bytes::Bytes;

use crate::env::Env;
use crate::ids::{Offset, TopicId, TopicName, TopicPartition};
use crate::limits::FILE_DAMAGE_LISTED_MAX;
use crate::segment::folder::{DataFile, PartitionFiles};
use crate::segment::format::{FormatError, MetaProperties, OffsetCheckpoint, PartitionOffset};
use crate::segment::{ReadAt, ReadError, wide};
use crate::source::{Damage, Source, SourceError};
use copy::Copying;
use remake::Remake;

/// A part of what an export brings forth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A file begins, and the one before ends: its path within the data directory, with `/` between folder and name.
    File(String),
    /// The next bytes of the file.
    Bytes(Bytes),
}

/// How partitions are made anew, and what is written beside them. The defaults are a broker's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportOptions {
    /// A segment is closed before it grows beyond this (`segment.bytes`); a batch that is larger has one of its own. At most
    /// 2,147,483,647, since positions in a log are `int32`.
    pub segment_bytes: u32,
    /// An index entry is made after more than so many bytes of batches (`index.interval.bytes`).
    pub index_interval_bytes: u32,
    /// Whether to write `log-start-offset-checkpoint` when a partition begins within a segment. Who puts folders into a broker's
    /// own directory has to add its lines to the broker's file: without them, the records before the start can be read again.
    pub log_starts: bool,
    /// What `meta.properties` is to say, for a directory that is to stand for itself; it then has a
    /// `recovery-point-offset-checkpoint` too, with the ends of the partitions that were made anew.
    pub meta_properties: Option<MetaProperties>,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self { segment_bytes: 1 << 30, index_interval_bytes: 4_096, log_starts: true, meta_properties: None }
    }
}

/// Which offsets of a partition to export. Batches are never cut: the ones that hold the first and the last offset are
/// exported whole, and the first offset then stands in `log-start-offset-checkpoint`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OffsetRange {
    /// The first offset; from the log's start on if `None`.
    pub from: Option<Offset>,
    /// The offset after the last; up to the log's end if `None`.
    pub to: Option<Offset>,
}

/// What an export has brought forth so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// Files that were begun.
    pub files: u64,
    /// Bytes of all files.
    pub bytes: u64,
    /// Batches in the partitions that were made anew.
    pub batches: u64,
    /// What is missing in those because it could not be read, or is gone: the first [`FILE_DAMAGE_LISTED_MAX`] places.
    pub damage: Vec<(TopicName, Damage)>,
    /// Such places in all.
    pub damaged_places: u64,
}

/// Says why an export cannot go on. What it brought forth so far is no data directory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The records cannot be read.
    #[error("{topic_partition} cannot be exported: {cause}")]
    Source {
        /// The partition.
        topic_partition: TopicPartition,
        /// What its source says.
        cause: SourceError,
    },
    /// A source that is not at its end gives nothing more.
    #[error(
        "{topic_partition} cannot be exported: nothing comes after offset {at}, and the log ends at {end}"
    )]
    Stuck {
        /// The partition.
        topic_partition: TopicPartition,
        /// Where to go on.
        at: Offset,
        /// Where the log ends.
        end: Offset,
    },
    /// A partition has more producers than can be kept in mind for its snapshot.
    #[error(
        "{0} cannot be exported: it has more than {max} producers, which its .snapshot would have to name",
        max = crate::limits::VERIFY_PRODUCERS_MAX
    )]
    TooManyProducers(TopicPartition),
    /// A file that is copied cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A file that is copied is not as long any more as it was.
    #[error(
        "{file} has changed since it was opened: it had {expected_bytes} bytes, and now ends at byte {found_bytes}"
    )]
    Changed {
        /// The file's name.
        file: String,
        /// Its length when it was opened.
        expected_bytes: u64,
        /// Where it ends now.
        found_bytes: u64,
    },
    /// What the batches say cannot stand in an index.
    #[error(transparent)]
    Format(#[from] FormatError),
}

/// Brings forth a data directory, piece by piece.
///
/// ```
/// # use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicId, TopicName, TopicPartition};
/// # use tablog_core::record::{BatchBuilder, NewRecord};
/// use std::rc::Rc;
/// use tablog_core::segment::export::{Export, ExportOptions, OffsetRange, Piece};
/// use tablog_core::segment::{LogFile, MemoryFile};
/// # futures_executor::block_on(async {
/// # let mut builder = BatchBuilder::at(Offset::new(42));
/// # builder.try_push(&NewRecord::default(), Timestamp::from_millis(0))?;
/// # let batch = builder.build().bytes().clone();
/// let log = LogFile::open(MemoryFile::new("orders-0/00000000000000000042.log", batch.clone())).await?;
/// while !log.index_step().await?.done {}
///
/// let mut export: Export<_, MemoryFile> = Export::new(ExportOptions::default());
/// let orders = TopicPartition { topic: TopicName::parse("orders")?, partition: PartitionId::new(0) };
/// export.make_partition(Rc::new(log), orders, TopicId::new(7), OffsetRange::default());
/// let mut files: Vec<(String, Vec<u8>)> = Vec::new();
/// while let Some(piece) = export.next().await? {
///     match piece {
///         Piece::File(path) => files.push((path, Vec::new())),
///         Piece::Bytes(bytes) => files.last_mut().unwrap().1.extend_from_slice(&bytes),
///     }
/// }
/// assert!(files.contains(&("orders-0/00000000000000000042.log".to_owned(), batch.to_vec())));
/// assert!(files.iter().any(|(path, _)| path == "orders-0/00000000000000000043.snapshot"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct Export<S, R> {
    options: ExportOptions,
    jobs: VecDeque<Job<S, R>>,
    out: VecDeque<Piece>,
    log_starts: OffsetCheckpoint,
    recovery_points: OffsetCheckpoint,
    has_ended: bool,
    summary: ExportSummary,
}

/// A file that is copied, or a partition that is made anew.
#[derive(Debug)]
enum Job<S, R> {
    Copy(Copying<R>),
    Make(Box<Remake<S>>),
}

impl<S: Source, R: ReadAt> Export<S, R> {
    /// Begins an export of nothing.
    pub fn new(options: ExportOptions) -> Self {
        Self {
            options,
            jobs: VecDeque::new(),
            out: VecDeque::new(),
            log_starts: OffsetCheckpoint::default(),
            recovery_points: OffsetCheckpoint::default(),
            has_ended: false,
            summary: ExportSummary::default(),
        }
    }

    /// Adds a file as it is. `path` is the one within the data directory.
    pub fn copy_file(&mut self, path: impl Into<String>, file: R) {
        self.jobs.push_back(Job::Copy(Copying::new(path.into(), file)));
    }

    /// Adds a partition that was opened in place, whole and as it is: its segments and every file beside them come out
    /// byte-identical. `open` hands over the files; `log_start_offset` is what `log-start-offset-checkpoint` says of it.
    pub fn copy_partition(
        &mut self,
        topic_partition: &TopicPartition,
        files: &PartitionFiles,
        log_start_offset: Option<Offset>,
        mut open: impl FnMut(&DataFile) -> R,
    ) {
        for file in files.all() {
            let name = file.path.rsplit('/').next().unwrap_or(&file.path);
            self.copy_file(format!("{topic_partition}/{name}"), open(file));
        }
        let first = files.segments.first().map(|segment| segment.base_offset);
        self.note_log_start(topic_partition, log_start_offset, first);
    }

    /// Adds a partition whose files are made from its batches. `topic_id` is the same for all partitions of a topic: the one
    /// it has in the cluster, or a [`random_topic_id`]. A partition that was opened in place shows the whole batch in which its
    /// log starts: what `log-start-offset-checkpoint` says of it is the `from` that keeps the rest of that batch deleted.
    pub fn make_partition(
        &mut self,
        source: Rc<S>,
        topic_partition: TopicPartition,
        topic_id: TopicId,
        range: OffsetRange,
    ) {
        let remake = Remake::new(source, topic_partition, topic_id, range, &self.options);
        self.jobs.push_back(Job::Make(Box::new(remake)));
    }

    /// Takes the files that would be copied, with their paths, before any piece was asked for: for who can hand on a file as it is
    /// without reading it.
    pub fn take_copies(&mut self) -> Vec<(String, R)> {
        let jobs = std::mem::take(&mut self.jobs);
        let mut copies = Vec::new();
        for job in jobs {
            match job {
                Job::Copy(copying) => copies.push(copying.into_file()),
                made @ Job::Make(_) => self.jobs.push_back(made),
            }
        }
        copies
    }

    /// Brings the next piece; `None` at the end. Before any piece comes, bytes that are read or fetched are in memory: about a
    /// mebibyte, or one batch that is larger.
    ///
    /// # Errors
    /// Says what cannot be read or written. Nothing more comes then that would make sense.
    pub async fn next(&mut self) -> Result<Option<Piece>, ExportError> {
        loop {
            if let Some(piece) = self.out.pop_front() {
                match &piece {
                    Piece::File(_) => self.summary.files = self.summary.files.saturating_add(1),
                    Piece::Bytes(bytes) => {
                        self.summary.bytes = self.summary.bytes.saturating_add(wide(bytes.len()));
                    }
                }
                return Ok(Some(piece));
            }
            match self.jobs.front_mut() {
                Some(Job::Copy(copying)) => {
                    if copying.step(&mut self.out).await? {
                        self.jobs.pop_front();
                    }
                }
                Some(Job::Make(remake)) => {
                    if remake.step(&mut self.out, &mut self.summary).await? {
                        let (topic_partition, ends) = (remake.topic_partition().clone(), remake.ends());
                        self.jobs.pop_front();
                        self.note_log_start(&topic_partition, Some(ends.start), Some(ends.base));
                        self.recovery_points.entries.push(offset_of(&topic_partition, ends.end));
                    }
                }
                None if self.has_ended => return Ok(None),
                None => self.end(),
            }
        }
    }

    /// Tells what has been brought forth so far.
    pub fn summary(&self) -> &ExportSummary {
        &self.summary
    }

    /// A broker takes the first segment's base offset for the log's start, unless the checkpoint says more.
    fn note_log_start(&mut self, of: &TopicPartition, start: Option<Offset>, base: Option<Offset>) {
        if let Some(start) = start.filter(|_| start > base) {
            self.log_starts.entries.push(offset_of(of, start));
        }
    }

    fn end(&mut self) {
        self.has_ended = true;
        let mut put = |name: &str, bytes: Vec<u8>| {
            self.out.push_back(Piece::File(name.to_owned()));
            self.out.push_back(Piece::Bytes(bytes.into()));
        };
        if let Some(properties) = &self.options.meta_properties {
            put("meta.properties", properties.encode());
            put("recovery-point-offset-checkpoint", self.recovery_points.encode());
        }
        if self.options.log_starts && !self.log_starts.entries.is_empty() {
            put("log-start-offset-checkpoint", self.log_starts.encode());
        }
    }
}

impl ExportSummary {
    fn note_damage(&mut self, topic: &TopicName, damage: Vec<Damage>) {
        self.damaged_places = self.damaged_places.saturating_add(wide(damage.len()));
        let room = FILE_DAMAGE_LISTED_MAX.saturating_sub(self.damage.len());
        self.damage.extend(damage.into_iter().take(room).map(|damage| (topic.clone(), damage)));
    }
}

fn offset_of(of: &TopicPartition, offset: Offset) -> PartitionOffset {
    PartitionOffset { topic: of.topic.clone(), partition: of.partition, offset }
}

/// Draws a topic id as a broker does (`org.apache.kafka.common.Uuid.randomUuid`): a UUID of version 4 whose text does not begin
/// with a dash, which a command line would take for an option.
pub fn random_topic_id(env: &impl Env) -> TopicId {
    loop {
        let bits = (u128::from(env.random()) << 64) | u128::from(env.random());
        let version_4 = (bits & !(0xF << 76)) | (0x4 << 76);
        let id = (version_4 & !(0x3 << 62)) | (0x2 << 62);
        // 62 of the 64 digits of base64 for URLs is the dash: the first six bits.
        if id >> 122 != 62 {
            return TopicId::new(id);
        }
    }
}
