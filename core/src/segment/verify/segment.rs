//! One segment: every batch, every record that can be read, and the indexes beside them.

use std::rc::Rc;

use bytes::Bytes;

use super::finding::{Check, Findings};
use super::joins::{OffsetJoin, SeenMarker, TimeJoin, TransactionJoin};
use super::partition::{PartitionState, reach, window_bytes};
use super::place::Place;
use super::records::{Looked, look};
use crate::ids::{Offset, PartitionId, Timestamp};
use crate::record::{BatchHeader, RecordBatch};
use crate::segment::folder::{DataFile, SegmentFiles};
use crate::segment::index::{Event, FoundBatch};
use crate::segment::name::FileName;
use crate::segment::producers::Marker;
use crate::segment::scan::Scan;
use crate::segment::sniff::{Sniffed, is_whole_old_message, sniff};
use crate::segment::{LogFile, ReadAt, ReadError};
use crate::source::Damage;

/// Bytes that tell what a file is.
const HEAD_BYTES: usize = 128;

/// A segment that is being verified.
#[derive(Debug)]
pub(super) struct SegmentCheck<R> {
    pub(super) place: Place,
    file: Rc<R>,
    base_offset: Offset,
    scan: Scan,
    window: (u64, Bytes),
    offsets: OffsetJoin<R>,
    times: TimeJoin<R>,
    transactions: TransactionJoin<R>,
    /// Where damage begins behind which no batch was found yet.
    damaged_from: Option<u64>,
    /// The first batch's offset, the last one's, and where that ends.
    first: Option<Offset>,
    last: Option<Offset>,
    ends_at: u64,
    /// Times that went back: how often, and first where.
    times_back: Option<(u64, u64, Offset)>,
    largest_time: Timestamp,
    /// Batches whose records were not looked at, and the first one's place.
    not_decoded: Option<(u64, u64, String)>,
}

impl<R: ReadAt> SegmentCheck<R> {
    /// Opens a segment, and judges how it joins the one before. `None` when it is no log, which is reported.
    pub(super) async fn open(
        files: &SegmentFiles,
        state: &mut PartitionState,
        open: &[Rc<R>],
        findings: &mut Findings,
    ) -> Option<Self> {
        let place = state.place.beside(&files.log.path);
        let Some(file) = open.get(files.log.index).cloned() else {
            findings.push(place.finding(Check::Unreadable, "the file was not handed over"));
            return None;
        };
        if files.is_swap {
            let what = "the segment is there as a .swap file only, and was verified as such";
            findings.push(place.finding(Check::SegmentSwap, what));
        }
        let missing = [(&files.offset_index, ".index"), (&files.time_index, ".timeindex")];
        for (_, suffix) in missing.into_iter().filter(|(index, _)| index.is_none()) {
            findings.push(place.finding(Check::IndexMissing, format!("the segment has no {suffix} file")));
        }
        let head = match file.read_at(0, HEAD_BYTES).await {
            Ok(head) => head,
            Err(error) => {
                findings.push(place.finding(Check::Unreadable, error.cause).at(error.position_bytes));
                state.is_uncertain = true;
                return None;
            }
        };
        let base_offset = files.base_offset;
        let refused = match sniff(&head) {
            _ if head.is_empty() => None,
            Sniffed::OldFormat { .. } if is_a_batch_after_all(&file, base_offset).await => None,
            Sniffed::OldFormat { magic } => {
                let what = format!("the segment is in message format {magic}, before Kafka 0.11");
                Some(place.finding(Check::NotDecoded, what))
            }
            Sniffed::Other(what) => {
                Some(place.finding(Check::NoLog, format!("the file is no log: it is {what}")))
            }
            Sniffed::Log | Sniffed::Zeros | Sniffed::Unknown => None,
        };
        if let Some(refused) = refused {
            findings.push(refused);
            state.is_uncertain = true;
            return None;
        }
        let of = |file: &Option<DataFile>| file.as_ref().and_then(|file| open.get(file.index)).cloned();
        let partition = place.topic_partition.as_ref().map(|tp| tp.partition).unwrap_or_default();
        Some(Self {
            scan: Scan::new(partition, Some(base_offset), file.len_bytes()),
            offsets: OffsetJoin::new(of(&files.offset_index), &place, base_offset),
            times: TimeJoin::new(of(&files.time_index), &place, base_offset),
            transactions: TransactionJoin::new(of(&files.transaction_index), &place, base_offset),
            place,
            file,
            base_offset,
            window: (0, Bytes::new()),
            damaged_from: None,
            first: None,
            last: None,
            ends_at: 0,
            times_back: None,
            largest_time: Timestamp::NONE,
            not_decoded: None,
        })
    }

