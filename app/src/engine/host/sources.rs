//! Stored topics and opened files as one kind of source.

use tablog_core::broker::TopicSource;
use tablog_core::browser::BrowserEnv;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::source::{Bounds, Fetched, Source, SourceError, Zone};

use super::Host;
use super::storage::AnyStorage;
use crate::engine::protocol::{Failure, SourceRef};

/// Whatever records can be looked at.
#[derive(Clone)]
pub enum AnySource {
    /// A stored topic.
    Topic(TopicSource<AnyStorage, BrowserEnv>),
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
            SourceRef::File(file) => Err(super::failures::failure(
                crate::engine::protocol::FailureKind::NotFound,
                format!("There is no open file {file}"),
            )),
        }
    }
}

impl AnySource {
    /// Tells what is known to be unreadable.
    pub fn damage(&self) -> DamageReport {
        match self {
            Self::Topic(_) => DamageReport::default(),
        }
    }

    /// Tells how much of a file is indexed, in bytes of bytes; `None` when all is.
    pub fn indexing(&self) -> Option<(u64, u64)> {
        match self {
            Self::Topic(_) => None,
        }
    }
}

impl Source for AnySource {
    fn partitions(&self) -> i32 {
        match self {
            Self::Topic(topic) => topic.partitions(),
        }
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        match self {
            Self::Topic(topic) => topic.bounds(partition).await,
        }
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        match self {
            Self::Topic(topic) => topic.zones(partition).await,
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
        }
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        match self {
            Self::Topic(topic) => topic.offset_for_timestamp(partition, timestamp).await,
        }
    }
}
