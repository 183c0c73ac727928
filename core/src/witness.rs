//! What was acknowledged, remembered outside of the store: it tells a store that lost records from one that never had them.
//!
//! A browser may delete a site's database and keep its smaller things; a disk may give back less than was written. Neither says so.
//! The testimony names the store, each topic's incarnation and where each partition ended; whoever opens the store compares.
//!
//! It is a text like Kafka's checkpoints: a version, the store and when this was noted, then a line for each topic with the first
//! offset of each partition and the one behind its last, and a line for each loss that was found.
//!
//! ```text
//! 1
//! AAAAAAAAAAAAAAAAAAAAAA 1795000000000
//! topic orders 00000000000000000000000000000102 0-1041 7-12
//! loss orders 00000000000000000000000000000102 1 12 18 end_gone 1794999000000 1795000000000
//! ```
//! A loss: topic, topic id, partition, from, to, cause, when the records were last known to be there, and when they were missed.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::broker::TopicDescription;
use crate::ids::{Offset, PartitionId, Timestamp, TopicName};

/// The first line of every text. Persisted.
const VERSION: &str = "1";

/// Keeps one text where the store's own fate does not reach it. Neither call may take long: they come between commits.
pub trait Witness {
    /// Returns what was noted last; `None` when nothing was, or when that is gone as well.
    fn recall(&self) -> Option<String>;

    /// Keeps a text in place of the one before.
    fn note(&self, testimony: &str);
}

/// Says what was acknowledged, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Testimony {
    /// The store's id.
    pub cluster_id: String,
    /// When it was noted.
    pub noted_ms: Timestamp,
    /// What every topic held.
    pub topics: BTreeMap<TopicName, Acknowledged>,
    /// What was found to be lost so far, the oldest first.
    pub losses: Vec<DataLossDetected>,
}

/// What one topic held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// Its incarnation, as 32 hexadecimal digits.
    pub topic_id: String,
    /// Of each partition, by number: the first offset, and the one behind the last.
    pub partitions: Vec<(Offset, Offset)>,
}

/// Says that records are gone which were stored or acknowledged before.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{topic}-{partition}: {offsets} lost: {cause}", offsets = offsets(*.from, *.to))]
pub struct DataLossDetected {
    /// The topic.
    pub topic: TopicName,
    /// The incarnation that they were of, as 32 hexadecimal digits.
    pub topic_id: String,
    /// The partition.
    pub partition: PartitionId,
    /// The first offset that is lost.
    pub from: Offset,
    /// The first offset behind it that is not.
    pub to: Offset,
    /// What became of them.
    pub cause: LossCause,
    /// When they were last known to be there; [`Timestamp::NONE`] when nobody noted that.
    pub noted_ms: Timestamp,
    /// When they were found missing.
    pub found_ms: Timestamp,
}

/// What became of lost records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LossCause {
    /// The whole store was gone, and another is in its place.
    #[error("the whole database was gone")]
    StoreGone,
    /// The topic was gone, and nobody had deleted it.
    #[error("the topic was gone, and nobody had deleted it")]
    TopicGone,
    /// The partition ended before them, although they had been acknowledged.
    #[error("they had been acknowledged, and the partition ended before them")]
    EndGone,
    /// No row holds them, while later ones are there.
    #[error("the rows that held them were gone")]
    RowsGone,
}

impl Testimony {
    /// Says what is acknowledged in a store, by the descriptions of its topics.
    pub fn of(
        cluster_id: String,
        topics: &[TopicDescription],
        losses: Vec<DataLossDetected>,
        noted_ms: Timestamp,
    ) -> Self {
        let acknowledged = |topic: &TopicDescription| Acknowledged {
            topic_id: topic.topic_id.to_string(),
            partitions: topic.partitions.iter().map(|it| (it.log_start_offset, it.high_watermark)).collect(),
        };
        let (described, mut topics) = (topics, BTreeMap::new());
        topics.extend(described.iter().map(|topic| (topic.name.clone(), acknowledged(topic))));
        Self { cluster_id, noted_ms, topics, losses }
    }

