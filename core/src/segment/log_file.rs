//! One Kafka `.log` file as a source: read in place, never loaded whole, its first records there at once.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bytes::Bytes;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::limits::SPAN_FETCH_BYTES_MAX;
use crate::record::{BatchError, RecordBatch};
use crate::segment::index::{Event, FileZone, Index, LogReport, Overlap, Traces};
use crate::segment::name::FileName;
use crate::segment::scan::{Scan, is_within_reach};
use crate::segment::{ReadAt, ReadError, narrow};
use crate::source::{Bounds, Damage, Fetched, Source, SourceError, Transactions, Zone};

/// What is wrong with a file that is not the one that was opened.
const CHANGED: &str = "the file has changed since it was opened";

/// Tells how far a file is indexed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes looked at.
    pub bytes_done: u64,
    /// Bytes of the file.
    pub bytes_total: u64,
    /// Whether everything is indexed.
    pub done: bool,
}

/// One log file, read in place. Its partition is the one that its folder names, or 0; the partitions below that are empty.
///
/// Opening looks at the first bytes; [`LogFile::index_step`] then finds the batches, step by step, and all questions are
/// answered from what was found so far. [`LogFile::report`] tells what is damaged.
///
/// ```
/// # use bytes::Bytes;
/// # use tablog_core::ids::{Offset, Timestamp};
/// # use tablog_core::record::{BatchBuilder, NewRecord};
/// use tablog_core::segment::{LogFile, MemoryFile};
/// use tablog_core::source::Source;
/// # futures_executor::block_on(async {
/// # let mut builder = BatchBuilder::at(Offset::new(42));
/// # builder.try_push(&NewRecord::default(), Timestamp::from_millis(0))?;
/// # let bytes = builder.build().bytes().clone();
/// let log = LogFile::open(MemoryFile::new("orders-7/00000000000000000042.log", bytes)).await?;
/// while !log.index_step().await?.done {}
/// let fetched = log.fetch(log.partition(), Offset::new(42), 1024).await?;
/// assert_eq!(fetched.next_offset, Offset::new(43));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct LogFile<R: ReadAt> {
    pub(super) file: R,
    pub(super) name: FileName,
    pub(super) index: RefCell<Index>,
    pub(super) scan: RefCell<Scan>,
    pub(super) indexing: Cell<bool>,
    /// Where the last fetch stopped reading: whoever goes on from there goes through the file in order.
    pub(super) fetched_up_to: Cell<u64>,
}

impl<R: ReadAt> LogFile<R> {
    /// Returns the file.
    pub fn file(&self) -> &R {
        &self.file
    }

    /// Returns the partition that the file is of.
    pub fn partition(&self) -> PartitionId {
        self.name.partition
    }

    /// Indexes about one more mebibyte. May be called at any time; a call while another one is under way changes nothing.
    ///
    /// # Errors
    /// The platform's words; a later call tries again at the same place.
    pub async fn index_step(&self) -> Result<Progress, ReadError> {
        self.step(false).await.map(|_| self.progress())
    }

    /// Indexes as [`LogFile::index_step`] does, and returns the batches that were found on the way, which are then read once and
    /// not twice. None is left out, but for those whose CRC does not fit.
    ///
    /// # Errors
    /// As there, and when the file has changed meanwhile.
    pub async fn index_and_read(&self) -> Result<Vec<RecordBatch>, ReadError> {
        self.step(true).await
    }

    async fn step(&self, is_read: bool) -> Result<Vec<RecordBatch>, ReadError> {
        if self.indexing.replace(true) {
            return Ok(Vec::new());
        }
        // A step that is dropped half way must not keep the door shut.
        let _guard = Busy(&self.indexing);
        let mut scan = self.scan.borrow().clone();
        let events = scan.step(&self.file).await?;
        let batches = if is_read { self.batches_in(&scan, &events).await? } else { Vec::new() };
        let mut index = self.index.borrow_mut();
        for event in events {
            index.apply(event, self.name.partition);
        }
        drop(index);
        if scan.is_done() {
            scan.release_window(&self.file);
        }
        self.scan.replace(scan);
        Ok(batches)
    }

