//! Snapshots of the cluster's metadata (KIP-630, `org.apache.kafka.snapshot.RecordsSnapshotWriter`): record batches v2 back to
//! back, whose offsets begin at 0 and have nothing to do with those of the log.
//!
//! ```text
//! 00000000000000000062-0000000001.checkpoint       stands for the log's records before offset 62; the last one is of epoch 1
//! ┌──────────────────────┬──────────────────┬─────┬──────────────────────┐
//! │ control batch        │ batch of records │  …  │ control batch        │      each batch: leader epoch 1
//! │ SNAPSHOT_HEADER      │                  │     │ SNAPSHOT_FOOTER      │
//! │ (KRAFT_VERSION …)    │                  │     │                      │
//! └──────────────────────┴──────────────────┴─────┴──────────────────────┘
//! ```

use std::collections::BTreeMap;
use std::rc::Rc;

use super::finding::{Check, Findings};
use super::partition::PartitionState;
use super::place::Place;
use super::records::look;
use crate::ids::{Offset, PartitionId};
use crate::record::{BatchHeader, ControlRecordType, RecordBatch};
use crate::segment::folder::DataFile;
use crate::segment::format::QuorumStateFile;
use crate::segment::index::{Event, FoundBatch};
use crate::segment::scan::Scan;
use crate::segment::{ReadAt, ReadError};
use crate::source::Damage;

/// A snapshot that is being verified.
#[derive(Debug)]
pub(super) struct MetadataSnapshotCheck<R> {
    place: Place,
    file: Rc<R>,
    /// The epoch in the name, if the name has one.
    epoch: Option<i32>,
    scan: Scan,
    batches: u64,
    /// Whether something could not be read: what is missing then is no news.
    is_damaged: bool,
    is_epoch_told: bool,
    /// The last batch's place and first offset, and whether it ends with a footer.
    last: Option<(u64, Offset, bool)>,
}

impl<R: ReadAt> MetadataSnapshotCheck<R> {
    /// Opens a snapshot; `None` when its file is not there, which is reported.
    pub(super) fn open(
        file: &DataFile,
        place: Place,
        epoch: Option<i32>,
        open: &[Rc<R>],
        findings: &mut Findings,
    ) -> Option<Self> {
        let Some(file) = open.get(file.index).cloned() else {
            findings.push(place.finding(Check::Unreadable, "the file was not handed over"));
            return None;
        };
        let scan = Scan::new(PartitionId::default(), Some(Offset::ZERO), file.len_bytes());
        Some(Self {
            place,
            file,
            epoch,
            scan,
            batches: 0,
            is_damaged: false,
            is_epoch_told: false,
            last: None,
        })
    }

    pub(super) fn bytes_total(&self) -> u64 {
        self.file.len_bytes()
    }

    pub(super) fn bytes_done(&self) -> u64 {
        self.scan.position()
    }

    /// Goes on about a mebibyte; tells whether the snapshot is done.
    pub(super) async fn step(&mut self, findings: &mut Findings) -> bool {
        match self.try_step(findings).await {
            Ok(is_done) => is_done,
            Err(error) => {
                findings.push(self.place.finding(Check::Unreadable, error.cause).at(error.position_bytes));
                true
            }
        }
    }

    async fn try_step(&mut self, findings: &mut Findings) -> Result<bool, ReadError> {
        for event in self.scan.step(&*self.file).await? {
            match event {
                Event::Batch(found) => self.batch(&found, findings).await?,
                Event::Damage(damage) => self.damage(damage, findings),
                Event::Zeros { from } => {
                    let zeros = self.file.len_bytes().saturating_sub(from);
                    let what = format!("{zeros} bytes of zeros fill the file from byte {from} to its end");
                    self.wrong(from, what, findings);
                }
                Event::Done => {}
            }
        }
        if self.scan.is_done() {
            self.finish(findings);
        }
        Ok(self.scan.is_done())
    }

    fn wrong(&mut self, position: u64, what: String, findings: &mut Findings) {
        self.is_damaged = true;
        findings.push(self.place.finding(Check::MetadataSnapshotDamaged, what).at(position));
    }