    pub(super) fn bytes_total(&self) -> u64 {
        self.file.len_bytes()
    }

    pub(super) fn bytes_done(&self) -> u64 {
        self.scan.position()
    }

    /// Goes on about a mebibyte; tells whether the segment is done.
    pub(super) async fn step(
        &mut self,
        state: &mut PartitionState,
        open: &[Rc<R>],
        findings: &mut Findings,
    ) -> Result<bool, ReadError> {
        let events = self.scan.step(&*self.file).await?;
        for event in events {
            match event {
                Event::Batch(batch) => self.batch(&batch, state, open, findings).await?,
                Event::Damage(damage) => self.damage(damage, state, findings),
                Event::Zeros { from } => {
                    let zeros = self.file.len_bytes().saturating_sub(from);
                    let what = format!("{zeros} bytes of zeros fill the file from byte {from} to its end");
                    findings.push(self.place.finding(Check::Preallocated, what).at(from));
                }
                Event::Done => {}
            }
        }
        if self.scan.is_done() {
            self.finish(state, findings).await;
        }
        Ok(self.scan.is_done())
    }

    fn damage(&mut self, damage: Damage, state: &mut PartitionState, findings: &mut Findings) {
        let is_name = damage.cause.starts_with("the file's name says");
        let check = if is_name { Check::SegmentName } else { Check::BatchDamaged };
        if !is_name {
            state.is_uncertain = true;
            self.damaged_from = self.damaged_from.or(Some(damage.position_bytes));
        }
        let finding = self.place.finding(check, damage.cause).at(damage.position_bytes);
        findings.push(finding.offsets(damage.from, damage.to));
    }

