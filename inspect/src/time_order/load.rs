//! One zone in memory: its batches, and its records' times. What cannot be read keeps its rows, so that numbers of rows never
//! shift under a reader: such a row says why.

use std::rc::Rc;

use tablog_core::ids::{Offset, Timestamp};
use tablog_core::record::{Record, RecordBatch};
use tablog_core::source::{Damage, Fetched, Zone};

/// One zone in memory.
#[derive(Debug, Default)]
pub(crate) struct LoadedZone {
    parts: Vec<Part>,
    /// Bytes that the batches hold.
    pub(crate) bytes: usize,
    /// The largest timestamp up to each record, counted from the zone's start.
    pub(crate) running_max: Rc<[i64]>,
}

/// A run of neighbouring rows of a zone.
#[derive(Clone, Debug)]
struct Part {
    /// Rows of the zone before this part.
    first: usize,
    rows: usize,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Records of a batch, without its first `skip` ones.
    Records { batch: RecordBatch, skip: usize },
    /// Records that are counted but cannot be read.
    Unreadable { first_offset: Offset, timestamp: Timestamp, cause: Rc<str> },
}

/// What a row turned out to be.
#[derive(Debug)]
pub(crate) struct LoadedRow {
    pub(crate) offset: Offset,
    pub(crate) timestamp: Timestamp,
    pub(crate) record: Result<(Record, RecordBatch), Rc<str>>,
}

impl LoadedZone {
    /// Makes a zone's rows of what was fetched of it.
    pub(crate) fn new(zone: &Zone, Fetched { batches, damage, .. }: Fetched) -> Self {
        let expected = usize::try_from(zone.records).unwrap_or(usize::MAX);
        let mut assembly = Assembly { parts: Vec::new(), times: Vec::with_capacity(expected), expected };
        let readable: usize = batches.iter().map(|batch| records_within(batch, zone)).sum();
        let mut missing = expected.saturating_sub(readable);
        let bytes = batches.iter().map(|batch| batch.bytes().len()).sum();
        let mut damage = damage.into_iter().filter(|damage| lies_within(damage, zone)).peekable();
        for batch in batches {
            let before = |damage: &Damage| damage.from.is_some_and(|from| from <= batch.base_offset());
            while let Some(damage) = damage.next_if(before) {
                missing -= assembly.push_damage(&damage, zone, missing);
            }
            assembly.push_batch(batch, zone);
        }
        for damage in damage {
            missing -= assembly.push_damage(&damage, zone, missing);
        }
        if missing > 0 {
            let cause = format!("{missing} of the {expected} records counted here were not found");
            assembly.push_unreadable(missing, zone.last_offset, Timestamp::NONE, cause);
        }
        assembly.finish(zone, bytes)
    }

    /// Joins what was read of a zone with what was appended to it since.
    pub(crate) fn followed_by(&self, rest: Self) -> Self {
        let mut parts = self.parts.clone();
        let rows = self.rows();
        parts.extend(rest.parts.into_iter().map(|part| Part { first: part.first + rows, ..part }));
        let max = self.running_max.last().copied().unwrap_or(i64::MIN);
        let appended = rest.running_max.iter().map(|&time| time.max(max));
        let running_max = self.running_max.iter().copied().chain(appended).collect();
        Self { parts, bytes: self.bytes + rest.bytes, running_max }
    }

    /// Counts the rows.
    pub(crate) fn rows(&self) -> usize {
        self.running_max.len()
    }

    /// Returns the rows with these indices, which rise. Walks each batch at most once.
    pub(crate) fn read(&self, indices: &[usize]) -> Vec<LoadedRow> {
        let mut out = Vec::with_capacity(indices.len());
        let mut rest = indices;
        while let Some(&index) = rest.first() {
            let Some(part) = self.part_of(index) else { break };
            let (of_part, later) = rest.split_at(rest.partition_point(|&i| i < part.first + part.rows));
            part.read(of_part, &mut out);
            rest = later;
        }
        out
    }

    /// Finds the first row at or after an offset; the number of rows when there is none.
    pub(crate) fn index_of(&self, offset: Offset) -> usize {
        for part in &self.parts {
            match &part.content {
                Content::Unreadable { first_offset, .. } => {
                    let skip = usize::try_from(offset.distance_from(*first_offset)).unwrap_or(0);
                    if skip < part.rows {
                        return part.first + skip;
                    }
                }
                Content::Records { batch, .. } if batch.last_offset() < offset => {}
                Content::Records { batch, skip } => {
                    let found = batch.open().ok().and_then(|open| {
                        let offsets = open.views().flatten().map(|view| view.offset);
                        offsets.skip(*skip).take(part.rows).position(|o| o >= offset)
                    });
                    if let Some(index) = found {
                        return part.first + index;
                    }
                }
            }
        }
        self.rows()
    }

    /// Calls `each` with the timestamp of every record that can be read.
    pub(crate) fn each_timestamp(&self, mut each: impl FnMut(Timestamp)) {
        for part in &self.parts {
            match &part.content {
                Content::Unreadable { timestamp, .. } => (0..part.rows).for_each(|_| each(*timestamp)),
                Content::Records { batch, skip } => {
                    if let Ok(open) = batch.open() {
                        let views = open.views().flatten().skip(*skip).take(part.rows);
                        views.for_each(|view| each(view.timestamp));
                    }
                }
            }
        }
    }

