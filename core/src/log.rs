//! One partition's log: where it begins and ends, which rows hold it, and how it changes. Decisions are pure (a state and a
//! wish give writes); `load` and `lookup` know how to read.

pub mod append;
pub mod checked;
pub mod load;
pub mod lookup;
pub mod retention;
pub mod start;

use crate::ids::{LogId, Offset, Timestamp};
use crate::source::{Bounds, Zone};
use crate::storage::key::ChunkKey;

pub use append::{Append, RowCutter};
pub use checked::{CheckedBatch, InvalidBatch};
pub use lookup::{ReadPlan, ReadRow, RowsMissing};
pub use start::{Boundary, LogStart, Truncation};

/// What is known of one log. Nothing of it is asked of storage before somebody needs it.
#[derive(Clone, Debug)]
pub struct Log {
    id: LogId,
    start: LogStart,
    tail: Option<Tail>,
    rows: Option<Vec<ChunkKey>>,
    totals: Totals,
    generation: u64,
    looks: u64,
    /// The furthest end that was ever known: it never goes back, whatever else is forgotten.
    known_end: Offset,
    /// Counts how often the end was read.
    reads: u64,
    /// What `reads` was when the topic's row was seen unchanged after that.
    vouched: u64,
}

/// The last row of a log: all that an append has to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing was ever appended.
    Empty,
    /// The last row.
    Row(ChunkKey),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Totals {
    records: u64,
    bytes: u64,
    max_timestamp: Option<Timestamp>,
}

impl Tail {
    /// Takes the answer of a reverse scan.
    pub fn from_row(row: Option<ChunkKey>) -> Self {
        row.map_or(Self::Empty, Self::Row)
    }

    /// Returns the last row, if there is one.
    pub fn row(self) -> Option<ChunkKey> {
        match self {
            Self::Empty => None,
            Self::Row(row) => Some(row),
        }
    }

    /// Returns the offset that the next record gets.
    pub fn next_offset(self) -> Offset {
        self.row().map_or(Offset::ZERO, |row| row.last_offset().next())
    }
}

impl Totals {
    fn add(&mut self, zone: &Zone) {
        self.records = self.records.saturating_add(u64::from(zone.records));
        self.bytes = self.bytes.saturating_add(zone.bytes);
        if zone.records > 0 {
            self.max_timestamp = self.max_timestamp.max(Some(zone.max_timestamp));
        }
    }
}

impl Log {
    /// Describes a log of which only the start is known yet.
    pub fn new(id: LogId, start: LogStart) -> Self {
        Self {
            id,
            start,
            tail: None,
            rows: None,
            totals: Totals::default(),
            generation: 0,
            looks: 0,
            known_end: Offset::ZERO,
            reads: 0,
            vouched: 0,
        }
    }

    /// Describes a log that was just made.
    pub fn empty(id: LogId) -> Self {
        Self { tail: Some(Tail::Empty), rows: Some(Vec::new()), ..Self::new(id, LogStart::default()) }
    }

    /// Returns the log's number.
    pub fn id(&self) -> LogId {
        self.id
    }

    /// Returns where the log starts, and what the store has to say about it.
    pub fn start(&self) -> &LogStart {
        &self.start
    }

    /// Returns the last row; `None` when it was not loaded yet.
    pub fn tail(&self) -> Option<Tail> {
        self.tail
    }

    /// Counts how often the end was read: nobody vouches for another count than the one that was seen before the topic's row was.
    pub fn reads(&self) -> u64 {
        self.reads
    }

    /// Takes note that the topic's row was seen unchanged after the end had been read so often.
    pub fn vouch(&mut self, reads: u64) {
        self.vouched = self.vouched.max(reads);
    }

    /// Tells whether the end is known, and belongs to the topic's row as it is known: an end that was read later may be that of a topic
    /// which was changed in between.
    pub fn is_vouched_for(&self) -> bool {
        self.tail.is_some() && self.vouched == self.reads
    }

    /// Tells whether every row's key is known.
    pub fn has_rows(&self) -> bool {
        self.rows.is_some()
    }

    /// Counts how often the log was cut, set back or forgotten: what was read under another number must not be mixed in.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Counts how often somebody looked for new rows while none were known: what was just being read may be from before.
    pub fn looks(&self) -> u64 {
        self.looks
    }

    /// Takes note that somebody looked for new rows while none were known.
    pub fn looked_in_vain(&mut self) {
        self.looks = self.looks.saturating_add(1);
    }

    /// Returns where the log begins and ends and what is in it; `None` when its rows were not loaded yet.
    pub fn bounds(&self) -> Option<Bounds> {
        self.rows.as_ref()?;
        Some(Bounds {
            log_start_offset: self.start.offset,
            high_watermark: self.tail?.next_offset(),
            records: self.totals.records,
            bytes: self.totals.bytes,
            max_timestamp: self.totals.max_timestamp,
        })
    }

    /// Returns the zones in offset order; `None` when the rows were not loaded yet. A row that reaches below the log start
    /// counts for what is left of it.
    pub fn zones(&self) -> Option<Vec<Zone>> {
        Some(self.kept_rows()?.iter().map(|row| self.zone_of(row)).collect())
    }

