//! Topics: making, describing, listing and changing them.

use std::collections::BTreeSet;

use crate::broker::rows::{StoreRow, TopicRow};
use crate::broker::state::Topic;
use crate::broker::watch::Change;
use crate::broker::{AlterConfigsError, Broker, CreateTopicError, DescribeTopicError, make_store};
use crate::config::{ConfigName, TopicConfig};
use crate::env::Env;
use crate::ids::{LogId, Offset, PartitionId, Timestamp, TopicId, TopicName, TopicPartition};
use crate::limits::{CONFLICT_RETRIES_MAX, PARTITIONS_MAX, READ_RETRIES_MAX};
use crate::log::Log;
use crate::storage::key::MetaKey;
use crate::storage::{Durability, Expectation, Storage, StorageError, Table, Write, WriteBatch};

/// What there is to know of a topic without reading records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicDescription {
    /// Its name.
    pub name: TopicName,
    /// Its incarnation.
    pub topic_id: TopicId,
    /// When it was made.
    pub created: Timestamp,
    /// Its partitions, by number.
    pub partitions: Vec<PartitionDescription>,
    /// Its configs.
    pub config: TopicConfig,
}

/// One partition of a [`TopicDescription`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartitionDescription {
    /// The partition.
    pub partition: PartitionId,
    /// The first offset that can be fetched.
    pub log_start_offset: Offset,
    /// The offset that the next record gets.
    pub high_watermark: Offset,
    /// Records that can be fetched.
    pub records: u64,
    /// Bytes kept for them.
    pub bytes: u64,
    /// The largest timestamp; `None` when there are no records.
    pub max_timestamp: Option<Timestamp>,
}

impl TopicDescription {
    /// Counts the records of all partitions.
    pub fn records(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.records).sum()
    }

    /// Counts the bytes of all partitions.
    pub fn bytes(&self) -> u64 {
        self.partitions.iter().map(|partition| partition.bytes).sum()
    }

    /// Returns the largest timestamp in any partition.
    pub fn max_timestamp(&self) -> Option<Timestamp> {
        self.partitions.iter().filter_map(|partition| partition.max_timestamp).max()
    }
}

impl<S: Storage, E: Env> Broker<S, E> {
    /// Makes a topic with 1 to 1,000 empty partitions. Configs go by Kafka's names, see [`crate::config`].
    ///
    /// # Errors
    /// `Partitions`, `TopicExists`, `Collision` (Kafka's rule for '.' and '_'), `Config`, `Contended`, or what storage reports.
    pub async fn create_topic(
        &self,
        name: &TopicName,
        partitions: i32,
        configs: &[(String, String)],
    ) -> Result<TopicDescription, CreateTopicError> {
        if !(1..=PARTITIONS_MAX).contains(&partitions) {
            return Err(CreateTopicError::Partitions(partitions));
        }
        let config = TopicConfig::parse(configs.iter().map(|(name, value)| (name, value)))?;
        let id = self.random_topic_id();
        for _ in 0..=CONFLICT_RETRIES_MAX {
            let Some((store, store_row)) = StoreRow::load(&self.inner.storage).await? else {
                // Somebody wiped the store while it was open.
                make_store(&self.inner.storage, &self.inner.env).await?;
                continue;
            };
            // After the store's row, which every new topic changes: whatever is made after this look is a conflict. All names are
            // looked at, because others than this one may collide.
            self.refresh_meta().await?;
            self.check_free(name)?;
            let (batch, topic) = self.plan_topic(name, id, partitions, &config, (&store, store_row))?;
            match self.inner.storage.commit(&batch, Durability::Strict).await {
                Ok(()) => {}
                // Somebody else made a topic: perhaps this one, so look again.
                Err(StorageError::Conflict(_)) => continue,
                // The answer may be lost while the topic is there: its id tells.
                Err(error) if self.stored_topic(name).await?.is_none_or(|stored| stored.id != id) => {
                    return Err(error.into());
                }
                Err(_) => {}
            }
            self.created(name, topic);
            return match self.describe_topic(name).await {
                Ok(description) => Ok(description),
                Err(DescribeTopicError::Storage(error)) => Err(error.into()),
                Err(DescribeTopicError::UnknownTopic(_)) => Err(CreateTopicError::Contended),
            };
        }
        Err(CreateTopicError::Contended)
    }

    pub(super) fn random_topic_id(&self) -> TopicId {
        let [high, low] = [self.inner.env.random(), self.inner.env.random()];
        TopicId::new(u128::from(high) << 64 | u128::from(low))
    }

