//! Which records of a partition are committed, told by its own batches: no coordinator is asked, and no transaction index.
//!
//! ```text
//! offset   0   1   2   3   4   5   6   7   8
//! A        a───────────a──ABORT                    aborted: producer A, offsets 0 to 4
//! B            b───────────────COMMIT
//! C                                c───────c ···   open from 6 on: the last stable offset is 6
//! plain            p                   p           p at 7 is data, and still waits behind C
//! ```
//! A transaction is open from its producer's first transactional batch to that producer's next marker, as for Kafka's broker
//! (`ProducerAppendInfo`) and its consumer (`CompletedFetch`). Nothing from the first open one on is stable (Kafka's LSO).

use std::collections::BTreeMap;

use crate::ids::Offset;
use crate::limits::TRANSACTIONS_TRACKED_MAX;
use crate::record::{BatchHeader, ControlRecordType, RecordBatch};
use crate::source::Zone;

/// An aborted transaction, as an entry of Kafka's transaction index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedRange {
    /// Whose it was.
    pub producer_id: i64,
    /// The offset that its first batch begins with.
    pub first_offset: Offset,
    /// The offset of its marker.
    pub last_offset: Offset,
}

/// What a batch's records are to a consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchStatus {
    /// They are there for everyone: of no transaction, or of one that was committed.
    Data,
    /// They are Kafka's own, a transaction's marker in most cases: no consumer sees them.
    Control(ControlRecordType),
    /// Their transaction was aborted: only who reads uncommitted records sees them.
    Aborted,
    /// Their transaction is open, or its marker was not found so far: only who reads uncommitted records sees them.
    Open,
}

impl BatchStatus {
    /// Tells whether the records are data that only who reads uncommitted records sees.
    pub fn is_uncommitted(self) -> bool {
        matches!(self, Self::Aborted | Self::Open)
    }
}

/// The transactions of one partition, as of the batches seen so far. Memory grows with transactions, up to
/// [`TRANSACTIONS_TRACKED_MAX`], and with the zones that they lie in; never with records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transactions {
    /// By producer, in offset order.
    aborted: BTreeMap<i64, Vec<AbortedRange>>,
    open: BTreeMap<i64, OpenTransaction>,
    /// What consumers of committed records see of the zones that hold transactional batches, by the zone's base offset.
    kept: BTreeMap<Offset, Option<Zone>>,
    /// Aborted ranges, and parts of open transactions.
    tracked: usize,
    /// Where there became too many: what lies from there on is not told apart.
    known_up_to: Option<Offset>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OpenTransaction {
    first_offset: Offset,
    /// Its batches, summed up for each zone that they lie in: the zone's base offset, and the sum.
    parts: Vec<(Offset, Zone)>,
}

impl Transactions {
    /// Tells what a batch's records are to a consumer. Costs two look-ups, and reads no more than a control batch's first record.
    pub fn status_of(&self, batch: &RecordBatch) -> BatchStatus {
        match ControlRecordType::of(batch) {
            Some(control) => BatchStatus::Control(control),
            None => self.status_of_data(batch.header()),
        }
    }

    fn status_of_data(&self, header: &BatchHeader) -> BatchStatus {
        if !header.is_transactional() {
            return BatchStatus::Data;
        }
        let (id, at) = (header.producer_id, header.base_offset);
        let is_open = self.open.get(&id).is_some_and(|open| at >= open.first_offset);
        if is_open || self.known_up_to.is_some_and(|end| at >= end) {
            return BatchStatus::Open;
        }
        let ranges = self.aborted.get(&id).map(Vec::as_slice).unwrap_or_default();
        let next = ranges.partition_point(|range| range.last_offset < at);
        if ranges.get(next).is_some_and(|range| range.first_offset <= at) {
            BatchStatus::Aborted
        } else {
            BatchStatus::Data
        }
    }

