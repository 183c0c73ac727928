//! What is known of the order without reading a record: each partition's zones, with bounds on the keys of their records.
//!
//! A record's **key** is the largest timestamp in its partition up to itself. Keys never fall within a partition, so the merge
//! by heads is the sort by (key, partition, offset), and a zone's keys lie between the largest timestamp before the zone and
//! the largest one up to its end. The last record of a zone has just that largest key.

use std::rc::Rc;

use tablog_core::ids::PartitionId;
use tablog_core::source::{Bounds, Zone};

use crate::limits::ZONE_BYTES_JOINED_MAX;

/// All chosen partitions at one moment, in partition order.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Shared with the snapshots before, where nothing changed.
    pub(crate) partitions: Vec<Rc<PartitionZones>>,
    pub(crate) rows: u64,
}

/// One partition's zones that hold records.
#[derive(Debug)]
pub(crate) struct PartitionZones {
    pub(crate) id: PartitionId,
    pub(crate) bounds: Bounds,
    pub(crate) zones: Vec<ZoneBounds>,
    pub(crate) rows: u64,
    /// The smallest and the largest timestamp, as far as the zones tell; `None` without records.
    pub(crate) times: Option<(i64, i64)>,
}

/// One zone, with its place in the partition and bounds on its records' keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ZoneBounds {
    pub(crate) zone: Zone,
    /// Records of the partition before this zone.
    pub(crate) first: u64,
    /// The largest timestamp before this zone; the smallest number when there is none.
    pub(crate) before: i64,
    /// No key is smaller.
    pub(crate) low: i64,
    /// The last record's key.
    pub(crate) high: i64,
}

/// A place between keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    /// Before all records with this key.
    Before(i64),
    /// After all records with this key.
    After(i64),
}

impl Edge {
    /// Tells whether a record with this key lies before the edge.
    pub(crate) fn is_after(self, key: i64) -> bool {
        match self {
            Self::Before(edge) => key < edge,
            Self::After(edge) => key <= edge,
        }
    }
}

/// How many records of a partition lie before an edge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    pub(crate) at_least: u64,
    pub(crate) at_most: u64,
    /// The zone that must be read to know it exactly.
    pub(crate) unread: Option<usize>,
}

/// Joins neighbouring small zones: records that were published one by one lie in zones of one record each, and reading a
/// screen of them must not take a fetch for each. What comes later at the end changes no zone but the last.
fn join_small(zones: impl Iterator<Item = Zone>, records_max: u32) -> Vec<Zone> {
    let mut joined: Vec<Zone> = Vec::new();
    for zone in zones {
        match joined.last_mut() {
            Some(last)
                if last.records.saturating_add(zone.records) <= records_max
                    && last.bytes.saturating_add(zone.bytes) <= ZONE_BYTES_JOINED_MAX =>
            {
                last.last_offset = zone.last_offset;
                last.records += zone.records;
                last.bytes += zone.bytes;
                last.min_timestamp = last.min_timestamp.min(zone.min_timestamp);
                last.max_timestamp = last.max_timestamp.max(zone.max_timestamp);
            }
            _ => joined.push(zone),
        }
    }
    joined
}

impl PartitionZones {
    /// Lays a partition's zones out, small ones joined up to `records_joined_max` records.
    pub(crate) fn new(
        id: PartitionId,
        bounds: Bounds,
        zones: impl IntoIterator<Item = Zone>,
        records_joined_max: u32,
    ) -> Self {
        let mut before = i64::MIN;
        let mut rows = 0;
        let mut times: Option<(i64, i64)> = None;
        let mut laid = Vec::new();
        for zone in join_small(zones.into_iter().filter(|zone| zone.records > 0), records_joined_max) {
            let (first, last) = (zone.min_timestamp.millis(), zone.max_timestamp.millis());
            times = Some(times.map_or((first, last), |(min, max)| (min.min(first), max.max(last))));
            let high = before.max(last);
            let low = before.max(first).min(high);
            laid.push(ZoneBounds { zone, first: rows, before, low, high });
            rows += u64::from(zone.records);
            before = high;
        }
        Self { id, bounds, zones: laid, rows, times }
    }

    /// Finds the zone that holds the record at `position`, counted from 0 within the partition.
    pub(crate) fn zone_at(&self, position: u64) -> Option<usize> {
        let after = self.zones.partition_point(|zone| zone.first <= position);
        if position < self.rows { after.checked_sub(1) } else { None }
    }

