//! A cut through the order: how many records of each partition lie before a row. Found by a search over time, carried on by
//! merging.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use tablog_core::source::{Source, SourceError};

use super::TimeOrder;
use super::zones::{Count, Edge, Snapshot};
use crate::limits::{CUTS_KEPT, WINDOW_ROWS_MAX};

/// Positions in all partitions, in the snapshot's order, whose sum is `row`.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    pub(super) row: u64,
    positions: Vec<u64>,
}

/// Where a row is: the partition's place in the snapshot, and the record's position in the partition.
pub(super) type Place = (usize, u64);

impl<S: Source> TimeOrder<S> {
    /// Finds the cut before a row.
    pub(super) async fn cut_at(&self, snapshot: &Rc<Snapshot>, row: u64) -> Result<Cut, SourceError> {
        if let Some(cut) = self.recall(snapshot, row) {
            // A little further on than a cut that is known: merging is cheaper than searching.
            let ahead = usize::try_from(row - cut.row).unwrap_or(usize::MAX);
            return if ahead == 0 { Ok(cut) } else { Ok(self.merge(snapshot, &cut, ahead).await?.1) };
        }
        let Some((mut low, mut high)) = snapshot.key_range().filter(|_| row < snapshot.rows) else {
            let positions = snapshot.partitions.iter().map(|partition| partition.rows).collect();
            return Ok(Cut { row: snapshot.rows, positions });
        };
        // The row's key is the smallest with more than `row` records up to it.
        while low < high {
            let middle = (low & high) + ((low ^ high) >> 1);
            if self.is_more_than(snapshot, Edge::After(middle), row).await? {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let mut positions = Vec::with_capacity(snapshot.partitions.len());
        for partition in &snapshot.partitions {
            positions.push(self.count_before(partition, Edge::Before(low)).await?);
        }
        let mut left = row - positions.iter().sum::<u64>().min(row);
        for (partition, position) in snapshot.partitions.iter().zip(&mut positions) {
            if left == 0 {
                break;
            }
            let of_this_key = self.count_before(partition, Edge::After(low)).await? - *position;
            *position += of_this_key.min(left);
            left -= of_this_key.min(left);
        }
        Ok(Cut { row, positions })
    }

    /// Tells whether more than `row` records lie before an edge, reading as few zones as decide it.
    async fn is_more_than(&self, snapshot: &Snapshot, edge: Edge, row: u64) -> Result<bool, SourceError> {
        let mut open: Vec<(Count, usize)> = Vec::new();
        let (mut at_least, mut at_most) = (0, 0);
        for (index, partition) in snapshot.partitions.iter().enumerate() {
            let mut count = partition.zone_cut_by(edge);
            if let Some(bounds) = count.unread.and_then(|zone| partition.zones.get(zone)) {
                let key = super::ZoneKey::of(partition.id, &bounds.zone);
                if let Some(times) = self.times.borrow().peek(&key) {
                    let exact = bounds.first + bounds.count_before(times, edge);
                    count = Count { at_least: exact, at_most: exact, unread: None };
                } else {
                    open.push((count, index));
                }
            }
            at_least += count.at_least;
            at_most += count.at_most;
        }
        // The widest zones decide soonest.
        open.sort_unstable_by_key(|(count, _)| count.at_most - count.at_least);
        while at_least <= row && row < at_most {
            let Some((count, index)) = open.pop() else { break };
            let Some(partition) = snapshot.partitions.get(index) else { break };
            let exact = self.count_before(partition, edge).await?;
            at_least += exact - count.at_least;
            at_most -= count.at_most - exact;
        }
        Ok(at_least > row)
    }

    /// Walks `count` rows on from a cut: their places, and the cut behind them.
    pub(super) async fn merge(
        &self,
        snapshot: &Snapshot,
        from: &Cut,
        count: usize,
    ) -> Result<(Vec<Place>, Cut), SourceError> {
        let mut end = from.clone();
        let mut heads = BinaryHeap::with_capacity(end.positions.len());
        for index in 0..end.positions.len() {
            heads.extend(self.head(snapshot, &end, index).map(Reverse));
        }
        let mut places = Vec::with_capacity(count.min(WINDOW_ROWS_MAX));
        while places.len() < count {
            let Some(Reverse(head)) = heads.pop() else { break };
            let Some(partition) = snapshot.partitions.get(head.index) else { break };
            if !head.exact {
                // Only a bound so far: read the zone, and let the head take its true place.
                if let Some(bounds) = partition.zones.get(head.zone) {
                    let times = self.times_of(partition.id, bounds).await?;
                    let within = usize::try_from(head.position - bounds.first).unwrap_or(usize::MAX);
                    let key = times.get(within).map_or(bounds.high, |&max| bounds.key(max));
                    heads.push(Reverse(Head { key, exact: true, ..head }));
                }
                continue;
            }
            places.push((head.index, head.position));
            if let Some(position) = end.positions.get_mut(head.index) {
                *position += 1;
            }
            heads.extend(self.head(snapshot, &end, head.index).map(Reverse));
        }
        end.row += u64::try_from(places.len()).unwrap_or(u64::MAX);
        Ok((places, end))
    }

    fn head(&self, snapshot: &Snapshot, cut: &Cut, index: usize) -> Option<Head> {
        let (partition, &position) = (snapshot.partitions.get(index)?, cut.positions.get(index)?);
        let zone = partition.zone_at(position)?;
        let bounds = partition.zones.get(zone)?;
        let known = self.times.borrow();
        let times = known.peek(&super::ZoneKey::of(partition.id, &bounds.zone));
        let within = usize::try_from(position - bounds.first).ok()?;
        // The last record's key is known without reading, and so is that of a record which is a zone of its own.
        let is_last = position + 1 == bounds.first + u64::from(bounds.zone.records);
        let last = is_last.then_some(bounds.high);
        let key = last.or_else(|| times.and_then(|times| times.get(within)).map(|&max| bounds.key(max)));
        let exact = key.is_some();
        Some(Head { key: key.unwrap_or(bounds.low), index, exact, zone, position })
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

    fn recall(&self, snapshot: &Rc<Snapshot>, row: u64) -> Option<Cut> {
        if row == 0 {
            return Some(Cut { row: 0, positions: vec![0; snapshot.partitions.len()] });
        }
        if !Rc::ptr_eq(&self.snapshot(), snapshot) {
            return None;
        }
        let near = u64::try_from(WINDOW_ROWS_MAX).unwrap_or(u64::MAX);
        let start = (row <= near).then(|| Cut { row: 0, positions: vec![0; snapshot.partitions.len()] });
        let cuts = self.cuts.borrow();
        let known =
            cuts.iter().filter(|cut| cut.row <= row && row - cut.row <= near).max_by_key(|cut| cut.row);
        known.map(|cut| cut.as_ref().clone()).or(start)
    }
}

/// The next record of one partition. Ordered by key, then partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    /// The record's key, or a lower bound of it.
    key: i64,
    index: usize,
    exact: bool,
    zone: usize,
    position: u64,
}