    /// Returns the batches that a step reports, those that count.
    async fn batches_in(&self, scan: &Scan, events: &[Event]) -> Result<Vec<RecordBatch>, ReadError> {
        let mut batches = Vec::new();
        for event in events {
            let Event::Batch(found) = event else { continue };
            if !self.index.borrow().takes(&found.header) {
                continue;
            }
            let bytes = scan.bytes_found(&self.file, found.position, found.bytes).await?;
            let changed = || ReadError {
                file: self.file.name().to_owned(),
                position_bytes: found.position,
                cause: CHANGED.to_owned(),
            };
            let batch = RecordBatch::parse_any(bytes, found.position).map_err(|_| changed())?;
            match if found.verified { Ok(()) } else { batch.verify_crc() } {
                Ok(()) => batches.push(batch),
                Err(error) => self.late_damage(found.position, &batch, &error),
            }
        }
        Ok(batches)
    }

    /// Returns the offset behind the last batch found so far.
    pub fn found_up_to(&self) -> Option<Offset> {
        self.ends().map(|(_, last)| last.last_offset.next())
    }

    /// Tells how far the file is indexed.
    pub fn progress(&self) -> Progress {
        let scan = self.scan.borrow();
        let (bytes_done, bytes_total) = (scan.position(), self.file.len_bytes());
        Progress { bytes_done, bytes_total, done: scan.is_done() }
    }

    /// Sums up what was found so far, damage included.
    pub fn report(&self) -> LogReport {
        self.index.borrow().report.clone()
    }

    /// Counts the places found so far that cannot be read, without naming them as [`LogFile::report`] does.
    pub fn damaged_places(&self) -> u64 {
        self.index.borrow().report.damaged_places
    }

    /// Lets go of the bytes read last: many logs that are indexed in turn would keep a mebibyte each.
    pub(super) fn release_window(&self) {
        self.scan.borrow_mut().release_window(&self.file);
    }

    /// Returns the first and the last zone.
    pub(super) fn ends(&self) -> Option<(Zone, Zone)> {
        let index = self.index.borrow();
        Some((index.zones.first()?.zone, index.zones.last()?.zone))
    }

    /// Tells which batches were left out because another segment's count.
    pub(super) fn overlap(&self) -> Option<Overlap> {
        self.index.borrow().overlap
    }

    /// Tells from which offset on a later segment's batches count.
    pub(super) fn counts_up_to(&self) -> Option<Offset> {
        self.index.borrow().window().to
    }

    /// Tells what compaction may have left in the file.
    pub(super) fn traces(&self) -> Traces {
        self.index.borrow().traces()
    }

    /// Names the file's first gap as damage.
    pub(super) fn doubt_the_gap(&self) {
        self.index.borrow_mut().doubt_the_gap(self.name.partition);
    }

    pub(super) fn zones_into(&self, zones: &mut Vec<Zone>) {
        zones.extend(self.index.borrow().zones.iter().map(|zone| zone.zone));
    }

    fn check(&self, partition: PartitionId) -> Result<(), SourceError> {
        if (PartitionId::default()..=self.name.partition).contains(&partition) {
            return Ok(());
        }
        Err(SourceError::UnknownPartition { partition, partitions: self.partitions() })
    }

    pub(super) fn bounds_now(&self, partition: PartitionId) -> Bounds {
        let index = self.index.borrow();
        let zones = if partition == self.name.partition { index.zones.as_slice() } else { &[] };
        let first = zones.first().map(|first| first.zone.base_offset);
        // A name that the batches contradict counts for nothing: see the scan.
        let holds =
            |named: &Offset| first.is_none_or(|first| first >= *named && is_within_reach(*named, first));
        let named = self.name.base_offset.filter(|_| partition == self.name.partition).filter(holds);
        let log_start_offset = named.or(first).unwrap_or_default();
        Bounds {
            log_start_offset,
            high_watermark: zones.last().map_or(log_start_offset, |last| last.zone.last_offset.next()),
            records: zones.iter().map(|zone| u64::from(zone.zone.records)).sum(),
            bytes: zones.iter().map(|zone| zone.zone.bytes).sum(),
            max_timestamp: max_timestamp(zones),
        }
    }