    /// Finds the zone that an edge cuts, if one: all zones before it lie before the edge, all after it after.
    pub(crate) fn zone_cut_by(&self, edge: Edge) -> Count {
        let index = self.zones.partition_point(|zone| edge.is_after(zone.high));
        match self.zones.get(index) {
            None => Count { at_least: self.rows, at_most: self.rows, unread: None },
            Some(zone) if !edge.is_after(zone.low) => {
                Count { at_least: zone.first, at_most: zone.first, unread: None }
            }
            Some(zone) => {
                // The last record has the zone's high key, so it lies after the edge.
                let at_most = zone.first + u64::from(zone.zone.records) - 1;
                Count { at_least: zone.first, at_most, unread: (at_most > zone.first).then_some(index) }
            }
        }
    }
}

impl ZoneBounds {
    /// Turns a zone's own running maximum into the key.
    pub(crate) fn key(&self, running_max: i64) -> i64 {
        running_max.clamp(self.low, self.high)
    }

    /// Guesses how many of the zone's records lie before an edge that cuts it, as if they were spread evenly over time. Rises
    /// with the edge.
    pub(crate) fn likely_before(&self, edge: Edge) -> u64 {
        let passed = match edge {
            Edge::Before(time) => time.abs_diff(self.low).saturating_sub(1),
            Edge::After(time) => time.abs_diff(self.low),
        };
        let share = passed as f64 / self.high.abs_diff(self.low).max(1) as f64;
        let between = self.zone.records.saturating_sub(1);
        // The first record is where the zone begins.
        1 + (f64::from(between) * share) as u64
    }

    /// Counts the zone's records before an edge.
    pub(crate) fn count_before(&self, running_max: &[i64], edge: Edge) -> u64 {
        let count = running_max.partition_point(|&max| edge.is_after(self.key(max)));
        u64::try_from(count).unwrap_or(u64::MAX)
    }
}

impl Snapshot {
    pub(crate) fn new(partitions: Vec<Rc<PartitionZones>>) -> Self {
        let rows = partitions.iter().map(|partition| partition.rows).sum();
        Self { partitions, rows }
    }

    /// Finds a partition.
    pub(crate) fn partition(&self, id: PartitionId) -> Option<&Rc<PartitionZones>> {
        let index = self.partitions.binary_search_by_key(&id, |partition| partition.id).ok()?;
        self.partitions.get(index)
    }

    /// Tells whether this holds the very partitions of an older snapshot.
    pub(crate) fn is_same(&self, old: &Self) -> bool {
        self.partitions.len() == old.partitions.len()
            && self.partitions.iter().zip(&old.partitions).all(|(new, old)| Rc::ptr_eq(new, old))
    }

    /// Returns the smallest and the largest key that any record can have; `None` when there are no records.
    pub(crate) fn key_range(&self) -> Option<(i64, i64)> {
        let low = self.partitions.iter().filter_map(|p| p.zones.first()).map(|zone| zone.low).min()?;
        let high = self.partitions.iter().filter_map(|p| p.zones.last()).map(|zone| zone.high).max()?;
        Some((low, high))
    }
}

impl Snapshot {
    /// Tells how many leading rows are the same as in an older snapshot, without reading anything: a lower bound.
    pub(crate) fn first_change_since(&self, old: &Self) -> u64 {
        let pairs = || self.partitions.iter().zip(&old.partitions);
        let pairs_up = self.partitions.len() == old.partitions.len()
            && pairs().all(|(new, old)| Rc::ptr_eq(new, old) || new.continues(old));
        if !pairs_up {
            return 0;
        }
        // What was added comes after its partition's largest timestamp so far; where that comes first, rows begin to move.
        let high = |old: &PartitionZones| old.zones.last().map_or(i64::MIN, |last| last.high);
        let grown = pairs().filter(|(new, old)| new.rows != old.rows);
        let first =
            grown.map(|(new, old)| (high(old), new, old.rows)).min_by_key(|(high, new, _)| (*high, new.id));
        let rows = self.rows.min(old.rows);
        first.map_or(rows, |(high, new, position)| rows.min(self.rows_before(new, high, position)))
    }

    fn rows_before(&self, own: &PartitionZones, key: i64, position: u64) -> u64 {
        let others = self.partitions.iter().filter(|other| other.id != own.id).map(|other| {
            let edge = if other.id < own.id { Edge::After(key) } else { Edge::Before(key) };
            other.zone_cut_by(edge).at_least
        });
        position + others.sum::<u64>()
    }
}

impl PartitionZones {
    /// Tells whether this is `old` with nothing but records added at the end.
    fn continues(&self, old: &Self) -> bool {
        let (new, before) = (self.bounds, old.bounds);
        if self.id != old.id || new.log_start_offset != before.log_start_offset || self.rows < old.rows {
            return false;
        }
        let added = u64::try_from(new.high_watermark.distance_from(before.high_watermark));
        let settled = old.zones.len().saturating_sub(1);
        added == Ok(self.rows - old.rows) || self.zones.get(..settled) == old.zones.get(..settled)
    }
}
