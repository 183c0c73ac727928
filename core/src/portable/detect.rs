//! Tells a file's format by its first lines, and says why.

use bytes::Bytes;

use crate::limits::DETECT_LINES_MAX;
use crate::portable::Format;
use crate::portable::json::{JsonError, Scanner};
use crate::portable::lines::{Content, Line, Lines};

/// A file's format, and the reason to think so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detected {
    /// The format.
    pub format: Format,
    /// Why, as a sentence without its full stop.
    pub reason: String,
}

/// Tells the format of a file by its beginning; a [`super::LinesReader`] that is told no format does the same by itself.
pub fn detect(beginning: &[u8]) -> Detected {
    let mut lines = Lines::default();
    lines.push(Bytes::copy_from_slice(beginning));
    lines.finish();
    let mut examined = 0;
    while let Some(line) = lines.next_line() {
        if let Some(detected) = examine(&line, &mut examined) {
            return detected;
        }
    }
    nothing_found(examined)
}

/// Looks at one more line; `Some` once the format is settled.
pub(super) fn examine(line: &Line, examined: &mut usize) -> Option<Detected> {
    if let Content::Whole(bytes) = &line.content {
        if bytes.trim_ascii().is_empty() {
            return None;
        }
        if let Ok(detected) = format_of(line.number, bytes) {
            return Some(detected);
        }
    }
    *examined = examined.saturating_add(1);
    (*examined >= DETECT_LINES_MAX).then(|| nothing_found(*examined))
}

/// Settles for plain lines when none of them said anything.
pub(super) fn nothing_found(examined: usize) -> Detected {
    let reason = match examined {
        0 => "the file has no lines".to_owned(),
        1 => "its first line is no valid JSON, so that no envelope was seen".to_owned(),
        _ => format!("its first {examined} lines are no valid JSON, so that no envelope was seen"),
    };
    Detected { format: Format::Plain, reason }
}

/// The fields that were seen at a line's top level, as far as they matter.
#[derive(Default)]
struct Seen {
    topic: bool,
    partition: bool,
    offset: bool,
    timestamp: bool,
    value: bool,
    payload: bool,
    tablogs_only: bool,
    kcats_only: bool,
    others: bool,
}

fn format_of(number: u64, line: &[u8]) -> Result<Detected, JsonError> {
    let mut seen = Seen::default();
    let mut scanner = Scanner::new(line);
    if scanner.peek() == Some(b'{') {
        scanner.begin_object()?;
        let mut first = true;
        while let Some(name) = scanner.next_name(&mut first)? {
            seen.note(name.raw);
            scanner.value()?;
        }
    } else {
        scanner.value()?;
        seen.others = true;
    }
    scanner.end()?;
    let (format, reason) = if seen.is_tablogs() {
        (Format::Tablog, "has the fields of Tablog's own export: partition, offset, timestamp and value")
    } else if seen.is_kcats() {
        (Format::Kcat, "has the fields that kcat -J prints: topic, partition, offset and payload")
    } else {
        (Format::Plain, "is JSON in no known envelope, so that each line is one record's value")
    };
    Ok(Detected { format, reason: format!("line {number} {reason}") })
}

impl Seen {
    fn note(&mut self, name: &[u8]) {
        match name {
            b"\"topic\"" => self.topic = true,
            b"\"partition\"" => self.partition = true,
            b"\"offset\"" => self.offset = true,
            b"\"key\"" | b"\"headers\"" => {}
            b"\"timestamp\"" => (self.timestamp, self.tablogs_only) = (true, true),
            b"\"value\"" | b"\"value_base64\"" => (self.value, self.tablogs_only) = (true, true),
            b"\"timestamp_type\"" | b"\"key_base64\"" => self.tablogs_only = true,
            b"\"payload\"" => (self.payload, self.kcats_only) = (true, true),
            b"\"tstype\"" | b"\"ts\"" | b"\"broker\"" => self.kcats_only = true,
            b"\"key_schema_id\"" | b"\"value_schema_id\"" | b"\"key_error\"" | b"\"payload_error\"" => {
                self.kcats_only = true;
            }
            _ => self.others = true,
        }
    }

    fn is_tablogs(&self) -> bool {
        let whole = self.partition && self.offset && self.timestamp && self.value;
        whole && !self.kcats_only && !self.others
    }

    fn is_kcats(&self) -> bool {
        let whole = self.topic && self.partition && self.offset && self.payload;
        whole && !self.tablogs_only && !self.others
    }
}
