//! One partition: its segments one after the other, and what must fit from one to the next.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::cleaned::Cleaned;
use super::finding::{Check, Findings, VerifiedPartition};
use super::metadata::{MetadataJoin, MetadataSnapshotCheck};
use super::place::Place;
use super::producer_snapshots::{reach, read_snapshot};
use super::segment::SegmentCheck;
use super::small::{check_text_end, read_small};
use crate::ids::{Offset, TopicId, TopicPartition};
use crate::segment::folder::{DataFile, PartitionFiles};
use crate::segment::format::checkpoint::CHECKPOINT_LINES_MIN;
use crate::segment::format::leader_epochs::StartOfEpoch;
use crate::segment::format::{LeaderEpochs, PartitionMetadata};
use crate::segment::index::{Traces, noun};
use crate::segment::producers::Producers;
use crate::segment::{Gap, ReadAt};

/// What is carried from segment to segment.
#[derive(Debug)]
pub(super) struct PartitionState {
    pub(super) place: Place,
    pub(super) producers: Producers,
    /// Whether damage before here makes it useless to compare what else is said of the log.
    pub(super) is_uncertain: bool,
    pub(super) looks_compacted: bool,
    /// Places where offsets are missing between batches: how many, and the first.
    pub(super) gaps: u64,
    pub(super) first_gap: Option<(Place, Gap, &'static str)>,
    /// Whether a batch lost some of its records, as only compaction does it.
    pub(super) is_thinned: bool,
    /// Up to which offset the broker compacted the log, if it wrote that down.
    pub(super) cleaned_up_to: Option<Offset>,
    pub(super) start: Option<Offset>,
    pub(super) end: Option<Offset>,
    pub(super) last_epoch: i32,
    pub(super) epochs: Option<(Place, LeaderEpochs)>,
    /// The last contradiction between a batch's epoch and the file, so that each is told once.
    pub(super) epoch_told: Option<(i32, Option<i32>)>,
    pub(super) batches: u64,
    pub(super) records: u64,
    /// Snapshots that were not reached yet, read when they are.
    pub(super) snapshots: VecDeque<(Offset, DataFile)>,
    /// What the names of the metadata's snapshots say of the log.
    pub(super) metadata: MetadataJoin,
}

impl PartitionState {
    /// Notes offsets that no batch holds.
    pub(super) fn note_gap(&mut self, place: &Place, gap: Gap, is_message: bool) {
        self.looks_compacted = true;
        self.gaps = self.gaps.saturating_add(1);
        self.first_gap.get_or_insert_with(|| (place.clone(), gap, noun(is_message)));
    }

    /// Tells whether the broker compacted the log up to an offset or further, and wrote that down.
    pub(super) fn was_cleaned_up_to(&self, offset: Offset) -> Option<Offset> {
        self.cleaned_up_to.filter(|&cleaned| offset <= cleaned)
    }

    /// Judges the gaps as a whole. No checksum covers a batch's base offset: one gap, and no other trace of compaction, may as
    /// well be a damaged one.
    fn judge_gaps(&mut self, findings: &mut Findings) {
        let Some((place, gap, noun)) = self.first_gap.take() else { return };
        let others = self.gaps.saturating_sub(1);
        let missing =
            format!("no {noun} holds the offsets from {} up to {} (not included)", gap.from, gap.to);
        let trace = match self.was_cleaned_up_to(gap.to) {
            Some(cleaned) => Some(format!("cleaner-offset-checkpoint says so, up to offset {cleaned}")),
            None if self.is_thinned => {
                Some("there are batches that have lost some of their records".to_owned())
            }
            None if others == 1 => Some("offsets are missing in one other place, too".to_owned()),
            None if others > 1 => Some(format!("offsets are missing in {others} other places, too")),
            None => None,
        };
        let (check, what) = match trace {
            Some(trace) => (Check::Compacted, format!("{missing}, as compaction leaves it: {trace}")),
            None => {
                let what = format!(
                    "{missing}, and nothing else looks as if the log was compacted: the base offset {} may be damaged, which \
                     no checksum covers",
                    gap.to
                );
                (Check::Gap, what)
            }
        };
        let finding = place.finding(check, what).at(gap.position_bytes);
        findings.push(finding.offsets(Some(gap.from), Some(gap.to)));
    }

