//! Control records: the ends of transactions (KIP-98), and what a Raft quorum writes about itself (KIP-595, KIP-630, KIP-853).
//! Consumers never see them.
//!
//! ```text
//!  key    ┌─────────────┬──────────┐      value  ┌─────────────┬─────────────────────────┐
//!         │ version i16 │ type i16 │             │ version i16 │ fields of that version  │
//!         └─────────────┴──────────┘             └─────────────┴─────────────────────────┘
//! ```
//! As Kafka's `ControlRecordType`, `EndTransactionMarker` and `ControlRecordUtils` have it.

use crate::internal::schema::{
    Field, INT16, INT32, INT64, Message, NEVER, TEXT, UINT16, UUID, field, message, structs, structure,
};
use crate::internal::tree::Tree;
use crate::internal::{Decoded, Frame, summary};

/// A kind of control record.
#[derive(Debug)]
struct ControlRecord {
    /// Persisted by Kafka.
    number: i16,
    name: &'static str,
    value: Message,
    summary: &'static str,
}

const fn control(number: i16, name: &'static str, value: Message, summary: &'static str) -> ControlRecord {
    ControlRecord { number, name, value, summary }
}

static RECORDS: &[ControlRecord] = &[
    control(0, "ABORT", END_TXN_MARKER, "transaction aborted, coordinator epoch {coordinatorEpoch}"),
    control(1, "COMMIT", END_TXN_MARKER, "transaction committed, coordinator epoch {coordinatorEpoch}"),
    control(2, "LEADER_CHANGE", LEADER_CHANGE_MESSAGE, "leader is {leaderId}, voters {voters#}"),
    control(3, "SNAPSHOT_HEADER", SNAPSHOT_HEADER_RECORD, "snapshot begins"),
    control(4, "SNAPSHOT_FOOTER", SNAPSHOT_FOOTER_RECORD, "snapshot ends"),
    control(5, "KRAFT_VERSION", KRAFT_VERSION_RECORD, "KRaft version {kRaftVersion}"),
    control(6, "KRAFT_VOTERS", VOTERS_RECORD, "KRaft voters {voters#}"),
];

const END_TXN_MARKER: Message = message("EndTxnMarker", 0, NEVER, &[field("coordinatorEpoch", INT32)]);

// What the quorum writes counts its version among its fields, so it is read from there.
const LEADER_CHANGE_MESSAGE: Message = message(
    "LeaderChangeMessage",
    1,
    0,
    &[field("leaderId", INT32), field("voters", structs(VOTER)), field("grantingVoters", structs(VOTER))],
);

const VOTER: &[Field] = &[field("voterId", INT32), field("voterDirectoryId", UUID).since(1)];

const SNAPSHOT_HEADER_RECORD: Message =
    message("SnapshotHeaderRecord", 0, 0, &[field("lastContainedLogTimestamp", INT64)]);

const SNAPSHOT_FOOTER_RECORD: Message = message("SnapshotFooterRecord", 0, 0, &[]);

const KRAFT_VERSION_RECORD: Message = message("KRaftVersionRecord", 0, 0, &[field("kRaftVersion", INT16)]);

const VOTERS_RECORD: Message = message("VotersRecord", 0, 0, &[field("voters", structs(VOTERS_VOTER))]);

const VOTERS_VOTER: &[Field] = &[
    field("voterId", INT32),
    field("voterDirectoryId", UUID),
    field("endpoints", structs(ENDPOINT)),
    field("kRaftVersionFeature", structure(KRAFT_VERSION_FEATURE)),
];

const ENDPOINT: &[Field] = &[field("name", TEXT), field("host", TEXT), field("port", UINT16)];

const KRAFT_VERSION_FEATURE: &[Field] =
    &[field("minSupportedVersion", INT16), field("maxSupportedVersion", INT16)];

/// Decodes a key; `None` is null.
pub(super) fn key(key: Option<&[u8]>) -> Decoded {
    key.map_or_else(|| Decoded::null("no key"), |key| key_of(key).1)
}

fn key_of(key: &[u8]) -> (Option<&'static ControlRecord>, Decoded) {
    let mut frame = Frame::new(key);
    let read = frame.reader.int16("version").and_then(|version| Ok((version, frame.reader.int16("type")?)));
    let (version, number) = match read {
        Ok(read) => read,
        Err(fault) => return (None, frame.broken(fault)),
    };
    frame.head.push(("version", Tree::Int(version.into())));
    // Every version begins with these two; what a later one adds is shown as bytes (`ControlRecordType.parse`).
    let record = RECORDS.iter().find(|record| record.number == number);
    let kind = record.map_or_else(|| Tree::text(number), |record| Tree::text(record.name));
    frame.head.push(("type", kind));
    let summary = match record {
        Some(record) => record.name.into(),
        None => format!("unknown control record {number}"),
    };
    let name = record.map(|_| "ControlRecordTypeSchema");
    (record, frame.end(Decoded { name, version: Some(version.into()), summary, ..Decoded::default() }))
}

/// Decodes a value; `None` is null.
pub(super) fn value(key: Option<&[u8]>, value: Option<&[u8]>) -> Decoded {
    let (record, about) = key.map_or_else(|| (None, Decoded::null("no key")), key_of);
    let Some(value) = value else {
        return summary::of(Decoded::default(), &format!("{}, no value", about.summary));
    };
    let mut frame = Frame::new(value);
    let version = match frame.reader.int16("version") {
        Ok(version) => version,
        Err(fault) => return summary::of(frame.broken(fault), &about.summary),
    };
    frame.head.push(("version", Tree::Int(version.into())));
    let Some(record) = record else {
        let what = format!("{}, version {version}", about.summary);
        return frame.unknown(None, Some(version.into()), &what);
    };
    let Some(known) = record.value.known(version) else {
        let what = format!("{}, unknown version {version}", about.summary);
        return frame.unknown(Some(record.value.name), Some(version.into()), &what);
    };
    let mut decoded = frame.message(&record.value, known);
    let line = decoded.tree.get("data").map(|data| summary::fill(record.summary, data));
    flatten(&mut decoded.tree);
    summary::of(decoded, &line.unwrap_or_default())
}

/// Puts the message's fields beside its version: Kafka's tool prints control records so.
fn flatten(tree: &mut Tree) {
    let Tree::Fields(fields) = tree else { return };
    let Some(at) = fields.iter().position(|field| field.0 == "data") else { return };
    if let (_, Tree::Fields(data)) = fields.remove(at) {
        let after = fields.split_off(at);
        fields.extend(data);
        fields.extend(after);
    }
}

#[cfg(test)]
pub(super) fn messages() -> Vec<Message> {
    RECORDS.iter().map(|record| record.value).collect()
}
