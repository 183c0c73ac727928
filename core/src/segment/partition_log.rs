//! The segments of one partition as one log, read in place.
//!
//! Segments are looked at from the oldest to the newest: what was shown then stays where it is, since rows are only ever added
//! behind it. (From the newest to the oldest, every row that is found would move all others.)
//!
//! ```text
//! 00…00.log  ├───────────────┤
//! 00…40.log            ├──────────┤        overlap: offsets are looked up in the segment with the largest base offset that is
//!                                          not larger, as Kafka does, so that of 00…00.log nothing from 40 on counts
//! 00…90.log                            ├────┤      hole: no segment holds what lies between
//! ```
//! Memory is bounded by zones alone: a segment keeps no bytes once it is indexed.

mod fetch;
mod missing;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::record::RecordBatch;
use crate::record::batch::BATCH_HEADER_BYTES;
use crate::segment::folder::{DataFile, PartitionFiles};
use crate::segment::index::{LogReport, OffsetWindow, SharedTransactions};
use crate::segment::name::FileName;
use crate::segment::scan::Head;
use crate::segment::{LogFile, OpenLogError, Progress, ReadAt, ReadError};
use crate::source::{Bounds, Damage, Transactions, Zone};

/// One partition's segments. See the module for how they are joined.
#[derive(Debug)]
pub struct PartitionLog<R: ReadAt> {
    partition: PartitionId,
    /// What a checkpoint says; records before it were deleted.
    log_start_offset: Option<Offset>,
    /// Up to where the broker compacted the log, if it wrote that down.
    compacted_up_to: Option<Offset>,
    segments: Vec<Segment<R>>,
    /// The segments that were looked at so far, in their order.
    opened: RefCell<Vec<Rc<Opened<R>>>>,
    /// What the segments looked at so far tell of transactions, which may reach from one into the next.
    transactions: SharedTransactions,
    indexing: Cell<bool>,
    /// Whether a gap was judged, once all is indexed.
    has_judged: Cell<bool>,
}

/// A segment that is there, looked at or not.
#[derive(Debug)]
struct Segment<R> {
    base_offset: Offset,
    file: Rc<R>,
}

/// A segment that was looked at.
#[derive(Debug)]
struct Opened<R: ReadAt> {
    base_offset: Offset,
    /// `None` when the file cannot be read as a log: `before` says why.
    log: Option<LogFile<Rc<R>>>,
    /// Offsets that no segment holds between the one before and this one, unless compaction took them.
    hole: RefCell<Option<Damage>>,
    /// What is wrong with it as a whole.
    whole: Option<Damage>,
    /// What is wrong at its end; known once it is indexed.
    after: RefCell<Vec<Damage>>,
    /// Bounds and all, once it is indexed.
    done: Cell<Option<Bounds>>,
}

impl<R: ReadAt> PartitionLog<R> {
    /// Puts a partition together; nothing is read yet. `open` hands over the files, and `log_start_offset` is what
    /// `log-start-offset-checkpoint` says of the partition.
    pub fn new(
        partition: PartitionId,
        files: &PartitionFiles,
        log_start_offset: Option<Offset>,
        mut open: impl FnMut(&DataFile) -> R,
    ) -> Self {
        let segments = files
            .segments
            .iter()
            .map(|segment| Segment { base_offset: segment.base_offset, file: Rc::new(open(&segment.log)) })
            .collect();
        Self {
            partition,
            log_start_offset,
            compacted_up_to: None,
            segments,
            opened: RefCell::default(),
            transactions: SharedTransactions::default(),
            indexing: Cell::new(false),
            has_judged: Cell::new(false),
        }
    }

    /// Takes what `cleaner-offset-checkpoint` says of the partition: offsets that are missing before it are no news.
    #[must_use]
    pub fn compacted_up_to(self, compacted_up_to: Option<Offset>) -> Self {
        Self { compacted_up_to, ..self }
    }

    /// Returns the partition's number.
    pub fn partition(&self) -> PartitionId {
        self.partition
    }

