//! What is known of a log file: its zones and where they lie, what is damaged, and totals.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::limits::{FILE_DAMAGE_LISTED_MAX, FILE_ZONE_BYTES_TARGET, FILE_ZONE_RECORDS_TARGET};
use crate::record::{BatchHeader, Compression, ControlRecordType};
use crate::source::{Damage, Transactions, Zone};

/// A run of offsets that no batch holds, between two batches that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The first offset that no batch holds.
    pub from: Offset,
    /// The offset at which the next batch begins.
    pub to: Offset,
    /// Where that batch lies in the file.
    pub position_bytes: u64,
}

/// Sums up a log file, as far as it is indexed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogReport {
    /// Batches that can be read; each message of the old formats counts as one.
    pub batches: u64,
    /// Those of them that are messages of the formats v0 and v1, from before Kafka 0.11.
    pub old_messages: u64,
    /// Records in them, by their headers.
    pub records: u64,
    /// Batches of control records: transactions' markers.
    pub control_batches: u64,
    /// Batches that belong to transactions, markers included.
    pub transactional_batches: u64,
    /// Batches whose records are compressed.
    pub compressed_batches: u64,
    /// Places where offsets are missing between readable batches, as compaction leaves them.
    pub gaps: u64,
    /// Where zeros fill the file up to its end, as preallocation leaves them: nothing is lost there.
    pub zeros_from_bytes: Option<u64>,
    /// What cannot be read, in the file's order; the first [`FILE_DAMAGE_LISTED_MAX`] places.
    pub damage: Vec<Damage>,
    /// Damaged places in all.
    pub damaged_places: u64,
}

/// One zone, and where its batches lie: back to back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileZone {
    pub(super) zone: Zone,
    pub(super) position: u64,
}

impl FileZone {
    pub(super) fn end(&self) -> u64 {
        self.position.saturating_add(self.zone.bytes)
    }
}

/// One batch found in the file.
#[derive(Clone, Copy, Debug)]
pub(super) struct FoundBatch {
    pub(super) position: u64,
    /// Bytes that it takes in the file.
    pub(super) bytes: u64,
    /// Its header; of a message of the old formats, that of the batch which is made of it.
    pub(super) header: BatchHeader,
    pub(super) is_message: bool,
    /// The codec in the file.
    pub(super) compression: Compression,
    /// What its control record says, if it has one that could be read.
    pub(super) control: Option<ControlRecordType>,
    /// The smallest timestamp, as far as known.
    pub(super) min_timestamp: Timestamp,
    /// Whether the CRC was checked.
    pub(super) verified: bool,
    /// The offset that a batch without a gap before it would have; `None` when nothing tells.
    pub(super) expected: Option<Offset>,
    /// Whether what comes right before it is damaged.
    pub(super) after_damage: bool,
}

impl FoundBatch {
    pub(super) fn end(&self) -> u64 {
        self.position.saturating_add(self.bytes)
    }

    /// Names what was found, for a person.
    pub(super) fn noun(&self) -> &'static str {
        noun(self.is_message)
    }

    pub(super) fn gap(&self) -> Option<Gap> {
        let to = self.header.base_offset;
        let from = self.expected.filter(|&expected| expected < to)?;
        Some(Gap { from, to, position_bytes: self.position })
    }
}

/// Names what lies in a log, for a person.
pub(super) fn noun(is_message: bool) -> &'static str {
    if is_message { "message" } else { "batch" }
}

/// What is missing as compaction leaves it, in a file or in all segments of a partition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Traces {
    /// Places where offsets are missing between batches.
    pub(super) gaps: u64,
    /// The first of them.
    pub(super) first_gap: Option<Gap>,
    /// Whether a batch lost some of its records.
    pub(super) is_thinned: bool,
}

impl Traces {
    /// Adds those of the segment behind.
    pub(super) fn and(self, behind: Self) -> Self {
        Self {
            gaps: self.gaps.saturating_add(behind.gaps),
            first_gap: self.first_gap.or(behind.first_gap),
            is_thinned: self.is_thinned || behind.is_thinned,
        }
    }

    /// Tells whether the log was surely compacted: one gap alone may have another cause.
    pub(super) fn show_compaction(&self) -> bool {
        self.is_thinned || self.gaps > 1
    }
}

/// Which batches of a file count, when it is one of several segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OffsetWindow {
    /// Batches that end before it were deleted: they are left out without a word.
    pub(super) start: Offset,
    /// Batches that begin before it lie in an earlier segment too.
    pub(super) from: Offset,
    /// Batches that reach up to it, or beyond, lie in a later segment too.
    pub(super) to: Option<Offset>,
}

impl Default for OffsetWindow {
    /// Takes every batch.
    fn default() -> Self {
        Self { start: Offset::ZERO, from: Offset::ZERO, to: None }
    }
}

/// Batches that were left out because another segment's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overlap {
    pub(super) batches: u64,
    pub(super) position: u64,
    pub(super) from: Offset,
    pub(super) next_offset: Offset,
}

/// The transactions of one partition, whose segments are indexed one after the other and all tell of them. Who was handed them
/// keeps them as they were.
pub(super) type SharedTransactions = Rc<RefCell<Rc<Transactions>>>;

/// What the scan has found so far.
#[derive(Debug, Default)]
pub(super) struct Index {
    window: OffsetWindow,
    transactions: SharedTransactions,
    pub(super) overlap: Option<Overlap>,
    pub(super) zones: Vec<FileZone>,
    pub(super) report: LogReport,
    /// Whether the file is all there is of its log, so that it alone tells whether the log was compacted.
    stands_alone: bool,
    /// Whether the last zone takes no more batches.
    closed: bool,
    /// The first gap, and whether compaction shows anywhere else.
    first_gap: Option<Gap>,
    thinned: bool,
    /// Where the batches lie whose damage was found only when they were fetched: each is counted once.
    late_damage: BTreeSet<u64>,
}