    /// Reads what [`Testimony::to_text`] wrote; `None` when it is something else, or a later version's.
    pub fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != VERSION {
            return None;
        }
        let (cluster_id, noted_ms) = lines.next()?.split_once(' ')?;
        let (cluster_id, noted_ms) = (cluster_id.to_owned(), Timestamp::from_millis(noted_ms.parse().ok()?));
        let mut testimony = Self { cluster_id, noted_ms, topics: BTreeMap::new(), losses: Vec::new() };
        for line in lines {
            let words: Vec<&str> = line.split(' ').collect();
            match words.as_slice() {
                ["topic", name, topic_id, partitions @ ..] => {
                    let partitions = partitions.iter().map(|it| bounds(it)).collect::<Option<_>>()?;
                    let known = Acknowledged { topic_id: (*topic_id).to_owned(), partitions };
                    testimony.topics.insert(TopicName::parse(name).ok()?, known);
                }
                ["loss", topic, topic_id, numbers @ .., cause, noted, found] => {
                    let [partition, from, to] = numbers else { return None };
                    testimony.losses.push(DataLossDetected {
                        topic: TopicName::parse(topic).ok()?,
                        topic_id: (*topic_id).to_owned(),
                        partition: PartitionId::new(partition.parse().ok()?),
                        from: Offset::new(from.parse().ok()?),
                        to: Offset::new(to.parse().ok()?),
                        cause: LossCause::ALL.into_iter().find(|known| known.name() == *cause)?,
                        noted_ms: Timestamp::from_millis(noted.parse().ok()?),
                        found_ms: Timestamp::from_millis(found.parse().ok()?),
                    });
                }
                _ => return None,
            }
        }
        Some(testimony)
    }

    /// Writes it as a text.
    pub fn to_text(&self) -> String {
        let mut lines = vec![VERSION.to_owned(), format!("{} {}", self.cluster_id, self.noted_ms)];
        for (name, Acknowledged { topic_id, partitions }) in &self.topics {
            let mut line = format!("topic {name} {topic_id}");
            for (start, end) in partitions {
                line.push_str(&format!(" {start}-{end}"));
            }
            lines.push(line);
        }
        for loss in &self.losses {
            let DataLossDetected { topic, topic_id, partition, from, to, cause, noted_ms, found_ms } = loss;
            let cause = cause.name();
            lines.push(format!(
                "loss {topic} {topic_id} {partition} {from} {to} {cause} {noted_ms} {found_ms}"
            ));
        }
        lines.join("\n")
    }

    /// Tells whether another one says the same, whenever that was noted.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        (&self.cluster_id, &self.topics, &self.losses) == (&other.cluster_id, &other.topics, &other.losses)
    }

    /// Names what a store does not hold any more of what was acknowledged. Whether a topic that is not there was deleted in good
    /// order, this cannot know.
    pub fn missing(
        &self,
        cluster_id: &str,
        stored: &[TopicDescription],
        found_ms: Timestamp,
    ) -> Vec<DataLossDetected> {
        let gone = if self.cluster_id == cluster_id { LossCause::TopicGone } else { LossCause::StoreGone };
        let mut missing = Vec::new();
        for (name, known) in &self.topics {
            let mut topics = stored.iter().filter(|topic| topic.name == *name);
            let topic = topics.find(|topic| topic.topic_id.to_string() == known.topic_id);
            for (partition, &(start, to)) in (0..).zip(&known.partitions) {
                let partition = PartitionId::new(partition);
                let stored = topic.and_then(|topic| {
                    topic.partitions.iter().find(|described| described.partition == partition)
                });
                let (from, cause) = match stored {
                    Some(stored) => (stored.high_watermark.max(start), LossCause::EndGone),
                    None => (start, gone),
                };
                if from < to {
                    let (topic, topic_id) = (name.clone(), known.topic_id.clone());
                    let noted_ms = self.noted_ms;
                    missing.push(DataLossDetected {
                        topic,
                        topic_id,
                        partition,
                        from,
                        to,
                        cause,
                        noted_ms,
                        found_ms,
                    });
                }
            }
        }
        missing
    }
}

impl LossCause {
    /// Every cause there is.
    pub const ALL: [Self; 4] = [Self::StoreGone, Self::TopicGone, Self::EndGone, Self::RowsGone];

    /// Returns the word for it in texts. Persisted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StoreGone => "store_gone",
            Self::TopicGone => "topic_gone",
            Self::EndGone => "end_gone",
            Self::RowsGone => "rows_gone",
        }
    }
}

impl DataLossDetected {
    /// Counts the offsets that are lost.
    pub fn offsets(&self) -> u64 {
        u64::try_from(self.to.distance_from(self.from)).unwrap_or(0)
    }

    /// Tells whether it is about the same records, whoever found them missing and when.
    pub fn is_about_the_same_as(&self, other: &Self) -> bool {
        (&self.topic, self.partition, self.from, self.to)
            == (&other.topic, other.partition, other.from, other.to)
    }
}

fn offsets(from: Offset, to: Offset) -> String {
    if to == from.next() {
        format!("offset {from} is")
    } else {
        format!("offsets {from} to {} are", to.advance(-1))
    }
}

fn bounds(text: &str) -> Option<(Offset, Offset)> {
    let (start, end) = text.split_once('-')?;
    Some((Offset::new(start.parse().ok()?), Offset::new(end.parse().ok()?)))
}

/// Remembers in memory: for tests, and for programs that keep the text elsewhere themselves.
#[derive(Debug, Default)]
pub struct MemoryWitness(RefCell<Option<String>>);

impl Witness for MemoryWitness {
    fn recall(&self) -> Option<String> {
        self.0.borrow().clone()
    }

    fn note(&self, testimony: &str) {
        self.0.replace(Some(testimony.to_owned()));
    }
}