    /// Counts the segments.
    pub fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Indexes about one more mebibyte, of the oldest segment that is not indexed yet. May be called at any time; a call while
    /// another one is under way changes nothing.
    ///
    /// # Errors
    /// The platform's words; a later call tries again at the same place.
    pub async fn index_step(&self) -> Result<Progress, ReadError> {
        self.step(false).await.map(|_| self.progress())
    }

    /// Indexes as [`PartitionLog::index_step`] does, and returns the batches that were found on the way, as
    /// [`LogFile::index_and_read`] does.
    ///
    /// # Errors
    /// As there.
    pub async fn index_and_read(&self) -> Result<Vec<RecordBatch>, ReadError> {
        self.step(true).await
    }

    async fn step(&self, is_read: bool) -> Result<Vec<RecordBatch>, ReadError> {
        if self.indexing.replace(true) {
            return Ok(Vec::new());
        }
        let _guard = Busy(&self.indexing);
        let last = self.opened.borrow().last().cloned().filter(|last| last.done.get().is_none());
        let mut batches = Vec::new();
        match last {
            Some(last) => batches = last.step(self.partition, is_read).await?,
            None => self.open_next().await?,
        }
        self.judge_what_is_missing(self.progress().done);
        Ok(batches)
    }

    /// Returns the offset behind the last batch found so far.
    pub fn found_up_to(&self) -> Option<Offset> {
        self.opened.borrow().iter().filter_map(|segment| segment.end()).max()
    }

    /// Tells how far the partition is indexed.
    pub fn progress(&self) -> Progress {
        let opened = self.opened.borrow();
        let bytes_total = self.segments.iter().map(|segment| segment.file.len_bytes()).sum();
        let bytes_done = opened.iter().map(|segment| segment.bytes_done()).sum();
        let done = opened.len() == self.segments.len() && opened.iter().all(|s| s.done.get().is_some());
        Progress { bytes_done, bytes_total, done }
    }

    /// Sums up what was found so far. Damage names its file in the cause; its position is one in that file.
    pub fn report(&self) -> LogReport {
        let mut sum = LogReport::default();
        let opened = self.opened.borrow();
        for segment in opened.iter() {
            if let Some(log) = &segment.log {
                let own = log.report();
                sum.batches = sum.batches.saturating_add(own.batches);
                sum.old_messages = sum.old_messages.saturating_add(own.old_messages);
                sum.records = sum.records.saturating_add(own.records);
                sum.control_batches = sum.control_batches.saturating_add(own.control_batches);
                sum.transactional_batches =
                    sum.transactional_batches.saturating_add(own.transactional_batches);
                sum.compressed_batches = sum.compressed_batches.saturating_add(own.compressed_batches);
                sum.gaps = sum.gaps.saturating_add(own.gaps);
                sum.zeros_from_bytes = own.zeros_from_bytes;
                sum.damaged_places = sum.damaged_places.saturating_add(own.damaged_places);
            }
            sum.damaged_places = sum.damaged_places.saturating_add(segment.places_beside());
            sum.damage.extend(segment.damage());
        }
        sum.damage.truncate(crate::limits::FILE_DAMAGE_LISTED_MAX);
        sum
    }

    /// Counts the places found so far that cannot be read.
    pub fn damaged_places(&self) -> u64 {
        let count = |segment: &Rc<Opened<R>>| {
            let within = segment.log.as_ref().map_or(0, LogFile::damaged_places);
            within.saturating_add(segment.places_beside())
        };
        self.opened.borrow().iter().map(count).sum()
    }