    fn check_free(&self, name: &TopicName) -> Result<(), CreateTopicError> {
        let state = self.inner.state.borrow();
        if state.topics.contains_key(name) || state.unreadable.contains_key(name) {
            return Err(CreateTopicError::TopicExists(name.clone()));
        }
        let key = name.collision_key();
        match state
            .topics
            .keys()
            .chain(state.unreadable.keys())
            .find(|existing| existing.collision_key() == key)
        {
            Some(existing) => {
                Err(CreateTopicError::Collision { name: name.clone(), existing: existing.clone() })
            }
            None => Ok(()),
        }
    }

    fn plan_topic(
        &self,
        name: &TopicName,
        id: TopicId,
        partitions: i32,
        config: &TopicConfig,
        (store, store_row): (&StoreRow, bytes::Bytes),
    ) -> Result<(WriteBatch, Topic), StorageError> {
        let first = store.next_log_id;
        let next = first
            .checked_add(partitions.unsigned_abs())
            .ok_or_else(|| StorageError::Other("the store has no log numbers left".to_owned()))?;
        let logs = (first..next).map(LogId::new).collect();
        let row = TopicRow::new(id, logs, config, self.inner.env.now()).encode()?;
        let store = StoreRow { next_log_id: next, ..store.clone() }.encode()?;
        let topic_key = MetaKey::Topic(name.clone()).encode();
        let store_key = MetaKey::Store.encode();
        let table = Table::Meta;
        let batch = WriteBatch {
            // Every new topic takes numbers from the store's row, so that no two can be made without knowing of each other.
            expectations: vec![
                Expectation::Value { table, key: store_key.clone(), value: Some(store_row) },
                Expectation::Value { table, key: topic_key.clone(), value: None },
            ],
            writes: vec![
                Write::Put { table, key: store_key, value: store },
                Write::Put { table, key: topic_key, value: row.clone() },
            ],
        };
        Ok((batch, Topic::parse(row)?))
    }

    fn created(&self, name: &TopicName, topic: Topic) {
        let mut state = self.inner.state.borrow_mut();
        state.put_topic(name, topic, Log::empty);
        state.meta_version = state.meta_version.saturating_add(1);
        state.tell(&[Change::Topic(name.clone())], true);
    }

    pub(super) async fn stored_topic(&self, name: &TopicName) -> Result<Option<Topic>, StorageError> {
        let row = self.inner.storage.get(Table::Meta, &MetaKey::Topic(name.clone()).encode()).await?;
        row.map(Topic::parse).transpose()
    }

    /// Describes a topic as this broker knows it; see [`Broker::refresh`] for what others did.
    ///
    /// # Errors
    /// `UnknownTopic`, or what storage reports.
    pub async fn describe_topic(&self, name: &TopicName) -> Result<TopicDescription, DescribeTopicError> {
        let unknown = || DescribeTopicError::UnknownTopic(name.clone());
        if !self.inner.state.borrow().topics.contains_key(name) {
            self.find_topic(name).await?;
        }
        for _ in 0..READ_RETRIES_MAX {
            let logs = self.inner.state.borrow().topic(name)?.ok_or_else(unknown)?.logs.clone();
            self.load_rows_of(&logs).await?;
            if let Some(description) = self.describe_known(name) {
                return Ok(description);
            }
        }
        self.inner.state.borrow().topic(name)?.ok_or_else(unknown)?;
        Err(StorageError::Conflict(format!("the topic \"{name}\" is being changed all the time")).into())
    }

    /// Describes every topic, by name. Leaves out those that cannot be read; see [`Broker::unreadable_topics`].
    ///
    /// # Errors
    /// What storage reports.
    pub async fn list_topics(&self) -> Result<Vec<TopicDescription>, StorageError> {
        for _ in 0..READ_RETRIES_MAX {
            let logs: Vec<LogId> = self.inner.state.borrow().logs.keys().copied().collect();
            self.load_rows_of(&logs).await?;
            let names: Vec<TopicName> = self.inner.state.borrow().topics.keys().cloned().collect();
            if let Some(all) = names.iter().map(|name| self.describe_known(name)).collect() {
                return Ok(all);
            }
        }
        Err(StorageError::Conflict("the topics are being changed all the time".to_owned()))
    }

