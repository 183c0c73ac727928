//! The records within a batch (`org.apache.kafka.common.record.DefaultRecord`), each:
//!
//! ```text
//! ┌────────┬────────────┬─────────────────┬──────────────┬─────────┬─────┬───────────┬───────┬──────────┬─────────┐
//! │ length │ attributes │ timestamp delta │ offset delta │ key len │ key │ value len │ value │ headers  │ header… │
//! │ varint │ i8, unused │ varlong         │ varint       │ varint  │     │ varint    │       │ varint   │         │
//! └────────┴────────────┴─────────────────┴──────────────┴─────────┴─────┴───────────┴───────┴──────────┴─────────┘
//!   └ bytes after itself            a length of -1 is null, 0 is empty ┘
//!                                                        header:  ┌─────────┬─────┬───────────┬───────┐
//!   timestamp = base timestamp + delta, modulo 2⁶⁴ as in Java     │ key len │ key │ value len │ value │
//!   offset    = base offset + delta                               │ varint  │     │ varint    │       │
//!                                                                 └─────────┴─────┴───────────┴───────┘
//! ```
//! Offset deltas rise from record to record and never pass the batch's last offset delta: a reader may rely on it.

use bytes::Bytes;

use crate::ids::{Offset, Timestamp};
use crate::limits::HEADERS_MAX;
use crate::record::batch::{BatchError, BatchHeader, RecordError};
use crate::record::varint::{read_varint, read_varlong};
use crate::record::{Header, Record, TimestampType};

/// The least a record takes: one byte for each of its seven numbers.
pub(super) const RECORD_BYTES_MIN: usize = 7;

/// One record, borrowed from its batch: nothing is copied and nothing counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordView<'a> {
    /// Its place in the partition.
    pub offset: Offset,
    /// Its time, as its batch says.
    pub timestamp: Timestamp,
    /// The key; null and empty are different.
    pub key: Option<&'a [u8]>,
    /// The value; null is a tombstone.
    pub value: Option<&'a [u8]>,
    /// The headers, checked already.
    pub headers: HeaderViews<'a>,
}

/// The headers of a [`RecordView`], in their order: name and value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderViews<'a> {
    remaining: usize,
    bytes: &'a [u8],
}

impl HeaderViews<'_> {
    /// Counts the headers that are left.
    pub fn count_left(&self) -> usize {
        self.remaining
    }
}

impl<'a> Iterator for HeaderViews<'a> {
    type Item = (&'a [u8], Option<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        self.remaining = self.remaining.checked_sub(1)?;
        read_header(&mut self.bytes).ok()
    }
}

/// Walks the records of one batch, borrowing.
#[derive(Clone, Debug)]
pub struct RecordViews<'a> {
    walk: Walk,
    body: &'a [u8],
}

impl<'a> RecordViews<'a> {
    pub(super) fn new(header: &BatchHeader, body: &'a [u8]) -> Self {
        Self { walk: Walk::new(header), body }
    }
}

impl<'a> Iterator for RecordViews<'a> {
    type Item = Result<RecordView<'a>, BatchError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.walk.next(&mut self.body)
    }
}

/// Walks the records of one batch. Keys, values and headers share the batch's bytes. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Records {
    walk: Walk,
    body: Bytes,
    at: usize,
}

impl Records {
    pub(super) fn new(header: &BatchHeader, body: Bytes) -> Self {
        Self { walk: Walk::new(header), body, at: 0 }
    }
}

impl Iterator for Records {
    type Item = Result<Record, BatchError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let body = &self.body;
        let mut rest = body.get(self.at..).unwrap_or_default();
        let item = self.walk.next(&mut rest);
        self.at = body.len().saturating_sub(rest.len());
        Some(item?.map(|view| {
            Record {
                offset: view.offset,
                timestamp: view.timestamp,
                key: view.key.map(|key| body.slice_ref(key)),
                value: view.value.map(|value| body.slice_ref(value)),
                headers: view
                    .headers
                    .map(|(key, value)| Header {
                        key: body.slice_ref(key),
                        value: value.map(|value| body.slice_ref(value)),
                    })
                    .collect(),
            }
        }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // An error may come instead of a record, and one more after the last.
        (0, Some(self.walk.left().saturating_add(1)))
    }
}

/// Where a walk over a batch's records stands, apart from the bytes.
#[derive(Clone, Debug)]
struct Walk {
    base_offset: Offset,
    base_timestamp: Timestamp,
    /// Stands for every record's own time when the log's clock counts.
    log_append_time: Option<Timestamp>,
    last_offset_delta: i32,
    previous_delta: i32,
    index: i32,
    record_count: i32,
    done: bool,
}

impl Walk {
    fn new(header: &BatchHeader) -> Self {
        let by_log = header.timestamp_type() == TimestampType::LogAppendTime;
        Self {
            base_offset: header.base_offset,
            base_timestamp: header.base_timestamp,
            log_append_time: by_log.then_some(header.max_timestamp),
            last_offset_delta: header.last_offset_delta,
            previous_delta: -1,
            index: 0,
            record_count: header.record_count,
            done: false,
        }
    }