    /// Tells whether the log shows that it was compacted: one gap alone may have another cause.
    pub(super) fn is_surely_compacted(&self) -> bool {
        Traces { gaps: self.gaps, first_gap: None, is_thinned: self.is_thinned }.show_compaction()
    }

    /// Tells whether something that the log does not hold may well have been there.
    pub(super) fn is_lenient(&self) -> bool {
        self.is_uncertain || self.looks_compacted
    }
}

/// A partition that is being verified.
#[derive(Debug)]
pub(super) struct PartitionCheck<R> {
    files: PartitionFiles,
    state: PartitionState,
    segment: Option<SegmentCheck<R>>,
    next_segment: usize,
    /// Snapshots of the metadata that are still to be looked at, by end offset and epoch.
    metadata_snapshots: VecDeque<((Offset, i32), DataFile)>,
    metadata_snapshot: Option<MetadataSnapshotCheck<R>>,
    has_begun: bool,
    /// The topic's id, if the folder tells it.
    pub(super) topic_id: Option<TopicId>,
    /// Bytes of the segments that were looked at to their end.
    pub(super) bytes_done: u64,
}

impl<R: ReadAt> PartitionCheck<R> {
    pub(super) fn new(topic_partition: TopicPartition, files: PartitionFiles) -> Self {
        let place = Place { topic_partition: Some(topic_partition), file: files.folder.clone() };
        let snapshots =
            files.producer_snapshots.iter().map(|(offset, file)| (*offset, file.clone())).collect();
        let state = PartitionState {
            place,
            producers: Producers::default(),
            is_uncertain: false,
            looks_compacted: false,
            gaps: 0,
            first_gap: None,
            is_thinned: false,
            cleaned_up_to: None,
            start: None,
            end: None,
            last_epoch: -1,
            epochs: None,
            epoch_told: None,
            batches: 0,
            records: 0,
            snapshots,
            metadata: MetadataJoin::new(&files.metadata_snapshots),
        };
        Self {
            metadata_snapshots: files
                .metadata_snapshots
                .iter()
                .map(|(id, file)| (*id, file.clone()))
                .collect(),
            files,
            state,
            segment: None,
            next_segment: 0,
            metadata_snapshot: None,
            has_begun: false,
            topic_id: None,
            bytes_done: 0,
        }
    }

    /// Takes what is known of the compaction of all partitions.
    pub(super) fn knowing(mut self, cleaned: &Cleaned) -> Self {
        let topic_partition = self.state.place.topic_partition.as_ref();
        self.state.cleaned_up_to = topic_partition.and_then(|of| cleaned.up_to(&self.files.folder, of));
        self
    }

    /// Goes on about a mebibyte. Tells what the partition holds once everything was looked at.
    pub(super) async fn step(
        &mut self,
        open: &[Rc<R>],
        findings: &mut Findings,
    ) -> Option<(Offset, VerifiedPartition)> {
        if !self.has_begun {
            self.has_begun = true;
            self.begin(open, findings).await;
            return None;
        }
        if let Some(segment) = &mut self.segment {
            let place = segment.place.clone();
            match segment.step(&mut self.state, open, findings).await {
                Ok(false) => return None,
                Ok(true) => {}
                Err(error) => {
                    self.state.is_uncertain = true;
                    findings.push(place.finding(Check::Unreadable, error.cause).at(error.position_bytes));
                }
            }
            self.bytes_done = self.bytes_done.saturating_add(segment.bytes_total());
            self.segment = None;
            return None;
        }
        let at = self.next_segment;
        self.next_segment = at.saturating_add(1);
        if let Some(segment) = self.files.segments.get(at) {
            self.segment = SegmentCheck::open(segment, &mut self.state, open, findings).await;
            if self.segment.is_none() {
                self.bytes_done = self.bytes_done.saturating_add(segment.log.bytes);
            }
            return None;
        }
        if let Some(snapshot) = &mut self.metadata_snapshot {
            if snapshot.step(findings).await {
                self.bytes_done = self.bytes_done.saturating_add(snapshot.bytes_total());
                self.metadata_snapshot = None;
            }
            return None;
        }
        if let Some(((_, epoch), file)) = self.metadata_snapshots.pop_front() {
            let place = self.state.place.beside(&file.path);
            self.metadata_snapshot = MetadataSnapshotCheck::open(&file, place, Some(epoch), open, findings);
            if self.metadata_snapshot.is_none() {
                self.bytes_done = self.bytes_done.saturating_add(file.bytes);
            }
            return None;
        }
        self.finish(open, findings).await;
        Some(self.sum())
    }

