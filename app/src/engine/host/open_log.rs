//! Kafka's files that are open in place: one `.log`, or every partition of a topic in a broker's data directory.

use std::collections::BTreeMap;
use std::rc::Rc;

use bytes::Bytes;
use tablog_core::browser::BlobFile;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicId, TopicName, TopicPartition};
use tablog_core::record::RecordBatch;
use tablog_core::segment::export::Export;
use tablog_core::segment::folder::{DataFile, NodeFile};
use tablog_core::segment::format::{OffsetCheckpoint, PartitionMetadata};
use tablog_core::segment::{
    DataDirectory, LogFile, OpenLogError, PartitionLog, Progress, ReadAt, ReadError, TopicLog,
};
use tablog_core::source::{Bounds, Fetched, Layout, Source, SourceError, Span, Transactions, Zone};

use super::failures::failure;
use super::sources::DamageReport;
use crate::engine::logic::guess::topic_for;
use crate::engine::logic::words::capitalized;
use crate::engine::protocol::{Failure, FailureKind};

/// Largest checkpoint that is read: a line of some fifty bytes for each of a broker's partitions.
const CHECKPOINT_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Bytes of a `partition.metadata` that are looked at: two short lines.
const METADATA_BYTES_MAX: usize = 4 * 1024;

/// One source that lies in files.
pub enum OpenLog {
    /// A single segment.
    File(Box<LogFile<BlobFile>>),
    /// A topic's partitions, each with its segments.
    Topic {
        /// The topic.
        name: TopicName,
        /// Its records.
        log: TopicLog<BlobFile>,
        /// All its files, indexes and all.
        files: Vec<BlobFile>,
    },
}

impl OpenLog {
    /// Opens one segment.
    ///
    /// # Errors
    /// `Invalid` when it is none; `Io`.
    pub async fn of_file(file: BlobFile) -> Result<Self, Failure> {
        let log = LogFile::open(file).await.map_err(|error| {
            let kind = match &error {
                OpenLogError::Read(_) => FailureKind::Io,
                _ => FailureKind::Invalid,
            };
            // Begins with the file's name, which keeps its letters.
            failure(kind, error.to_string())
        })?;
        Ok(Self::File(Box::new(log)))
    }

    /// Puts the files of one topic together: what is in which folder is told by their names.
    ///
    /// # Errors
    /// `Invalid` when there is no topic among them; `Io` when a checkpoint cannot be read.
    pub async fn of_topic(name: &str, files: Vec<BlobFile>) -> Result<Self, Failure> {
        let directory = directory_of(&files);
        let no_topic = || {
            failure(
                FailureKind::Invalid,
                format!("There is no folder of the topic \"{name}\" among these files"),
            )
        };
        let name = TopicName::parse(name)?;
        let partitions = directory.topics.get(&name).ok_or_else(no_topic)?;
        let starts = Checkpoints::read(NodeFile::LogStartOffsets, &directory, &files).await?;
        let compacted = Checkpoints::read(NodeFile::CleanerOffsets, &directory, &files).await?;
        let any = files.first().ok_or_else(no_topic)?;
        // The directory was made of these very files: each has its place among them.
        let open = |file: &DataFile| files.get(file.index).unwrap_or(any).clone();
        let log = TopicLog::new(partitions.iter().map(|(&partition, of_partition)| {
            let start = starts.offset_of(&name, partition);
            let compacted_up_to = compacted.offset_of(&name, partition);
            PartitionLog::new(partition, of_partition, start, open).compacted_up_to(compacted_up_to)
        }));
        Ok(Self::Topic { name, log, files })
    }

    /// Returns what it is called.
    pub fn name(&self) -> String {
        match self {
            Self::File(log) => log.file().name().to_owned(),
            Self::Topic { name, .. } => name.to_string(),
        }
    }

    /// Returns the topic that its records are of, as far as its name tells.
    pub fn topic(&self) -> String {
        match self {
            Self::File(log) => topic_for(log.file().name()),
            Self::Topic { name, .. } => name.to_string(),
        }
    }