    /// Tells where the log begins and ends, as far as it is indexed. A batch that begins before the log start offset is shown
    /// whole, so that the first offset may be a little before it.
    pub fn bounds(&self) -> Bounds {
        let opened = self.opened.borrow();
        let named = self.segments.first().map(|segment| segment.base_offset);
        let start = self.log_start_offset.max(named).unwrap_or_default();
        let mut sum = Bounds {
            log_start_offset: start,
            high_watermark: start,
            records: 0,
            bytes: 0,
            max_timestamp: None,
        };
        for segment in opened.iter() {
            let Some(own) = segment.bounds() else {
                sum.high_watermark = sum.high_watermark.max(segment.base_offset);
                continue;
            };
            sum.log_start_offset = sum.log_start_offset.min(own.log_start_offset);
            sum.high_watermark = sum.high_watermark.max(own.high_watermark);
            sum.records = sum.records.saturating_add(own.records);
            sum.bytes = sum.bytes.saturating_add(own.bytes);
            sum.max_timestamp = sum.max_timestamp.max(own.max_timestamp);
        }
        sum.log_start_offset = sum.log_start_offset.min(sum.high_watermark);
        sum
    }

    /// Returns the zones that are known so far, in offset order.
    pub fn zones(&self) -> Vec<Zone> {
        let mut zones = Vec::new();
        self.opened.borrow().iter().filter_map(|s| s.log.as_ref()).for_each(|log| log.zones_into(&mut zones));
        zones
    }

    /// Tells of the transactions in what is indexed so far.
    pub fn transactions(&self) -> Rc<Transactions> {
        Rc::clone(&self.transactions.borrow())
    }

    /// Returns the largest timestamp that was found so far.
    pub(super) fn indexed_up_to(&self) -> Option<Timestamp> {
        self.bounds().max_timestamp
    }

    /// Lets go of the bytes that the segment under way keeps for its next step.
    pub(super) fn release_window(&self) {
        if let Some(log) = self.opened.borrow().last().and_then(|last| last.log.as_ref()) {
            log.release_window();
        }
    }

    async fn open_next(&self) -> Result<(), ReadError> {
        let at = self.opened.borrow().len();
        let Some(segment) = self.segments.get(at) else { return Ok(()) };
        let (end, hole) = self.end_before(segment.base_offset);
        let window = OffsetWindow {
            start: self.log_start_offset.unwrap_or_default(),
            from: end.unwrap_or_default(),
            to: self.begin_of_next(at).await?,
        };
        let name = FileName { base_offset: Some(segment.base_offset), partition: self.partition };
        let (file, transactions) = (Rc::clone(&segment.file), Rc::clone(&self.transactions));
        let (log, unreadable) = match LogFile::open_as(file, name, window, transactions).await {
            Ok(log) => (Some(log), None),
            Err(OpenLogError::Read(error)) => return Err(error),
            Err(error) => (None, Some(error.to_string())),
        };
        let to = window.to;
        let whole = |cause| Damage {
            partition: self.partition,
            from: Some(segment.base_offset),
            to,
            position_bytes: 0,
            cause,
        };
        let (hole, whole) = (RefCell::new(hole), unreadable.map(whole));
        let (base_offset, after, done) = (segment.base_offset, RefCell::default(), Cell::new(None));
        let opened = Opened { base_offset, log, hole, whole, after, done };
        self.opened.borrow_mut().push(Rc::new(opened));
        Ok(())
    }

    /// Tells from which offset on the segment behind one counts: from its first batch, or where that cannot be read, from its
    /// base offset. Empty segments are passed over.
    async fn begin_of_next(&self, at: usize) -> Result<Option<Offset>, ReadError> {
        for segment in self.segments.iter().skip(at.saturating_add(1)) {
            if segment.file.len_bytes() == 0 {
                continue;
            }
            let head = segment.file.read_at(0, BATCH_HEADER_BYTES).await?;
            let first = Head::parse(&head).ok().and_then(|head| head.first_offset());
            return Ok(Some(first.unwrap_or(segment.base_offset).max(segment.base_offset)));
        }
        Ok(None)
    }
}

