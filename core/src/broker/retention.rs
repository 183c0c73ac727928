//! Retention: deleting the oldest records of topics that say how long, or how much, is kept. Which rows may go is decided in
//! [`crate::log::retention`]; here they are looked at, some thousand keys at a time, and deleted.
//!
//! Several tabs may do the same at once: each deletion expects the topic's row and the log's start to be what they were, so that
//! who comes too late looks again and finds nothing left to do.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::future::join_all;

use crate::broker::Broker;
use crate::config::TopicConfig;
use crate::env::Env;
use crate::ids::{LogId, Offset, PartitionId, TopicPartition};
use crate::limits::{CONFLICT_RETRIES_MAX, LOGS_READ_AT_ONCE_MAX, RETENTION_LOOK_ROWS, RETENTION_STEP_ROWS};
use crate::log::retention::Retention;
use crate::log::{LogStart, Truncation, load};
use crate::storage::key::ChunkKey;
use crate::storage::{Storage, StorageError, WriteBatch};

/// What retention came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionApplied {
    /// What was deleted, of each partition of which something was.
    pub deleted: Vec<DeletedRecords>,
    /// The partitions with which it could not be done, or not to its end, and why.
    pub failed: Vec<(TopicPartition, StorageError)>,
}

/// What was deleted of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeletedRecords {
    /// The partition.
    pub partition: TopicPartition,
    /// Where it starts now.
    pub log_start_offset: Offset,
    /// Records that could be fetched before, and cannot any more.
    pub records: u64,
    /// Bytes that they took in storage.
    pub bytes: u64,
}

/// How many bytes there are in logs of which only so many are kept: counted once, and then only what was appended since.
pub(super) type Measured = BTreeMap<LogId, Measure>;

#[derive(Clone)]
pub(super) struct Measure {
    /// The topic and the start for which it holds.
    topic: Bytes,
    start: Option<Bytes>,
    /// The last row that was counted.
    last: Option<ChunkKey>,
    bytes: u64,
}

/// What a partition asks for, as it was when somebody looked.
struct Asked {
    log: LogId,
    /// The topic's row.
    topic: Bytes,
    start: LogStart,
    retention_ms: Option<i64>,
    retention_bytes: Option<u64>,
}

impl Asked {
    /// Tells whether a row has records that count: after a deletion one may be left that only keeps the log's end.
    fn counts(&self, row: &ChunkKey) -> bool {
        row.records > 0 && row.last_offset() >= self.start.offset
    }

