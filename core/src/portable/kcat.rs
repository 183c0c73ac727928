//! kcat's envelope, as its `json.c` (1.7) prints it. The picture is in the parent module.

use bytes::Bytes;

use crate::ids::{Offset, PartitionId, TopicName};
use crate::portable::PortableRecord;
use crate::portable::envelope::{
    EnvelopeLine, Fields, name_of, offset, partition, push_header, set, timestamp, write_number, wrong,
};
use crate::portable::error::{LineProblem, Located};
use crate::portable::json::{Json, Kind, Scanner};
use crate::portable::text::write_string;
use crate::record::{Header, Record, TimestampType};

const HEADERS_EXPECTED: &str = "a list of names and values in turn, or lists of values by name";

/// Says why a record has no line in kcat's envelope: some of its bytes are no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the record at partition {partition}, offset {offset} cannot be written for kcat: its {field} is no UTF-8 text, and \
     kcat's envelope has no place for other bytes"
)]
pub struct NotForKcat {
    /// The record's partition.
    pub partition: PartitionId,
    /// The record's offset.
    pub offset: Offset,
    /// What is no text: the key, the value, a header's name or a header's value.
    pub field: &'static str,
}

/// Appends one record as a line of [`super::Format::Kcat`], its `\n` included. The broker is unknown: -1, as kcat writes it.
///
/// # Errors
/// Names what is no UTF-8 text; nothing is written then.
pub fn write_kcat(
    out: &mut Vec<u8>,
    topic: &TopicName,
    partition: PartitionId,
    timestamp_type: TimestampType,
    record: &Record,
) -> Result<(), NotForKcat> {
    if let Some(field) = field_that_is_no_text(record) {
        return Err(NotForKcat { partition, offset: record.offset, field });
    }
    out.extend_from_slice(b"{\"topic\":");
    write_string(out, topic.as_str());
    out.extend_from_slice(b",\"partition\":");
    write_number(out, partition.value().into());
    out.extend_from_slice(b",\"offset\":");
    write_number(out, record.offset.value());
    out.extend_from_slice(match timestamp_type {
        TimestampType::CreateTime => b",\"tstype\":\"create\",\"ts\":".as_slice(),
        TimestampType::LogAppendTime => b",\"tstype\":\"logappend\",\"ts\":",
    });
    write_number(out, record.timestamp.millis());
    out.extend_from_slice(b",\"broker\":-1");
    if !record.headers.is_empty() {
        out.extend_from_slice(b",\"headers\":");
        for (index, header) in record.headers.iter().enumerate() {
            out.push(if index == 0 { b'[' } else { b',' });
            write_nullable(out, Some(&header.key));
            out.push(b',');
            write_nullable(out, header.value.as_ref());
        }
        out.push(b']');
    }
    out.extend_from_slice(b",\"key\":");
    write_nullable(out, record.key.as_ref());
    out.extend_from_slice(b",\"payload\":");
    write_nullable(out, record.value.as_ref());
    out.extend_from_slice(b"}\n");
    Ok(())
}

fn field_that_is_no_text(record: &Record) -> Option<&'static str> {
    let no_text = |bytes: &Bytes| std::str::from_utf8(bytes).is_err();
    if record.key.as_ref().is_some_and(no_text) {
        Some("key")
    } else if record.value.as_ref().is_some_and(no_text) {
        Some("value")
    } else if record.headers.iter().any(|header| no_text(&header.key)) {
        Some("header's name")
    } else if record.headers.iter().any(|header| header.value.as_ref().is_some_and(no_text)) {
        Some("header's value")
    } else {
        None
    }
}

/// Writes text that was checked to be text, or null.
fn write_nullable(out: &mut Vec<u8>, bytes: Option<&Bytes>) {
    match bytes.and_then(|bytes| std::str::from_utf8(bytes).ok()) {
        Some(text) => write_string(out, text),
        None => out.extend_from_slice(b"null"),
    }
}