    fn left(&self) -> usize {
        usize::try_from(self.record_count.saturating_sub(self.index)).unwrap_or(0)
    }

    #[inline]
    fn next<'a>(&mut self, rest: &mut &'a [u8]) -> Option<Result<RecordView<'a>, BatchError>> {
        if self.done {
            return None;
        }
        if self.index >= self.record_count {
            self.done = true;
            let bytes = rest.len();
            let (base_offset, record_count) = (self.base_offset, self.record_count);
            return (bytes > 0).then_some(Err(BatchError::Trailing { base_offset, record_count, bytes }));
        }
        Some(self.read(rest).map_err(|cause| {
            self.done = true;
            BatchError::Record { base_offset: self.base_offset, index: self.index, cause }
        }))
    }

    #[inline]
    fn read<'a>(&mut self, rest: &mut &'a [u8]) -> Result<RecordView<'a>, RecordError> {
        let mut record = read_sized(rest, "record")?;
        let record = &mut record;
        // The attributes byte has no meaning yet; the batch's bytes keep it.
        let (_attributes, after) =
            record.split_first().ok_or(RecordError::Truncated { field: "attributes" })?;
        *record = after;
        let timestamp_delta = read_varlong(record)?;
        let offset_delta = read_varint(record)?;
        let key = read_nullable(record, "key")?;
        let value = read_nullable(record, "value")?;
        let headers = read_headers(record)?;
        if !record.is_empty() {
            return Err(RecordError::Trailing { bytes: record.len() });
        }
        if offset_delta <= self.previous_delta || offset_delta > self.last_offset_delta {
            let (previous, last) = (self.previous_delta, self.last_offset_delta);
            return Err(RecordError::OffsetDelta { delta: offset_delta, previous, last });
        }
        self.previous_delta = offset_delta;
        self.index = self.index.saturating_add(1);
        let own = self.base_timestamp.millis().wrapping_add(timestamp_delta);
        Ok(RecordView {
            offset: self.base_offset.advance(offset_delta.into()),
            timestamp: self.log_append_time.unwrap_or(Timestamp::from_millis(own)),
            key,
            value,
            headers,
        })
    }
}

#[inline]
fn read_headers<'a>(record: &mut &'a [u8]) -> Result<HeaderViews<'a>, RecordError> {
    let count = read_varint(record)?;
    let headers = match usize::try_from(count) {
        Ok(remaining) if remaining <= HEADERS_MAX => HeaderViews { remaining, bytes: record },
        _ => return Err(RecordError::HeaderCount { count }),
    };
    for _ in 0..headers.remaining {
        read_header(record)?;
    }
    Ok(headers)
}

fn read_header<'a>(input: &mut &'a [u8]) -> Result<(&'a [u8], Option<&'a [u8]>), RecordError> {
    let key = read_sized(input, "header key")?;
    let value = read_nullable(input, "header value")?;
    Ok((key, value))
}

fn read_sized<'a>(input: &mut &'a [u8], field: &'static str) -> Result<&'a [u8], RecordError> {
    let length = read_varint(input)?;
    take(input, length, field)
}

#[inline]
fn read_nullable<'a>(input: &mut &'a [u8], field: &'static str) -> Result<Option<&'a [u8]>, RecordError> {
    match read_varint(input)? {
        -1 => Ok(None),
        length => take(input, length, field).map(Some),
    }
}

#[inline]
fn take<'a>(input: &mut &'a [u8], length: i32, field: &'static str) -> Result<&'a [u8], RecordError> {
    let bytes = usize::try_from(length).map_err(|_| RecordError::Length { field, length })?;
    let (taken, rest) = input.split_at_checked(bytes).ok_or(RecordError::Overrun {
        field,
        length,
        available: input.len(),
    })?;
    *input = rest;
    Ok(taken)
}
