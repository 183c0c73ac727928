//! Lines of any JSON: each is an event, and its bytes are the value.

use bytes::Bytes;

use crate::ids::Timestamp;
use crate::portable::PortableRecord;
use crate::portable::envelope::{EnvelopeLine, wrong};
use crate::portable::error::Located;
use crate::portable::json::{Json, Kind, Scanner};
use crate::portable::time::parse_rfc3339;

/// Says what of an event becomes the record's key and time. Of a field that comes twice the last counts, as in JavaScript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PlainOptions {
    /// The event's field that becomes the key: a string's content, or the text of any other JSON. Null or missing: no key.
    pub key_field: Option<String>,
    /// The event's field that becomes the time: an integer of milliseconds since 1970, or a string as in RFC 3339. Null or
    /// missing: the time of publishing.
    pub timestamp_field: Option<String>,
}

/// Reads one line, whose bytes are UTF-8.
pub(super) fn read(line: &EnvelopeLine<'_>, options: &PlainOptions) -> Result<PortableRecord, Located> {
    let mut scanner = Scanner::new(line.bytes);
    let mut key = None;
    let mut timestamp = None;
    let wanted = options.key_field.is_some() || options.timestamp_field.is_some();
    if wanted && scanner.peek() == Some(b'{') {
        scanner.begin_object()?;
        let mut first = true;
        while let Some(name) = scanner.next_name(&mut first)? {
            let value = scanner.value()?;
            if is_field(&name, options.key_field.as_deref()) {
                key = line.content(&value)?;
            }
            if is_field(&name, options.timestamp_field.as_deref()) {
                timestamp = read_timestamp(&name, &value)?;
            }
        }
    } else {
        scanner.value()?;
    }
    scanner.end()?;
    let mut record = PortableRecord::of_value(line.number, Bytes::clone(line.bytes));
    record.record.key = key;
    record.record.timestamp = timestamp;
    Ok(record)
}

fn is_field(name: &Json<'_>, wanted: Option<&str>) -> bool {
    // A name that is no text is not the one that somebody typed.
    wanted.is_some_and(|wanted| matches!(name.text(), Ok(Some(text)) if text.as_ref() == wanted.as_bytes()))
}

fn read_timestamp(name: &Json<'_>, value: &Json<'_>) -> Result<Option<Timestamp>, Located> {
    if value.kind == Kind::Null {
        return Ok(None);
    }
    let written = value.text()?.and_then(|text| parse_rfc3339(&text));
    let timestamp = written.or_else(|| value.integer().map(Timestamp::from_millis));
    let field = || String::from_utf8_lossy(name.raw).trim_matches('"').to_owned();
    let expected =
        "a time: an integer of milliseconds since 1970, or a string such as \"2026-11-23T08:15:30Z\"";
    timestamp.map(Some).ok_or_else(|| wrong(&field(), value, expected))
}
