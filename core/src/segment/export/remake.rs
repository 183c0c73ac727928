//! One partition's files, made from its batches.

use std::collections::VecDeque;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};

use super::indexes::Indexes;
use super::{ExportError, ExportOptions, ExportSummary, OffsetRange, Piece};
use crate::ids::{Offset, TopicId, TopicPartition};
use crate::limits::FILE_WINDOW_BYTES;
use crate::record::RecordBatch;
use crate::segment::format::transaction_index::AbortedTransaction;
use crate::segment::format::{LeaderEpochs, PartitionMetadata, StartOfEpoch, TransactionIndex};
use crate::segment::producers::{Marker, Producers};
use crate::segment::wide;
use crate::source::{Damage, Fetched, Source, SourceError};

/// Where a partition that was made anew begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ends {
    /// The first segment's base offset.
    pub(super) base: Offset,
    /// The first offset to be read.
    pub(super) start: Offset,
    /// The offset after the last.
    pub(super) end: Offset,
}

/// A partition that is being made anew.
#[derive(Debug)]
pub(super) struct Remake<S> {
    source: Rc<S>,
    topic_partition: TopicPartition,
    topic_id: TopicId,
    range: OffsetRange,
    segment_bytes: u64,
    interval_bytes: u32,
    /// Known once the first step was made.
    plan: Option<Plan>,
    base: Option<Offset>,
    segment: Option<Segment>,
    producers: Producers,
    epochs: LeaderEpochs,
    /// The offset of the last snapshot.
    snapshot: Offset,
    /// The offset after the last batch.
    end: Offset,
}

/// What is to be read.
#[derive(Clone, Copy, Debug)]
struct Plan {
    start: Offset,
    next: Offset,
    end: Offset,
    /// Whether everything up to the log's end is wanted.
    is_to_the_end: bool,
}

/// A segment that is being written.
#[derive(Debug)]
struct Segment {
    indexes: Indexes,
    aborted: Vec<AbortedTransaction>,
    /// Batches that were not handed over yet.
    pending: Vec<Bytes>,
}

impl<S: Source> Remake<S> {
    pub(super) fn new(
        source: Rc<S>,
        topic_partition: TopicPartition,
        topic_id: TopicId,
        range: OffsetRange,
        options: &ExportOptions,
    ) -> Self {
        Self {
            source,
            topic_partition,
            topic_id,
            range,
            // Positions are int32.
            segment_bytes: u64::from(options.segment_bytes.min(i32::MAX.unsigned_abs())),
            interval_bytes: options.index_interval_bytes,
            plan: None,
            base: None,
            segment: None,
            producers: Producers::default(),
            epochs: LeaderEpochs::default(),
            snapshot: Offset::ZERO,
            end: Offset::ZERO,
        }
    }

    pub(super) fn topic_partition(&self) -> &TopicPartition {
        &self.topic_partition
    }

    /// Tells where it begins and ends; after the last step only.
    pub(super) fn ends(&self) -> Ends {
        let start = self.plan.map_or(Offset::ZERO, |plan| plan.start);
        Ends { base: self.base.unwrap_or(start), start, end: self.end.max(start) }
    }

    /// Goes on by about a mebibyte; tells whether that was all.
    pub(super) async fn step(
        &mut self,
        out: &mut VecDeque<Piece>,
        summary: &mut ExportSummary,
    ) -> Result<bool, ExportError> {
        let Some(plan) = self.plan else {
            self.begin(out).await?;
            return Ok(false);
        };
        if plan.next >= plan.end {
            self.finish(plan, out)?;
            return Ok(true);
        }
        let Fetched { batches, next_offset, damage } = self.fetch(plan).await?;
        if next_offset <= plan.next {
            let (topic_partition, at, end) = (self.topic_partition.clone(), plan.next, plan.end);
            return Err(ExportError::Stuck { topic_partition, at, end });
        }
        summary.note_damage(&self.topic_partition.topic, damage);
        for batch in batches.iter().filter(|batch| batch.base_offset() < plan.end) {
            self.push(batch, plan.start, out)?;
            summary.batches = summary.batches.saturating_add(1);
        }
        if let Some(segment) = &mut self.segment {
            segment.hand_over(out);
        }
        self.plan = Some(Plan { next: next_offset, ..plan });
        Ok(false)
    }

    async fn begin(&mut self, out: &mut VecDeque<Piece>) -> Result<(), ExportError> {
        let bounds = self.source.bounds(self.topic_partition.partition).await;
        let bounds = bounds.map_err(|cause| self.unreadable(cause))?;
        let (log_start, log_end) = (bounds.log_start_offset, bounds.high_watermark);
        let end = self.range.to.unwrap_or(log_end).clamp(log_start, log_end);
        let start = self.range.from.unwrap_or(log_start).clamp(log_start, end);
        self.plan = Some(Plan { start, next: start, end, is_to_the_end: end == log_end });
        (self.snapshot, self.end) = (start, start);
        let metadata = PartitionMetadata { version: 0, topic_id: self.topic_id };
        self.put("partition.metadata", metadata.encode(), out);
        Ok(())
    }

    async fn fetch(&self, plan: Plan) -> Result<Fetched, ExportError> {
        let partition = self.topic_partition.partition;
        match self.source.fetch(partition, plan.next, FILE_WINDOW_BYTES).await {
            Err(SourceError::OffsetOutOfRange { start, .. }) if start > plan.next => {
                let damage = vec![Damage::deleted_meanwhile(partition, plan.next, start)];
                Ok(Fetched { batches: Vec::new(), next_offset: start, damage })
            }
            fetched => fetched.map_err(|cause| self.unreadable(cause)),
        }
    }

