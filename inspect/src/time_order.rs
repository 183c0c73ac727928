//! All records of the chosen partitions in one order by time, any window of which can be had without reading the rest.
//!
//! The order is the k-way merge by heads on (timestamp, partition, offset): within a partition the offsets' order always
//! stands, and a record that is older than its predecessor counts as just as old. That is the same as sorting by (the largest
//! timestamp in the partition so far, partition, offset), which is what makes random access possible: zones bound it.
//!
//! A row's number is its rank. To find the rows from rank r on, a binary search over time asks for each time how many records
//! lie before it. Zones answer that but for the one zone in each partition that the time cuts; only where those leave the
//! answer open are zones read, many with one question, and their times (8 bytes a record) are kept.

mod cut;
pub mod histogram;
mod load;
mod lru;
mod read;
mod refresh;
mod search;
#[cfg(test)]
mod tests;
mod times;
mod zones;

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::rc::Rc;

use futures_util::lock::Mutex;
use tablog_core::ids::{Offset, PartitionId, Timestamp};
use tablog_core::record::{Record, RecordBatch};
use tablog_core::source::{Source, SourceError, Zone};

use crate::limits::{
    CACHED_BATCH_BYTES_MAX, CACHED_TAILS_MAX, CACHED_TIMES_MAX, WINDOW_ROWS_MAX, ZONE_RECORDS_JOINED_MAX,
};
use load::LoadedZone;
use lru::Lru;
use read::Wanted;
pub use refresh::Refreshed;
use search::Known;
use zones::{Edge, Snapshot};

/// Where to start looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// The first row.
    Oldest,
    /// The last row.
    Newest,
    /// The first record of a partition at or after an offset.
    Offset {
        /// The partition.
        partition: PartitionId,
        /// The offset.
        offset: Offset,
    },
    /// The first row whose timestamp is at least this one.
    Time(Timestamp),
}

/// One row of the merged order.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its rank, counted from 0.
    pub row: u64,
    /// The partition it is from.
    pub partition: PartitionId,
    /// Its offset; a guess when the record cannot be read.
    pub offset: Offset,
    /// Its timestamp; when the record cannot be read the batch's largest, or none.
    pub timestamp: Timestamp,
    /// The record, sharing its batch's memory.
    pub content: RowContent,
}

/// What a row holds.
#[derive(Clone, Debug)]
pub enum RowContent {
    /// A record, and the batch it came in.
    Record {
        /// The record.
        record: Record,
        /// Its batch: codec, producer, control and transaction bits.
        batch: RecordBatch,
    },
    /// A record that is counted but cannot be read.
    Unreadable {
        /// Why not, with the position in it.
        cause: Rc<str>,
    },
}

/// Identifies a zone's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct ZoneKey {
    partition: PartitionId,
    base_offset: Offset,
    last_offset: Offset,
    records: u32,
}

/// The merged order over chosen partitions of one source. Answers come from a snapshot of the zones that
/// [`TimeOrder::refresh`] renews, so that row numbers hold still in between.
#[derive(Debug)]
pub struct TimeOrder<S: Source> {
    source: S,
    chosen: RefCell<Option<Rc<[PartitionId]>>>,
    snapshot: RefCell<Rc<Snapshot>>,
    times: RefCell<Lru<ZoneKey, Rc<[i64]>>>,
    batches: RefCell<Lru<ZoneKey, Rc<LoadedZone>>>,
    cuts: RefCell<Vec<Rc<cut::Cut>>>,
    /// Held by a search: whoever asks for rows nearby at the same time goes on from what it finds, and reads nothing twice.
    searching: Mutex<()>,
    /// How many refreshes began, and which of them the snapshot is of.
    refreshes: Cell<(u64, u64)>,
    /// What each zone was when it was read last, by where it begins.
    tails: RefCell<Lru<(PartitionId, Offset), ZoneKey>>,
    records_joined_max: u32,
}

impl<S: Source> TimeOrder<S> {
    /// Lays out the order over some partitions, or over all. Reads zones, no records.
    ///
    /// # Errors
    /// What the source reports, `UnknownPartition` among it.
    pub async fn open(source: S, partitions: Option<&[PartitionId]>) -> Result<Self, SourceError> {
        Self::open_joining(source, partitions, ZONE_RECORDS_JOINED_MAX).await
    }

    /// As [`TimeOrder::open`]; tests of few records need small zones.
    async fn open_joining(
        source: S,
        partitions: Option<&[PartitionId]>,
        records_joined_max: u32,
    ) -> Result<Self, SourceError> {
        let order = Self {
            source,
            chosen: RefCell::new(partitions.map(refresh::chosen)),
            snapshot: RefCell::default(),
            times: RefCell::new(Lru::new(CACHED_TIMES_MAX)),
            batches: RefCell::new(Lru::new(CACHED_BATCH_BYTES_MAX)),
            cuts: RefCell::default(),
            searching: Mutex::default(),
            refreshes: Cell::default(),
            tails: RefCell::new(Lru::new(CACHED_TAILS_MAX)),
            records_joined_max,
        };
        order.refresh().await?;
        Ok(order)
    }

    /// Returns the source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Counts the rows, as of the last refresh.
    pub fn rows(&self) -> u64 {
        self.snapshot().rows
    }

    /// Counts the bytes of the chosen partitions' batches, as of the last refresh.
    pub fn bytes(&self) -> u64 {
        let snapshot = self.snapshot();
        snapshot.partitions.iter().map(|partition| partition.bounds.bytes).fold(0, u64::saturating_add)
    }

