//! The records of Kafka's internal topics, and control records, as fields: what groups committed, which transactions are open,
//! what the cluster consists of.
//!
//! | topic | keys and values |
//! |---|---|
//! | `__consumer_offsets` | committed offsets, classic groups, consumer groups (KIP-848), share groups (KIP-932), streams groups (KIP-1071) |
//! | `__transaction_state` | transactional ids |
//! | `__share_group_state` | what share groups were given (KIP-932) |
//! | `__cluster_metadata` | topics, partitions, brokers, configs and all else that a controller knows (KIP-631) |
//!
//! What is decoded has the names, the order and the JSON of Kafka's own decoders (`kafka-dump-log`). A kind of record or a
//! version that Kafka 4.4 does not have is no error: its bytes are shown with its number. Damaged bytes give the fields in
//! front of the damage, the rest as bytes under `undecoded`, and an error that names the field.

mod cluster_metadata;
mod consumer_offsets;
mod control;
mod coordinator;
mod reader;
mod schema;
mod share_group_state;
mod summary;
#[cfg(test)]
mod tests;
mod transaction_state;
mod tree;

use std::fmt;

use serde::{Deserialize, Serialize};

use coordinator::Topic;
use reader::{Fault, Leftover, Reader};
use schema::Message;
pub use tree::Tree;

/// Decodes the keys and values of one internal topic. Control records are the same in every topic: [`control_key`] and
/// [`control_value`] decode those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Decoder {
    /// `__consumer_offsets`.
    ConsumerOffsets,
    /// `__transaction_state`.
    TransactionState,
    /// `__share_group_state`.
    ShareGroupState,
    /// `__cluster_metadata`, and the snapshots of it.
    ClusterMetadata,
}

/// Chooses the decoder of a topic by its name; `None` for topics that are not Kafka's own.
pub fn decoder_for(topic: &str) -> Option<Decoder> {
    match topic {
        "__consumer_offsets" => Some(Decoder::ConsumerOffsets),
        "__transaction_state" => Some(Decoder::TransactionState),
        "__share_group_state" => Some(Decoder::ShareGroupState),
        "__cluster_metadata" => Some(Decoder::ClusterMetadata),
        _ => None,
    }
}

impl Decoder {
    /// Decodes a key; `None` is null. O(bytes).
    pub fn key(self, key: Option<&[u8]>) -> Decoded {
        match (self.coordinator_topic(), key) {
            (_, None) => Decoded::null("no key"),
            (Some(topic), Some(key)) => topic.key(key),
            (None, Some(key)) => {
                let summary = format!("{} bytes: records of this topic have no keys", key.len());
                let tree = Tree::Fields(vec![("undecoded", Tree::Bytes(key.to_vec()))]);
                Decoded { summary, tree, ..Decoded::default() }
            }
        }
    }

    /// Decodes a value; `None` is a tombstone. The key says what the value is, and the summary is about both. O(bytes).
    pub fn value(self, key: Option<&[u8]>, value: Option<&[u8]>) -> Decoded {
        match (self.coordinator_topic(), value) {
            (Some(topic), value) => topic.value(key, value),
            (None, None) => Decoded::null("no value"),
            (None, Some(value)) => cluster_metadata::value(value),
        }
    }

    fn coordinator_topic(self) -> Option<&'static Topic> {
        match self {
            Self::ConsumerOffsets => Some(&consumer_offsets::TOPIC),
            Self::TransactionState => Some(&transaction_state::TOPIC),
            Self::ShareGroupState => Some(&share_group_state::TOPIC),
            Self::ClusterMetadata => None,
        }
    }
}

/// Decodes the key of a control record, of any topic: which kind it is; `None` is null.
pub fn control_key(key: Option<&[u8]>) -> Decoded {
    control::key(key)
}

/// Decodes the value of a control record, of any topic, as its key says; `None` is null.
pub fn control_value(key: Option<&[u8]>, value: Option<&[u8]>) -> Decoded {
    control::value(key, value)
}

/// A key or a value, decoded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decoded {
    /// What Kafka calls such a message: `OffsetCommitValue`; `None` if its kind is not known.
    pub name: Option<&'static str>,
    /// The version it was written in; `None` where there is none.
    pub version: Option<i64>,
    /// One line for the grid, with nothing invisible in it; at most [`crate::limits::PREVIEW_CHARS`] characters.
    pub summary: String,
    /// All fields, with type and version as `kafka-dump-log` prints them: `{"version":"4","data":{…}}`.
    pub tree: Tree,
    /// Why not all of it could be decoded, though its kind and version are known.
    pub error: Option<DecodeError>,
}

impl Decoded {
    fn null(summary: &str) -> Self {
        Self { summary: summary.into(), ..Self::default() }
    }
}

/// Says which field could not be decoded, where it is, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeError {
    /// The way to the field: `members[3].clientId`; empty for the whole.
    pub field: String,
    /// Bytes of the key or value in front of the place.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "at byte {}: {}", self.position, self.reason),
            field => write!(f, "{field}, at byte {}: {}", self.position, self.reason),
        }
    }
}

impl std::error::Error for DecodeError {}

impl From<Fault> for DecodeError {
    fn from(fault: Fault) -> Self {
        Self { field: fault.field, position: fault.position, reason: fault.reason }
    }
}

/// What stands in front of a message, and the message's own fields when they follow.
#[derive(Debug)]
struct Frame<'a> {
    reader: Reader<'a>,
    head: Vec<(&'static str, Tree)>,
}

impl<'a> Frame<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes), head: Vec::new() }
    }

    /// Ends with a message of a known version.
    fn message(self, message: &Message, version: u8) -> Decoded {
        self.message_with_leftover(message, version).0
    }

    /// As [`Frame::message`]; gives also what one needs to read on within its fields of bytes.
    fn message_with_leftover(mut self, message: &Message, version: u8) -> (Decoded, Leftover) {
        let (data, fault) = self.reader.message(message, version);
        self.head.push(("data", data));
        let error = fault.map(DecodeError::from);
        let known =
            Decoded { name: Some(message.name), version: Some(version.into()), error, ..Decoded::default() };
        self.push_rest();
        let decoded = Decoded { tree: Tree::Fields(self.head), ..known };
        (decoded, self.reader.leftover())
    }

    /// Ends with bytes that are not understood: no error, but nothing more to say.
    fn unknown(self, name: Option<&'static str>, version: Option<i64>, what: &str) -> Decoded {
        let summary = match self.reader.rest().len() {
            1 => format!("{what}: 1 byte"),
            bytes => format!("{what}: {bytes} bytes"),
        };
        self.end(Decoded { name, version, summary, ..Decoded::default() })
    }

    /// Ends with what stands in front itself being damaged.
    fn broken(self, fault: Fault) -> Decoded {
        let error = DecodeError::from(fault);
        let summary = format!("damaged: {error}");
        Decoded { error: Some(error), ..self.end(Decoded { summary, ..Decoded::default() }) }
    }

    fn end(mut self, decoded: Decoded) -> Decoded {
        self.push_rest();
        Decoded { tree: Tree::Fields(self.head), ..decoded }
    }

    fn push_rest(&mut self) {
        if !self.reader.rest().is_empty() {
            self.head.push(("undecoded", Tree::Bytes(self.reader.rest().to_vec())));
        }
    }
}
