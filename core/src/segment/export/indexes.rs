//! The indexes beside a log, made batch by batch as a broker makes them while it appends
//! (`org.apache.kafka.storage.internals.log.LogSegment`: `append`, `recover`, `onBecomeInactiveSegment`).
//!
//! ```text
//! .log        ├─ batch ─┼─ batch ─┼─ batch ─┼─ batch ─┼─ batch ─┤
//!                       ╰── more than the interval ──╯▲
//! .index                                              (last offset of this batch, where it begins)
//! .timeindex                                          (largest time up to and with it, last offset of the batch that has it)
//!                                                     and once more when the segment is closed; only times that rise
//! ```

use crate::ids::{Offset, Timestamp};
use crate::record::BatchHeader;
use crate::segment::format::{FormatError, OffsetIndex, OffsetIndexEntry, TimeIndex, TimeIndexEntry};
use crate::segment::wide;

/// Default of `segment.index.bytes`: a broker closes a segment when one of its indexes is that long.
const INDEX_BYTES_MAX: usize = 10 * 1024 * 1024;
const OFFSET_ENTRIES_MAX: usize = INDEX_BYTES_MAX.div_euclid(8);
/// The last place of a time index is kept for the entry that is made when the segment is closed.
const TIME_ENTRIES_MAX: usize = INDEX_BYTES_MAX.div_euclid(12).saturating_sub(1);

/// The indexes of a segment that is being written.
#[derive(Debug)]
pub(super) struct Indexes {
    base_offset: Offset,
    interval_bytes: u64,
    /// Bytes of the log so far.
    position_bytes: u64,
    /// Bytes since the last entry was made, or since the log began.
    bytes_since_entry: u64,
    largest: TimeIndexEntry,
    offsets: Vec<OffsetIndexEntry>,
    times: Vec<TimeIndexEntry>,
}

impl Indexes {
    pub(super) fn new(base_offset: Offset, interval_bytes: u32) -> Self {
        Self {
            base_offset,
            interval_bytes: interval_bytes.into(),
            position_bytes: 0,
            bytes_since_entry: 0,
            largest: TimeIndexEntry { timestamp: Timestamp::NONE, offset: base_offset },
            offsets: Vec::new(),
            times: Vec::new(),
        }
    }

    pub(super) fn base_offset(&self) -> Offset {
        self.base_offset
    }

    /// Tells how long the log is.
    pub(super) fn log_bytes(&self) -> u64 {
        self.position_bytes
    }

    pub(super) fn are_full(&self) -> bool {
        self.offsets.len() >= OFFSET_ENTRIES_MAX || self.times.len() >= TIME_ENTRIES_MAX
    }

    /// Takes the batch that is appended next.
    pub(super) fn batch(&mut self, header: &BatchHeader) {
        let offset = header.last_offset();
        if header.max_timestamp > self.largest.timestamp {
            self.largest = TimeIndexEntry { timestamp: header.max_timestamp, offset };
        }
        if self.bytes_since_entry > self.interval_bytes {
            // A log is closed long before it is that long.
            let position_bytes = u32::try_from(self.position_bytes).unwrap_or(u32::MAX);
            self.offsets.push(OffsetIndexEntry { offset, position_bytes });
            self.push_time();
            self.bytes_since_entry = 0;
        }
        let bytes = wide(header.batch_bytes());
        self.position_bytes = self.position_bytes.saturating_add(bytes);
        self.bytes_since_entry = self.bytes_since_entry.saturating_add(bytes);
    }

    fn push_time(&mut self) {
        let last = self.times.last().map_or(Timestamp::NONE, |entry| entry.timestamp);
        if self.largest.timestamp > last {
            self.times.push(self.largest);
        }
    }

    /// Closes the indexes and gives the bytes of `.index` and `.timeindex`. `stem` is their path up to the last dot.
    pub(super) fn close(mut self, stem: &str) -> Result<(Vec<u8>, Vec<u8>), FormatError> {
        self.push_time();
        let Self { base_offset, offsets, times, .. } = self;
        let offsets = OffsetIndex { base_offset, entries: offsets, preallocated_bytes: 0 };
        let times = TimeIndex { base_offset, entries: times, preallocated_bytes: 0 };
        Ok((offsets.encode(&format!("{stem}.index"))?, times.encode(&format!("{stem}.timeindex"))?))
    }
}