/// Reads one line. Its strings may hold any bytes.
pub(super) fn read(mut line: EnvelopeLine<'_>) -> Result<PortableRecord, Located> {
    let mut fields = Fields::default();
    let mut timestamp_known = None;
    let mut scanner = Scanner::new(line.bytes);
    scanner.begin_object()?;
    let mut first = true;
    while let Some(name) = scanner.next_name(&mut first)? {
        let field = name.text()?.unwrap_or_default();
        if field.as_ref() == b"headers" {
            set(&mut fields.headers, &name, read_headers(&mut scanner, &line)?)?;
            continue;
        }
        let value = scanner.value()?;
        match field.as_ref() {
            b"topic" => set(&mut fields.topic, &name, line.topic(&value)?)?,
            b"partition" => set(&mut fields.partition, &name, partition(&value)?)?,
            b"offset" => set(&mut fields.offset, &name, offset(&value)?)?,
            b"tstype" => {
                fields.timestamp_type = timestamp_type(&value)?;
                set(&mut timestamp_known, &name, fields.timestamp_type.is_some())?;
            }
            b"ts" => set(&mut fields.timestamp, &name, timestamp("ts", &value)?)?,
            b"key" => set(&mut fields.key, &name, line.content(&value)?)?,
            b"payload" => set(&mut fields.value, &name, line.content(&value)?)?,
            // Where it came from and how it was decoded: nothing of the record itself.
            b"broker" | b"key_schema_id" | b"value_schema_id" => {}
            b"key_error" | b"payload_error" => {
                return Err(Located::new(value.at, LineProblem::KcatFailed(name_of(&value))));
            }
            _ => return Err(Located::new(name.at, LineProblem::UnknownField(name_of(&name)))),
        }
    }
    scanner.end()?;
    if timestamp_known == Some(false) {
        // Of a librdkafka that could not tell: the number says nothing.
        fields.timestamp = None;
    }
    fields.into_record(line.number, "payload")
}

fn timestamp_type(value: &Json<'_>) -> Result<Option<TimestampType>, Located> {
    match value.text()?.as_deref() {
        Some(b"create") => Ok(Some(TimestampType::CreateTime)),
        Some(b"logappend") => Ok(Some(TimestampType::LogAppendTime)),
        Some(b"unknown" | b"none") => Ok(None),
        _ => Err(wrong("tstype", value, "\"create\", \"logappend\" or \"unknown\"")),
    }
}

/// Reads `["k","v","k",null]`, or `{"k":["v",null]}` as kcat writes when it is asked for headers by name.
fn read_headers(scanner: &mut Scanner<'_>, line: &EnvelopeLine<'_>) -> Result<Vec<Header>, Located> {
    let mut headers = Vec::new();
    let mut first = true;
    if scanner.peek() == Some(b'{') {
        scanner.begin_object()?;
        while let Some(name) = scanner.next_name(&mut first)? {
            scanner.begin_array()?;
            let mut first_value = true;
            while scanner.more(std::mem::take(&mut first_value), b']')? {
                let value = scanner.value()?;
                push(&mut headers, line, &name, &value)?;
            }
        }
        return Ok(headers);
    }
    scanner.begin_array()?;
    while scanner.more(std::mem::take(&mut first), b']')? {
        let name = scanner.value()?;
        if !scanner.more(false, b']')? {
            return Err(wrong("headers", &name, HEADERS_EXPECTED));
        }
        let value = scanner.value()?;
        push(&mut headers, line, &name, &value)?;
    }
    Ok(headers)
}

fn push(
    headers: &mut Vec<Header>,
    line: &EnvelopeLine<'_>,
    name: &Json<'_>,
    value: &Json<'_>,
) -> Result<(), Located> {
    let key = line.string(name)?.ok_or_else(|| wrong("headers", name, HEADERS_EXPECTED))?;
    let content = match value.kind {
        Kind::Null => None,
        _ => Some(line.string(value)?.ok_or_else(|| wrong("headers", value, HEADERS_EXPECTED))?),
    };
    push_header(headers, Header { key, value: content }, name.at)
}
