//! Deleting topics, also where nothing else fits on the disk any more.

use crate::broker::rows::{Ending, ended_row};
use crate::broker::state::Topic;
use crate::broker::watch::Change;
use crate::broker::{Broker, DeleteTopicError, DescribeTopicError};
use crate::env::Env;
use crate::ids::TopicName;
use crate::limits::CONFLICT_RETRIES_MAX;
use crate::storage::key::{ChunkKey, MetaKey};
use crate::storage::{Durability, KeyRange, Storage, StorageError, Table, Write, WriteBatch};

/// What went with a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeletedTopic {
    /// Records deleted.
    pub records: u64,
    /// Bytes deleted.
    pub bytes: u64,
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Deletes a topic with all its records. Who is producing to it learns that it is gone, and writes nothing any more.
    ///
    /// # Errors
    /// `UnknownTopic`, `Contended`, or what storage reports.
    pub async fn delete_topic(&self, name: &TopicName) -> Result<DeletedTopic, DeleteTopicError> {
        for _ in 0..=CONFLICT_RETRIES_MAX {
            let _held = self.hold_appends().await;
            // What others appended goes too, and counts.
            self.refresh_partitions(&self.partitions_of(name)).await?;
            let description = match self.describe_topic(name).await {
                Ok(description) => description,
                Err(DescribeTopicError::UnknownTopic(name)) => {
                    return Err(DeleteTopicError::UnknownTopic(name));
                }
                Err(DescribeTopicError::Storage(error)) => return Err(error.into()),
            };
            let topic = self.inner.state.borrow().topics.get(name).cloned();
            let topic = topic.ok_or_else(|| DeleteTopicError::UnknownTopic(name.clone()))?;
            match self.commit_deletion(name, &topic).await {
                Ok(()) => {}
                Err(StorageError::Conflict(_)) => continue,
                Err(error) if self.stored_topic(name).await?.is_some_and(|stored| stored.id == topic.id) => {
                    return Err(error.into());
                }
                Err(_) => {}
            }
            let mut state = self.inner.state.borrow_mut();
            state.remove_topic(name);
            state.meta_version = state.meta_version.saturating_add(1);
            state.tell(&[Change::Topic(name.clone())], true);
            return Ok(DeletedTopic { records: description.records(), bytes: description.bytes() });
        }
        Err(DeleteTopicError::Contended(name.clone()))
    }

    /// Commits the deletion, with what keeps those away who have not heard of it, and with a note that the topic was deleted, without
    /// which whoever remembers it takes its records for lost.
    async fn commit_deletion(&self, name: &TopicName, topic: &Topic) -> Result<(), StorageError> {
        let mut words = WriteBatch::default();
        if self.inner.state.borrow().guard_change(topic, &mut words).is_none() {
            return Err(StorageError::Conflict(format!("the topic \"{name}\" was changed meanwhile")));
        }
        words.writes.push(Write::Put {
            table: Table::Meta,
            key: MetaKey::Ended(topic.id).encode(),
            value: ended_row(name, self.inner.env.now(), &Ending::Deleted(&topic.logs)),
        });
        let without_words = plan_deletion(name, topic);
        let mut batch = without_words.clone();
        batch.expectations.append(&mut words.expectations);
        batch.writes.extend(words.writes.iter().cloned());
        match self.inner.storage.commit(&batch, Durability::Strict).await {
            Err(StorageError::QuotaExceeded) => {}
            committed => return committed,
        }
        // A full disk takes in nothing, and gives back: guards and note follow where the topic was, and take along what was appended
        // in between. If they do not, the topic is gone all the same: the worst is that it is called lost, and that a tab which has
        // not looked since leaves rows of no topic.
        self.inner.storage.commit(&without_words, Durability::Strict).await?;
        words.writes.extend(plan_removal(topic));
        drop(self.inner.storage.commit(&words, Durability::Strict).await);
        Ok(())
    }
}

fn plan_deletion(name: &TopicName, topic: &Topic) -> WriteBatch {
    let range = KeyRange::exactly(&MetaKey::Topic(name.clone()).encode());
    let mut writes = vec![Write::DeleteRange { table: Table::Meta, range }];
    writes.extend(plan_removal(topic));
    WriteBatch { expectations: vec![topic.expectation(name)], writes }
}

/// Removes all that the logs of a topic have, but for their guards.
fn plan_removal(topic: &Topic) -> Vec<Write> {
    let mut writes = Vec::new();
    // A topic's logs are numbered in one run, mostly: one range instead of a thousand.
    for run in topic.logs.chunk_by(|a, b| a.value().checked_add(1) == Some(b.value())) {
        let (Some(&first), Some(&last)) = (run.first(), run.last()) else { continue };
        let chunks = KeyRange { from: ChunkKey::range_of(first).from, to: ChunkKey::range_of(last).to };
        let starts = KeyRange {
            from: MetaKey::Log(first).encode().to_vec(),
            to: KeyRange::exactly(&MetaKey::Log(last).encode()).to,
        };
        writes.push(Write::DeleteRange { table: Table::Chunks, range: chunks });
        writes.push(Write::DeleteRange { table: Table::Meta, range: starts });
    }
    writes
}
