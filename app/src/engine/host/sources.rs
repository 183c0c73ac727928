//! Stored topics and opened files as one kind of source.

use std::rc::Rc;

use tablog_core::broker::TopicSource;
use tablog_core::browser::BrowserEnv;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::source::{Bounds, Fetched, Layout, Source, SourceError, Span, Transactions, Zone};

use super::Host;
use super::failures::failure;
use super::files::OpenFile;
use super::job::Job;
use super::pace::sleep_ms;
use super::storage::AnyStorage;
use crate::engine::protocol::{Failure, FailureKind, Progress, SourceRef};

/// Damaged places that are named.
const DAMAGE_MAX: usize = 100;

/// Whatever records can be looked at.
#[derive(Clone)]
pub enum AnySource {
    /// A stored topic.
    Topic(TopicSource<AnyStorage, BrowserEnv>),
    /// An opened file.
    File(Rc<OpenFile>),
}

/// What cannot be read.
#[derive(Default)]
pub struct DamageReport {
    /// A sentence each; not all when there are many.
    pub sentences: Vec<String>,
    /// How many places there are.
    pub count: u64,
}

impl Host {
    /// Finds what the page names.
    pub async fn source(&self, source: &SourceRef) -> Result<AnySource, Failure> {
        match source {
            SourceRef::Topic(name) => {
                Ok(AnySource::Topic(self.broker().source(&TopicName::parse(name)?).await?))
            }
            SourceRef::File(file) => {
                let open = self.files.find(*file)?;
                open.check()?;
                Ok(AnySource::File(open))
            }
        }
    }

    /// Makes sure that this engine and the page's other one see the same topics.
    ///
    /// # Errors
    /// `Unsupported` when records are only in memory: then each engine has its own.
    pub fn ensure_topics_are_shared(&self) -> Result<(), Failure> {
        if cfg!(feature = "files") && self.broker().storage().is_ephemeral() {
            let sentence = "This browser keeps records in memory only, where the part of Tablog that opens Kafka's files cannot \
                            reach them: go through an export as JSON Lines";
            return Err(failure(FailureKind::Unsupported, sentence));
        }
        Ok(())
    }

    /// Names the topic that a source's records are of, as far as a file's name tells.
    pub fn topic_of(&self, source: &SourceRef) -> Result<String, Failure> {
        Ok(match source {
            SourceRef::Topic(name) => name.clone(),
            SourceRef::File(file) => self.files.find(*file)?.log.topic(),
        })
    }

    /// Waits until a file is indexed to its end; stored topics always are.
    pub async fn wait_for_index(&self, job: &Job, source: &AnySource) -> Result<(), Failure> {
        while let Some((bytes, bytes_total)) = source.indexing() {
            job.progress(Progress { bytes, bytes_total: Some(bytes_total), ..Progress::default() });
            sleep_ms(20).await;
            job.breathe().await?;
            if let AnySource::File(file) = source {
                file.check()?;
            }
        }
        Ok(())
    }
}

impl AnySource {
    /// Tells what is known to be unreadable.
    pub fn damage(&self) -> DamageReport {
        match self {
            Self::Topic(_) => DamageReport::default(),
            Self::File(file) => file.log.damage(DAMAGE_MAX),
        }
    }

    /// Counts the places that are known to be unreadable.
    pub fn damage_count(&self) -> u64 {
        match self {
            Self::Topic(_) => 0,
            Self::File(file) => file.log.damaged_places(),
        }
    }

    /// Tells how much of a file is indexed, in bytes of bytes; `None` when all is.
    pub fn indexing(&self) -> Option<(u64, u64)> {
        match self {
            Self::Topic(_) => None,
            Self::File(file) => {
                let progress = file.log.progress();
                (!progress.done).then_some((progress.bytes_done, progress.bytes_total))
            }
        }
    }
}

impl Source for AnySource {
    fn partitions(&self) -> i32 {
        match self {
            Self::Topic(topic) => topic.partitions(),
            Self::File(file) => file.log.partitions(),
        }
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        match self {
            Self::Topic(topic) => topic.bounds(partition).await,
            Self::File(file) => file.log.bounds(partition).await,
        }
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        match self {
            Self::Topic(topic) => topic.zones(partition).await,
            Self::File(file) => file.log.zones(partition).await,
        }
    }

    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        match self {
            Self::Topic(topic) => topic.fetch(partition, from, bytes_max).await,
            Self::File(file) => file.log.fetch(partition, from, bytes_max).await,
        }
    }

    async fn layout(&self, known: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        match self {
            Self::Topic(topic) => topic.layout(known).await,
            Self::File(file) => file.log.layout(known).await,
        }
    }

    async fn fetch_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        match self {
            Self::Topic(topic) => topic.fetch_spans(spans).await,
            Self::File(file) => file.log.fetch_spans(spans).await,
        }
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        match self {
            Self::Topic(topic) => topic.offset_for_timestamp(partition, timestamp).await,
            Self::File(file) => file.log.offset_for_timestamp(partition, timestamp).await,
        }
    }

    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        match self {
            Self::Topic(topic) => topic.transactions(partition).await,
            Self::File(file) => file.log.transactions(partition).await,
        }
    }
}