/// What the scan reports, in the file's order.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Batch(FoundBatch),
    Damage(Damage),
    Zeros { from: u64 },
    Done,
}

impl Index {
    /// Makes an index that takes only the batches within a window, and goes on with the transactions of the segments before.
    pub(super) fn within(window: OffsetWindow, transactions: SharedTransactions) -> Self {
        Self { window, transactions, ..Self::default() }
    }

    pub(super) fn transactions(&self) -> Rc<Transactions> {
        Rc::clone(&self.transactions.borrow())
    }

    pub(super) fn window(&self) -> OffsetWindow {
        self.window
    }

    /// Judges a gap as soon as the file's end is reached: there is nothing else that could explain it.
    pub(super) fn stand_alone(&mut self) {
        self.stands_alone = true;
    }

    /// Tells what compaction may have left.
    pub(super) fn traces(&self) -> Traces {
        Traces { gaps: self.report.gaps, first_gap: self.first_gap, is_thinned: self.thinned }
    }

    /// Tells whether a batch counts.
    pub(super) fn takes(&self, header: &BatchHeader) -> bool {
        let OffsetWindow { start, from, to } = self.window;
        header.last_offset() >= start
            && header.base_offset >= from
            && to.is_none_or(|to| header.last_offset() < to)
    }

    /// Tells whether a batch counts; remembers it when another segment's count instead.
    fn counts(&mut self, header: &BatchHeader, position: u64) -> bool {
        if self.takes(header) {
            return true;
        }
        if header.last_offset() < self.window.start {
            return false;
        }
        let (from, next_offset) = (header.base_offset, header.next_offset());
        let overlap = self.overlap.get_or_insert(Overlap { batches: 0, position, from, next_offset });
        overlap.batches = overlap.batches.saturating_add(1);
        overlap.next_offset = overlap.next_offset.max(next_offset);
        false
    }

    pub(super) fn apply(&mut self, event: Event, partition: PartitionId) {
        match event {
            Event::Batch(batch) => self.push_batch(&batch),
            Event::Damage(damage) => self.push_damage(damage),
            Event::Zeros { from } => self.report.zeros_from_bytes = Some(from),
            Event::Done if self.stands_alone && !self.traces().show_compaction() => {
                self.doubt_the_gap(partition)
            }
            Event::Done => {}
        }
    }

    pub(super) fn push_damage(&mut self, damage: Damage) {
        self.closed = true;
        self.report.damaged_places = self.report.damaged_places.saturating_add(1);
        if self.report.damage.len() < FILE_DAMAGE_LISTED_MAX {
            let at = self.report.damage.partition_point(|d| d.position_bytes <= damage.position_bytes);
            self.report.damage.insert(at, damage);
        }
    }

    /// Notes damage that was found when a batch was fetched, unless it is known.
    pub(super) fn push_late_damage(&mut self, damage: Damage) {
        if self.late_damage.insert(damage.position_bytes) {
            self.push_damage(damage);
        }
    }

    fn push_batch(&mut self, batch: &FoundBatch) {
        let header = &batch.header;
        if !self.counts(header, batch.position) {
            self.closed = true;
            return;
        }
        let records = u32::try_from(header.record_count).unwrap_or(0);
        let report = &mut self.report;
        report.batches = report.batches.saturating_add(1);
        report.records = report.records.saturating_add(records.into());
        let count = |counter: &mut u64, yes: bool| *counter = counter.saturating_add(yes.into());
        count(&mut report.old_messages, batch.is_message);
        count(&mut report.control_batches, header.is_control());
        count(&mut report.transactional_batches, header.is_transactional());
        count(&mut report.compressed_batches, batch.compression != Compression::None);
        // What is missing after damage is the damage's, and told with it.
        let gap = batch.gap().filter(|_| !batch.after_damage);
        count(&mut report.gaps, gap.is_some());
        self.first_gap = self.first_gap.or(gap);
        self.thinned |= i64::from(records) <= i64::from(header.last_offset_delta);

        let whole = Zone {
            base_offset: header.base_offset,
            last_offset: header.last_offset(),
            records,
            bytes: batch.bytes,
            min_timestamp: if records > 0 { batch.min_timestamp } else { Timestamp::NONE },
            max_timestamp: if records > 0 { header.max_timestamp } else { Timestamp::NONE },
        };
        let joined = self.zones.last_mut().filter(|last| !self.closed && last.end() == batch.position);
        let mut transactions = self.transactions.borrow_mut();
        let before = joined.as_ref().map(|joined| &joined.zone);
        Rc::make_mut(&mut transactions).push(header, batch.control, &whole, before);
        match joined {
            None => self.zones.push(FileZone { zone: whole, position: batch.position }),
            Some(joined) => joined.zone.absorb(&whole),
        }
        self.closed = self.zones.last().is_none_or(|last| {
            last.zone.bytes >= FILE_ZONE_BYTES_TARGET || last.zone.records >= FILE_ZONE_RECORDS_TARGET
        });
    }

    /// Names the first gap. No checksum covers a batch's base offset: one gap in a log that shows no other trace of compaction is
    /// as likely a damaged base offset.
    pub(super) fn doubt_the_gap(&mut self, partition: PartitionId) {
        let Some(gap) = self.first_gap else { return };
        let cause = format!(
            "no batch holds these offsets: either compaction took them, or the base offset {} here is damaged, \
             which no checksum covers",
            gap.to
        );
        let (from, to) = (Some(gap.from), Some(gap.to));
        self.push_damage(Damage { partition, from, to, position_bytes: gap.position_bytes, cause });
    }
}
