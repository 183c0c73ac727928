//! A whole topic read in place: all of its partitions that were dropped, each with all of its segments, as one [`Source`].

use std::cell::Cell;
use std::rc::Rc;

use crate::ids::{Offset, PartitionId, Timestamp};
use crate::limits::FILE_STEPS_IN_A_ROW;
use crate::segment::index::LogReport;
use crate::segment::{PartitionLog, Progress, ReadAt, ReadError};
use crate::source::{Bounds, Fetched, Source, SourceError, Transactions, Zone};

/// The partitions of one topic. Those below the highest that have no folder are there, and empty.
///
/// ```
/// # use bytes::Bytes;
/// # use tablog_core::ids::{Offset, Timestamp};
/// # use tablog_core::record::{BatchBuilder, NewRecord};
/// use tablog_core::ids::{PartitionId, TopicName};
/// use tablog_core::segment::{DataDirectory, MemoryFile, PartitionLog, TopicLog};
/// use tablog_core::source::Source;
/// # futures_executor::block_on(async {
/// # let batch = |base| -> Result<Bytes, Box<dyn std::error::Error>> {
/// #     let mut builder = BatchBuilder::at(Offset::new(base));
/// #     builder.try_push(&NewRecord::default(), Timestamp::from_millis(0))?;
/// #     Ok(builder.build().bytes().clone())
/// # };
/// # let files = [("orders-0/00000000000000000041.log", batch(41)?), ("orders-0/00000000000000000042.log", batch(42)?)];
/// let directory = DataDirectory::from_files(files.iter().map(|(path, bytes)| (*path, bytes.len() as u64)));
/// let orders = &directory.topics[&TopicName::parse("orders")?];
/// let topic = TopicLog::new(orders.iter().map(|(&partition, partition_files)| {
///     PartitionLog::new(partition, partition_files, None, |file| {
///         MemoryFile::new(file.path.clone(), files[file.index].1.clone())
///     })
/// }));
/// while !topic.index_step().await?.done {}
/// let bounds = topic.bounds(PartitionId::new(0)).await?;
/// assert_eq!((bounds.log_start_offset.value(), bounds.high_watermark.value()), (41, 43));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
pub struct TopicLog<R: ReadAt> {
    partitions: Vec<Option<PartitionLog<R>>>,
    /// The partition whose turn it is to be indexed, and how many more steps it has.
    turn: Cell<(usize, u32)>,
    indexing: Cell<bool>,
}

impl<R: ReadAt> TopicLog<R> {
    /// Puts a topic together; nothing is read yet. Of a partition that is there twice the last counts.
    pub fn new(partitions: impl IntoIterator<Item = PartitionLog<R>>) -> Self {
        let mut by_number = Vec::new();
        for partition in partitions {
            let Some(at) = partition.partition().index() else { continue };
            if by_number.len() <= at {
                by_number.resize_with(at.saturating_add(1), || None);
            }
            if let Some(place) = by_number.get_mut(at) {
                *place = Some(partition);
            }
        }
        Self { partitions: by_number, turn: Cell::new((0, 0)), indexing: Cell::new(false) }
    }

    /// Returns a partition's log; `None` when its folder was not dropped.
    pub fn partition(&self, partition: PartitionId) -> Option<&PartitionLog<R>> {
        self.partitions.get(partition.index()?)?.as_ref()
    }

    /// Indexes about one more mebibyte. Every partition has a first turn before any has a second; then always the one is next
    /// of which the least is known in time, so that a view in time order is soon complete up to some moment, and grows from
    /// there. May be called at any time; a call while another one is under way changes nothing.
    ///
    /// # Errors
    /// The platform's words; a later call tries again.
    pub async fn index_step(&self) -> Result<Progress, ReadError> {
        if self.indexing.replace(true) {
            return Ok(self.progress());
        }
        let _guard = Busy(&self.indexing);
        let (mut at, mut steps) = self.turn.get();
        let is_over = |log: &PartitionLog<R>| log.progress().done;
        if steps == 0 || self.at(at).is_none_or(is_over) {
            // One partition at a time keeps bytes for its next step, however many there are.
            self.at(at).inspect(|log| log.release_window());
            let Some(next) = self.next_turn() else { return Ok(self.progress()) };
            (at, steps) = (next, FILE_STEPS_IN_A_ROW);
        }
        self.turn.set((at, steps.saturating_sub(1)));
        if let Some(log) = self.at(at) {
            let is_new = log.progress().bytes_done == 0;
            log.index_step().await?;
            if is_new && log.progress().bytes_done > 0 {
                self.turn.set((at, 0));
            }
        }
        Ok(self.progress())
    }

