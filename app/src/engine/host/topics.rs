//! Topics: listing, making, describing, changing, deleting.

use tablog_core::broker::{PartitionDescription, TopicDescription};
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName, TopicPartition};
use tablog_core::partitioner::partition_for;

use super::Host;
use crate::engine::logic::words::left_out;
use crate::engine::protocol::{
    ConfigEntry, Event, Failure, PartitionSummary, Reply, TopicDetails, TopicSummary,
};

impl Host {
    /// Lists the topics by name.
    pub async fn list_topics(&self) -> Result<Vec<TopicSummary>, Failure> {
        let topics = self.broker().list_topics().await?;
        Ok(topics.iter().map(summary).collect())
    }

    /// Tells the page of topics that cannot be read, whenever others can't than the last time.
    pub fn tell_of_unreadable(&self) {
        let unreadable = self.broker().unreadable_topics();
        if *self.unreadable_told.borrow() == unreadable {
            return;
        }
        if let (Some(sentence), Some((_, error))) = (left_out(&unreadable), unreadable.first()) {
            self.port.tell(Event::Storage(Failure { sentence, ..error.clone().into() }));
        }
        self.unreadable_told.replace(unreadable);
    }

    /// Makes a topic.
    pub async fn create_topic(
        &self,
        name: &str,
        partitions: i32,
        configs: &[(String, String)],
    ) -> Result<TopicDetails, Failure> {
        let name = TopicName::parse(name)?;
        let made = self.broker().create_topic(&name, partitions, configs).await?;
        self.keep_ballast();
        Ok(details(&made))
    }

    /// Describes a topic.
    pub async fn describe_topic(&self, name: &str) -> Result<TopicDetails, Failure> {
        Ok(details(&self.broker().describe_topic(&TopicName::parse(name)?).await?))
    }

    /// Sets configs, leaving the others.
    pub async fn alter_configs(
        &self,
        name: &str,
        configs: &[(String, Option<String>)],
    ) -> Result<TopicDetails, Failure> {
        self.broker().alter_configs(&TopicName::parse(name)?, configs).await?;
        self.describe_topic(name).await
    }

    /// Deletes a topic and its records.
    pub async fn delete_topic(&self, name: &str) -> Result<Reply, Failure> {
        let deleted = self.broker().delete_topic(&TopicName::parse(name)?).await?;
        Ok(Reply::Deleted { records: deleted.records, bytes: deleted.bytes })
    }

    /// Deletes a partition's records before an offset.
    pub async fn delete_records(
        &self,
        name: &str,
        partition: i32,
        before: i64,
    ) -> Result<TopicDetails, Failure> {
        let partition =
            TopicPartition { topic: TopicName::parse(name)?, partition: PartitionId::new(partition) };
        self.broker().delete_records(&partition, Offset::new(before)).await?;
        self.describe_topic(name).await
    }

    /// Tells where a key would go.
    pub async fn partition_for(&self, name: &str, key: &[u8]) -> Result<i32, Failure> {
        let source = self.broker().source(&TopicName::parse(name)?).await?;
        Ok(partition_for(key, tablog_core::source::Source::partitions(&source)).value())
    }
}

fn summary(topic: &TopicDescription) -> TopicSummary {
    TopicSummary {
        name: topic.name.to_string(),
        topic_id: topic.topic_id.to_string(),
        partitions: i32::try_from(topic.partitions.len()).unwrap_or(i32::MAX),
        records: topic.records(),
        bytes: topic.bytes(),
        last_timestamp: topic.max_timestamp().map(Timestamp::millis),
    }
}

fn details(topic: &TopicDescription) -> TopicDetails {
    TopicDetails {
        summary: summary(topic),
        partitions: topic.partitions.iter().map(partition).collect(),
        configs: topic
            .config
            .entries()
            .into_iter()
            .map(|entry| ConfigEntry {
                name: entry.name.to_owned(),
                value: entry.value,
                is_default: entry.is_default,
                help: crate::engine::logic::words::capitalized(entry.allowed),
            })
            .collect(),
    }
}

fn partition(partition: &PartitionDescription) -> PartitionSummary {
    PartitionSummary {
        partition: partition.partition.value(),
        log_start_offset: partition.log_start_offset.value(),
        high_watermark: partition.high_watermark.value(),
        records: partition.records,
        bytes: partition.bytes,
        last_timestamp: partition.max_timestamp.map(Timestamp::millis),
    }
}
