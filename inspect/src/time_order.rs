//! All records of the chosen partitions in one order by time, any window of which can be had without reading the rest.
//!
//! The order is the k-way merge by heads on (timestamp, partition, offset): within a partition the offsets' order always
//! stands, and a record that is older than its predecessor counts as just as old. That is the same as sorting by (the largest
//! timestamp in the partition so far, partition, offset), which is what makes random access possible: zones bound it.
//!
//! A row's number is its rank. To find the rows from rank r on, a binary search over time asks for each time how many records
//! lie before it. Zones answer that but for the one zone in each partition that the time cuts; only where those leave the
//! answer open is a zone read, and its times (8 bytes a record) are kept.

mod cut;
pub mod histogram;
mod load;
mod lru;
#[cfg(test)]
mod tests;
mod times;
mod zones;

use std::cell::RefCell;
use std::rc::Rc;

use tablog_core::ids::{Offset, PartitionId, Timestamp};
use tablog_core::record::{Record, RecordBatch};
use tablog_core::source::{Bounds, Source, SourceError, Zone};

use crate::limits::{
    CACHED_BATCH_BYTES_MAX, CACHED_TAILS_MAX, CACHED_TIMES_MAX, WINDOW_ROWS_MAX, ZONE_RECORDS_JOINED_MAX,
};
use load::{LoadedZone, load_zone};
use lru::Lru;
use zones::{Edge, PartitionZones, Snapshot, ZoneBounds};

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

/// What a refresh found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// Rows before.
    pub rows_before: u64,
    /// Rows now.
    pub rows: u64,
    /// All rows before this one are what they were; rows from here on may be new or may have moved.
    pub first_changed_row: u64,
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
            chosen: RefCell::new(partitions.map(chosen)),
            snapshot: RefCell::default(),
            times: RefCell::new(Lru::new(CACHED_TIMES_MAX)),
            batches: RefCell::new(Lru::new(CACHED_BATCH_BYTES_MAX)),
            cuts: RefCell::default(),
            tails: RefCell::new(Lru::new(CACHED_TAILS_MAX)),
            records_joined_max,
        };
        order.refresh().await?;
        Ok(order)
    }

    /// Chooses other partitions, or all with `None`. What was read stays in memory.
    ///
    /// # Errors
    /// As [`TimeOrder::open`]; the old choice then stands.
    pub async fn choose(&self, partitions: Option<&[PartitionId]>) -> Result<Refreshed, SourceError> {
        let before = self.chosen.replace(partitions.map(chosen));
        let refreshed = self.refresh().await;
        match refreshed {
            Ok(refreshed) => Ok(Refreshed { first_changed_row: 0, ..refreshed }),
            Err(error) => {
                self.chosen.replace(before);
                Err(error)
            }
        }
    }

    /// Returns the source.
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Counts the rows, as of the last refresh.
    pub fn rows(&self) -> u64 {
        self.snapshot().rows
    }

    /// Returns the zones of the chosen partitions, as of the last refresh.
    pub fn zones(&self) -> Vec<(PartitionId, Vec<Zone>)> {
        let zones = |partition: &PartitionZones| partition.zones.iter().map(|bounds| bounds.zone).collect();
        self.snapshot().partitions.iter().map(|partition| (partition.id, zones(partition))).collect()
    }

    /// Looks again where the partitions begin and end. What was read stays in memory.
    ///
    /// # Errors
    /// What the source reports; the old snapshot then stands.
    pub async fn refresh(&self) -> Result<Refreshed, SourceError> {
        let chosen = self.chosen.borrow().clone();
        let ids: Vec<PartitionId> = match chosen {
            Some(chosen) => chosen.to_vec(),
            None => (0..self.source.partitions()).map(PartitionId::new).collect(),
        };
        let mut partitions = Vec::with_capacity(ids.len());
        for id in ids {
            partitions.push(self.lay_out(id).await?);
        }
        let new = Rc::new(Snapshot::new(partitions));
        let old = self.snapshot.replace(new.clone());
        self.cuts.borrow_mut().clear();
        let first_changed_row = new.first_change_since(&old);
        Ok(Refreshed { rows_before: old.rows, rows: new.rows, first_changed_row })
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
        for of_zone in by_zone.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            let Some(&(partition, zone, ..)) = of_zone.first() else { continue };
            let Some(partition) = snapshot.partitions.get(partition) else { continue };
            let Some(bounds) = partition.zones.get(zone) else { continue };
            let loaded = self.loaded(partition.id, bounds).await?;
            let indices: Vec<usize> = of_zone.iter().map(|place| place.2).collect();
            for (read, &(.., at)) in loaded.read(&indices).into_iter().zip(of_zone) {
                let content = match read.record {
                    Ok((record, batch)) => RowContent::Record { record, batch },
                    Err(cause) => RowContent::Unreadable { cause },
                };
                let row = first_row + u64::try_from(at).unwrap_or(u64::MAX);
                let (partition, offset, timestamp) = (partition.id, read.offset, read.timestamp);
                if let Some(slot) = rows.get_mut(at) {
                    *slot = Some(Row { row, partition, offset, timestamp, content });
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
                let mut row = 0;
                for partition in &snapshot.partitions {
                    row += self.count_before(partition, Edge::Before(time.millis())).await?;
                }
                Ok(row)
            }
            Start::Offset { partition, offset } => self.row_of(&snapshot, partition, offset).await,
        }
    }

    async fn row_of(&self, snapshot: &Snapshot, id: PartitionId, offset: Offset) -> Result<u64, SourceError> {
        let unknown = SourceError::UnknownPartition { partition: id, partitions: self.source.partitions() };
        let own = snapshot.partitions.iter().find(|partition| partition.id == id).ok_or(unknown)?;
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
        let mut row = bounds.first + u64::try_from(within).unwrap_or(u64::MAX);
        for other in snapshot.partitions.iter().filter(|other| other.id != id) {
            let edge = if other.id < id { Edge::After(key) } else { Edge::Before(key) };
            row += self.count_before(other, edge).await?;
        }
        Ok(row)
    }

    async fn count_before(&self, partition: &PartitionZones, edge: Edge) -> Result<u64, SourceError> {
        let count = partition.zone_cut_by(edge);
        let Some(bounds) = count.unread.and_then(|zone| partition.zones.get(zone)) else {
            return Ok(count.at_least);
        };
        let times = self.times_of(partition.id, bounds).await?;
        Ok(bounds.first + bounds.count_before(&times, edge))
    }

    fn snapshot(&self) -> Rc<Snapshot> {
        self.snapshot.borrow().clone()
    }

    async fn lay_out(&self, id: PartitionId) -> Result<PartitionZones, SourceError> {
        let bounds = self.source.bounds(id).await?;
        let mut zones = self.source.zones(id).await?;
        zones.retain(|zone| zone.last_offset >= bounds.log_start_offset);
        if let Some(first) = zones.first_mut()
            && first.base_offset < bounds.log_start_offset
        {
            // Records were deleted up to the middle of this zone: how many are left, only the records tell.
            first.base_offset = bounds.log_start_offset;
            clip(&self.source, id, first).await?;
        }
        let Bounds { log_start_offset, high_watermark, .. } = bounds;
        Ok(PartitionZones::new(id, log_start_offset, high_watermark, zones, self.records_joined_max))
    }

    /// Returns a zone's running maximum, read if need be.
    async fn times_of(&self, id: PartitionId, bounds: &ZoneBounds) -> Result<Rc<[i64]>, SourceError> {
        let known = self.times.borrow_mut().get(&ZoneKey::of(id, &bounds.zone));
        match known {
            Some(times) => Ok(times),
            None => Ok(self.loaded(id, bounds).await?.running_max.clone()),
        }
    }

    /// Returns a zone with its batches, read if need be.
    pub(crate) async fn loaded(
        &self,
        id: PartitionId,
        bounds: &ZoneBounds,
    ) -> Result<Rc<LoadedZone>, SourceError> {
        let key = ZoneKey::of(id, &bounds.zone);
        let known = self.batches.borrow_mut().get(&key);
        if let Some(loaded) = known {
            return Ok(loaded);
        }
        let loaded = Rc::new(match self.shorter(id, &bounds.zone) {
            Some((rest, known)) => known.followed_by(load_zone(&self.source, id, &rest).await?),
            None => load_zone(&self.source, id, &bounds.zone).await?,
        });
        self.tails.borrow_mut().insert((id, bounds.zone.base_offset), key, 1);
        self.times.borrow_mut().insert(key, loaded.running_max.clone(), loaded.rows());
        self.batches.borrow_mut().insert(key, loaded.clone(), loaded.bytes);
        Ok(loaded)
    }
}

