//! One segment: every batch, every message of the old formats, every record that can be read, and the indexes beside them.

mod judge;

use std::rc::Rc;

use super::finding::{Check, Findings};
use super::joins::{OffsetJoin, TimeJoin, TransactionJoin};
use super::partition::PartitionState;
use super::place::Place;
use super::producer_snapshots::reach;
use crate::ids::{Offset, Timestamp};
use crate::record::compression::CompressionError;
use crate::record::legacy::MESSAGE_HEADER_BYTES;
use crate::record::{BatchError, BatchHeader, MessageHeader, RecordBatch};
use crate::segment::folder::{DataFile, SegmentFiles};
use crate::segment::index::{Event, FoundBatch, noun};
use crate::segment::scan::Scan;
use crate::segment::sniff::{Sniffed, sniff};
use crate::segment::{ReadAt, ReadError, wide};
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
    /// Batches that could be read, messages of the old formats among them.
    batches: u64,
    /// Messages of the formats v0 and v1.
    old_messages: [u64; 2],
    /// Bytes that may still be read again in order to tell what is wrong with a message.
    second_look_bytes_left: u64,
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
        if let Sniffed::Other(what) = sniff(&head) {
            findings.push(place.finding(Check::NoLog, format!("the file is no log: it is {what}")));
            state.is_uncertain = true;
            return None;
        }
        let of = |file: &Option<DataFile>| file.as_ref().and_then(|file| open.get(file.index)).cloned();
        let partition = place.topic_partition.as_ref().map(|tp| tp.partition).unwrap_or_default();
        let second_look_bytes_left = file.len_bytes();
        Some(Self {
            scan: Scan::new(partition, Some(base_offset), file.len_bytes()),
            offsets: OffsetJoin::new(of(&files.offset_index), &place, base_offset),
            times: TimeJoin::new(of(&files.time_index), &place, base_offset),
            transactions: TransactionJoin::new(of(&files.transaction_index), &place, base_offset),
            place,
            file,
            base_offset,
            damaged_from: None,
            first: None,
            last: None,
            ends_at: 0,
            times_back: None,
            largest_time: Timestamp::NONE,
            not_decoded: None,
            batches: 0,
            old_messages: [0; 2],
            second_look_bytes_left,
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
                Event::Damage(damage) => self.damage(damage, state, findings).await?,
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

    async fn damage(
        &mut self,
        damage: Damage,
        state: &mut PartitionState,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let is_name = damage.cause.starts_with("the file's name says");
        let check = match is_name {
            true => Check::SegmentName,
            false => self.check_of(damage.position_bytes).await?,
        };
        if !is_name {
            state.is_uncertain = true;
            self.damaged_from = self.damaged_from.or(Some(damage.position_bytes));
        }
        let finding = self.place.finding(check, damage.cause).at(damage.position_bytes);
        findings.push(finding.offsets(damage.from, damage.to));
        Ok(())
    }

    /// Tells damaged bytes from those that were written like this. Batches are told apart when their records are looked at; a
    /// message of the old formats is looked at as a whole or not at all, so that the scan takes one for the other.
    async fn check_of(&mut self, position: u64) -> Result<Check, ReadError> {
        let head = self.scan.bytes_found(&*self.file, position, wide(MESSAGE_HEADER_BYTES)).await?;
        if !MessageHeader::is_old(&head) {
            return Ok(Check::BatchDamaged);
        }
        let Ok(header) = MessageHeader::parse(&head) else { return Ok(Check::BatchDamaged) };
        let bytes_len = wide(header.message_bytes());
        let Some(left) = self.second_look_bytes_left.checked_sub(bytes_len) else {
            return Ok(Check::BatchDamaged);
        };
        self.second_look_bytes_left = left;
        let message = self.scan.bytes_found(&*self.file, position, bytes_len).await?;
        Ok(match RecordBatch::parse_any(message, position) {
            Err(BatchError::Compression {
                cause: CompressionError::Unknown { .. } | CompressionError::TooLarge { .. },
                ..
            }) => Check::NotDecoded,
            Err(BatchError::Compression { .. } | BatchError::Message { .. }) => Check::RecordsDamaged,
            _ => Check::BatchDamaged,
        })
    }

    async fn batch(
        &mut self,
        found: &FoundBatch,
        state: &mut PartitionState,
        open: &[Rc<R>],
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let bytes = self.scan.bytes_found(&*self.file, found.position, found.bytes).await?;
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
                let (from, to) = (found.header.base_offset, found.header.next_offset());
                findings.push(finding.offsets(Some(from), Some(to)));
                return Ok(());
            }
        };
        let header = &self.stated(found, &batch);
        if self.first.is_none() {
            self.join_segments(found, state, findings);
        }
        reach(state, Some(header.base_offset), open, findings).await;
        if let Some(gap) = found.gap().filter(|_| self.first.is_some() && !found.after_damage) {
            state.note_gap(&self.place, gap, found.is_message);
        }
        state.judge_metadata_batch(header, findings);
        let looked = self.look(found.position, &batch, findings);
        state.looks_compacted |= looked.is_thinned;
        state.is_thinned |= looked.is_thinned;
        self.judge_times(found, header, looked.max_timestamp, findings);
        self.judge_epoch(found.position, header, state, findings);
        let before = self.last;
        let damaged_from = self.damaged_from.take();
        self.offsets.batch(found, before, damaged_from, findings).await;
        let (is_uncertain, looks_compacted) = (state.is_uncertain, state.looks_compacted);
        self.times.batch(header, found.noun(), is_uncertain, looks_compacted, findings).await;
        self.judge_producer(found.position, header, looked.marker, state, findings).await;
        self.batches = self.batches.saturating_add(1);
        state.batches = state.batches.saturating_add(1);
        let records = u64::try_from(header.record_count).unwrap_or(0);
        state.records = state.records.saturating_add(records);
        state.start = state.start.or(Some(header.base_offset));
        state.end = state.end.max(Some(header.next_offset()));
        self.first = self.first.or(Some(header.base_offset));
        (self.last, self.ends_at) = (Some(header.last_offset()), found.end());
        Ok(())
    }

    /// Returns a batch's header; of a message of the old formats, with the time that the message itself says, which is what a
    /// broker goes by.
    fn stated(&mut self, found: &FoundBatch, batch: &RecordBatch) -> BatchHeader {
        let Some(origin) = batch.origin() else { return found.header };
        if let Some(count) = self.old_messages.get_mut(usize::from(origin.magic())) {
            *count = count.saturating_add(1);
        }
        BatchHeader { max_timestamp: origin.timestamp(), ..found.header }
    }

    async fn finish(&mut self, state: &mut PartitionState, findings: &mut Findings) {
        self.offsets.end(self.ends_at, self.last, self.damaged_from, self.noun(), findings).await;
        self.times.end(self.last, state.is_uncertain, findings).await;
        self.transactions.end(state.is_lenient(), findings).await;
        if let Some((count, position, offset)) = self.times_back {
            let what = format!(
                "{count} {}s have a smaller largest timestamp than one before; the first is at offset {offset}",
                self.noun()
            );
            findings.push(self.place.finding(Check::TimeBackwards, what).at(position).offset(offset));
        }
        let formats: Vec<String> = (0..)
            .zip(self.old_messages)
            .filter(|(_, count)| *count > 0)
            .map(|(magic, count)| format!("{count} of v{magic}"))
            .collect();
        if !formats.is_empty() {
            let what =
                format!("the segment holds messages of formats before Kafka 0.11: {}", formats.join(", "));
            findings.push(self.place.finding(Check::OldFormat, what));
        }
        if let Some((count, position, why)) = &self.not_decoded {
            let what = format!("the records of {count} batches were not read; of the first, {why}");
            findings.push(self.place.finding(Check::NotDecoded, what).at(*position));
        }
    }

    /// Names what the segment holds back to back: batches, or messages when it has nothing else.
    fn noun(&self) -> &'static str {
        let messages = self.old_messages.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
        noun(messages > 0 && messages >= self.batches)
    }
}