    /// Returns the topics that are there but cannot be read, by name, and why: their rows are damaged, or a later version wrote
    /// them. All that is asked of one of them fails with this error.
    pub fn unreadable_topics(&self) -> Vec<(TopicName, StorageError)> {
        let state = self.inner.state.borrow();
        state.unreadable.iter().map(|(name, error)| (name.clone(), error.clone())).collect()
    }

    fn describe_known(&self, name: &TopicName) -> Option<TopicDescription> {
        let state = self.inner.state.borrow();
        let topic = state.topics.get(name)?;
        let describe = |(partition, log): (i32, &LogId)| {
            let bounds = state.logs.get(log)?.bounds()?;
            Some(PartitionDescription {
                partition: PartitionId::new(partition),
                log_start_offset: bounds.log_start_offset,
                high_watermark: bounds.high_watermark,
                records: bounds.records,
                bytes: bounds.bytes,
                max_timestamp: bounds.max_timestamp,
            })
        };
        Some(TopicDescription {
            name: name.clone(),
            topic_id: topic.id,
            created: topic.created,
            partitions: (0..).zip(&topic.logs).map(describe).collect::<Option<_>>()?,
            config: topic.config.clone(),
        })
    }

    pub(super) fn partitions_of(&self, name: &TopicName) -> BTreeSet<TopicPartition> {
        let partitions = 0..self.partitions(name).unwrap_or_default();
        let partitions = partitions
            .map(|partition| TopicPartition { topic: name.clone(), partition: PartitionId::new(partition) });
        // One by one: collecting would sort them first, with code of its own.
        let mut all = BTreeSet::new();
        all.extend(partitions);
        all
    }

    /// Returns how many partitions a topic has, as far as this broker knows; `None` when it knows no such topic.
    pub fn partitions(&self, name: &TopicName) -> Option<i32> {
        self.inner.state.borrow().topics.get(name).map(Topic::partitions)
    }

    /// Returns a topic's configs, as far as this broker knows; `None` when it knows no such topic.
    pub fn config(&self, name: &TopicName) -> Option<TopicConfig> {
        self.inner.state.borrow().topics.get(name).map(|topic| topic.config.clone())
    }

    /// Sets configs, leaving the others as they are; `None` takes one back to its default.
    ///
    /// # Errors
    /// `UnknownTopic`, `Config` (then nothing is changed), `Contended`, or what storage reports.
    pub async fn alter_configs(
        &self,
        name: &TopicName,
        configs: &[(String, Option<String>)],
    ) -> Result<(), AlterConfigsError> {
        for _ in 0..=CONFLICT_RETRIES_MAX {
            let _held = self.hold_appends().await;
            self.find_topic(name).await?;
            self.refresh_ends(name).await?;
            let topic = self.inner.state.borrow().topics.get(name).cloned();
            let topic = topic.ok_or_else(|| AlterConfigsError::UnknownTopic(name.clone()))?;
            let mut config = topic.config.clone();
            for (config_name, value) in configs {
                let config_name = ConfigName::parse(config_name)?;
                match value {
                    Some(value) => config.set(config_name, value)?,
                    None => config.reset(config_name),
                }
            }
            let row = TopicRow::changed(&topic, &config).encode()?;
            let (table, key) = (Table::Meta, MetaKey::Topic(name.clone()).encode());
            let writes = vec![Write::Put { table, key, value: row.clone() }];
            let mut batch = WriteBatch { expectations: vec![topic.expectation(name)], writes };
            if self.inner.state.borrow().guard_change(&topic, &mut batch).is_none() {
                continue;
            }
            // With a shorter retention it is what frees room.
            match self.commit_over_ballast(&batch, Durability::Strict).await {
                Ok(()) => {}
                Err(StorageError::Conflict(_)) => continue,
                Err(error) if self.stored_topic(name).await?.is_none_or(|stored| stored.row != row) => {
                    return Err(error.into());
                }
                // Another client may have made the very same change: then the logs end where it says, and not where they did for us.
                Err(_) => {
                    self.refresh_meta().await?;
                    self.inner.state.borrow().tell(&[Change::Topic(name.clone())], true);
                    return Ok(());
                }
            }
            let mut state = self.inner.state.borrow_mut();
            state.put_topic(name, Topic::parse(row)?, |log| Log::new(log, Default::default()));
            state.meta_version = state.meta_version.saturating_add(1);
            state.tell(&[Change::Topic(name.clone())], true);
            return Ok(());
        }
        Err(AlterConfigsError::Contended(name.clone()))
    }
}