    fn damage(&mut self, damage: Damage, findings: &mut Findings) {
        // The scan knows logs, whose names say where they begin.
        let what = match damage.cause.starts_with("the file's name says") {
            true => "the first batch has an impossible offset: a snapshot's offsets begin at 0".to_owned(),
            false => damage.cause,
        };
        self.wrong(damage.position_bytes, what, findings);
    }

    async fn batch(&mut self, found: &FoundBatch, findings: &mut Findings) -> Result<(), ReadError> {
        let (position, header) = (found.position, &found.header);
        let bytes = self.scan.bytes_found(&*self.file, position, found.bytes).await?;
        let batch = RecordBatch::parse_any(bytes, position).and_then(|batch| {
            batch.verify_crc()?;
            Ok(batch)
        });
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                self.wrong(position, error.to_string(), findings);
                return Ok(());
            }
        };
        if found.is_message {
            let what = format!(
                "a message of an old format lies at offset {}: a snapshot holds batches",
                header.base_offset
            );
            self.wrong(position, what, findings);
            return Ok(());
        }
        if let Some(gap) = found.gap().filter(|_| !found.after_damage) {
            let what = format!(
                "no batch holds the offsets from {} up to {} (not included): a snapshot has no holes, so batches are missing, \
                 or the base offset {} is damaged",
                gap.from, gap.to, gap.to
            );
            self.wrong(position, what, findings);
        }
        self.judge_records(found, &batch, findings);
        let named = self.epoch.filter(|epoch| header.partition_leader_epoch != *epoch && !self.is_epoch_told);
        if let Some(named) = named {
            self.is_epoch_told = true;
            let what = format!(
                "the batch at offset {} has the leader epoch {}, and by the file's name the snapshot is of epoch {named}",
                header.base_offset, header.partition_leader_epoch
            );
            let finding = self.place.finding(Check::MetadataSnapshotMismatch, what).at(position);
            findings.push(finding.offset(header.base_offset));
        }
        Ok(())
    }

    /// Judges a batch's records, and whether it may be where it is.
    fn judge_records(&mut self, found: &FoundBatch, batch: &RecordBatch, findings: &mut Findings) {
        let (position, base) = (found.position, found.header.base_offset);
        let looked = look(batch);
        let is_first = self.batches == 0 && !self.is_damaged;
        self.batches = self.batches.saturating_add(1);
        if let Some((at, offset, true)) = self.last {
            let what = format!(
                "the footer at offset {offset} should be the last record, and a batch follows at offset {base}"
            );
            self.wrong(at, what, findings);
        }
        let control = &looked.control;
        let ends = control.last == Some(ControlRecordType::SnapshotFooter);
        self.last = Some((position, base, ends));
        if let Some(what) = looked.damage.or(looked.not_read) {
            self.wrong(position, what, findings);
            return;
        }
        let begins = control.first == Some(ControlRecordType::SnapshotHeader);
        if is_first && !begins {
            let what = "the snapshot begins without a header: its first record should be a SNAPSHOT_HEADER"
                .to_owned();
            self.wrong(position, what, findings);
        }
        if control.headers > u64::from(begins && is_first) && !self.is_damaged {
            let what =
                format!("a header is in the batch at offset {base}, and only the first record may be one");
            self.wrong(position, what, findings);
        }
        if control.footers > u64::from(ends) {
            let what =
                format!("a footer is within the batch at offset {base}, and only the last record may be one");
            self.wrong(position, what, findings);
        }
    }

    fn finish(&mut self, findings: &mut Findings) {
        let end = self.file.len_bytes();
        match self.last {
            _ if self.is_damaged => {}
            None => self.wrong(
                0,
                "the file is empty: a snapshot has a header and a footer at least".to_owned(),
                findings,
            ),
            Some((_, _, true)) => {}
            Some((_, offset, false)) => {
                let what = format!(
                    "the snapshot ends without a footer, after the batch at offset {offset}: it was cut off, or never finished"
                );
                self.wrong(end, what, findings);
            }
        }
    }
}