    /// Tells whether no batch was of a transaction so far, nor a control batch.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty() && self.known_up_to.is_none()
    }

    /// Returns the last stable offset, given the high watermark: everything before it is decided, so a consumer of committed
    /// records reads up to there (Kafka's LSO).
    pub fn last_stable_offset(&self, high_watermark: Offset) -> Offset {
        let open = self.open.values().map(|open| open.first_offset);
        open.chain(self.known_up_to).fold(high_watermark, Offset::min)
    }

    /// Returns the aborted transactions, producer by producer, each one's in offset order.
    pub fn aborted(&self) -> impl Iterator<Item = AbortedRange> {
        self.aborted.values().flatten().copied()
    }

    /// Returns the open transactions: the producer's id, and the offset at which it begins.
    pub fn open(&self) -> impl Iterator<Item = (i64, Offset)> {
        self.open.iter().map(|(&id, open)| (id, open.first_offset))
    }

    /// Returns the offset from which on there were too many transactions to keep; what follows counts as open.
    pub fn known_up_to(&self) -> Option<Offset> {
        self.known_up_to
    }

    /// Takes the next batch, in offset order: its header, what its control record says if it has one, the batch summed up, and
    /// the zone that it goes into, as that is before; `None` when the batch begins one.
    pub(crate) fn push(
        &mut self,
        header: &BatchHeader,
        control: Option<ControlRecordType>,
        own: &Zone,
        joined: Option<&Zone>,
    ) {
        if self.known_up_to.is_some() {
            return;
        }
        let zone = joined.map_or(own.base_offset, |joined| joined.base_offset);
        let id = header.producer_id;
        if header.is_control() {
            self.kept.entry(zone).or_insert(joined.copied());
            if let Some(commits) = control.and_then(ControlRecordType::commits) {
                self.end(id, header.base_offset, commits);
            }
            return;
        }
        // Compaction keeps a producer's last batch when all records of it are gone, and may have taken its marker before: such a
        // batch begins nothing that would have to end.
        let is_of_one = header.is_transactional() && (own.records > 0 || self.open.contains_key(&id));
        if is_of_one {
            self.kept.entry(zone).or_insert(joined.copied());
            self.go_on(id, own, zone);
        } else if let Some(kept) = self.kept.get_mut(&zone) {
            add(kept, own);
        }
    }

    /// Adds a batch to its producer's transaction, which it may begin.
    fn go_on(&mut self, id: i64, own: &Zone, zone: Offset) {
        let last = self.open.get_mut(&id).and_then(|open| open.parts.last_mut());
        if let Some((_, part)) = last.filter(|(at, _)| *at == zone) {
            part.absorb(own);
            return;
        }
        if self.tracked >= TRANSACTIONS_TRACKED_MAX {
            self.known_up_to = Some(own.base_offset);
            return;
        }
        self.tracked = self.tracked.saturating_add(1);
        let first_offset = own.base_offset;
        let open = self.open.entry(id).or_insert(OpenTransaction { first_offset, parts: Vec::new() });
        open.parts.push((zone, *own));
    }

    /// Ends a producer's transaction, if it has one, at its marker.
    fn end(&mut self, producer_id: i64, last_offset: Offset, commits: bool) {
        let Some(OpenTransaction { first_offset, parts }) = self.open.remove(&producer_id) else { return };
        self.tracked = self.tracked.saturating_sub(parts.len());
        if commits {
            for (zone, part) in parts {
                add(self.kept.entry(zone).or_default(), &part);
            }
            return;
        }
        // The range takes the place of at least one part, so that the limit holds.
        self.tracked = self.tracked.saturating_add(1);
        let range = AbortedRange { producer_id, first_offset, last_offset };
        self.aborted.entry(producer_id).or_default().push(range);
    }

    /// Returns what consumers of committed records see of a zone that ends before the last stable offset; `None` when nothing.
    pub(super) fn committed_part(&self, zone: &Zone) -> Option<Zone> {
        let part = self.kept.get(&zone.base_offset).copied().unwrap_or(Some(*zone))?;
        (part.records > 0 || part == *zone).then_some(part)
    }
}

fn add(kept: &mut Option<Zone>, own: &Zone) {
    match kept {
        Some(kept) => kept.absorb(own),
        None => *kept = Some(*own),
    }
}

#[cfg(test)]
mod tests;
