//! Tablog's own lines: written and read back, nothing is lost. The picture is in the parent module.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::ids::{PartitionId, TopicName};
use crate::portable::PortableRecord;
use crate::portable::envelope::{
    EnvelopeLine, Fields, name_of, offset, partition, push_header, set, timestamp, write_number, wrong,
};
use crate::portable::error::{LineProblem, Located};
use crate::portable::json::{Json, JsonCause, Kind, Scanner};
use crate::portable::text::write_string;
use crate::record::{Header, Record, TimestampType};

const CREATE_TIME: &str = "CreateTime";
const LOG_APPEND_TIME: &str = "LogAppendTime";
const HEADERS_EXPECTED: &str = "a list of [name, value] pairs";
const HEADER_PART_EXPECTED: &str = "a string or {\"base64\":\"…\"}";

/// Appends one record as a line of [`super::Format::Tablog`], its `\n` included.
pub fn write_tablog(
    out: &mut Vec<u8>,
    topic: &TopicName,
    partition: PartitionId,
    timestamp_type: TimestampType,
    record: &Record,
) {
    out.extend_from_slice(b"{\"topic\":");
    write_string(out, topic.as_str());
    out.extend_from_slice(b",\"partition\":");
    write_number(out, partition.value().into());
    out.extend_from_slice(b",\"offset\":");
    write_number(out, record.offset.value());
    out.extend_from_slice(b",\"timestamp\":");
    write_number(out, record.timestamp.millis());
    out.extend_from_slice(b",\"timestamp_type\":");
    write_string(
        out,
        match timestamp_type {
            TimestampType::CreateTime => CREATE_TIME,
            TimestampType::LogAppendTime => LOG_APPEND_TIME,
        },
    );
    write_content(out, "key", record.key.as_ref());
    write_content(out, "value", record.value.as_ref());
    if !record.headers.is_empty() {
        out.extend_from_slice(b",\"headers\":[");
        for (index, header) in record.headers.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"[" } else { b",[" });
            write_part(out, &header.key);
            out.push(b',');
            match &header.value {
                Some(value) => write_part(out, value),
                None => out.extend_from_slice(b"null"),
            }
            out.push(b']');
        }
        out.push(b']');
    }
    out.extend_from_slice(b"}\n");
}

fn write_content(out: &mut Vec<u8>, field: &str, content: Option<&Bytes>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(field.as_bytes());
    match content.map(|bytes| (bytes, std::str::from_utf8(bytes))) {
        None => out.extend_from_slice(b"\":null"),
        Some((_, Ok(text))) => {
            out.extend_from_slice(b"\":");
            write_string(out, text);
        }
        Some((bytes, Err(_))) => {
            out.extend_from_slice(b"_base64\":");
            write_base64(out, bytes);
        }
    }
}

fn write_part(out: &mut Vec<u8>, part: &Bytes) {
    if let Ok(text) = std::str::from_utf8(part) {
        write_string(out, text);
    } else {
        out.extend_from_slice(b"{\"base64\":");
        write_base64(out, part);
        out.push(b'}');
    }
}

fn write_base64(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    out.extend_from_slice(STANDARD.encode(bytes).as_bytes());
    out.push(b'"');
}

/// Reads one line, whose bytes are UTF-8.
pub(super) fn read(mut line: EnvelopeLine<'_>) -> Result<PortableRecord, Located> {
    let mut fields = Fields::default();
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
            b"timestamp" => set(&mut fields.timestamp, &name, timestamp("timestamp", &value)?)?,
            b"timestamp_type" => set(&mut fields.timestamp_type, &name, timestamp_type(&value)?)?,
            b"key" => set(&mut fields.key, &name, line.content(&value)?)?,
            b"key_base64" => set(&mut fields.key, &name, Some(base64("key_base64", &value)?))?,
            b"value" => set(&mut fields.value, &name, line.content(&value)?)?,
            b"value_base64" => set(&mut fields.value, &name, Some(base64("value_base64", &value)?))?,
            _ => return Err(Located::new(name.at, LineProblem::UnknownField(name_of(&name)))),
        }
    }
    scanner.end()?;
    fields.into_record(line.number, "value")
}

fn timestamp_type(value: &Json<'_>) -> Result<TimestampType, Located> {
    match value.text()?.as_deref() {
        Some(text) if text == CREATE_TIME.as_bytes() => Ok(TimestampType::CreateTime),
        Some(text) if text == LOG_APPEND_TIME.as_bytes() => Ok(TimestampType::LogAppendTime),
        _ => Err(wrong("timestamp_type", value, "\"CreateTime\" or \"LogAppendTime\"")),
    }
}

fn base64(field: &str, value: &Json<'_>) -> Result<Bytes, Located> {
    let decoded = value.text()?.and_then(|text| STANDARD.decode(text.as_ref()).ok());
    decoded.map(Bytes::from).ok_or_else(|| wrong(field, value, "a string of base64, with its padding"))
}

fn read_headers(scanner: &mut Scanner<'_>, line: &EnvelopeLine<'_>) -> Result<Vec<Header>, Located> {
    let mut headers = Vec::new();
    scanner.begin_array()?;
    let mut first = true;
    while scanner.more(std::mem::take(&mut first), b']')? {
        let pair = scanner.unexpected(JsonCause::Array).at;
        let wrong_pair = || {
            let problem = LineProblem::Field { field: "headers".to_owned(), expected: HEADERS_EXPECTED };
            Located::new(pair, problem)
        };
        scanner.begin_array().map_err(|_| wrong_pair())?;
        if !scanner.more(true, b']')? {
            return Err(wrong_pair());
        }
        let name = scanner.value()?;
        if !scanner.more(false, b']')? {
            return Err(wrong_pair());
        }
        let value = scanner.value()?;
        if scanner.more(false, b']')? {
            return Err(wrong_pair());
        }
        let key = read_part(line, &name)?;
        let value = if value.kind == Kind::Null { None } else { Some(read_part(line, &value)?) };
        push_header(&mut headers, Header { key, value }, pair)?;
    }
    Ok(headers)
}

fn read_part(line: &EnvelopeLine<'_>, value: &Json<'_>) -> Result<Bytes, Located> {
    if value.kind != Kind::Object {
        return line.string(value)?.ok_or_else(|| wrong("headers", value, HEADER_PART_EXPECTED));
    }
    // The object is checked already: what is wrong with it is its fields.
    let unexpected = || wrong("headers", value, HEADER_PART_EXPECTED);
    let mut scanner = Scanner::new(value.raw);
    scanner.begin_object().map_err(|_| unexpected())?;
    let name = scanner.next_name(&mut true).map_err(|_| unexpected())?.ok_or_else(unexpected)?;
    let content = scanner.value().map_err(|_| unexpected())?;
    let alone = scanner.more(false, b'}') == Ok(false);
    match base64("headers", &content) {
        Ok(bytes) if alone && name.raw == b"\"base64\"" => Ok(bytes),
        _ => Err(unexpected()),
    }
}
