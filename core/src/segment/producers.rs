//! What a log says of its producers, batch by batch, as a broker keeps it
//! (`org.apache.kafka.storage.internals.log.ProducerAppendInfo`): sequences, epochs, and which transactions are open.

use std::collections::BTreeMap;

use crate::ids::{Offset, Timestamp};
use crate::limits::VERIFY_PRODUCERS_MAX;
use crate::record::{BatchHeader, EndTransactionMarker};
use crate::segment::format::transaction_index::AbortedTransaction;
use crate::segment::format::{ProducerEntry, ProducerSnapshot};

/// How a control record ends a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Marker {
    pub(super) is_commit: bool,
    pub(super) coordinator_epoch: i32,
    pub(super) timestamp: Timestamp,
}

impl Marker {
    /// Reads a control record; `None` for those that are no transaction's marker.
    pub(super) fn parse(key: Option<&[u8]>, value: Option<&[u8]>, timestamp: Timestamp) -> Option<Self> {
        let EndTransactionMarker { is_commit, coordinator_epoch } = EndTransactionMarker::parse(key, value)?;
        Some(Self { is_commit, coordinator_epoch, timestamp })
    }
}

/// What one batch does to the producers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    /// The sequence that was expected, when another one is there.
    pub(super) expected_sequence: Option<i32>,
    /// The transaction that was aborted, as the transaction index should have it.
    pub(super) aborted: Option<AbortedTransaction>,
}

/// The producers as of some offset.
#[derive(Debug, Default)]
pub(super) struct Producers {
    entries: BTreeMap<i64, ProducerEntry>,
    /// Whether everything that came before is known: from the log's first offset on, or by a snapshot.
    pub(super) is_complete: bool,
    /// Whether there were too many to keep.
    pub(super) is_overfull: bool,
}

impl Producers {
    /// Begins with what a snapshot says.
    pub(super) fn seed(&mut self, snapshot: &ProducerSnapshot) {
        for entry in &snapshot.producers {
            self.put(*entry);
        }
        self.is_complete = true;
    }

    /// Sums up what is known as a snapshot does.
    pub(super) fn snapshot(&self) -> ProducerSnapshot {
        ProducerSnapshot { producers: self.entries.values().copied().collect() }
    }

    pub(super) fn get(&self, producer_id: i64) -> Option<&ProducerEntry> {
        self.entries.get(&producer_id)
    }

    /// Returns the open transactions: whose, and where they begin.
    pub(super) fn open_transactions(&self) -> impl Iterator<Item = (i64, Offset)> {
        let open = |(&id, entry): (&i64, &ProducerEntry)| {
            entry.current_transaction_first_offset.map(|first| (id, first))
        };
        self.entries.iter().filter_map(open)
    }

    /// Takes a batch. `marker` is what its control record says, if it has one.
    pub(super) fn apply(&mut self, header: &BatchHeader, marker: Option<Marker>) -> Change {
        let mut change = Change::default();
        if header.producer_id < 0 || (header.is_control() && marker.is_none()) {
            return change;
        }
        let before = self.entries.get(&header.producer_id).copied();
        let mut entry = before.unwrap_or(ProducerEntry {
            producer_id: header.producer_id,
            producer_epoch: header.producer_epoch,
            last_sequence: -1,
            last_offset: -1,
            offset_delta: 0,
            timestamp: Timestamp::NONE,
            coordinator_epoch: -1,
            current_transaction_first_offset: None,
        });
        if entry.producer_epoch != header.producer_epoch {
            (entry.last_sequence, entry.last_offset, entry.offset_delta) = (-1, -1, 0);
            entry.producer_epoch = header.producer_epoch;
        }
        match marker {
            Some(marker) => {
                let first_offset = entry.current_transaction_first_offset.take();
                change.aborted = first_offset.filter(|_| !marker.is_commit).map(|first_offset| {
                    let last_offset = header.base_offset;
                    let others = self.open_transactions().filter(|(id, _)| *id != header.producer_id);
                    let last_stable_offset =
                        others.map(|(_, first)| first).min().unwrap_or(last_offset.next());
                    let producer_id = header.producer_id;
                    AbortedTransaction { producer_id, first_offset, last_offset, last_stable_offset }
                });
                entry.coordinator_epoch = marker.coordinator_epoch;
                entry.timestamp = marker.timestamp;
            }
            None => {
                let expected =
                    if entry.last_sequence == i32::MAX { 0 } else { entry.last_sequence.saturating_add(1) };
                let is_known = entry.last_offset >= 0;
                change.expected_sequence = (is_known && header.base_sequence != expected).then_some(expected);
                entry.last_sequence = last_sequence(header);
                entry.last_offset = header.last_offset().value();
                entry.offset_delta = header.last_offset_delta;
                entry.timestamp = header.max_timestamp;
                if header.is_transactional() {
                    entry.current_transaction_first_offset.get_or_insert(header.base_offset);
                }
            }
        }
        self.put(entry);
        change
    }

