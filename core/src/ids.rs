//! The numbers and names that mean something: each is a type of its own, so that an offset never meets a partition.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::limits::TOPIC_NAME_LENGTH_MAX;

/// Names one record's place in a partition, counted from 0. Negative values never occur in a stored log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Offset(i64);

impl Offset {
    /// The first offset of every new partition.
    pub const ZERO: Self = Self(0);

    /// Wraps a raw offset.
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// Returns the raw 64-bit offset.
    pub const fn value(self) -> i64 {
        self.0
    }

    /// Returns the offset after this one, saturating at the largest.
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns the offset `records` further on, saturating at the largest.
    pub const fn advance(self, records: i64) -> Self {
        Self(self.0.saturating_add(records))
    }

    /// Counts the offsets from `earlier` up to this one; negative when `earlier` is later.
    pub const fn distance_from(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Numbers a partition within its topic, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartitionId(i32);

impl PartitionId {
    /// Wraps a raw partition number.
    pub const fn new(value: i32) -> Self {
        Self(value)
    }

    /// Returns the raw partition number.
    pub const fn value(self) -> i32 {
        self.0
    }

    /// Returns the partition as a list index, or `None` when it is negative.
    pub fn index(self) -> Option<usize> {
        usize::try_from(self.0).ok()
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A moment in milliseconds since 1970-01-01 UTC, as Kafka stores it; -1 means "none".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Kafka's `RecordBatch.NO_TIMESTAMP`.
    pub const NONE: Self = Self(-1);

    /// Wraps milliseconds since the epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Returns milliseconds since the epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Identifies one incarnation of a topic: a topic that is deleted and made again gets another one (KIP-516).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicId(u128);

impl TopicId {
    /// Wraps 128 random bits.
    pub const fn new(value: u128) -> Self {
        Self(value)
    }

    /// Returns the 128 bits.
    pub const fn value(self) -> u128 {
        self.0
    }
}

impl fmt::Display for TopicId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Numbers one partition's log in the store. Handed out once and never again, so that a deleted topic's rows can never
/// be taken for a new topic's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LogId(u32);

impl LogId {
    /// Wraps a log number.
    pub const fn new(value: u32) -> Self {
        Self(value)
    }

    /// Returns the log number.
    pub const fn value(self) -> u32 {
        self.0
    }
}

/// A topic's name that keeps Kafka's rules (`org.apache.kafka.common.internals.Topic.validate`): 1 to 249 characters out of
/// `[a-zA-Z0-9._-]`, and neither `.` nor `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TopicName(Arc<str>);

/// Says which of Kafka's rules a topic name breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicNameError {
    /// The name has no characters.
    #[error("a topic name needs at least one character")]
    Empty,
    /// The name is `.` or `..`.
    #[error("a topic cannot be named \"{0}\": the names \".\" and \"..\" are not allowed")]
    Dots(String),
    /// The name is longer than Kafka allows.
    #[error("the topic name is {length} characters long; Kafka allows {TOPIC_NAME_LENGTH_MAX}")]
    TooLong {
        /// Characters in the refused name.
        length: usize,
    },
    /// The name holds a character outside `[a-zA-Z0-9._-]`.
    #[error(
        "{character:?} at position {position} is not allowed in a topic name: use letters a-z and A-Z, digits, '.', '_' and '-'"
    )]
    Character {
        /// The first character that is not allowed.
        character: char,
        /// Its place in the name, counted in characters from 1.
        position: usize,
    },
}

impl TopicName {
    /// Parses a name; the only way to get one.
    ///
    /// # Errors
    /// Names the first rule that the name breaks.
    pub fn parse(name: &str) -> Result<Self, TopicNameError> {
        if name.is_empty() {
            return Err(TopicNameError::Empty);
        }
        if name == "." || name == ".." {
            return Err(TopicNameError::Dots(name.to_owned()));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some((index, character)) = name.chars().enumerate().find(|&(_, c)| !allowed(c)) {
            return Err(TopicNameError::Character { character, position: index.saturating_add(1) });
        }
        if name.len() > TOPIC_NAME_LENGTH_MAX {
            return Err(TopicNameError::TooLong { length: name.len() });
        }
        Ok(Self(name.into()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the name as Kafka compares it for collisions: in metric names `.` and `_` are the same.
    pub fn collision_key(&self) -> String {
        self.0.replace('.', "_")
    }
}

impl fmt::Display for TopicName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TopicName {
    type Error = TopicNameError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        Self::parse(&name)
    }
}

impl From<TopicName> for String {
    fn from(name: TopicName) -> Self {
        name.as_str().to_owned()
    }
}

/// Names one partition of one topic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TopicPartition {
    /// The topic.
    pub topic: TopicName,
    /// The partition within it.
    pub partition: PartitionId,
}

impl fmt::Display for TopicPartition {
    /// Writes `topic-partition`, as Kafka names the folder.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.topic, self.partition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topic_names_keep_kafkas_rules() {
        for good in ["a", "orders", "A.b_c-9", "...", "__consumer_offsets", &"x".repeat(249)] {
            assert_eq!(TopicName::parse(good).unwrap().as_str(), good);
        }
        assert_eq!(TopicName::parse(""), Err(TopicNameError::Empty));
        assert_eq!(TopicName::parse(".."), Err(TopicNameError::Dots("..".into())));
        assert_eq!(TopicName::parse(&"x".repeat(250)), Err(TopicNameError::TooLong { length: 250 }));
        assert_eq!(TopicName::parse("größe"), Err(TopicNameError::Character { character: 'ö', position: 3 }));
        assert_eq!(TopicName::parse("a b"), Err(TopicNameError::Character { character: ' ', position: 2 }));
    }

    #[test]
    fn names_that_differ_in_dot_and_underscore_only_collide() {
        let dotted = TopicName::parse("my.topic").unwrap();
        let underscored = TopicName::parse("my_topic").unwrap();
        assert_ne!(dotted, underscored);
        assert_eq!(dotted.collision_key(), underscored.collision_key());
    }

    #[test]
    fn offsets_stop_at_the_largest_instead_of_wrapping() {
        assert_eq!(Offset::new(i64::MAX).next(), Offset::new(i64::MAX));
        assert_eq!(Offset::new(7).advance(3), Offset::new(10));
        assert_eq!(Offset::new(10).distance_from(Offset::new(7)), 3);
    }
}