/// What the snapshots' names say of the log: each one's end offset is where a batch ends that was written in its epoch
/// (`KafkaRaftLog.createNewSnapshot`).
#[derive(Debug)]
pub(super) struct MetadataJoin {
    /// Every snapshot's end offset, epoch and path.
    names: Vec<(Offset, i32, String)>,
    /// How many of them the log has reached.
    reached: usize,
}

impl MetadataJoin {
    pub(super) fn new(snapshots: &BTreeMap<(Offset, i32), DataFile>) -> Self {
        let names = snapshots.iter().map(|(&(end, epoch), file)| (end, epoch, file.path.clone())).collect();
        Self { names, reached: 0 }
    }
}

impl PartitionState {
    /// Takes a batch of the log: the snapshots that end within it, or with it.
    pub(super) fn judge_metadata_batch(&mut self, header: &BatchHeader, findings: &mut Findings) {
        let (base, next) = (header.base_offset, header.next_offset());
        while let Some((end, epoch, path)) = self.metadata.names.get(self.metadata.reached)
            && *end <= next
        {
            let what = if *end == next && *epoch != header.partition_leader_epoch {
                Some(format!(
                    "by its name the snapshot ends in epoch {epoch}, and the log's batch up to offset {end} is of epoch {}",
                    header.partition_leader_epoch
                ))
            } else if *end > base && *end < next {
                Some(format!(
                    "by its name the snapshot ends at offset {end}, within the log's batch from {base} up to {next} (not included)"
                ))
            } else {
                None
            };
            if let Some(what) = what.filter(|_| !self.is_uncertain) {
                let finding = self.place.beside(path).finding(Check::MetadataSnapshotMismatch, what);
                findings.push(finding.offset(*end));
            }
            self.metadata.reached = self.metadata.reached.saturating_add(1);
        }
    }

    /// Judges the snapshots as a whole, once the log was walked: from its first segment's offset up to its end.
    pub(super) fn judge_metadata(&self, first: Option<Offset>, end: Option<Offset>, findings: &mut Findings) {
        let is_metadata =
            self.place.topic_partition.as_ref().is_some_and(|tp| tp.topic.as_str() == "__cluster_metadata");
        let names = &self.metadata.names;
        if let Some(first) = first.filter(|first| is_metadata && *first > Offset::ZERO)
            && names.iter().all(|(end, ..)| *end < first)
        {
            let what =
                format!("the log begins at offset {first}, and no snapshot stands for what came before");
            findings.push(self.place.finding(Check::MetadataSnapshotMissing, what).offset(first));
        }
        let Some(log_end) = end.filter(|_| !self.is_uncertain) else { return };
        for (end, _, path) in names.iter().filter(|(end, ..)| *end > log_end) {
            let what =
                format!("by its name the snapshot ends at offset {end}, and the log ends at {log_end}");
            findings
                .push(self.place.beside(path).finding(Check::MetadataSnapshotBeyondEnd, what).offset(*end));
        }
    }

    /// Judges `quorum-state`, once the log was walked. Its epoch may be later than the log's: elections write nothing to a log
    /// that stays behind.
    pub(super) fn judge_quorum_state(&self, place: &Place, bytes: &[u8], findings: &mut Findings) {
        let state = match QuorumStateFile::parse(&place.file, bytes) {
            Ok(QuorumStateFile::Known(state)) => state,
            Ok(QuorumStateFile::Unknown(version)) => {
                let what = format!("the file is of version {version}, and known are 0 and 1");
                findings.push(place.finding(Check::QuorumStateUnknown, what));
                return;
            }
            Err(error) => {
                findings.push(place.finding(Check::QuorumStateDamaged, error.cause).at(error.position_bytes));
                return;
            }
        };
        if let Some(what) = state.contradiction() {
            findings.push(place.finding(Check::QuorumStateMismatch, what));
        }
        if state.leader_epoch < self.last_epoch {
            let what = format!(
                "the file is of epoch {}, and the log has batches of epoch {} already",
                state.leader_epoch, self.last_epoch
            );
            findings.push(place.finding(Check::QuorumStateMismatch, what));
        }
    }
}
