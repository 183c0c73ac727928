//! Deleting a partition's oldest records.

use crate::broker::watch::Change;
use crate::broker::{Broker, DeleteRecordsError};
use crate::env::Env;
use crate::ids::{LogId, Offset, TopicPartition};
use crate::limits::CONFLICT_RETRIES_MAX;
use crate::log::start::unreadable;
use crate::log::{Tail, Truncation, load};
use crate::storage::{Durability, Storage, StorageError, Table, WriteBatch};

impl<S: Storage, E: Env> Broker<S, E> {
    /// Deletes the records before an offset, as Kafka's `DeleteRecords` does: -1 stands for the high watermark, and an offset from
    /// 0 to the log start changes nothing. Returns the log start offset.
    ///
    /// Offsets are never given out again: an emptied partition goes on where it was.
    ///
    /// # Errors
    /// `UnknownTopicOrPartition`, `OffsetOutOfRange` after the high watermark or below -1, `Contended`, or what storage reports.
    pub async fn delete_records(
        &self,
        partition: &TopicPartition,
        before: Offset,
    ) -> Result<Offset, DeleteRecordsError> {
        // All means all that was there when it was asked for: of what comes in meanwhile nothing goes, and nothing is in the way.
        let mut all: Option<(LogId, Offset)> = None;
        for _ in 0..=CONFLICT_RETRIES_MAX {
            // What is deleted is meant by name: of the topic as it is now.
            self.find_topic(&partition.topic).await?;
            let log = self.log_id(partition);
            let log = log.ok_or_else(|| DeleteRecordsError::UnknownTopicOrPartition(partition.clone()))?;
            let target = match all {
                _ if before.value() != -1 => before,
                Some((of, end)) if of == log => end,
                _ => {
                    let end = load::tail(&self.inner.storage, log).await?.next_offset();
                    all.insert((log, end)).1
                }
            };
            self.refresh_log(partition, log).await?;
            self.load_rows(log).await?;
            let Some((start, end)) = self.bounds_of(log) else { continue };
            if target > end && all.is_some() {
                // What is known is from before that.
                continue;
            }
            // As in Kafka's `Partition.deleteRecordsOnLeader`: no other negative offset stands for anything.
            if target < Offset::ZERO || target > end {
                let partition = partition.clone();
                return Err(DeleteRecordsError::OffsetOutOfRange { partition, before, high_watermark: end });
            }
            if target <= start {
                return Ok(start);
            }
            if let Some(start) = self.try_delete(partition, log, target).await? {
                return Ok(start);
            }
        }
        Err(DeleteRecordsError::Contended(partition.clone()))
    }

    /// Deletes once; `None` when somebody else was quicker.
    async fn try_delete(
        &self,
        partition: &TopicPartition,
        log: LogId,
        before: Offset,
    ) -> Result<Option<Offset>, StorageError> {
        let across = self.inner.state.borrow().logs.get(&log).and_then(|log| log.row_across(before));
        let across = match across {
            None => None,
            Some(row) => match self.inner.storage.get(Table::Chunks, &row.encode()).await {
                Ok(Some(value)) => Some(value),
                // Deleted meanwhile.
                Ok(None) => return Ok(None),
                Err(StorageError::Corrupt(cause)) => return Err(unreadable(&row, before, &cause)),
                Err(error) => return Err(error),
            },
        };
        let Some((truncation, batch)) = self.plan_deletion_of(partition, log, before, across.as_ref())?
        else {
            return Ok(None);
        };
        self.commit_truncation(partition, log, truncation, batch).await
    }

    /// Commits a new start once; `None` when somebody else was quicker.
    pub(super) async fn commit_truncation(
        &self,
        partition: &TopicPartition,
        log: LogId,
        truncation: Truncation,
        batch: WriteBatch,
    ) -> Result<Option<Offset>, StorageError> {
        match self.commit_over_ballast(&batch, Durability::Strict).await {
            Ok(()) => {}
            Err(StorageError::Conflict(_)) => return Ok(None),
            // The answer may be lost while the deletion is done: the next round sees it.
            Err(error) => {
                return if self.refresh_log(partition, log).await? { Ok(None) } else { Err(error) };
            }
        }
        let mut state = self.inner.state.borrow_mut();
        let start = truncation.log_start_offset();
        if let Some(log) = state.logs.get_mut(&log) {
            log.truncated(truncation);
        }
        state.meta_version = state.meta_version.saturating_add(1);
        state.tell(&[Change::Partition(partition.clone())], true);
        Ok(Some(start))
    }

    fn plan_deletion_of(
        &self,
        partition: &TopicPartition,
        log: LogId,
        before: Offset,
        across: Option<&bytes::Bytes>,
    ) -> Result<Option<(Truncation, WriteBatch)>, StorageError> {
        let state = self.inner.state.borrow();
        let (Some(topic), Some(log)) = (state.topics.get(&partition.topic), state.logs.get(&log)) else {
            return Ok(None);
        };
        if !log.has_rows() || log.row_across(before).is_some() != across.is_some() {
            return Ok(None);
        }
        let truncation = log.decide_truncation(before, across)?;
        let mut batch = WriteBatch::default();
        batch.expectations.push(topic.expectation(&partition.topic));
        truncation.write_to(log, &mut batch);
        Ok(Some((truncation, batch)))
    }

    fn log_id(&self, partition: &TopicPartition) -> Option<LogId> {
        let state = self.inner.state.borrow();
        state.topics.get(&partition.topic)?.log(partition.partition)
    }

    fn bounds_of(&self, log: LogId) -> Option<(Offset, Offset)> {
        let state = self.inner.state.borrow();
        let log = state.logs.get(&log)?;
        log.has_rows().then_some(())?;
        Some((log.start().offset, log.tail().map_or(Offset::ZERO, Tail::next_offset)))
    }
}
