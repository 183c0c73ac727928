//! Records as lines of text: out of Tablog, into it, and from others. Nothing ever holds a whole file.
//!
//! ```text
//! chunks of a file ──► lines ──► format ──► records          records ──► lines, in a Vec<u8> that the caller empties
//!                      number,   told, or   or an error with line, column and cause
//!                      bytes     found out
//! ```
//! Three formats, each one JSON value a line (<https://jsonlines.org>, UTF-8, blank lines skipped, `\n` or `\r\n`):
//!
//! **Tablog's own** ([`Format::Tablog`]) loses nothing: what is written reads back identical.
//! ```json
//! {"topic":"orders","partition":0,"offset":41,"timestamp":1700000000123,"timestamp_type":"CreateTime","key":"o-7","value":"{\"total\":12}","headers":[["trace","a1"],["trace",null]]}
//! {"topic":"orders","partition":0,"offset":42,"timestamp":1700000000124,"timestamp_type":"CreateTime","key_base64":"/wA=","value":null}
//! ```
//! - Text is a string. Bytes that are no UTF-8 are base64 in a field of another name: `key_base64`, `value_base64`; a header's
//!   name or value then is `{"base64":"…"}`.
//! - `null` is null, `""` is empty. `key`, `headers` and the place (`topic`, `partition`, `offset`, `timestamp`,
//!   `timestamp_type`) may be missing; a missing value is an error, since a tombstone is always meant.
//! - By hand, `key` and `value` may be any other JSON: its text is taken as it is written.
//!
//! **kcat's envelope** ([`Format::Kcat`]), as `kcat -C -J` prints it (its `json.c`):
//! ```json
//! {"topic":"orders","partition":0,"offset":41,"tstype":"create","ts":1700000000123,"broker":1,"headers":["trace","a1","trace",null],"key":"o-7","payload":"{\"total\":12}"}
//! ```
//! - kcat puts bytes that are no UTF-8 into its strings as they are: no valid JSON, but read here exactly. No reader of JSON
//!   can be trusted with such a line, so writing one is refused, record by record ([`NotForKcat`]).
//! - A key or payload that kcat decoded (`-s avro`) is no string; its JSON text is taken. With `key_error` or `payload_error`
//!   there is nothing to take, and the line is rejected.
//!
//! **Plain JSON lines** ([`Format::Plain`]): each line is an event. The value is the line, byte for byte; key and time may be
//! taken from fields of it ([`PlainOptions`]).

mod detect;
mod envelope;
mod error;
mod json;
mod kcat;
mod lines;
mod plain;
mod reader;
mod tablog;
mod text;
mod time;
mod zip;

use bytes::Bytes;

use crate::ids::{Offset, PartitionId, TopicName};
use crate::record::{NewRecord, TimestampType};

pub use detect::{Detected, detect};
pub use error::{LineError, LineProblem};
pub use json::JsonCause;
pub use kcat::{NotForKcat, write_kcat};
pub use plain::PlainOptions;
pub use reader::{LinesReader, OnError, Rejected};
pub use tablog::write_tablog;
pub use zip::{ZipError, ZipWriter};

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Tablog's own envelope, which loses nothing.
    Tablog,
    /// The envelope that `kcat -J` prints.
    Kcat,
    /// Any JSON: each line is one record's value.
    Plain,
}

/// One record that was read, and what its line says of where it was before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortableRecord {
    /// Its line in the file, counted from 1.
    pub line: u64,
    /// The topic that it was in.
    pub topic: Option<TopicName>,
    /// The partition that it was in.
    pub partition: Option<PartitionId>,
    /// The offset that it had.
    pub offset: Option<Offset>,
    /// Whose clock its timestamp is from.
    pub timestamp_type: Option<TimestampType>,
    /// Time, key, value and headers.
    pub record: NewRecord,
}

impl PortableRecord {
    /// Wraps a bare value.
    fn of_value(line: u64, value: Bytes) -> Self {
        let record = NewRecord { value: Some(value), ..NewRecord::default() };
        Self { line, topic: None, partition: None, offset: None, timestamp_type: None, record }
    }
}

#[cfg(test)]
mod tests;