impl<S: Source> TimeOrder<S> {
    fn is_in_memory(&self, id: PartitionId, bounds: &ZoneBounds) -> bool {
        self.batches.borrow().peek(&ZoneKey::of(id, &bounds.zone)).is_some()
    }

    /// Finds what was read of a zone before it grew: what is left to read, and what is known.
    fn shorter(&self, id: PartitionId, zone: &Zone) -> Option<(Zone, Rc<LoadedZone>)> {
        let key = self.tails.borrow_mut().get(&(id, zone.base_offset))?;
        let known = self.batches.borrow_mut().get(&key)?;
        let grew = key.last_offset < zone.last_offset && key.records < zone.records;
        let rest = Zone {
            base_offset: key.last_offset.next(),
            records: zone.records.checked_sub(key.records)?,
            bytes: zone.bytes.saturating_sub(u64::try_from(known.bytes).ok()?),
            ..*zone
        };
        grew.then_some((rest, known))
    }
}

impl ZoneKey {
    fn of(partition: PartitionId, zone: &Zone) -> Self {
        let Zone { base_offset, last_offset, records, .. } = *zone;
        Self { partition, base_offset, last_offset, records }
    }
}

fn chosen(partitions: &[PartitionId]) -> Rc<[PartitionId]> {
    let mut chosen = partitions.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    chosen.into()
}

/// Narrows a zone to the records that are left in it from its base offset on: their count and their times.
async fn clip<S: Source>(source: &S, id: PartitionId, zone: &mut Zone) -> Result<(), SourceError> {
    let (mut records, mut min, mut max) = (0, None, None);
    for batch in load::fetch_zone(source, id, zone).await?.0 {
        records += load::records_within(&batch, zone);
        let Ok(views) = batch.record_views() else {
            max = max.max(Some(batch.header().max_timestamp));
            continue;
        };
        for view in views.flatten().filter(|view| load::is_within(view.offset, zone)) {
            min = Some(min.map_or(view.timestamp, |min: Timestamp| min.min(view.timestamp)));
            max = max.max(Some(view.timestamp));
        }
    }
    zone.records = u32::try_from(records).unwrap_or(u32::MAX);
    zone.max_timestamp = max.unwrap_or(zone.max_timestamp);
    zone.min_timestamp = min.unwrap_or(zone.min_timestamp);
    Ok(())
}
