//! What the engines of several tabs tell each other: which topics and partitions changed, so that nobody has to look at all of them.

use std::collections::{BTreeMap, BTreeSet};

use tablog_core::broker::Change;
use tablog_core::ids::{PartitionId, TopicName, TopicPartition};

/// A message: the topics that changed, each with those of its partitions that grew or start later.
type News = BTreeMap<TopicName, BTreeSet<PartitionId>>;

/// Where to look for what others did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// Everywhere: nobody said where.
    Everywhere,
    /// At the topics, and at these partitions.
    At(BTreeSet<TopicPartition>),
}

impl Look {
    /// Takes what another message says along.
    pub fn merge(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::At(here), Self::At(there)) => here.extend(there),
            _ => *self = Self::Everywhere,
        }
    }
}

/// Encodes what changed.
///
/// # Errors
/// Says why it cannot be encoded.
pub fn encode<'a>(changes: impl IntoIterator<Item = &'a Change>) -> Result<Vec<u8>, String> {
    let mut news = News::new();
    for change in changes {
        match change {
            Change::Topic(topic) => drop(news.entry(topic.clone()).or_default()),
            Change::Partition(TopicPartition { topic, partition }) => {
                news.entry(topic.clone()).or_default().insert(*partition);
            }
        }
    }
    postcard::to_stdvec(&news).map_err(|error| error.to_string())
}

/// Decodes what another tab says. What cannot be understood still says that something changed.
pub fn decode(message: &[u8]) -> Look {
    let Ok(news) = postcard::from_bytes::<News>(message) else { return Look::Everywhere };
    let partitions = news.into_iter().flat_map(|(topic, partitions)| {
        partitions.into_iter().map(move |partition| TopicPartition { topic: topic.clone(), partition })
    });
    let mut at = BTreeSet::new();
    at.extend(partitions);
    Look::At(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(topic: &str, partition: i32) -> TopicPartition {
        TopicPartition { topic: TopicName::parse(topic).unwrap(), partition: PartitionId::new(partition) }
    }

    #[test]
    fn another_tab_hears_of_the_very_partitions_that_changed() {
        let places = [place("a", 0), place("a", 999), place("b", 7)];
        let mut changes: Vec<Change> = places.iter().cloned().map(Change::Partition).collect();
        changes.push(Change::Topic(TopicName::parse("new").unwrap()));
        assert_eq!(decode(&encode(&changes).unwrap()), Look::At(BTreeSet::from(places)));
        let only_a_topic = encode(&changes[3..]).unwrap();
        assert_eq!(decode(&only_a_topic), Look::At(BTreeSet::new()), "the topics are looked at all the same");
    }

    #[test]
    fn a_message_that_is_not_understood_means_looking_everywhere() {
        // A name that is none, and bytes that end too early.
        let wrong_name = postcard::to_stdvec(&BTreeMap::from([("a b", [1])])).unwrap();
        for message in [&wrong_name[..], &[1, 5], &[]] {
            assert_eq!(decode(message), Look::Everywhere, "{message:?}");
        }
    }

    #[test]
    fn two_looks_are_one_at_all_that_both_meant() {
        let at = |places: &[TopicPartition]| Look::At(places.iter().cloned().collect());
        let mut look = at(&[place("a", 0), place("a", 1)]);
        look.merge(at(&[place("a", 1), place("b", 0)]));
        assert_eq!(look, at(&[place("a", 0), place("a", 1), place("b", 0)]));
        look.merge(Look::Everywhere);
        look.merge(at(&[place("c", 0)]));
        assert_eq!(look, Look::Everywhere);
    }
}