    /// Counts the records of a row that can be fetched.
    fn records(&self, row: &ChunkKey) -> u64 {
        let rest = self.start.boundary.filter(|_| row.base_offset < self.start.offset);
        rest.map_or(row.records, |rest| rest.records).into()
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Deletes what the topics' `retention.ms` and `retention.bytes` do not ask to keep: whole rows, the oldest first. Meant to be
    /// called now and then, see [`crate::limits::RETENTION_CHECK_INTERVAL_MS`], by one tab or by several. Costs one scan when no topic
    /// asks for it, and one or two short ones for each partition that does when nothing is to be deleted.
    ///
    /// Offsets are never given out again: an emptied partition goes on where it was.
    ///
    /// # Errors
    /// What storage reports when not even the topics can be looked at. What fails with one partition is told in the answer.
    pub async fn apply_retention(&self) -> Result<RetentionApplied, StorageError> {
        self.refresh_meta().await?;
        let partitions = self.partitions_to_be_limited();
        let mut applied = RetentionApplied::default();
        for some in partitions.chunks(LOGS_READ_AT_ONCE_MAX) {
            for (deleted, done) in join_all(some.iter().map(|partition| self.limit(partition))).await {
                applied.failed.extend(done.err().map(|error| (deleted.partition.clone(), error)));
                applied.deleted.extend((deleted.records > 0).then_some(deleted));
            }
        }
        Ok(applied)
    }

    /// Tells whether any topic limits what is kept, as far as this broker knows.
    pub fn has_retention(&self) -> bool {
        self.inner.state.borrow().topics.values().any(|topic| is_limited(&topic.config))
    }

    fn partitions_to_be_limited(&self) -> Vec<TopicPartition> {
        let state = self.inner.state.borrow();
        self.inner.measured.borrow_mut().retain(|log, _| state.logs.contains_key(log));
        let topics = state.topics.iter().filter(|(_, topic)| is_limited(&topic.config));
        let partitions = topics.flat_map(|(name, topic)| {
            (0..topic.partitions()).map(|partition| TopicPartition {
                topic: name.clone(),
                partition: PartitionId::new(partition),
            })
        });
        partitions.collect()
    }

    /// Deletes what may go of one partition. What was deleted before something failed is told as well.
    async fn limit(&self, partition: &TopicPartition) -> (DeletedRecords, Result<(), StorageError>) {
        let (partition, log_start_offset) = (partition.clone(), Offset::ZERO);
        let mut deleted = DeletedRecords { partition, log_start_offset, records: 0, bytes: 0 };
        for _ in 0..=CONFLICT_RETRIES_MAX {
            match self.try_to_limit(&mut deleted).await {
                Ok(false) => {}
                Ok(true) => break,
                Err(error) => return (deleted, Err(error)),
            }
        }
        // Where others are quicker all the time, there will be another time.
        (deleted, Ok(()))
    }

    /// Deletes until nothing more may go; `false` when somebody else was quicker.
    async fn try_to_limit(&self, deleted: &mut DeletedRecords) -> Result<bool, StorageError> {
        let Some(mut asked) = self.asked_of(&deleted.partition) else { return Ok(true) };
        let bytes = match asked.retention_bytes {
            Some(_) => self.measure(&asked).await?,
            None => 0,
        };
        let now = self.inner.env.now();
        let mut retention = Retention::new(now, asked.retention_ms, asked.retention_bytes, bytes);
        let mut rows_max = RETENTION_LOOK_ROWS;
        // Ends: each round deletes rows, or looks at more of them, once.
        loop {
            let page = load::some_rows_after(&self.inner.storage, asked.log, None, rows_max).await?;
            let is_whole = page.len() < rows_max;
            let below = page.partition_point(|row| row.last_offset() < asked.start.offset);
            let rows = page.get(below..).unwrap_or_default();
            // Of a part of them the last one is left alone: it is known then that a row follows, which keeps the log's end.
            let looked_at = rows.len().saturating_sub(usize::from(!is_whole));
            let looked_at = rows.get(..looked_at).unwrap_or_default();
            let going = retention.going(looked_at);
            let gone = looked_at.get(..going.rows).unwrap_or_default();
            if let Some(last) = gone.last() {
                let is_last = is_whole && gone.len() == rows.len();
                let Some(then) = self.drop_rows(&deleted.partition, &asked, last, is_last).await? else {
                    self.refresh_topic(&deleted.partition.topic).await?;
                    self.refresh_log(&deleted.partition, asked.log).await?;
                    return Ok(false);
                };
                let records = gone.iter().map(|row| asked.records(row));
                deleted.records = records.fold(deleted.records, u64::saturating_add);
                let bytes = gone.iter().map(|row| u64::from(row.bytes));
                deleted.bytes = bytes.fold(deleted.bytes, u64::saturating_add);
                deleted.log_start_offset = then.start.offset;
                self.measured_less(&asked, gone, &then);
                asked = then;
            }
            let is_in_vain = gone.is_empty() && rows_max == RETENTION_STEP_ROWS;
            if going.is_settled || is_whole || is_in_vain {
                return Ok(true);
            }
            rows_max = RETENTION_STEP_ROWS;
        }
    }

    /// Deletes the rows up to `last` and returns what is asked for then; `None` when somebody else was quicker, or asks for something
    /// else since.
    async fn drop_rows(
        &self,
        partition: &TopicPartition,
        asked: &Asked,
        last: &ChunkKey,
        is_last: bool,
    ) -> Result<Option<Asked>, StorageError> {
        let Some((truncation, batch)) = self.plan_to_drop(partition, asked, last, is_last)? else {
            return Ok(None);
        };
        let committed = self.commit_truncation(partition, asked.log, truncation, batch).await?;
        let is_as_asked = |then: &Asked| {
            let goes_on = Some(then.start.offset) == committed && then.log == asked.log;
            goes_on
                && (then.retention_ms, then.retention_bytes) == (asked.retention_ms, asked.retention_bytes)
        };
        Ok(self.asked_of(partition).filter(is_as_asked))
    }

    fn asked_of(&self, partition: &TopicPartition) -> Option<Asked> {
        let state = self.inner.state.borrow();
        let topic = state.topics.get(&partition.topic).filter(|topic| is_limited(&topic.config))?;
        let log = state.log_of(partition)?;
        Some(Asked {
            log: log.id(),
            topic: topic.row.clone(),
            start: log.start().clone(),
            retention_ms: topic.config.retention_ms(),
            retention_bytes: topic.config.retention_bytes(),
        })
    }

    /// Counts the bytes of a log's rows: all of them the first time, and then those that are new.
    async fn measure(&self, asked: &Asked) -> Result<u64, StorageError> {
        let holds = |known: &Measure| known.topic == asked.topic && known.start == asked.start.row;
        let known = self.inner.measured.borrow().get(&asked.log).filter(|known| holds(known)).cloned();
        let (topic, start) = (asked.topic.clone(), asked.start.row.clone());
        let mut measure = known.unwrap_or(Measure { topic, start, last: None, bytes: 0 });
        loop {
            let after = measure.last.as_ref();
            let storage = &self.inner.storage;
            let page = load::some_rows_after(storage, asked.log, after, RETENTION_STEP_ROWS).await?;
            let counted = page.iter().filter(|row| asked.counts(row)).map(|row| u64::from(row.bytes));
            measure.bytes = counted.fold(measure.bytes, u64::saturating_add);
            measure.last = page.last().copied().or(measure.last);
            // A page that is not full is the last one; a full one is followed by keys that are larger, so this ends.
            if page.len() < RETENTION_STEP_ROWS {
                let bytes = measure.bytes;
                self.inner.measured.borrow_mut().insert(asked.log, measure);
                return Ok(bytes);
            }
        }
    }

    /// Takes off what was deleted: what is left holds for the log as it is then.
    fn measured_less(&self, asked: &Asked, gone: &[ChunkKey], then: &Asked) {
        if let Some(measure) = self.inner.measured.borrow_mut().get_mut(&asked.log)
            && measure.start == asked.start.row
        {
            let counted = gone.iter().filter(|row| asked.counts(row)).map(|row| u64::from(row.bytes));
            measure.bytes = counted.fold(measure.bytes, u64::saturating_sub);
            measure.start.clone_from(&then.start.row);
            measure.topic.clone_from(&then.topic);
        }
    }

    /// Decides on the deletion of the rows up to `last`; `None` when the topic or the log is not as it was any more.
    fn plan_to_drop(
        &self,
        partition: &TopicPartition,
        asked: &Asked,
        last: &ChunkKey,
        is_last: bool,
    ) -> Result<Option<(Truncation, WriteBatch)>, StorageError> {
        let state = self.inner.state.borrow();
        let (Some(topic), Some(log)) = (state.topics.get(&partition.topic), state.logs.get(&asked.log))
        else {
            return Ok(None);
        };
        if topic.row != asked.topic || log.start().row != asked.start.row {
            return Ok(None);
        }
        let Some(truncation) = log.decide_to_drop(last, is_last)? else { return Ok(None) };
        let mut batch = WriteBatch::default();
        batch.expectations.push(topic.expectation(&partition.topic));
        truncation.write_to(log, &mut batch);
        Ok(Some((truncation, batch)))
    }
}

fn is_limited(config: &TopicConfig) -> bool {
    config.retention_ms().is_some() || config.retention_bytes().is_some()
}