    /// Counts the bytes that there are to look at, but for the small files.
    pub(super) fn bytes_total(&self) -> u64 {
        let segments = self.files.segments.iter().map(|segment| segment.log.bytes);
        let snapshots = self.files.metadata_snapshots.values().map(|file| file.bytes);
        segments.chain(snapshots).fold(0, u64::saturating_add)
    }

    /// Tells how many bytes were looked at.
    pub(super) fn bytes_now(&self) -> u64 {
        let segment = self.segment.as_ref().map_or(0, SegmentCheck::bytes_done);
        let snapshot = self.metadata_snapshot.as_ref().map_or(0, MetadataSnapshotCheck::bytes_done);
        self.bytes_done.saturating_add(segment).saturating_add(snapshot)
    }

    async fn begin(&mut self, open: &[Rc<R>], findings: &mut Findings) {
        if let Some(file) = &self.files.metadata {
            let place = self.state.place.beside(&file.path);
            if let Some(bytes) = read_small(file, open, &place, findings).await {
                match PartitionMetadata::parse(&file.path, &bytes) {
                    Ok(metadata) => self.topic_id = Some(metadata.topic_id),
                    Err(error) => findings.push(
                        place.finding(Check::PartitionMetadataDamaged, error.cause).at(error.position_bytes),
                    ),
                }
            }
        }
        if let Some(file) = &self.files.leader_epochs {
            let place = self.state.place.beside(&file.path);
            if let Some(bytes) = read_small(file, open, &place, findings).await {
                match LeaderEpochs::parse(&file.path, &bytes) {
                    Ok(epochs) => {
                        check_text_end(&bytes, CHECKPOINT_LINES_MIN, &place, findings);
                        self.take_epochs(place, epochs, findings);
                    }
                    Err(error) => findings.push(
                        place.finding(Check::LeaderEpochsDamaged, error.cause).at(error.position_bytes),
                    ),
                }
            }
        }
        let first = first_segment(&self.files);
        self.state.producers.is_complete = first.is_none_or(|first| first == Offset::ZERO);
        // What a snapshot says of the offset at which the log begins cannot be checked: it is where the checking begins.
        while let Some((offset, file)) = self.state.snapshots.front().cloned() {
            if first.is_none_or(|first| offset > first) {
                break;
            }
            self.state.snapshots.pop_front();
            let snapshot = read_snapshot(&file, &self.state.place, open, findings).await;
            if let Some((_, snapshot)) = snapshot.filter(|_| Some(offset) == first && offset > Offset::ZERO) {
                self.state.producers.seed(&snapshot);
            }
        }
    }

    fn take_epochs(&mut self, place: Place, epochs: LeaderEpochs, findings: &mut Findings) {
        if let Some((before, after)) = epochs.disorder() {
            let what = format!(
                "leader epoch {} begins at offset {}, and the line before has epoch {} from offset {}: both should rise",
                after.epoch, after.start_offset, before.epoch, before.start_offset
            );
            findings.push(place.finding(Check::LeaderEpochsDamaged, what));
            return;
        }
        self.state.epochs = Some((place, epochs));
    }