    async fn batch(
        &mut self,
        found: &FoundBatch,
        state: &mut PartitionState,
        open: &[Rc<R>],
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let header = &found.header;
        let bytes = self.bytes_at(found.position, found.bytes).await?;
        let batch = match RecordBatch::parse_any(bytes, found.position) {
            Ok(batch) if found.verified => Ok(batch),
            parsed => parsed.and_then(|batch| batch.verify_crc().map(|()| batch)),
        };
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                state.is_uncertain = true;
                self.damaged_from = self.damaged_from.or(Some(found.position));
                let finding = self.place.finding(Check::BatchDamaged, error.to_string()).at(found.position);
                findings.push(finding.offsets(Some(header.base_offset), Some(header.next_offset())));
                return Ok(());
            }
        };
        if self.first.is_none() {
            self.join_segments(found, state, findings);
        }
        reach(state, Some(header.base_offset), open, findings).await;
        if let Some(gap) = found.gap().filter(|_| self.first.is_some() && !found.after_damage) {
            state.note_gap(&self.place, gap);
        }
        let looked = self.look(found.position, &batch, findings);
        state.looks_compacted |= looked.is_thinned;
        state.is_thinned |= looked.is_thinned;
        self.judge_times(found.position, header, looked.max_timestamp, findings);
        self.judge_epoch(found.position, header, state, findings);
        let before = self.last;
        let damaged_from = self.damaged_from.take();
        self.offsets.batch(found.position, header, before, damaged_from, findings).await;
        let (is_uncertain, looks_compacted) = (state.is_uncertain, state.looks_compacted);
        self.times.batch(header, is_uncertain, looks_compacted, findings).await;
        self.judge_producer(found.position, header, looked.marker, state, findings).await;
        state.batches = state.batches.saturating_add(1);
        let records = u64::try_from(header.record_count).unwrap_or(0);
        state.records = state.records.saturating_add(records);
        state.start = state.start.or(Some(header.base_offset));
        state.end = state.end.max(Some(header.next_offset()));
        self.first = self.first.or(Some(header.base_offset));
        (self.last, self.ends_at) = (Some(header.last_offset()), found.end());
        Ok(())
    }

    /// Judges how the segment's first batch joins the segment before.
    fn join_segments(&self, found: &FoundBatch, state: &PartitionState, findings: &mut Findings) {
        let (first, base) = (found.header.base_offset, self.base_offset);
        let Some(end) = state.end else { return };
        if first < end {
            let what = format!(
                "the segment's first batch begins at offset {first}, and the segments before reach up to offset {end} (not \
                 included)"
            );
            let finding = self.place.finding(Check::SegmentOverlap, what).at(found.position);
            findings.push(finding.offsets(Some(first), Some(end)));
        } else if end < base && !state.is_lenient() {
            let what = format!(
                "no segment holds the offsets from {end} up to {base} (not included): either a segment's file is missing, \
                 or compaction took them"
            );
            findings.push(self.place.finding(Check::SegmentHole, what).offsets(Some(end), Some(base)));
        }
    }

    /// Reads the records, as far as they can be read.
    fn look(&mut self, position: u64, batch: &RecordBatch, findings: &mut Findings) -> Looked {
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

    fn judge_times(
        &mut self,
        position: u64,
        header: &BatchHeader,
        in_records: Option<Timestamp>,
        findings: &mut Findings,
    ) {
        if header.record_count == 0 {
            return;
        }
        let max = header.max_timestamp;
        if let Some(in_records) = in_records.filter(|&in_records| in_records != max) {
            let what = format!(
                "the batch at offset {} has the largest timestamp {max} in its header, and {in_records} in its records",
                header.base_offset
            );
            findings
                .push(self.place.finding(Check::MaxTimestamp, what).at(position).offset(header.base_offset));
        }
        if max < self.largest_time {
            let (count, ..) = self.times_back.get_or_insert((0, position, header.base_offset));
            *count = count.saturating_add(1);
        }
        self.largest_time = self.largest_time.max(max);
    }

    fn judge_epoch(
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

    async fn judge_producer(
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

    async fn finish(&mut self, state: &mut PartitionState, findings: &mut Findings) {
        self.offsets.end(self.ends_at, self.last, self.damaged_from, findings).await;
        self.times.end(self.last, state.is_uncertain, findings).await;
        self.transactions.end(state.is_lenient(), findings).await;
        if let Some((count, position, offset)) = self.times_back {
            let what = format!(
                "{count} batches have a smaller largest timestamp than one before; the first is at offset {offset}"
            );
            findings.push(self.place.finding(Check::TimeBackwards, what).at(position).offset(offset));
        }
        if let Some((count, position, why)) = &self.not_decoded {
            let what = format!("the records of {count} batches were not read; of the first, {why}");
            findings.push(self.place.finding(Check::NotDecoded, what).at(*position));
        }
    }

    async fn bytes_at(&mut self, position: u64, bytes_len: u64) -> Result<Bytes, ReadError> {
        let (start, bytes) = &self.window;
        let within = |at: u64| at.checked_sub(*start).and_then(|skip| usize::try_from(skip).ok());
        if let (Some(from), Some(to)) = (within(position), within(position.saturating_add(bytes_len)))
            && to <= bytes.len()
        {
            return Ok(bytes.slice(from..to));
        }
        let bytes = self.file.read_at(position, window_bytes(bytes_len)).await?;
        let got = bytes.slice(..crate::segment::narrow(bytes_len).min(bytes.len()));
        self.window = (position, bytes);
        Ok(got)
    }
}

/// Tells whether what looks like a message of old is a batch whose magic byte is damaged: its CRC does not fit, and batches
/// follow.
async fn is_a_batch_after_all<R: ReadAt>(file: &Rc<R>, base_offset: Offset) -> bool {
    let name = FileName { base_offset: Some(base_offset), partition: PartitionId::default() };
    match file.read_at(0, crate::limits::FILE_WINDOW_BYTES).await {
        Ok(bytes) if is_whole_old_message(&bytes) => false,
        Ok(_) => LogFile::holds_a_batch(file, name).await.unwrap_or(false),
        Err(_) => false,
    }
}
