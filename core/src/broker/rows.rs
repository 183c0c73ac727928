//! The rows of the meta table that a broker keeps, as JSON. Field names and meanings are persisted; `docs/FORMAT.md` lists them.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::broker::state::Topic;
use crate::config::TopicConfig;
use crate::env::Env;
use crate::ids::{LogId, Timestamp, TopicId, TopicName};
use crate::log::start::{decode_row, encode_row};
use crate::storage::key::MetaKey;
use crate::storage::{Storage, StorageError, Table};

/// The store itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StoreRow {
    pub v: u32,
    pub cluster_id: String,
    pub next_log_id: u32,
}

/// One topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TopicRow {
    pub v: u32,
    /// 32 hexadecimal digits: JSON numbers do not hold 128 bits.
    pub topic_id: String,
    pub logs: Vec<LogId>,
    pub configs: BTreeMap<String, String>,
    pub created_ms: Timestamp,
    /// How often the row was changed: guards name it by that.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub changes: u64,
}

/// What one client appends to, and whether it waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ClientRow {
    pub v: u32,
    /// The commit that it came with, by the client's own count: no two notes are the same.
    pub commit: u64,
    pub at_ms: Timestamp,
    /// The logs that the client appends to without another note. Not `logs`: those of an ended topic's row lose their guards with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub appends_to: Vec<LogId>,
    /// Whether it keeps losing races and waits for its turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}

/// When a row was written, of a client or of a topic that ended: all that tells whether it may go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct DatedRow {
    pub at_ms: Timestamp,
    /// The logs of a topic that was deleted: their guards go with the row.
    #[serde(default)]
    pub logs: Vec<LogId>,
}

/// Describes an incarnation of a topic that ended, and the one that took its records over when some of them were lost; none when the
/// topic was deleted, and then its logs: what guards them goes with this row. A topic's name needs no escapes in JSON.
pub(super) fn ended_row(name: &TopicName, at: Timestamp, how: &Ending<'_>) -> Bytes {
    let how = match how {
        Ending::FollowedBy(id) => format!(",\"successor\":\"{id}\""),
        Ending::Deleted(logs) => {
            let logs: Vec<String> = logs.iter().map(|log| log.value().to_string()).collect();
            format!(",\"logs\":[{}]", logs.join(","))
        }
    };
    format!("{{\"v\":1,\"name\":\"{name}\",\"at_ms\":{at}{how}}}").into()
}