impl<R: ReadAt> Opened<R> {
    async fn step(&self, partition: PartitionId, is_read: bool) -> Result<Vec<RecordBatch>, ReadError> {
        let Some(log) = &self.log else {
            self.done.set(Some(Bounds {
                log_start_offset: self.base_offset,
                high_watermark: self.base_offset,
                records: 0,
                bytes: 0,
                max_timestamp: None,
            }));
            return Ok(Vec::new());
        };
        let batches = if is_read {
            log.index_and_read().await?
        } else {
            log.index_step().await?;
            Vec::new()
        };
        if log.progress().done {
            self.after.borrow_mut().extend(self.overlap(partition));
            self.done.set(Some(log.bounds_now(partition)));
        }
        Ok(batches)
    }

    fn overlap(&self, partition: PartitionId) -> Option<Damage> {
        let overlap = self.log.as_ref()?.overlap()?;
        // Of a batch that reaches into the later segment, the offsets before that are lost with it.
        let from = overlap.from;
        let to = self.log.as_ref().and_then(LogFile::counts_up_to).map_or(from, |to| to.max(from));
        let cause = format!(
            "{}: {} batches with offsets from {} up to {} (not included) overlap with another segment, whose records are \
             shown instead, as Kafka looks them up there",
            self.file_name(),
            overlap.batches,
            overlap.from,
            overlap.next_offset
        );
        Some(Damage { partition, from: Some(from), to: Some(to), position_bytes: overlap.position, cause })
    }

    fn file_name(&self) -> String {
        let path = self.log.as_ref().map_or("", |log| log.file().name());
        path.rsplit(['/', '\\']).next().unwrap_or(path).to_owned()
    }

    fn bytes_done(&self) -> u64 {
        self.log.as_ref().map_or(0, |log| log.progress().bytes_done)
    }

    /// Tells where it begins and ends, and sums it up; `None` while it holds nothing.
    fn bounds(&self) -> Option<Bounds> {
        let log = self.log.as_ref()?;
        let (first, last) = log.ends()?;
        let own = self.done.get().unwrap_or_else(|| log.bounds_now(log.partition()));
        let (log_start_offset, high_watermark) = (first.base_offset, last.last_offset.next());
        Some(Bounds { log_start_offset, high_watermark, ..own })
    }

    fn end(&self) -> Option<Offset> {
        self.log.as_ref().and_then(LogFile::found_up_to)
    }

    /// Tells whether its own damage says already why offsets are missing behind it.
    fn is_explained(&self) -> bool {
        let lost_its_end =
            |log: &LogFile<Rc<R>>| log.report().damage.iter().any(|damage| damage.to.is_none());
        self.log.as_ref().is_none_or(|log| log.overlap().is_some() || lost_its_end(log))
    }

    /// Returns what is to be told before anything of it.
    fn before(&self) -> Vec<Damage> {
        self.hole.borrow().iter().chain(&self.whole).cloned().collect()
    }

    /// Counts what is wrong around it, and not within.
    fn places_beside(&self) -> u64 {
        let before = usize::from(self.hole.borrow().is_some()).saturating_add(self.whole.iter().len());
        super::wide(before.saturating_add(self.after.borrow().len()))
    }

    /// Returns all that is wrong with it, in order, with its name in the causes.
    fn damage(&self) -> Vec<Damage> {
        let own = self.log.as_ref().map(|log| log.report().damage).unwrap_or_default();
        let mut damage = self.before();
        damage.extend(own.into_iter().map(|damage| self.named(damage)));
        damage.extend(self.after.borrow().iter().cloned());
        damage
    }

    /// Says in a cause which of the segments is meant.
    fn named(&self, damage: Damage) -> Damage {
        let cause = format!("{}: {}", self.file_name(), damage.cause);
        Damage { cause, ..damage }
    }
}

/// Opens the door again when a step ends, however it ends.
struct Busy<'a>(&'a Cell<bool>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

/// Returns the batches that a fetch may still add: none past the limit, but for the first.
fn room_left(batches: &[RecordBatch], bytes_max: usize) -> usize {
    let used: usize = batches.iter().map(|batch| batch.bytes().len()).sum();
    bytes_max.saturating_sub(used)
}
