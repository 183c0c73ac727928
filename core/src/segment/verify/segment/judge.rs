//! What is judged of each batch once its bytes are known to be right: its records, times, epoch, producer, and the segment before.

use super::super::finding::{Check, Findings};
use super::super::joins::SeenMarker;
use super::super::partition::PartitionState;
use super::super::records::{Looked, look};
use super::SegmentCheck;
use crate::ids::Timestamp;
use crate::record::{BatchHeader, RecordBatch};
use crate::segment::ReadAt;
use crate::segment::index::FoundBatch;
use crate::segment::producers::Marker;

impl<R: ReadAt> SegmentCheck<R> {
    /// Judges how the segment's first batch joins the segment before.
    pub(super) fn join_segments(&self, found: &FoundBatch, state: &PartitionState, findings: &mut Findings) {
        let (first, base) = (found.header.base_offset, self.base_offset);
        let Some(end) = state.end else { return };
        if first < end {
            let what = format!(
                "the segment's first {} begins at offset {first}, and the segments before reach up to offset {end} (not \
                 included)",
                found.noun()
            );
            let finding = self.place.finding(Check::SegmentOverlap, what).at(found.position);
            findings.push(finding.offsets(Some(first), Some(end)));
        } else if end < base && !state.is_uncertain && !state.is_surely_compacted() {
            let missing = format!("no segment holds the offsets from {end} up to {base} (not included)");
            let (check, what) = match state.was_cleaned_up_to(base) {
                Some(cleaned) => {
                    let what = format!(
                        "{missing}: cleaner-offset-checkpoint says that the log was compacted up to offset {cleaned}, so they \
                         may be gone by that; a segment's file may as well be missing"
                    );
                    (Check::Compacted, what)
                }
                None => {
                    let what =
                        format!("{missing}: either a segment's file is missing, or compaction took them");
                    (Check::SegmentHole, what)
                }
            };
            findings.push(self.place.finding(check, what).offsets(Some(end), Some(base)));
        }
    }

    /// Reads the records, as far as they can be read.
    pub(super) fn look(&mut self, position: u64, batch: &RecordBatch, findings: &mut Findings) -> Looked {
        let looked = look(batch);
        if let Some(what) = &looked.damage {
            let finding = self.place.finding(Check::RecordsDamaged, what.clone()).at(position);
            findings.push(finding.offsets(Some(batch.base_offset()), Some(batch.next_offset())));
        }
        if let Some(why) = &looked.not_read {
            let (count, ..) = self.not_decoded.get_or_insert_with(|| (0, position, why.clone()));
            *count = count.saturating_add(1);
        }
        looked
    }

    pub(super) fn judge_times(
        &mut self,
        found: &FoundBatch,
        header: &BatchHeader,
        in_records: Option<Timestamp>,
        findings: &mut Findings,
    ) {
        if header.record_count == 0 {
            return;
        }
        let (position, max) = (found.position, header.max_timestamp);
        if let Some(in_records) = in_records.filter(|&in_records| in_records != max) {
            let what = if found.is_message {
                format!(
                    "the compressed message at offset {} has the timestamp {max}, and the largest of the messages in it is \
                     {in_records}",
                    header.last_offset()
                )
            } else {
                format!(
                    "the batch at offset {} has the largest timestamp {max} in its header, and {in_records} in its records",
                    header.base_offset
                )
            };
            findings
                .push(self.place.finding(Check::MaxTimestamp, what).at(position).offset(header.base_offset));
        }
        // Messages v0 have no time: nothing goes back where there is none.
        if max < self.largest_time && max != Timestamp::NONE {
            let (count, ..) = self.times_back.get_or_insert((0, position, header.base_offset));
            *count = count.saturating_add(1);
        }
        self.largest_time = self.largest_time.max(max);
    }

    pub(super) fn judge_epoch(
        &self,
        position: u64,
        header: &BatchHeader,
        state: &mut PartitionState,
        findings: &mut Findings,
    ) {
        let epoch = header.partition_leader_epoch;
        if epoch < -1 {
            let what =
                format!("the batch at offset {} has the impossible leader epoch {epoch}", header.base_offset);
            findings.push(
                self.place.finding(Check::LeaderEpochMismatch, what).at(position).offset(header.base_offset),
            );
        }
        if epoch < 0 {
            return;
        }
        if epoch < state.last_epoch {
            let what = format!(
                "the batch at offset {} has the leader epoch {epoch}, and a batch before has {}",
                header.base_offset, state.last_epoch
            );
            findings.push(
                self.place.finding(Check::LeaderEpochMismatch, what).at(position).offset(header.base_offset),
            );
        }
        state.last_epoch = state.last_epoch.max(epoch);
        let Some((place, epochs)) = &state.epochs else { return };
        let named = epochs.epoch_of(header.base_offset).map(|entry| entry.epoch);
        // Entries before the log's start go when records are deleted; the first one left then begins where the log does.
        let is_before_the_first = named.is_none() && !epochs.entries.is_empty();
        if named == Some(epoch) || is_before_the_first || state.epoch_told == Some((epoch, named)) {
            return;
        }
        state.epoch_told = Some((epoch, named));
        let named = named.map_or("no epoch".to_owned(), |named| format!("epoch {named}"));
        let what = format!(
            "the batch at offset {} was written in leader epoch {epoch}, and the file gives {named} for that offset",
            header.base_offset
        );
        findings.push(place.finding(Check::LeaderEpochMismatch, what).offset(header.base_offset));
    }

    pub(super) async fn judge_producer(
        &mut self,
        position: u64,
        header: &BatchHeader,
        marker: Option<Marker>,
        state: &mut PartitionState,
        findings: &mut Findings,
    ) {
        let change = state.producers.apply(header, marker);
        if let Some(expected) = change.expected_sequence.filter(|_| !state.is_lenient()) {
            let what = format!(
                "the batch at offset {} begins with sequence {} of producer {}, and {expected} should be next",
                header.base_offset, header.base_sequence, header.producer_id
            );
            findings.push(self.place.finding(Check::Sequence, what).at(position).offset(header.base_offset));
        }
        if marker.is_some_and(|marker| !marker.is_commit) {
            let seen = SeenMarker {
                producer_id: header.producer_id,
                offset: header.base_offset,
                aborted: change.aborted,
                is_complete: state.producers.is_complete,
                walked_from: state.start.unwrap_or(header.base_offset),
            };
            self.transactions.marker(&seen, state.is_lenient(), findings).await;
        }
    }
}
