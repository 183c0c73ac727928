//! Topics that a coordinator keeps its state in: the key says which kind of record it is, the value which version.
//!
//! ```text
//!  key    ┌──────────┬───────────────────┐      value  ┌─────────────┬───────────────────────────┐
//!         │ type i16 │ fields, version 0 │             │ version i16 │ fields of that version    │
//!         └──────────┴───────────────────┘             └─────────────┴───────────────────────────┘
//! ```
//! As Kafka's `CoordinatorRecordSerde` has it.

use crate::internal::reader::Leftover;
use crate::internal::schema::CoordinatorRecord;
use crate::internal::tree::Tree;
use crate::internal::{Decoded, Frame, summary};

/// One such topic.
#[derive(Debug)]
pub(super) struct Topic {
    /// Its kinds of records, in several tables.
    pub records: &'static [&'static [CoordinatorRecord]],
    /// Decodes on what is not in the tables: embedded messages, names of numbers.
    pub refine: fn(&'static CoordinatorRecord, &mut Decoded, Leftover),
}

impl Topic {
    fn record(&self, number: i16) -> Option<&'static CoordinatorRecord> {
        self.records.iter().copied().flatten().find(|record| record.number == number)
    }

    /// Decodes a key.
    pub fn key(&self, key: &[u8]) -> Decoded {
        self.key_of(key).1
    }

    fn key_of(&self, key: &[u8]) -> (Option<&'static CoordinatorRecord>, Decoded) {
        let mut frame = Frame::new(key);
        let number = match frame.reader.int16("type") {
            Ok(number) => number,
            Err(fault) => return (None, frame.broken(fault)),
        };
        frame.head.push(("type", Tree::text(number)));
        let Some(record) = self.record(number) else {
            return (None, frame.unknown(None, None, &format!("unknown type {number}")));
        };
        let decoded = frame.message(&record.key, 0);
        let line = decoded.tree.get("data").map(|data| summary::fill(record.key_summary, data));
        (Some(record), summary::of(decoded, &line.unwrap_or_default()))
    }

    /// Decodes a value; `None` is a tombstone, or no key.
    pub fn value(&self, key: Option<&[u8]>, value: Option<&[u8]>) -> Decoded {
        let (record, about) = match key {
            Some(key) => self.key_of(key),
            None => (None, Decoded::null("no key")),
        };
        let Some(value) = value else {
            return summary::of(Decoded::default(), &format!("{} (tombstone)", about.summary));
        };
        let mut frame = Frame::new(value);
        let version = match frame.reader.int16("version") {
            Ok(version) => version,
            Err(fault) => {
                let decoded = frame.broken(fault);
                return summary::of(decoded, &about.summary);
            }
        };
        frame.head.push(("version", Tree::text(version)));
        let Some(record) = record else {
            let what = format!("{}, version {version}", about.summary);
            let decoded = frame.unknown(None, Some(version.into()), &what);
            let line = decoded.summary.clone();
            return summary::of(decoded, &line);
        };
        let Some(known) = record.value.known(version) else {
            let what = format!("{}, unknown version {version}", about.summary);
            let decoded = frame.unknown(Some(record.value.name), Some(version.into()), &what);
            let line = decoded.summary.clone();
            return summary::of(decoded, &line);
        };
        self.known_value(record, &about, frame, known)
    }

    fn known_value(
        &self,
        record: &'static CoordinatorRecord,
        about: &Decoded,
        frame: Frame<'_>,
        version: u8,
    ) -> Decoded {
        let (mut decoded, leftover) = frame.message_with_leftover(&record.value, version);
        (self.refine)(record, &mut decoded, leftover);
        let line = decoded.tree.get("data").map(|data| summary::fill(record.value_summary, data));
        summary::of(decoded, &format!("{}{}", about.summary, line.unwrap_or_default()))
    }
}

/// For topics whose tables say it all.
pub(super) fn as_it_is(_: &'static CoordinatorRecord, _: &mut Decoded, _: Leftover) {}
