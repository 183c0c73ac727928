//! What Tablog's and kcat's envelopes have in common: a place, a time, a key, a value and headers, each at most once.

use bytes::Bytes;

use crate::ids::{Offset, PartitionId, Timestamp, TopicName};
use crate::limits::HEADERS_MAX;
use crate::portable::PortableRecord;
use crate::portable::error::{LineProblem, Located};
use crate::portable::json::{Json, Kind};
use crate::record::{Header, NewRecord, TimestampType};

/// One line, and the topic of the line before: they mostly are the same.
#[derive(Debug)]
pub(super) struct EnvelopeLine<'a> {
    pub number: u64,
    pub bytes: &'a Bytes,
    pub last_topic: &'a mut Option<TopicName>,
}

/// The fields that were found; for key and value the inner `None` is null.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub topic: Option<TopicName>,
    pub partition: Option<PartitionId>,
    pub offset: Option<Offset>,
    pub timestamp: Option<Timestamp>,
    pub timestamp_type: Option<TimestampType>,
    pub key: Option<Option<Bytes>>,
    pub value: Option<Option<Bytes>>,
    pub headers: Option<Vec<Header>>,
}

impl Fields {
    /// Makes the record; `value_field` names what must be there.
    pub fn into_record(self, line: u64, value_field: &'static str) -> Result<PortableRecord, Located> {
        let missing = Located::new(0, LineProblem::MissingField(value_field));
        let record = NewRecord {
            timestamp: self.timestamp,
            key: self.key.flatten(),
            value: self.value.ok_or(missing)?,
            headers: self.headers.unwrap_or_default(),
        };
        let Self { topic, partition, offset, timestamp_type, .. } = self;
        Ok(PortableRecord { line, topic, partition, offset, timestamp_type, record })
    }
}

/// Fills a field, once.
pub(super) fn set<T>(slot: &mut Option<T>, name: &Json<'_>, value: T) -> Result<(), Located> {
    if slot.is_some() {
        return Err(Located::new(name.at, LineProblem::DuplicateField(name_of(name))));
    }
    *slot = Some(value);
    Ok(())
}

/// Returns a field's name as it can be shown.
pub(super) fn name_of(name: &Json<'_>) -> String {
    match name.text() {
        Ok(Some(text)) => String::from_utf8_lossy(&text).into_owned(),
        _ => String::from_utf8_lossy(name.raw).into_owned(),
    }
}

/// Says that a field's value is not one that goes with it.
pub(super) fn wrong(field: &str, value: &Json<'_>, expected: &'static str) -> Located {
    Located::new(value.at, LineProblem::Field { field: field.to_owned(), expected })
}

impl EnvelopeLine<'_> {
    /// Reads a topic's name.
    pub fn topic(&mut self, value: &Json<'_>) -> Result<TopicName, Located> {
        let text = value.text()?.ok_or_else(|| wrong("topic", value, "a string"))?;
        let name = std::str::from_utf8(&text).map_err(|_| Located::new(value.at, LineProblem::NotUtf8))?;
        if let Some(last) = self.last_topic.as_ref().filter(|last| last.as_str() == name) {
            return Ok(last.clone());
        }
        let topic = TopicName::parse(name).map_err(|error| Located::new(value.at, error.into()))?;
        *self.last_topic = Some(topic.clone());
        Ok(topic)
    }

    /// Reads a key or a value: null, a string's content, or any other JSON as it is written.
    pub fn content(&self, value: &Json<'_>) -> Result<Option<Bytes>, Located> {
        match value.kind {
            Kind::Null => Ok(None),
            Kind::String => self.string(value),
            _ => Ok(Some(self.bytes.slice_ref(value.raw))),
        }
    }

    /// Reads a string's content, sharing the line's bytes where nothing is escaped; `None` for another kind.
    pub fn string(&self, value: &Json<'_>) -> Result<Option<Bytes>, Located> {
        Ok(value.text()?.map(|text| match text {
            std::borrow::Cow::Borrowed(text) => self.bytes.slice_ref(text),
            std::borrow::Cow::Owned(text) => text.into(),
        }))
    }
}

/// Reads a partition's number.
pub(super) fn partition(value: &Json<'_>) -> Result<PartitionId, Located> {
    let number = value.integer().and_then(|number| i32::try_from(number).ok());
    number.map(PartitionId::new).ok_or_else(|| wrong("partition", value, "a 32-bit integer"))
}

/// Reads an offset.
pub(super) fn offset(value: &Json<'_>) -> Result<Offset, Located> {
    value.integer().map(Offset::new).ok_or_else(|| wrong("offset", value, "a 64-bit integer"))
}

/// Reads a timestamp in milliseconds.
pub(super) fn timestamp(field: &str, value: &Json<'_>) -> Result<Timestamp, Located> {
    let millis = value.integer().map(Timestamp::from_millis);
    millis.ok_or_else(|| wrong(field, value, "a 64-bit integer: milliseconds since 1970"))
}

/// Adds one more header.
pub(super) fn push_header(headers: &mut Vec<Header>, header: Header, at: usize) -> Result<(), Located> {
    if headers.len() >= HEADERS_MAX {
        return Err(Located::new(at, LineProblem::TooManyHeaders));
    }
    headers.push(header);
    Ok(())
}

/// Appends a number in decimal.
pub(super) fn write_number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(number.to_string().as_bytes());
}