    /// Returns the smallest and the largest timestamp, as far as zones tell and as of the last refresh; `None` without rows.
    pub fn time_range(&self) -> Option<(Timestamp, Timestamp)> {
        let snapshot = self.snapshot();
        let times = snapshot.partitions.iter().filter_map(|partition| partition.times);
        let (first, last) = times.reduce(|all, own| (all.0.min(own.0), all.1.max(own.1)))?;
        Some((Timestamp::from_millis(first), Timestamp::from_millis(last)))
    }

    /// Returns up to `count` rows from `first_row` on (at most [`WINDOW_ROWS_MAX`]); fewer only at the end.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn window(&self, first_row: u64, count: usize) -> Result<Vec<Row>, SourceError> {
        let snapshot = self.snapshot();
        let count = count.min(WINDOW_ROWS_MAX);
        let cut = self.cut_at(&snapshot, first_row).await?;
        let (places, end) = self.merge(&snapshot, &cut, count).await?;
        self.remember(&snapshot, cut);
        self.remember(&snapshot, end);
        let mut rows: Vec<Option<Row>> = Vec::new();
        rows.resize_with(places.len(), || None);
        let mut by_zone: Vec<(usize, usize, usize, usize)> = Vec::with_capacity(places.len());
        for (at, &(partition, position)) in places.iter().enumerate() {
            let zones = snapshot.partitions.get(partition);
            let Some(zone) = zones.and_then(|p| p.zone_at(position)) else { continue };
            let first = zones.and_then(|p| p.zones.get(zone)).map_or(0, |bounds| bounds.first);
            by_zone.push((partition, zone, usize::try_from(position - first).unwrap_or(usize::MAX), at));
        }
        by_zone.sort_unstable();
        let of_zones: Vec<&[(usize, usize, usize, usize)]> =
            by_zone.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).collect();
        let wanted: Vec<Wanted> = of_zones
            .iter()
            .filter_map(|places| {
                let &(partition, zone, ..) = places.first()?;
                let partition = snapshot.partitions.get(partition)?;
                Some((partition.id, *partition.zones.get(zone)?))
            })
            .collect();
        let mut of_zones = of_zones.into_iter();
        for round in read::rounds(&wanted) {
            let loaded = self.load_all(round).await?;
            for (((id, _), loaded), places) in round.iter().zip(loaded).zip(of_zones.by_ref()) {
                let indices: Vec<usize> = places.iter().map(|place| place.2).collect();
                for (read, &(.., at)) in loaded.read(&indices).into_iter().zip(places) {
                    let content = match read.record {
                        Ok((record, batch)) => RowContent::Record { record, batch },
                        Err(cause) => RowContent::Unreadable { cause },
                    };
                    let row = first_row + u64::try_from(at).unwrap_or(u64::MAX);
                    let (partition, offset, timestamp) = (*id, read.offset, read.timestamp);
                    if let Some(slot) = rows.get_mut(at) {
                        *slot = Some(Row { row, partition, offset, timestamp, content });
                    }
                }
            }
        }
        Ok(rows.into_iter().flatten().collect())
    }

    /// Finds the row to start from. [`TimeOrder::rows`] when there is none; 0 in an empty order.
    ///
    /// # Errors
    /// What the source reports; `UnknownPartition` for a partition that was not chosen.
    pub async fn row_at(&self, start: Start) -> Result<u64, SourceError> {
        let snapshot = self.snapshot();
        match start {
            Start::Oldest => Ok(0),
            Start::Newest => Ok(snapshot.rows.saturating_sub(1)),
            Start::Time(time) => {
                let edge = Edge::Before(time.millis());
                let known = &mut Known::nothing_of(&snapshot);
                Ok(self.counts_before(&snapshot, |_| Some(edge), known).await?.iter().sum())
            }
            Start::Offset { partition, offset } => self.row_of(&snapshot, partition, offset).await,
        }
    }

    async fn row_of(&self, snapshot: &Snapshot, id: PartitionId, offset: Offset) -> Result<u64, SourceError> {
        let unknown = SourceError::UnknownPartition { partition: id, partitions: self.source.partitions() };
        let own = snapshot.partition(id).ok_or(unknown)?;
        let index = own.zones.partition_point(|bounds| bounds.zone.last_offset < offset);
        let Some(bounds) = own.zones.get(index) else { return Ok(snapshot.rows) };
        let loaded = self.loaded(id, bounds).await?;
        let within = if offset <= bounds.zone.base_offset { 0 } else { loaded.index_of(offset) };
        let Some(&max) = loaded.running_max.get(within) else {
            // The zone's last offsets were compacted away: the next zone's first record it is.
            let next = own.zones.get(index + 1).map(|next| next.zone.base_offset);
            return match next {
                Some(next) => Box::pin(self.row_of(snapshot, id, next)).await,
                None => Ok(snapshot.rows),
            };
        };
        let key = bounds.key(max);
        let edge = |other: &zones::PartitionZones| match other.id.cmp(&id) {
            Ordering::Less => Some(Edge::After(key)),
            Ordering::Equal => None,
            Ordering::Greater => Some(Edge::Before(key)),
        };
        let others = self.counts_before(snapshot, edge, &mut Known::nothing_of(snapshot)).await?;
        Ok(bounds.first + u64::try_from(within).unwrap_or(u64::MAX) + others.iter().sum::<u64>())
    }

    fn snapshot(&self) -> Rc<Snapshot> {
        self.snapshot.borrow().clone()
    }
}

impl ZoneKey {
    fn of(partition: PartitionId, zone: &Zone) -> Self {
        let Zone { base_offset, last_offset, records, .. } = *zone;
        Self { partition, base_offset, last_offset, records }
    }
}
