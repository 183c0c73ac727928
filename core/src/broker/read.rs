//! Reading a topic: bounds, zones, fetching, looking up times; and [`TopicSource`], which is all this as a [`Source`].

mod spans;

use crate::broker::{Broker, DescribeTopicError};
use crate::env::Env;
use crate::ids::{LogId, Offset, PartitionId, Timestamp, TopicId, TopicName, TopicPartition};
use crate::limits::READ_RETRIES_MAX;
use crate::log::{Log, ReadPlan, ReadRow, lookup};
use crate::source::{Bounds, Fetched, Layout, Source, SourceError, Span, Zone};
use crate::storage::{Storage, StorageError, Table};

/// One topic's records as a [`Source`]. When the topic is deleted it stays gone, even if a namesake is made.
pub struct TopicSource<S, E> {
    broker: Broker<S, E>,
    name: TopicName,
    id: TopicId,
    partitions: i32,
}

impl<S, E> Clone for TopicSource<S, E> {
    fn clone(&self) -> Self {
        Self {
            broker: self.broker.clone(),
            name: self.name.clone(),
            id: self.id,
            partitions: self.partitions,
        }
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Opens a topic for reading.
    ///
    /// # Errors
    /// `UnknownTopic`, or what storage reports.
    pub async fn source(&self, name: &TopicName) -> Result<TopicSource<S, E>, DescribeTopicError> {
        if self.partitions(name).is_none() {
            self.find_topic(name).await?;
        }
        let state = self.inner.state.borrow();
        let topic = state.topics.get(name).ok_or_else(|| DescribeTopicError::UnknownTopic(name.clone()))?;
        let (id, partitions) = (topic.id, topic.partitions());
        Ok(TopicSource { broker: self.clone(), name: name.clone(), id, partitions })
    }

    /// Reads whole batches of one partition, as [`Source::fetch`] does.
    ///
    /// # Errors
    /// As [`Source::fetch`].
    pub async fn fetch(
        &self,
        partition: &TopicPartition,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        let source = async || {
            self.source(&partition.topic).await.map_err(|error| match error {
                DescribeTopicError::UnknownTopic(name) => SourceError::UnknownTopic(name.to_string()),
                DescribeTopicError::Storage(error) => error.into(),
            })
        };
        match source().await?.fetch(partition.partition, from, bytes_max).await {
            // The topic is meant by name: where a loss was found just now, another incarnation has it.
            Err(SourceError::UnknownTopic(_)) => {
                source().await?.fetch(partition.partition, from, bytes_max).await
            }
            fetched => fetched,
        }
    }
}

impl<S: Storage, E: Env> TopicSource<S, E> {
    /// Returns the topic's name.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    /// Returns the topic's incarnation.
    pub fn topic_id(&self) -> TopicId {
        self.id
    }

    fn log(&self, partition: PartitionId) -> Result<LogId, SourceError> {
        let state = self.broker.inner.state.borrow();
        let topic = state.topic(&self.name)?.filter(|topic| topic.id == self.id);
        let topic = topic.ok_or_else(|| SourceError::UnknownTopic(self.name.to_string()))?;
        topic.log(partition).ok_or(SourceError::UnknownPartition { partition, partitions: self.partitions })
    }

    /// Asks something of a log whose rows are known. `ask` answers `None` when it needs them read anew.
    async fn with_rows<T>(
        &self,
        partition: PartitionId,
        ask: impl Fn(&Log) -> Option<T>,
    ) -> Result<(LogId, T), SourceError> {
        for _ in 0..READ_RETRIES_MAX {
            let id = self.log(partition)?;
            self.broker.load_rows(id).await?;
            if let Some(answer) = self.broker.inner.state.borrow().logs.get(&id).and_then(&ask) {
                return Ok((id, answer));
            }
        }
        Err(self.restless())
    }

    fn restless(&self) -> SourceError {
        StorageError::Conflict(format!("the topic \"{}\" is being changed all the time", self.name)).into()
    }

    async fn try_fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Option<Fetched>, SourceError> {
        let ask = |log: &Log| Some((log.bounds()?, log.plan_fetch(from, bytes_max)));
        let (id, (bounds, plan)) = self.with_rows(partition, ask).await?;
        let (start, end) = (bounds.log_start_offset, bounds.high_watermark);
        if from < start || from > end {
            return Err(SourceError::OffsetOutOfRange { offset: from, start, end });
        }
        let Some(plan) = plan else {
            return Ok(Some(Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() }));
        };
        let rows = self.read_rows(&plan).await?;
        match plan.read(partition, &rows) {
            Ok(fetched) => Ok(Some(fetched)),
            Err(lookup::RowsMissing) => {
                self.broker.reload(&self.name, id).await?;
                Ok(None)
            }
        }
    }
}

impl<S: Storage, E: Env> TopicSource<S, E> {
    /// Reads the planned rows: all at once, or one by one when storage cannot read one of them, so that it takes no others along.
    async fn read_rows(&self, plan: &ReadPlan) -> Result<Vec<ReadRow>, StorageError> {
        let storage = &self.broker.inner.storage;
        match storage.scan(&plan.scan).await {
            Ok(rows) => return Ok(rows.into_iter().map(ReadRow::from).collect()),
            Err(StorageError::Corrupt(_)) => {}
            Err(error) => return Err(error),
        }
        let mut rows = Vec::with_capacity(plan.rows.len());
        for row in &plan.rows {
            let key = row.encode();
            let value = match storage.get(Table::Chunks, &key).await {
                Ok(Some(value)) => Ok(value),
                Ok(None) => continue,
                Err(StorageError::Corrupt(cause)) => Err(cause),
                Err(error) => return Err(error),
            };
            rows.push(ReadRow { key, value });
        }
        Ok(rows)
    }
}

impl<S: Storage, E: Env> Source for TopicSource<S, E> {
    fn partitions(&self) -> i32 {
        self.partitions
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        Ok(self.with_rows(partition, Log::bounds).await?.1)
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        Ok(self.with_rows(partition, Log::zones).await?.1)
    }

    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        for _ in 0..READ_RETRIES_MAX {
            if let Some(fetched) = self.try_fetch(partition, from, bytes_max).await? {
                return Ok(fetched);
            }
        }
        Err(self.restless())
    }

    async fn layout(&self, known: &[(PartitionId, Option<Bounds>)]) -> Result<Vec<Layout>, SourceError> {
        self.lay_out(known).await
    }

    async fn fetch_spans(&self, spans: &[Span]) -> Result<Vec<Fetched>, SourceError> {
        self.read_spans(spans).await
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        'again: for _ in 0..READ_RETRIES_MAX {
            let ask = |log: &Log| Some((log.start().offset, log.rows_for_timestamp(timestamp)?));
            let (id, (start, rows)) = self.with_rows(partition, ask).await?;
            for row in rows {
                let value = match self.broker.inner.storage.get(Table::Chunks, &row.encode()).await {
                    Ok(Some(value)) => value,
                    Ok(None) => {
                        self.broker.reload(&self.name, id).await?;
                        continue 'again;
                    }
                    // As what is damaged within a row: a fetch names it.
                    Err(StorageError::Corrupt(_)) => continue,
                    Err(error) => return Err(error.into()),
                };
                // A row may hold no such record after all when a batch in it is damaged.
                if let Some(found) = lookup::first_at_or_after(&row, &value, start, timestamp) {
                    return Ok(Some(found));
                }
            }
            return Ok(None);
        }
        Err(self.restless())
    }
}