    /// Returns the bytes of its files.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::File(log) => log.file().len_bytes(),
            Self::Topic { files, .. } => files.iter().map(ReadAt::len_bytes).sum(),
        }
    }

    /// Adds the wanted partitions to an export as they are: every file that a broker would read.
    ///
    /// # Errors
    /// `Io` when a checkpoint cannot be read.
    pub async fn copy_partitions<S: Source>(
        &self,
        export: &mut Export<S, BlobFile>,
        is_wanted: impl Fn(PartitionId) -> bool,
    ) -> Result<(), Failure> {
        let Self::Topic { name, files, .. } = self else { return Ok(()) };
        let directory = directory_of(files);
        let starts = Checkpoints::read(NodeFile::LogStartOffsets, &directory, files).await?;
        let (Some(partitions), Some(any)) = (directory.topics.get(name), files.first()) else {
            return Ok(());
        };
        let open = |file: &DataFile| files.get(file.index).unwrap_or(any).clone();
        for (&partition, of_partition) in partitions.iter().filter(|(partition, _)| is_wanted(**partition)) {
            let start = starts.offset_of(name, partition);
            let topic_partition = TopicPartition { topic: name.clone(), partition };
            export.copy_partition(&topic_partition, of_partition, start, open);
        }
        Ok(())
    }

    /// Reads the topic's id, if one of its folders tells it.
    ///
    /// # Errors
    /// `Io`.
    pub async fn topic_id(&self) -> Result<Option<TopicId>, Failure> {
        let Self::Topic { name, files, .. } = self else { return Ok(None) };
        let directory = directory_of(files);
        let partitions = directory.topics.get(name).into_iter().flat_map(BTreeMap::values);
        for file in partitions.filter_map(|partition| files.get(partition.metadata.as_ref()?.index)) {
            let bytes = file.read_at(0, METADATA_BYTES_MAX).await?;
            if let Ok(metadata) = PartitionMetadata::parse(file.name(), &bytes) {
                return Ok(Some(metadata.topic_id));
            }
        }
        Ok(None)
    }

    /// Indexes a little more.
    ///
    /// # Errors
    /// The platform's words.
    pub async fn index_step(&self) -> Result<Progress, ReadError> {
        match self {
            Self::File(log) => log.index_step().await,
            Self::Topic { log, .. } => log.index_step().await,
        }
    }

    /// Indexes a little more of one partition, and returns the batches that were found on the way; `None` when all of it was
    /// indexed before.
    ///
    /// # Errors
    /// The platform's words.
    pub async fn index_and_read(
        &self,
        partition: PartitionId,
    ) -> Result<Option<Vec<RecordBatch>>, ReadError> {
        match self {
            Self::File(log) if log.partition() == partition && !log.progress().done => {
                log.index_and_read().await.map(Some)
            }
            Self::File(_) => Ok(None),
            Self::Topic { log, .. } => match log.partition(partition).filter(|log| !log.progress().done) {
                Some(log) => log.index_and_read().await.map(Some),
                None => Ok(None),
            },
        }
    }

    /// Returns the offset behind the last batch of a partition that was found so far.
    pub fn found_up_to(&self, partition: PartitionId) -> Option<Offset> {
        match self {
            Self::File(log) => log.found_up_to().filter(|_| log.partition() == partition),
            Self::Topic { log, .. } => log.partition(partition)?.found_up_to(),
        }
    }

    /// Tells how far it is indexed.
    pub fn progress(&self) -> Progress {
        match self {
            Self::File(log) => log.progress(),
            Self::Topic { log, .. } => log.progress(),
        }
    }

    /// Counts the places that are known to be unreadable.
    pub fn damaged_places(&self) -> u64 {
        match self {
            Self::File(log) => log.damaged_places(),
            Self::Topic { log, .. } => log.damaged_places(),
        }
    }

    /// Tells what is known to be unreadable: the first `count_max` places.
    pub fn damage(&self, count_max: usize) -> DamageReport {
        let damage: Vec<_> = match self {
            Self::File(log) => log.report().damage,
            Self::Topic { log, .. } => {
                log.reports().into_iter().flat_map(|(_, report)| report.damage).collect()
            }
        };
        DamageReport {
            sentences: damage.iter().take(count_max).map(|damage| capitalized(&damage.to_string())).collect(),
            count: self.damaged_places(),
        }
    }
}

fn directory_of(files: &[BlobFile]) -> DataDirectory {
    DataDirectory::from_files(files.iter().map(|file| (file.name().to_owned(), file.len_bytes())))
}

/// What the checkpoints of one kind say: one for each directory of the broker.
struct Checkpoints(Vec<OffsetCheckpoint>);

impl Checkpoints {
    /// Reads those that are among the files. One that cannot be made out hides no record: it counts as if it were not there.
    async fn read(kind: NodeFile, directory: &DataDirectory, files: &[BlobFile]) -> Result<Self, Failure> {
        let mut checkpoints = Vec::new();
        for (_, file) in directory.node_files.iter().filter(|(found, _)| *found == kind) {
            let Some(file) = files.get(file.index).filter(|file| file.len_bytes() <= CHECKPOINT_BYTES_MAX)
            else {
                continue;
            };
            let length = usize::try_from(file.len_bytes()).unwrap_or(usize::MAX);
            let bytes: Bytes = file.read_at(0, length).await?;
            checkpoints.extend(OffsetCheckpoint::parse(file.name(), &bytes).ok());
        }
        Ok(Self(checkpoints))
    }

    /// Finds a partition's offset. A partition lies in one of the directories only.
    fn offset_of(&self, topic: &TopicName, partition: PartitionId) -> Option<Offset> {
        self.0.iter().find_map(|checkpoint| checkpoint.offset_of(topic, partition))
    }
}

impl Source for OpenLog {
    fn partitions(&self) -> i32 {
        match self {
            Self::File(log) => log.partitions(),
            Self::Topic { log, .. } => log.partitions(),
        }
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        match self {
            Self::File(log) => log.bounds(partition).await,
            Self::Topic { log, .. } => log.bounds(partition).await,
        }
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        match self {
            Self::File(log) => log.zones(partition).await,
            Self::Topic { log, .. } => log.zones(partition).await,
        }
    }

    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        match self {
            Self::File(log) => log.fetch(partition, from, bytes_max).await,
            Self::Topic { log, .. } => log.fetch(partition, from, bytes_max).await,
        }
    }

    async fn layout(&self, known: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        match self {
            Self::File(log) => log.layout(known).await,
            Self::Topic { log, .. } => log.layout(known).await,
        }
    }

    async fn fetch_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        match self {
            Self::File(log) => log.fetch_spans(spans).await,
            Self::Topic { log, .. } => log.fetch_spans(spans).await,
        }
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        match self {
            Self::File(log) => log.offset_for_timestamp(partition, timestamp).await,
            Self::Topic { log, .. } => log.offset_for_timestamp(partition, timestamp).await,
        }
    }

    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        match self {
            Self::File(log) => log.transactions(partition).await,
            Self::Topic { log, .. } => log.transactions(partition).await,
        }
    }
}