    fn zone_of(&self, offset: Offset) -> Option<(usize, FileZone)> {
        let index = self.index.borrow();
        let at = index.zones.partition_point(|zone| zone.zone.last_offset < offset);
        index.zones.get(at).map(|zone| (at, *zone))
    }

    fn zone(&self, at: usize) -> Option<FileZone> {
        self.index.borrow().zones.get(at).copied()
    }

    fn changed(&self, position_bytes: u64) -> SourceError {
        let cause = CHANGED.to_owned();
        SourceError::File { file: self.file.name().to_owned(), position_bytes, cause }
    }

    /// Reads the bytes of a zone, and of those that follow it without anything between, as far as they are no more than `bytes_max`.
    async fn read_run(&self, at: usize, zone: &FileZone, bytes_max: usize) -> Result<Run, SourceError> {
        let mut end = zone.end();
        {
            let index = self.index.borrow();
            let behind = index.zones.get(at.saturating_add(1)..).unwrap_or_default();
            for next in
                behind.iter().take_while(|next| narrow(next.end().saturating_sub(zone.position)) <= bytes_max)
            {
                if next.position != end {
                    break;
                }
                end = next.end();
            }
        }
        self.fetched_up_to.set(end);
        let bytes_len = narrow(end.saturating_sub(zone.position));
        let bytes = self.file.read_at(zone.position, bytes_len).await.map_err(file_error)?;
        if bytes.len() != bytes_len {
            return Err(self.changed(zone.position));
        }
        Ok(Run { position: zone.position, bytes })
    }

    /// Returns a zone's batches, each with its position. One whose CRC does not fit is reported as damage instead.
    fn batches_of(&self, zone: &FileZone, mut rest: Bytes) -> Result<Vec<(u64, RecordBatch)>, SourceError> {
        let mut batches = Vec::new();
        let mut position = zone.position;
        while !rest.is_empty() {
            let parsed = RecordBatch::parse_any(rest.clone(), position);
            let batch = parsed.map_err(|_| self.changed(position))?;
            let bytes_len = batch.stored_bytes();
            match batch.verify_crc() {
                Ok(()) => batches.push((position, batch)),
                Err(error) => self.late_damage(position, &batch, &error),
            }
            bytes::Buf::advance(&mut rest, bytes_len);
            position = position.saturating_add(crate::segment::wide(bytes_len));
        }
        Ok(batches)
    }

    /// Remembers damage in a batch that was too large to be checked while indexing.
    fn late_damage(&self, position_bytes: u64, batch: &RecordBatch, error: &BatchError) {
        let damage = Damage {
            partition: self.name.partition,
            from: Some(batch.base_offset()),
            to: Some(batch.next_offset()),
            position_bytes,
            cause: error.to_string(),
        };
        self.index.borrow_mut().push_late_damage(damage);
    }

    /// Returns the listed damage that begins within a stretch of the file.
    fn damage_between(&self, from: u64, to: u64) -> Vec<Damage> {
        let index = self.index.borrow();
        let within = |damage: &&Damage| (from..to).contains(&damage.position_bytes);
        index.report.damage.iter().filter(within).cloned().collect()
    }
}