/// How an incarnation of a topic ended.
pub(super) enum Ending<'a> {
    /// Another one took its records over.
    FollowedBy(TopicId),
    /// It was deleted, with these logs.
    Deleted(&'a [LogId]),
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl StoreRow {
    /// Describes a new store, with an id as Kafka's `Uuid.randomUuid` prints it.
    pub fn new(env: &impl Env, next_log_id: u32) -> Self {
        let id = [env.random().to_be_bytes(), env.random().to_be_bytes()].concat();
        Self { v: 1, cluster_id: URL_SAFE_NO_PAD.encode(id), next_log_id }
    }

    /// Reads the row, and its bytes as they are stored; `None` when the store is new.
    pub async fn load(storage: &impl Storage) -> Result<Option<(Self, Bytes)>, StorageError> {
        let row = storage.get(Table::Meta, &MetaKey::Store.encode()).await?;
        row.map(|bytes| Ok((Self::decode(&bytes)?, bytes))).transpose()
    }

    pub fn decode(row: &[u8]) -> Result<Self, StorageError> {
        decode_row(row, "store")
    }

    pub fn encode(&self) -> Result<Bytes, StorageError> {
        encode_row(self)
    }
}

impl TopicRow {
    pub fn new(id: TopicId, logs: Vec<LogId>, config: &TopicConfig, created: Timestamp) -> Self {
        let mut configs = BTreeMap::new();
        configs.extend(config.overrides().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Self { v: 1, topic_id: id.to_string(), logs, configs, created_ms: created, changes: 0 }
    }

    /// Describes the topic with one more change, to these configs.
    pub fn changed(topic: &Topic, config: &TopicConfig) -> Self {
        let changes = topic.changes.saturating_add(1);
        Self { changes, ..Self::new(topic.id, topic.logs.clone(), config, topic.created) }
    }

    pub fn decode(row: &[u8]) -> Result<Self, StorageError> {
        decode_row(row, "topic")
    }

    pub fn encode(&self) -> Result<Bytes, StorageError> {
        encode_row(self)
    }

    pub fn topic_id(&self) -> Result<TopicId, StorageError> {
        u128::from_str_radix(&self.topic_id, 16)
            .map(TopicId::new)
            .map_err(|error| StorageError::Corrupt(format!("topic id \"{}\": {error}", self.topic_id)))
    }

    pub fn config(&self) -> Result<TopicConfig, StorageError> {
        // Whoever stored it knew it: a config that is not possible here is possible in a later version.
        TopicConfig::parse(&self.configs)
            .map_err(|error| StorageError::NewerVersion(format!("a stored topic config: {error}")))
    }
}

impl ClientRow {
    pub fn decode(row: &[u8]) -> Result<Self, StorageError> {
        decode_row(row, "client")
    }

    pub fn encode(&self) -> Result<Bytes, StorageError> {
        encode_row(self)
    }
}

impl DatedRow {
    pub fn decode(row: &[u8]) -> Result<Self, StorageError> {
        decode_row(row, "client, or of a topic that ended,")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::SimEnv;
    use crate::ids::Offset;
    use crate::log::{Boundary, LogStart};

    #[test]
    fn the_persisted_bytes_of_the_rows_stay_as_they_are() {
        let store = StoreRow { v: 1, cluster_id: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(), next_log_id: 4 };
        assert_eq!(
            store.encode().unwrap(),
            r#"{"v":1,"cluster_id":"AAAAAAAAAAAAAAAAAAAAAA","next_log_id":4}"#
        );
        let config = TopicConfig::parse([("max.message.bytes", "2000")]).unwrap();
        let logs = vec![LogId::new(1), LogId::new(2)];
        let topic = TopicRow::new(TopicId::new(258), logs, &config, Timestamp::from_millis(7));
        assert_eq!(
            topic.encode().unwrap(),
            concat!(
                r#"{"v":1,"topic_id":"00000000000000000000000000000102","logs":[1,2],"#,
                r#""configs":{"max.message.bytes":"2000"},"created_ms":7}"#
            )
        );
        let changed = TopicRow { changes: 3, ..topic.clone() };
        let text = String::from_utf8(changed.encode().unwrap().to_vec()).unwrap();
        assert!(text.ends_with(r#""created_ms":7,"changes":3}"#), "{text}");
        assert_eq!(TopicRow::decode(text.as_bytes()).unwrap(), changed);
        let at_ms = Timestamp::from_millis(8);
        let client = ClientRow { v: 1, commit: 9, at_ms, appends_to: vec![], waiting: false };
        assert_eq!(client.encode().unwrap(), r#"{"v":1,"commit":9,"at_ms":8}"#);
        assert_eq!(ClientRow::decode(br#"{"v":1,"commit":9,"at_ms":8}"#).unwrap(), client);
        let appending = ClientRow { appends_to: vec![LogId::new(3)], ..client.clone() };
        assert_eq!(appending.encode().unwrap(), r#"{"v":1,"commit":9,"at_ms":8,"appends_to":[3]}"#);
        assert_eq!(
            DatedRow::decode(&appending.encode().unwrap()).unwrap(),
            DatedRow { at_ms, logs: vec![] },
            "their guards stay when the note goes"
        );
        let waiting = ClientRow { waiting: true, ..client };
        assert_eq!(waiting.encode().unwrap(), r#"{"v":1,"commit":9,"at_ms":8,"waiting":true}"#);
        let (name, at) = (TopicName::parse("t").unwrap(), Timestamp::from_millis(8));
        let logs = [LogId::new(1), LogId::new(2)];
        let deleted = ended_row(&name, at, &Ending::Deleted(&logs));
        assert_eq!(deleted, r#"{"v":1,"name":"t","at_ms":8,"logs":[1,2]}"#);
        assert_eq!(DatedRow::decode(&deleted).unwrap(), DatedRow { at_ms: at, logs: logs.to_vec() });
        let followed = ended_row(&name, at, &Ending::FollowedBy(TopicId::new(258)));
        let successor = "00000000000000000000000000000102";
        assert_eq!(followed, format!(r#"{{"v":1,"name":"t","at_ms":8,"successor":"{successor}"}}"#));
        assert_eq!(DatedRow::decode(&followed).unwrap(), DatedRow { at_ms: at, logs: vec![] });
        assert_eq!(
            DatedRow::decode(&waiting.encode().unwrap()).unwrap(),
            DatedRow { at_ms: waiting.at_ms, logs: vec![] }
        );
        let boundary = Boundary {
            records: 3,
            bytes: 210,
            min_timestamp: Timestamp::NONE,
            max_timestamp: Timestamp::from_millis(17),
        };
        let start = LogStart::encode(Offset::new(42), Some(boundary)).unwrap();
        let row = start.row.clone().unwrap();
        assert_eq!(
            row,
            concat!(
                r#"{"v":1,"log_start_offset":42,"boundary":"#,
                r#"{"records":3,"bytes":210,"min_timestamp":-1,"max_timestamp":17}}"#
            )
        );
        assert_eq!(LogStart::parse(row).unwrap(), start);
        assert_eq!(TopicRow::decode(&topic.encode().unwrap()).unwrap(), topic);
        assert_eq!(topic.topic_id().unwrap(), TopicId::new(258));
        assert_eq!(topic.config().unwrap(), config);
    }

    #[test]
    fn a_row_of_a_later_version_is_refused_and_not_misread() {
        let error = TopicRow::decode(br#"{"v":2,"shards":[]}"#).unwrap_err();
        assert!(matches!(error, StorageError::NewerVersion(_)), "{error}");
        let error = TopicRow::decode(b"{").unwrap_err();
        assert!(matches!(error, StorageError::Corrupt(_)), "{error}");
    }

    #[test]
    fn a_cluster_id_has_kafkas_22_characters() {
        let env = SimEnv::new(3, Timestamp::from_millis(0));
        assert_eq!(StoreRow::new(&env, 1).cluster_id.len(), 22);
    }
}