    fn part_of(&self, index: usize) -> Option<&Part> {
        let after = self.parts.partition_point(|part| part.first <= index);
        self.parts.get(after.checked_sub(1)?).filter(|part| index < part.first + part.rows)
    }
}

impl Part {
    fn read(&self, indices: &[usize], out: &mut Vec<LoadedRow>) {
        match &self.content {
            Content::Unreadable { first_offset, timestamp, cause } => {
                for index in indices {
                    let ahead = i64::try_from(index - self.first).unwrap_or(i64::MAX);
                    let (offset, record) = (first_offset.advance(ahead), Err(cause.clone()));
                    out.push(LoadedRow { offset, timestamp: *timestamp, record });
                }
            }
            Content::Records { batch, skip } => {
                let mut wanted = indices.iter().map(|index| index - self.first + skip).peekable();
                let records = batch.records().into_iter().flatten().flatten();
                for (index, record) in records.enumerate() {
                    if wanted.next_if_eq(&index).is_some() {
                        let (offset, timestamp) = (record.offset, record.timestamp);
                        out.push(LoadedRow { offset, timestamp, record: Ok((record, batch.clone())) });
                    }
                    if wanted.peek().is_none() {
                        break;
                    }
                }
            }
        }
    }
}

/// Counts the rows that a batch gives a zone, readable or not: all of its records but those outside of the zone.
pub(crate) fn records_within(batch: &RecordBatch, zone: &Zone) -> usize {
    let counted = usize::try_from(batch.header().record_count).unwrap_or(0);
    if batch.base_offset() >= zone.base_offset && batch.last_offset() <= zone.last_offset {
        return counted;
    }
    match batch.open() {
        Ok(open) => open.views().flatten().filter(|view| is_within(view.offset, zone)).count(),
        Err(_) => counted,
    }
}

/// Tells whether an offset lies in a zone.
pub(crate) fn is_within(offset: Offset, zone: &Zone) -> bool {
    (zone.base_offset..=zone.last_offset).contains(&offset)
}

fn lies_within(damage: &Damage, zone: &Zone) -> bool {
    damage.from.is_none_or(|from| from <= zone.last_offset)
        && damage.to.is_none_or(|to| to > zone.base_offset)
}

/// Builds a zone's rows in their order.
struct Assembly {
    parts: Vec<Part>,
    times: Vec<i64>,
    expected: usize,
}

impl Assembly {
    fn push_batch(&mut self, batch: RecordBatch, zone: &Zone) {
        let rows = records_within(&batch, zone);
        let cause = match batch.open() {
            Err(error) => error.to_string(),
            Ok(open) => {
                let (mut skip, mut read, mut cause) = (0, 0, String::new());
                for view in open.views() {
                    match view {
                        Ok(view) if view.offset < zone.base_offset => skip += 1,
                        Ok(view) if view.offset > zone.last_offset => break,
                        Ok(view) => {
                            self.times.push(view.timestamp.millis());
                            read += 1;
                        }
                        Err(error) => cause = error.to_string(),
                    }
                }
                let first = self.first();
                let content = Content::Records { batch: batch.clone(), skip };
                self.parts.push(Part { first, rows: read, content });
                if read >= rows {
                    return;
                }
                cause
            }
        };
        let read = self.parts.last().filter(|part| part.is_of(&batch)).map_or(0, |part| part.rows);
        let ahead = i64::try_from(read).unwrap_or(i64::MAX);
        let first_offset = batch.base_offset().max(zone.base_offset).advance(ahead);
        self.push_unreadable(rows - read, first_offset, batch.header().max_timestamp, cause);
    }

    /// Gives a damaged stretch its share of the missing rows, and returns that.
    fn push_damage(&mut self, damage: &Damage, zone: &Zone, missing: usize) -> usize {
        let from = damage.from.unwrap_or(zone.base_offset).max(zone.base_offset);
        let room = damage.to.map_or(usize::MAX, |to| usize::try_from(to.distance_from(from)).unwrap_or(0));
        let rows = missing.min(room);
        if rows > 0 {
            self.push_unreadable(rows, from, Timestamp::NONE, damage.to_string());
        }
        rows
    }

    fn push_unreadable(&mut self, rows: usize, first_offset: Offset, timestamp: Timestamp, cause: String) {
        let content = Content::Unreadable { first_offset, timestamp, cause: cause.into() };
        self.parts.push(Part { first: self.first(), rows, content });
        self.times.extend(std::iter::repeat_n(timestamp.millis(), rows));
    }

    fn first(&self) -> usize {
        self.parts.last().map_or(0, |part| part.first + part.rows)
    }

    fn finish(mut self, zone: &Zone, bytes: usize) -> LoadedZone {
        // A source that hands over more than it counted breaks its contract; the count stands, since row numbers hang on it.
        self.times.truncate(self.expected);
        for part in &mut self.parts {
            part.rows = part.rows.min(self.expected.saturating_sub(part.first));
        }
        self.parts.retain(|part| part.rows > 0);
        let mut max = i64::MIN;
        for time in &mut self.times {
            max = max.max(*time);
            *time = max;
        }
        if let Some(last) = self.times.last_mut() {
            *last = (*last).max(zone.max_timestamp.millis());
        }
        LoadedZone { parts: self.parts, bytes, running_max: self.times.into() }
    }
}

impl Part {
    fn is_of(&self, batch: &RecordBatch) -> bool {
        matches!(&self.content, Content::Records { batch: own, .. } if own.base_offset() == batch.base_offset())
    }
}
