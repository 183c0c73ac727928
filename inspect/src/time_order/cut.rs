//! A cut through the order: how many records of each partition lie before a row. Found by a search over time, carried on by
//! merging, in either direction.

use std::collections::BinaryHeap;
use std::rc::Rc;

use tablog_core::source::{Source, SourceError};

use super::read::Wanted;
use super::search::Known;
use super::zones::{Edge, Snapshot, ZoneBounds};
use super::{TimeOrder, ZoneKey};
use crate::limits::{CUTS_KEPT, MERGE_ZONES_READ_AT_ONCE_MAX, WINDOW_ROWS_MAX};

/// Positions in all partitions, in the snapshot's order, whose sum is `row`.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) row: u64,
    positions: Vec<u64>,
}

/// Where a row is: the partition's place in the snapshot, and the record's position in the partition.
pub(super) type Place = (usize, u64);

/// Which way rows are walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    On,
    Back,
}

impl Cut {
    fn start(snapshot: &Snapshot) -> Self {
        Self { row: 0, positions: vec![0; snapshot.partitions.len()] }
    }

    fn end(snapshot: &Snapshot) -> Self {
        let positions = snapshot.partitions.iter().map(|partition| partition.rows).collect();
        Self { row: snapshot.rows, positions }
    }
}

impl<S: Source> TimeOrder<S> {
    /// Finds the cut before a row.
    pub(super) async fn cut_at(&self, snapshot: &Rc<Snapshot>, row: u64) -> Result<Cut, SourceError> {
        if row >= snapshot.rows {
            return Ok(Cut::end(snapshot));
        }
        if let Some(cut) = self.recall(snapshot, row) {
            return self.walk_to(snapshot, cut, row).await;
        }
        let _searching = self.searching.lock().await;
        // Whoever searched until now may have found a place nearby.
        if let Some(cut) = self.recall(snapshot, row) {
            return self.walk_to(snapshot, cut, row).await;
        }
        let cut = self.search(snapshot, row).await?;
        self.remember(snapshot, cut.clone());
        Ok(cut)
    }

    async fn search(&self, snapshot: &Snapshot, row: u64) -> Result<Cut, SourceError> {
        if let Some(cut) = cut_of_one_partition(snapshot, row) {
            return Ok(cut);
        }
        let Some(range) = snapshot.key_range() else { return Ok(Cut::end(snapshot)) };
        let mut known = Known::nothing_of(snapshot);
        let key = self.key_of(snapshot, row, range, &mut known).await?;
        let edge = Edge::Before(key);
        let mut positions = self.counts_before(snapshot, |_| Some(edge), &mut known).await?;
        let left = row - positions.iter().sum::<u64>().min(row);
        self.deal_out(snapshot, key, left, &mut positions, &mut known).await?;
        Ok(Cut { row, positions })
    }

    /// Goes from a cut to one nearby: merging is cheaper than searching.
    async fn walk_to(&self, snapshot: &Snapshot, cut: Cut, row: u64) -> Result<Cut, SourceError> {
        let count = usize::try_from(row.abs_diff(cut.row)).unwrap_or(usize::MAX);
        if count == 0 {
            return Ok(cut);
        }
        let way = if row > cut.row { Way::On } else { Way::Back };
        Ok(self.walk(snapshot, &cut, count, way).await?.1)
    }

    /// Walks `count` rows on from a cut: their places, and the cut behind them.
    pub(super) async fn merge(
        &self,
        snapshot: &Snapshot,
        from: &Cut,
        count: usize,
    ) -> Result<(Vec<Place>, Cut), SourceError> {
        self.walk(snapshot, from, count, Way::On).await
    }