    fn unreadable(&self, cause: SourceError) -> ExportError {
        ExportError::Source { topic_partition: self.topic_partition.clone(), cause }
    }

    fn push(
        &mut self,
        batch: &RecordBatch,
        start: Offset,
        out: &mut VecDeque<Piece>,
    ) -> Result<(), ExportError> {
        let header = batch.header();
        let bytes = wide(header.batch_bytes());
        let mut segment = match self.segment.take() {
            Some(segment) => segment,
            None => self.open(start.min(header.base_offset), out),
        };
        let indexes = &segment.indexes;
        let is_far = header.last_offset().distance_from(indexes.base_offset()) > i64::from(i32::MAX);
        let is_long = indexes.log_bytes().saturating_add(bytes) > self.segment_bytes;
        if is_far || (indexes.log_bytes() > 0 && (is_long || indexes.are_full())) {
            self.close(segment, out)?;
            self.take_snapshot(header.base_offset, out);
            segment = self.open(header.base_offset, out);
        }
        segment.indexes.batch(header);
        segment.pending.push(batch.bytes().clone());
        let change = self.producers.apply(header, marker_of(batch));
        if self.producers.is_overfull {
            return Err(ExportError::TooManyProducers(self.topic_partition.clone()));
        }
        segment.aborted.extend(change.aborted);
        let epoch = header.partition_leader_epoch;
        if self.epochs.entries.last().map_or(epoch >= 0, |last| epoch > last.epoch) {
            let start_offset = header.base_offset.max(start);
            self.epochs.entries.push(StartOfEpoch { epoch, start_offset });
        }
        self.end = header.next_offset();
        self.segment = Some(segment);
        Ok(())
    }

    fn finish(&mut self, plan: Plan, out: &mut VecDeque<Piece>) -> Result<(), ExportError> {
        let segment = match self.segment.take() {
            Some(segment) => segment,
            None => self.open(plan.start, out),
        };
        self.close(segment, out)?;
        if plan.is_to_the_end && self.end < plan.end {
            // What the log ends with is gone. Only an empty segment's name can still say which offset comes next.
            self.end = plan.end;
            let segment = self.open(plan.end, out);
            self.close(segment, out)?;
        }
        self.take_snapshot(self.end, out);
        self.put("leader-epoch-checkpoint", self.epochs.encode(), out);
        Ok(())
    }

    fn open(&mut self, base_offset: Offset, out: &mut VecDeque<Piece>) -> Segment {
        self.base.get_or_insert(base_offset);
        out.push_back(Piece::File(self.path(base_offset, ".log")));
        let indexes = Indexes::new(base_offset, self.interval_bytes);
        Segment { indexes, aborted: Vec::new(), pending: Vec::new() }
    }

    fn close(&self, mut segment: Segment, out: &mut VecDeque<Piece>) -> Result<(), ExportError> {
        segment.hand_over(out);
        let base_offset = segment.indexes.base_offset();
        let (offsets, times) = segment.indexes.close(&self.path(base_offset, ""))?;
        put(self.path(base_offset, ".index"), offsets, out);
        put(self.path(base_offset, ".timeindex"), times, out);
        if !segment.aborted.is_empty() {
            let path = self.path(base_offset, ".txnindex");
            let bytes = TransactionIndex { entries: segment.aborted }.encode(&path, base_offset)?;
            put(path, bytes, out);
        }
        Ok(())
    }

    /// Writes what is known of the producers, unless nothing came since the last time: a broker does so too, and also when
    /// there are none, so that it need not read the log to know it.
    fn take_snapshot(&mut self, offset: Offset, out: &mut VecDeque<Piece>) {
        if offset > self.snapshot {
            self.snapshot = offset;
            put(self.path(offset, ".snapshot"), self.producers.snapshot().encode(), out);
        }
    }

    fn path(&self, offset: Offset, suffix: &str) -> String {
        format!("{}/{:020}{suffix}", self.topic_partition, offset.value())
    }

    fn put(&self, name: &str, bytes: Vec<u8>, out: &mut VecDeque<Piece>) {
        put(format!("{}/{name}", self.topic_partition), bytes, out);
    }
}

impl Segment {
    /// Hands over the batches that wait, as one piece.
    fn hand_over(&mut self, out: &mut VecDeque<Piece>) {
        let mut pending = std::mem::take(&mut self.pending);
        let bytes = if pending.len() > 1 {
            let mut all = BytesMut::with_capacity(pending.iter().map(Bytes::len).sum());
            pending.iter().for_each(|batch| all.extend_from_slice(batch));
            Some(all.freeze())
        } else {
            pending.pop()
        };
        out.extend(bytes.map(Piece::Bytes));
    }
}

fn put(path: String, bytes: Vec<u8>, out: &mut VecDeque<Piece>) {
    out.push_back(Piece::File(path));
    if !bytes.is_empty() {
        out.push_back(Piece::Bytes(bytes.into()));
    }
}

/// Reads what a control batch says, if it is a transaction's marker.
fn marker_of(batch: &RecordBatch) -> Option<Marker> {
    if !batch.is_control() {
        return None;
    }
    let record = batch.records().ok()?.next()?.ok()?;
    Marker::parse(record.key.as_deref(), record.value.as_deref(), record.timestamp)
}