    /// Tells how far the topic is indexed.
    pub fn progress(&self) -> Progress {
        let mut sum = Progress { bytes_done: 0, bytes_total: 0, done: true };
        for log in self.partitions.iter().flatten() {
            let Progress { bytes_done, bytes_total, done } = log.progress();
            sum.bytes_done = sum.bytes_done.saturating_add(bytes_done);
            sum.bytes_total = sum.bytes_total.saturating_add(bytes_total);
            sum.done &= done;
        }
        sum
    }

    /// Sums up each partition that is there.
    pub fn reports(&self) -> Vec<(PartitionId, LogReport)> {
        self.partitions.iter().flatten().map(|log| (log.partition(), log.report())).collect()
    }

    /// Counts the places found so far that cannot be read.
    pub fn damaged_places(&self) -> u64 {
        self.partitions.iter().flatten().map(PartitionLog::damaged_places).sum()
    }

    fn at(&self, at: usize) -> Option<&PartitionLog<R>> {
        self.partitions.get(at)?.as_ref()
    }

    fn next_turn(&self) -> Option<usize> {
        let left = self.partitions.iter().enumerate().filter_map(|(at, log)| Some((at, log.as_ref()?)));
        let left = left.filter_map(|(at, log)| Some((at, log, log.progress())).filter(|(_, _, p)| !p.done));
        // A partition that nothing is known of comes first: `None` is less than any time.
        left.min_by_key(|(at, log, progress)| (progress.bytes_done > 0, log.indexed_up_to(), *at))
            .map(|(at, ..)| at)
    }

    fn find(&self, partition: PartitionId) -> Result<Option<&PartitionLog<R>>, SourceError> {
        let found = partition.index().and_then(|at| self.partitions.get(at));
        let unknown = || SourceError::UnknownPartition { partition, partitions: self.partitions() };
        found.map(Option::as_ref).ok_or_else(unknown)
    }
}

impl<R: ReadAt> Source for TopicLog<R> {
    fn partitions(&self) -> i32 {
        i32::try_from(self.partitions.len()).unwrap_or(i32::MAX)
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        let nothing = Bounds {
            log_start_offset: Offset::ZERO,
            high_watermark: Offset::ZERO,
            records: 0,
            bytes: 0,
            max_timestamp: None,
        };
        Ok(self.find(partition)?.map_or(nothing, PartitionLog::bounds))
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        Ok(self.find(partition)?.map(PartitionLog::zones).unwrap_or_default())
    }

    async fn fetch(
        &self,
        partition: PartitionId,
        from: Offset,
        bytes_max: usize,
    ) -> Result<Fetched, SourceError> {
        match self.find(partition)? {
            Some(log) => log.fetch(from, bytes_max).await,
            None if from == Offset::ZERO => {
                Ok(Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() })
            }
            None => {
                Err(SourceError::OffsetOutOfRange { offset: from, start: Offset::ZERO, end: Offset::ZERO })
            }
        }
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        match self.find(partition)? {
            Some(log) => log.offset_for_timestamp(timestamp).await,
            None => Ok(None),
        }
    }

    async fn transactions(&self, partition: PartitionId) -> Result<Rc<Transactions>, SourceError> {
        Ok(self.find(partition)?.map(PartitionLog::transactions).unwrap_or_default())
    }
}

/// Opens the door again when a step ends, however it ends.
struct Busy<'a>(&'a Cell<bool>);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.set(false);
    }
}
