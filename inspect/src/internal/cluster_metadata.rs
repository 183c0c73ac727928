//! `__cluster_metadata`: what the controllers of a KRaft cluster agreed on (KIP-631). Its snapshots hold the same records.
//!
//! ```text
//!  value  ┌──────────────────┬─────────────┬────────────────┬──────────────────────────┐
//!         │ frame version, 1 │ record type │ record version │ fields of that version   │      the first three are
//!         └──────────────────┴─────────────┴────────────────┴──────────────────────────┘      unsigned varints
//! ```
//! Keys are null. As Kafka's `MetadataRecordSerde` has it.

mod nodes;
mod security;
mod topics;

use crate::internal::schema::MetadataRecord;
use crate::internal::tree::Tree;
use crate::internal::{Decoded, Frame, summary};

static TABLES: &[&[MetadataRecord]] = &[topics::TOPICS, nodes::NODES, security::SECURITY];

/// Persisted by Kafka.
const FRAME_VERSION: u32 = 1;

/// Decodes a value.
pub(super) fn value(value: &[u8]) -> Decoded {
    let mut frame = Frame::new(value);
    match frame.reader.unsigned_varint("frameVersion") {
        Ok(FRAME_VERSION) => {}
        Ok(version) => {
            frame.head.push(("frameVersion", Tree::Int(version.into())));
            return frame.unknown(None, None, &format!("unknown frame version {version}"));
        }
        Err(fault) => return frame.broken(fault),
    }
    let number = match frame.reader.unsigned_varint("type") {
        Ok(number) => number,
        Err(fault) => return frame.broken(fault),
    };
    let record = record(number);
    let kind = record.map_or_else(|| number.to_string(), |record| constant_case(record.value.name));
    frame.head.push(("type", Tree::text(&kind)));
    let version = match frame.reader.unsigned_varint("version") {
        Ok(version) => version,
        Err(fault) => return frame.broken(fault),
    };
    frame.head.push(("version", Tree::Int(version.into())));
    let Some(record) = record else {
        return frame.unknown(
            None,
            Some(version.into()),
            &format!("unknown type {number}, version {version}"),
        );
    };
    let known = i16::try_from(version).ok().and_then(|version| record.value.known(version));
    let Some(known) = known else {
        let name = Some(record.value.name);
        return frame.unknown(name, Some(version.into()), &format!("{kind}, unknown version {version}"));
    };
    let decoded = frame.message(&record.value, known);
    let line = decoded.tree.get("data").map(|data| summary::fill(record.summary, data));
    summary::of(decoded, &line.unwrap_or_default())
}

fn record(number: u32) -> Option<&'static MetadataRecord> {
    let number = i16::try_from(number).ok()?;
    TABLES.iter().copied().flatten().find(|record| record.number == number)
}

/// Writes `TopicRecord` as `TOPIC_RECORD`, the way in which Kafka's tool names it.
fn constant_case(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}

#[cfg(test)]
pub(super) fn messages() -> Vec<super::schema::Message> {
    TABLES.iter().copied().flatten().map(|record| record.value).collect()
}