    /// Names the offsets from the log start on whose records are lost: no row holds them, or one says that they are. Each range
    /// ends before its second offset. `None` when the rows were not loaded yet.
    pub fn gaps(&self) -> Option<Vec<(Offset, Offset)>> {
        let mut gaps = Vec::new();
        let mut next = self.start.offset;
        for row in self.kept_rows()? {
            if row.base_offset > next {
                gaps.push((next, row.base_offset));
                next = row.base_offset;
            }
            let after = row.last_offset().next();
            if row.is_hole() {
                gaps.push((next, after));
            }
            next = after;
        }
        Some(gaps)
    }

    /// Returns the keys of the rows that still count.
    fn kept_rows(&self) -> Option<&[ChunkKey]> {
        let rows = self.rows.as_deref()?;
        let first = rows.partition_point(|row| row.last_offset() < self.start.offset);
        rows.get(first..)
    }

    fn zone_of(&self, row: &ChunkKey) -> Zone {
        let whole = Zone {
            base_offset: row.base_offset,
            last_offset: row.last_offset(),
            records: row.records,
            bytes: u64::from(row.bytes),
            min_timestamp: row.min_timestamp,
            max_timestamp: row.max_timestamp,
        };
        if row.base_offset >= self.start.offset {
            return whole;
        }
        match &self.start.boundary {
            Some(rest) => Zone {
                base_offset: self.start.offset,
                records: rest.records,
                bytes: u64::from(rest.bytes),
                min_timestamp: rest.min_timestamp,
                max_timestamp: rest.max_timestamp,
                ..whole
            },
            None => whole,
        }
    }

    /// Takes note of rows that were read: those that are known already are passed over. Returns whether any was new.
    pub fn absorb(&mut self, read: &[ChunkKey]) -> bool {
        let is_new = self.absorb_own(read);
        self.reads = self.reads.saturating_add(u64::from(is_new));
        is_new
    }

    /// Takes note of rows that this client appended: as [`Log::absorb`], but nobody has to vouch for that end.
    pub fn absorb_own(&mut self, appended: &[ChunkKey]) -> bool {
        let known = self.tail.and_then(Tail::row).map(|row| row.base_offset);
        let first = appended.partition_point(|row| known.is_some_and(|known| row.base_offset <= known));
        let Some(new @ [.., last]) = appended.get(first..) else { return false };
        self.tail = Some(Tail::Row(*last));
        self.known_end = self.known_end.max(last.last_offset().next());
        let counted: Vec<Zone> = new
            .iter()
            .filter(|row| row.last_offset() >= self.start.offset)
            .map(|row| self.zone_of(row))
            .collect();
        if let Some(rows) = &mut self.rows {
            rows.extend_from_slice(new);
            counted.iter().for_each(|zone| self.totals.add(zone));
        }
        true
    }

    /// Takes note of the last row as storage has it.
    pub fn set_tail(&mut self, tail: Tail) {
        if self.tail != Some(tail) {
            self.reads = self.reads.saturating_add(1);
        }
        self.known_end = self.known_end.max(tail.next_offset());
        self.tail = Some(tail);
    }

    /// Takes note of every row of the log, in order.
    pub fn set_rows(&mut self, rows: Vec<ChunkKey>) {
        self.set_tail(Tail::from_row(rows.last().copied()));
        self.rows = Some(rows);
        self.recount();
    }

    /// Forgets all but the start, which storage says is now another one.
    pub fn reset(&mut self, start: LogStart) {
        let generation = self.generation.saturating_add(1);
        let (known_end, reads, vouched) = (self.known_end, self.reads, self.vouched);
        *self = Self { generation, known_end, reads, vouched, ..Self::new(self.id, start) };
    }

    /// Tells whether these rows reach as far as it was ever known that the log does. They do not when they are from before, or when
    /// the log is gone.
    pub fn is_reached_by(&self, rows: &[ChunkKey]) -> bool {
        Tail::from_row(rows.last().copied()).next_offset() >= self.known_end.max(self.start.offset)
    }

    /// Returns the furthest end that was ever known.
    pub fn known_end(&self) -> Offset {
        self.known_end
    }

    /// Tells whether the last row ends before what is known to have been there: rows are lost, or the log is gone.
    pub fn ends_early(&self) -> bool {
        self.tail.is_some_and(|tail| tail.next_offset() < self.known_end.max(self.start.offset))
    }

    /// Tells whether rows that were read follow what is known up to `next`. They do not where records were deleted that nobody
    /// here has heard of: an emptied log goes on with a row that lies elsewhere, or holds nothing.
    pub fn follow(rows: &[ChunkKey], next: Offset) -> bool {
        rows.first().is_none_or(|first| first.base_offset == next && first.records > 0)
    }

    /// Forgets all but the start: more may have been appended than is known, or is just being read.
    pub fn forget(&mut self) {
        self.reset(self.start.clone());
    }

    fn recount(&mut self) {
        let mut totals = Totals::default();
        for row in self.kept_rows().unwrap_or_default() {
            totals.add(&self.zone_of(row));
        }
        self.totals = totals;
    }
}