impl<R: ReadAt> Source for LogFile<R> {
    fn partitions(&self) -> i32 {
        self.name.partition.value().saturating_add(1)
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        self.check(partition)?;
        Ok(self.bounds_now(partition))
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        self.check(partition)?;
        if partition != self.name.partition {
            return Ok(Vec::new());
        }
        Ok(self.index.borrow().zones.iter().map(|zone| zone.zone).collect())
    }

    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        self.check(partition)?;
        let Bounds { log_start_offset: start, high_watermark: end, .. } = self.bounds_now(partition);
        if from < start || from > end {
            return Err(SourceError::OffsetOutOfRange { offset: from, start, end });
        }
        let mut fetched = Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() };
        if partition != self.name.partition {
            // The damage is that of the file's own partition.
            return Ok(fetched);
        }
        let Some((mut at, mut zone)) = self.zone_of(from) else {
            fetched.damage = self.damage_between(0, u64::MAX);
            fetched.damage.retain(|damage| damage.from.is_none_or(|damaged| damaged >= from));
            return Ok(fetched);
        };
        // Damage is told with the batches after it: what lies between the zone before and this one was skipped on the way here.
        let before = at.checked_sub(1).and_then(|before| self.zone(before)).map_or(0, |before| before.end());
        let mut reported_to = if from <= zone.zone.base_offset { before } else { zone.position };
        // Not with the small fetches of a window onto many files: each place that is gone through takes memory.
        if bytes_max > SPAN_FETCH_BYTES_MAX && self.fetched_up_to.get() == zone.position {
            self.file.read_on(zone.position);
        }
        let (mut bytes, mut run) = (0_usize, Run::default());
        loop {
            let bytes_of_zone = match run.bytes_of(&zone) {
                Some(bytes) => bytes,
                None => {
                    run = self.read_run(at, &zone, bytes_max.saturating_sub(bytes)).await?;
                    run.bytes_of(&zone).ok_or_else(|| self.changed(zone.position))?
                }
            };
            for (position, batch) in self.batches_of(&zone, bytes_of_zone)? {
                if batch.last_offset() < from {
                    // Damage before the asked offset is not this fetch's to tell.
                    reported_to = position.saturating_add(crate::segment::wide(batch.stored_bytes()));
                    continue;
                }
                let bytes_with = bytes.saturating_add(batch.bytes().len());
                if !fetched.batches.is_empty() && bytes_with > bytes_max {
                    fetched.damage.extend(self.damage_between(reported_to, position));
                    return Ok(fetched);
                }
                bytes = bytes_with;
                fetched.next_offset = batch.next_offset();
                fetched.batches.push(batch);
            }
            fetched.next_offset = fetched.next_offset.max(zone.zone.last_offset.next());
            at = at.saturating_add(1);
            let next = self.zone(at);
            let zone_end = next.map_or(u64::MAX, |_| zone.end());
            fetched.damage.extend(self.damage_between(reported_to, zone_end));
            reported_to = zone_end;
            match next.filter(|_| fetched.batches.is_empty() || bytes < bytes_max) {
                Some(next)
                    if fetched.batches.is_empty()
                        || narrow(next.zone.bytes) <= bytes_max.saturating_sub(bytes) =>
                {
                    zone = next;
                }
                _ => return Ok(fetched),
            }
        }
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        self.check(partition)?;
        let mut at = 0;
        while let Some(zone) = self.zone(at).filter(|_| partition == self.name.partition) {
            at = at.saturating_add(1);
            if zone.zone.records == 0 || zone.zone.max_timestamp < timestamp {
                continue;
            }
            let run = self.read_run(at, &zone, 0).await?;
            for (_, batch) in self.batches_of(&zone, run.bytes)? {
                if batch.header().record_count == 0 || batch.header().max_timestamp < timestamp {
                    continue;
                }
                let Ok(open) = batch.open() else {
                    // What cannot be unpacked: its first offset is the closest that can be told.
                    return Ok(Some((batch.base_offset(), batch.header().max_timestamp)));
                };
                let found = open.views().flatten().find(|view| view.timestamp >= timestamp);
                if let Some(view) = found {
                    return Ok(Some((view.offset, view.timestamp)));
                }
            }
        }
        Ok(None)
    }

    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        self.check(partition)?;
        let is_own = partition == self.name.partition;
        Ok(if is_own { self.index.borrow().transactions() } else { Rc::default() })
    }
}

/// Neighbouring zones that were read at once.
#[derive(Default)]
struct Run {
    position: u64,
    bytes: Bytes,
}

impl Run {
    /// Returns a zone's bytes if they are all there.
    fn bytes_of(&self, zone: &FileZone) -> Option<Bytes> {
        let from = narrow(zone.position.checked_sub(self.position)?);
        let to = from.checked_add(narrow(zone.zone.bytes))?;
        (to <= self.bytes.len()).then(|| self.bytes.slice(from..to))
    }
}

/// Opens the door again when a step ends, however it ends.
struct Busy<'a>(&'a Cell<bool>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

fn max_timestamp(zones: &[FileZone]) -> Option<Timestamp> {
    zones.iter().filter(|zone| zone.zone.records > 0).map(|zone| zone.zone.max_timestamp).max()
}

fn file_error(error: ReadError) -> SourceError {
    let ReadError { file, position_bytes, cause } = error;
    SourceError::File { file, position_bytes, cause }
}