    fn put(&mut self, entry: ProducerEntry) {
        if self.entries.len() >= VERIFY_PRODUCERS_MAX && !self.entries.contains_key(&entry.producer_id) {
            self.is_overfull = true;
            return;
        }
        self.entries.insert(entry.producer_id, entry);
    }
}

/// Returns the sequence of a batch's last record: after the largest comes 0.
fn last_sequence(header: &BatchHeader) -> i32 {
    let (base, delta) = (header.base_sequence, header.last_offset_delta);
    if base < 0 {
        return base;
    }
    base.checked_add(delta)
        .unwrap_or_else(|| delta.saturating_sub(i32::MAX.saturating_sub(base)).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(base_offset: i64, base_sequence: i32, records: i32, is_transactional: bool) -> BatchHeader {
        BatchHeader {
            base_offset: Offset::new(base_offset),
            attributes: if is_transactional { 16 } else { 0 },
            last_offset_delta: records - 1,
            producer_id: 7,
            producer_epoch: 0,
            base_sequence,
            record_count: records,
            ..BatchHeader::default()
        }
    }

    #[test]
    fn sequences_follow_each_other_and_begin_again_after_the_largest() {
        let mut producers = Producers::default();
        let expected = [
            producers.apply(&batch(0, i32::MAX - 1, 3, false), None),
            producers.apply(&batch(3, 1, 2, false), None),
            producers.apply(&batch(5, 4, 1, false), None),
            producers.apply(&BatchHeader { producer_epoch: 1, ..batch(6, 0, 1, false) }, None),
        ]
        .map(|change| change.expected_sequence);
        assert_eq!(expected, [None, None, Some(3), None]);
        assert_eq!(producers.get(7).unwrap().last_offset, 6);
    }

    #[test]
    fn an_abort_names_its_transaction_and_what_is_stable_then() {
        let mut producers = Producers::default();
        producers.apply(&batch(0, 0, 2, true), None);
        producers.apply(&BatchHeader { producer_id: 8, ..batch(2, 0, 1, true) }, None);
        let marker = |is_commit| {
            Some(Marker { is_commit, coordinator_epoch: 3, timestamp: Timestamp::from_millis(5) })
        };
        let control =
            |offset| BatchHeader { attributes: 48, base_sequence: -1, ..batch(offset, -1, 1, true) };
        let aborted = producers.apply(&control(3), marker(false)).aborted.unwrap();
        assert_eq!(
            (aborted.producer_id, aborted.first_offset.value(), aborted.last_offset.value()),
            (7, 0, 3)
        );
        assert_eq!(aborted.last_stable_offset.value(), 2);
        assert_eq!(producers.open_transactions().collect::<Vec<_>>(), [(8, Offset::new(2))]);
        // A marker without records before it aborts nothing.
        assert_eq!(producers.apply(&control(4), marker(false)).aborted, None);
        let other = BatchHeader { producer_id: 8, ..control(5) };
        assert_eq!(producers.apply(&other, marker(true)).aborted, None);
        assert_eq!(producers.open_transactions().count(), 0);
    }

    #[test]
    fn control_records_of_other_kinds_are_no_markers() {
        let parse = |key: &[u8], value: &[u8]| Marker::parse(Some(key), Some(value), Timestamp::NONE);
        let commit = parse(&[0, 0, 0, 1], &[0, 0, 0, 0, 0, 9]).unwrap();
        assert!(commit.is_commit && commit.coordinator_epoch == 9);
        assert!(!parse(&[0, 0, 0, 0], &[0, 0, 0, 0, 0, 9]).unwrap().is_commit);
        assert_eq!(
            (parse(&[0, 0, 0, 2], &[0; 6]), parse(&[0, 0, 0], &[0; 6]), parse(&[0; 4], &[0; 5])),
            (None, None, None)
        );
    }
}
