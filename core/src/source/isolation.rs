//! What consumers see of transactions, as their `isolation.level` says.

use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::source::{Bounds, Fetched, Layout, ReadCommitted, Source, SourceError, Span, Transactions, Zone};

/// Kafka's `isolation.level` of consumers (`org.apache.kafka.common.IsolationLevel`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum IsolationLevel {
    /// Everything that was appended, of open and aborted transactions, too, and the control records besides: what is in the log.
    /// A Kafka consumer sees the same but for the control records.
    #[default]
    ReadUncommitted,
    /// Only what is committed, as [`ReadCommitted`] shows it.
    ReadCommitted,
}

impl IsolationLevel {
    /// Both levels.
    pub const ALL: [Self; 2] = [Self::ReadUncommitted, Self::ReadCommitted];

    /// Returns Kafka's name of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadUncommitted => "read_uncommitted",
            Self::ReadCommitted => "read_committed",
        }
    }

    /// Finds a level by Kafka's name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == name)
    }
}

/// A source at one isolation level.
#[derive(Debug)]
pub struct Isolated<S> {
    level: IsolationLevel,
    committed: ReadCommitted<S>,
}

impl<S: Source> Isolated<S> {
    /// Wraps a source.
    pub fn new(source: S, level: IsolationLevel) -> Self {
        Self { level, committed: ReadCommitted::new(source) }
    }

    /// Returns the source, which shows everything.
    pub fn inner(&self) -> &S {
        self.committed.inner()
    }

    /// Returns the level.
    pub fn level(&self) -> IsolationLevel {
        self.level
    }
}

impl<S: Source> Source for Isolated<S> {
    fn partitions(&self) -> i32 {
        self.inner().partitions()
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        match self.level {
            IsolationLevel::ReadUncommitted => self.inner().bounds(partition).await,
            IsolationLevel::ReadCommitted => self.committed.bounds(partition).await,
        }
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        match self.level {
            IsolationLevel::ReadUncommitted => self.inner().zones(partition).await,
            IsolationLevel::ReadCommitted => self.committed.zones(partition).await,
        }
    }

    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        match self.level {
            IsolationLevel::ReadUncommitted => self.inner().fetch(partition, from, bytes_max).await,
            IsolationLevel::ReadCommitted => self.committed.fetch(partition, from, bytes_max).await,
        }
    }

    async fn layout(&self, known: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        match self.level {
            IsolationLevel::ReadUncommitted => self.inner().layout(known).await,
            IsolationLevel::ReadCommitted => self.committed.layout(known).await,
        }
    }

    async fn fetch_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        match self.level {
            IsolationLevel::ReadUncommitted => self.inner().fetch_spans(spans).await,
            IsolationLevel::ReadCommitted => self.committed.fetch_spans(spans).await,
        }
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        match self.level {
            IsolationLevel::ReadUncommitted => self.inner().offset_for_timestamp(partition, timestamp).await,
            IsolationLevel::ReadCommitted => self.committed.offset_for_timestamp(partition, timestamp).await,
        }
    }

    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        self.inner().transactions(partition).await
    }
}