    async fn walk(
        &self,
        snapshot: &Snapshot,
        from: &Cut,
        count: usize,
        way: Way,
    ) -> Result<(Vec<Place>, Cut), SourceError> {
        let mut end = from.clone();
        let mut heads = BinaryHeap::with_capacity(end.positions.len());
        for index in 0..end.positions.len() {
            heads.extend(self.head(snapshot, &end, index, way));
        }
        let mut places = Vec::with_capacity(count.min(WINDOW_ROWS_MAX));
        while places.len() < count {
            let Some(head) = heads.pop() else { break };
            // Only a bound so far: read its zone, and let the head take its true place. The last partition left needs no place.
            if !head.is_exact && !heads.is_empty() {
                self.place_heads(snapshot, head, &mut heads, count - places.len(), way).await?;
                continue;
            }
            places.push((head.index, head.position));
            if let Some(position) = end.positions.get_mut(head.index) {
                match way {
                    Way::On => *position += 1,
                    Way::Back => *position -= 1,
                }
            }
            heads.extend(self.head(snapshot, &end, head.index, way));
        }
        let walked = u64::try_from(places.len()).unwrap_or(u64::MAX);
        end.row = if way == Way::On { end.row + walked } else { end.row.saturating_sub(walked) };
        Ok((places, end))
    }

    /// Reads the zone of the first head together with those that the next rows are likely to need, and puts the heads back.
    async fn place_heads(
        &self,
        snapshot: &Snapshot,
        first: Head,
        heads: &mut BinaryHeap<Head>,
        rows_left: usize,
        way: Way,
    ) -> Result<(), SourceError> {
        // How many records each partition has to give if all give alike.
        let share = u64::try_from(rows_left / (heads.len() + 1)).unwrap_or(u64::MAX);
        let Some(bounds) = zone_of(snapshot, &first) else { return Ok(()) };
        let is_near = |head: &Head| match way {
            Way::On => head.key <= bounds.high,
            Way::Back => head.key >= bounds.low,
        };
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut unread: Vec<(Head, usize)> = Vec::new();
        let mut aside: Vec<Head> = Vec::new();
        let mut next = Some(first);
        while let Some(head) = next {
            if head.is_read {
                aside.push(head);
            } else {
                unread.push((head, wanted.len()));
                wanted.extend(zones_ahead(snapshot, &head, share, way));
            }
            let room = wanted.len() < MERGE_ZONES_READ_AT_ONCE_MAX && unread.len() + aside.len() < rows_left;
            next = if room && heads.peek().is_some_and(is_near) { heads.pop() } else { None };
        }
        wanted.truncate(MERGE_ZONES_READ_AT_ONCE_MAX);
        let times = self.times_of_all(&wanted).await?;
        heads.extend(aside);
        for (head, at) in unread {
            let placed = zone_of(snapshot, &head).zip(times.get(at));
            heads.extend(placed.map(|(bounds, times)| head.placed(way, bounds, times)));
        }
        Ok(())
    }

    /// Returns the next record of a partition: the one behind the cut, or the one before it.
    fn head(&self, snapshot: &Snapshot, cut: &Cut, index: usize, way: Way) -> Option<Head> {
        let (partition, &position) = (snapshot.partitions.get(index)?, cut.positions.get(index)?);
        let position = if way == Way::On { position } else { position.checked_sub(1)? };
        let zone = partition.zone_at(position)?;
        let bounds = partition.zones.get(zone)?;
        let is_last = position + 1 == bounds.first + u64::from(bounds.zone.records);
        let key = if way == Way::On && !is_last { bounds.low } else { bounds.high };
        let head = Head {
            rank: rank(way, key, index),
            key,
            index,
            zone,
            position,
            is_exact: is_last,
            is_read: false,
        };
        let known = self.times.borrow();
        let times = known.peek(&ZoneKey::of(partition.id, &bounds.zone));
        // Nothing after a zone's last record hangs on the zone's times; what lies before it does.
        let is_read = is_last && way == Way::On;
        Some(times.map_or(Head { is_read, ..head }, |times| head.placed(way, bounds, times)))
    }