    async fn finish(&mut self, open: &[Rc<R>], findings: &mut Findings) {
        self.state.judge_gaps(findings);
        let end = self.state.end.or(self.files.segments.last().map(|segment| segment.base_offset));
        reach(&mut self.state, end, open, findings).await;
        while let Some((offset, file)) = self.state.snapshots.pop_front() {
            let place = self.state.place.beside(&file.path);
            read_snapshot(&file, &self.state.place, open, findings).await;
            if end.is_some() && !self.state.is_uncertain {
                let end = end.unwrap_or_default();
                let what = format!("the snapshot is of offset {offset}, and the log ends at {end}");
                findings.push(place.finding(Check::SnapshotBeyondEnd, what).offset(offset));
            }
        }
        self.state.judge_metadata(first_segment(&self.files), end, findings);
        if let Some(file) = &self.files.quorum_state {
            let place = self.state.place.beside(&file.path);
            if let Some(bytes) = read_small(file, open, &place, findings).await {
                self.state.judge_quorum_state(&place, &bytes, findings);
            }
        }
        let beyond = |entry: &&StartOfEpoch| end.is_some_and(|end| entry.start_offset > end);
        if let Some((place, epochs)) = self.state.epochs.as_ref().filter(|_| !self.state.is_uncertain)
            && let Some(entry) = epochs.entries.iter().find(beyond)
        {
            let what = format!(
                "leader epoch {} begins at offset {}, and the log ends at {}",
                entry.epoch,
                entry.start_offset,
                end.unwrap_or_default()
            );
            findings.push(place.finding(Check::LeaderEpochMismatch, what).offset(entry.start_offset));
        }
        for (producer_id, first) in self.state.producers.open_transactions() {
            if !self.state.is_uncertain {
                let what = format!(
                    "producer {producer_id} began a transaction at offset {first} that is neither committed nor aborted"
                );
                findings.push(self.state.place.finding(Check::OpenTransaction, what).offset(first));
            }
        }
    }

    fn sum(&self) -> (Offset, VerifiedPartition) {
        let state = &self.state;
        let first = first_segment(&self.files);
        let last = self.files.segments.last().map(|segment| segment.base_offset);
        let start = first.or(state.start).unwrap_or_default();
        let end = state.end.max(last).unwrap_or(start);
        let topic_partition = state.place.topic_partition.as_ref();
        let verified = VerifiedPartition {
            topic: topic_partition.map_or(String::new(), |tp| tp.topic.as_str().to_owned()),
            partition: topic_partition.map_or(0, |tp| tp.partition.value()),
            segments: crate::segment::wide(self.files.segments.len()),
            batches: state.batches,
            records: state.records,
            log_bytes: self.files.segments.iter().map(|segment| segment.log.bytes).sum(),
            log_start_offset: start,
            log_end_offset: end,
            looks_compacted: state.looks_compacted,
        };
        (end, verified)
    }
}

/// Gathers which topic has which id, and tells when two partitions disagree.
#[derive(Debug, Default)]
pub(super) struct TopicIds(BTreeMap<String, (TopicId, TopicPartition)>);

impl TopicIds {
    pub(super) fn take(
        &mut self,
        topic_partition: &TopicPartition,
        id: TopicId,
        findings: &mut Findings,
        folder: &str,
    ) {
        let topic = topic_partition.topic.as_str().to_owned();
        let (first, of) = self.0.entry(topic).or_insert_with(|| (id, topic_partition.clone()));
        if *first != id {
            let what = format!("the topic's id is {id} here, and {first} in {of}");
            let place = Place { topic_partition: Some(topic_partition.clone()), file: folder.to_owned() };
            findings.push(place.finding(Check::TopicIdMismatch, what));
        }
    }
}

fn first_segment(files: &PartitionFiles) -> Option<Offset> {
    files.segments.first().map(|segment| segment.base_offset)
}

impl<R> PartitionCheck<R> {
    pub(super) fn topic_partition(&self) -> Option<&TopicPartition> {
        self.state.place.topic_partition.as_ref()
    }

    pub(super) fn folder(&self) -> &str {
        &self.files.folder
    }
}