    pub(super) fn remember(&self, snapshot: &Rc<Snapshot>, cut: Cut) {
        if !Rc::ptr_eq(&self.snapshot(), snapshot) {
            return;
        }
        let mut cuts = self.cuts.borrow_mut();
        cuts.retain(|known| known.row != cut.row);
        cuts.push(Rc::new(cut));
        if cuts.len() > CUTS_KEPT {
            cuts.remove(0);
        }
    }

    /// Returns the nearest cut that is known, if it is near enough to walk from it.
    fn recall(&self, snapshot: &Rc<Snapshot>, row: u64) -> Option<Cut> {
        let near = u64::try_from(WINDOW_ROWS_MAX).unwrap_or(u64::MAX);
        let cuts = self.cuts.borrow();
        let is_current = Rc::ptr_eq(&self.snapshot(), snapshot);
        let nearest = cuts.iter().filter(|_| is_current).min_by_key(|cut| cut.row.abs_diff(row));
        let distance = nearest.map_or(u64::MAX, |cut| cut.row.abs_diff(row));
        let (to_start, to_end) = (row, snapshot.rows.abs_diff(row));
        match distance.min(to_start).min(to_end) {
            least if least > near => None,
            least if least == distance => nearest.map(|cut| cut.as_ref().clone()),
            least if least == to_start => Some(Cut::start(snapshot)),
            _ => Some(Cut::end(snapshot)),
        }
    }
}

/// Cuts an order to which one partition gives all rows.
fn cut_of_one_partition(snapshot: &Snapshot, row: u64) -> Option<Cut> {
    let index = snapshot.partitions.iter().position(|partition| partition.rows == snapshot.rows)?;
    let mut cut = Cut { row, ..Cut::start(snapshot) };
    *cut.positions.get_mut(index)? = row;
    Some(cut)
}

fn zone_of<'a>(snapshot: &'a Snapshot, head: &Head) -> Option<&'a ZoneBounds> {
    snapshot.partitions.get(head.index)?.zones.get(head.zone)
}

/// Lists a head's zone and those behind it up to `records` records.
fn zones_ahead(snapshot: &Snapshot, head: &Head, records: u64, way: Way) -> Vec<Wanted> {
    let Some(partition) = snapshot.partitions.get(head.index) else { return Vec::new() };
    let mut zones = Vec::new();
    let (mut at, mut found) = (Some(head.zone), 0_u64);
    while let Some(bounds) = at.and_then(|at| partition.zones.get(at)) {
        zones.push((partition.id, *bounds));
        found += match way {
            _ if zones.len() > 1 => u64::from(bounds.zone.records),
            Way::On => bounds.first + u64::from(bounds.zone.records) - head.position,
            Way::Back => head.position - bounds.first + 1,
        };
        if found >= records || zones.len() == MERGE_ZONES_READ_AT_ONCE_MAX {
            break;
        }
        at = if way == Way::On { at.map(|at| at + 1) } else { at.and_then(|at| at.checked_sub(1)) };
    }
    zones
}

/// The next record of one partition. The one to be walked next is the greatest: on, the one with the smallest key and then
/// partition; back, the one with the largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    rank: (i64, usize),
    /// The record's key, or a bound of it: no record of the partition comes sooner.
    key: i64,
    index: usize,
    zone: usize,
    position: u64,
    is_exact: bool,
    /// Whether the zone's times are known, or not needed for the partition's next records.
    is_read: bool,
}

impl Head {
    fn placed(self, way: Way, bounds: &ZoneBounds, times: &[i64]) -> Self {
        let within = usize::try_from(self.position - bounds.first).unwrap_or(usize::MAX);
        let key = times.get(within).map_or(bounds.high, |&max| bounds.key(max));
        Self { rank: rank(way, key, self.index), key, is_exact: true, is_read: true, ..self }
    }
}

/// Turns numbers round where the smallest is to be the greatest: negation would overflow.
fn rank(way: Way, key: i64, index: usize) -> (i64, usize) {
    match way {
        Way::On => (!key, !index),
        Way::Back => (key, index),
    }
}
