//! Finding the key of a row: a search over time that guesses out of the zones in memory, reads the zones that its guess cuts,
//! and guesses again. Records are spread evenly enough that a few guesses do, and the zones at the last one have to be read
//! in any case to know where the row is in each partition.

use std::rc::Rc;

use tablog_core::sorting::sort_by_number;
use tablog_core::source::{Source, SourceError};

use super::read::{Wanted, most_first};
use super::zones::{Edge, PartitionZones, Snapshot};
use super::{TimeOrder, ZoneKey};
use crate::limits::ZONES_READ_AT_ONCE_MAX;

/// A zone by its partition's place in the snapshot and its own in the partition.
type ZonePlace = (usize, usize);

/// What one search has read: held until it ends, so that nothing is looked up or read twice.
pub(super) struct Known {
    times: Vec<Vec<(usize, Rc<[i64]>)>>,
}

/// How many records lie before an edge.
#[derive(Clone, Copy, Default)]
struct Count {
    at_least: u64,
    at_most: u64,
    likely: u64,
}

impl Known {
    pub(super) fn nothing_of(snapshot: &Snapshot) -> Self {
        Self { times: vec![Vec::new(); snapshot.partitions.len()] }
    }

    fn get(&self, (partition, zone): ZonePlace) -> Option<&Rc<[i64]>> {
        self.times.get(partition)?.iter().find(|(known, _)| *known == zone).map(|(_, times)| times)
    }

    fn put(&mut self, (partition, zone): ZonePlace, times: Rc<[i64]>) {
        if let Some(of_partition) = self.times.get_mut(partition) {
            of_partition.push((zone, times));
        }
    }

    fn count(&self, index: usize, partition: &PartitionZones, edge: Edge) -> Count {
        let count = partition.zone_cut_by(edge);
        let (at_least, at_most) = (count.at_least, count.at_most);
        let Some((zone, bounds)) = count.unread.and_then(|zone| Some((zone, partition.zones.get(zone)?)))
        else {
            return Count { at_least, at_most, likely: at_least };
        };
        if let Some(times) = self.get((index, zone)) {
            let exact = bounds.first + bounds.count_before(times, edge);
            return Count { at_least: exact, at_most: exact, likely: exact };
        }
        let likely = (bounds.first + bounds.likely_before(edge)).clamp(at_least, at_most);
        Count { at_least, at_most, likely }
    }

    fn count_all(&self, snapshot: &Snapshot, edge: Edge) -> Count {
        let mut sum = Count::default();
        for (index, partition) in snapshot.partitions.iter().enumerate() {
            let count = self.count(index, partition, edge);
            sum.at_least += count.at_least;
            sum.at_most += count.at_most;
            sum.likely += count.likely;
        }
        sum
    }

    /// Guesses a row's key within a range, which it narrows to what is certain.
    fn guess(&self, snapshot: &Snapshot, row: u64, (low, high): &mut (i64, i64)) -> i64 {
        let (mut from, mut to) = (*low, *high);
        while from < to {
            let middle = (from & to) + ((from ^ to) >> 1);
            let count = self.count_all(snapshot, Edge::After(middle));
            if count.at_least > row {
                *high = middle;
            } else if count.at_most <= row {
                *low = middle + 1;
            }
            if count.likely > row {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        from.clamp(*low, *high)
    }

    /// Lists the zones that the edges cut and that were not read, of the partitions from `first` on.
    fn unread<const N: usize>(
        &self,
        snapshot: &Snapshot,
        first: usize,
        edges: impl Fn(&PartitionZones) -> [Option<Edge>; N],
    ) -> Vec<ZonePlace> {
        let mut unread = Vec::new();
        for (index, partition) in snapshot.partitions.iter().enumerate().skip(first) {
            for edge in edges(partition).into_iter().flatten() {
                if let Some(zone) = partition.zone_cut_by(edge).unread {
                    let place = (index, zone);
                    if unread.last() != Some(&place) && self.get(place).is_none() {
                        unread.push(place);
                    }
                }
            }
        }
        unread
    }
}

impl<S: Source> TimeOrder<S> {
    /// Finds the key of a row: the smallest with more than `row` records up to it.
    pub(super) async fn key_of(
        &self,
        snapshot: &Snapshot,
        row: u64,
        mut range: (i64, i64),
        known: &mut Known,
    ) -> Result<i64, SourceError> {
        loop {
            let guess = known.guess(snapshot, row, &mut range);
            if range.0 == range.1 {
                return Ok(range.0);
            }
            let mut unread =
                known.unread(snapshot, 0, |_| [Some(Edge::Before(guess)), Some(Edge::After(guess))]);
            // With every zone known that the guess cuts, it was none.
            if unread.is_empty() {
                return Ok(guess);
            }
            if self.recollect(snapshot, &unread, known) {
                continue;
            }
            // The widest zones decide soonest.
            sort_by_number(&mut unread, |place| {
                most_first(wanted(snapshot, *place).map(|zone| zone.1.zone.records))
            });
            unread.truncate(ZONES_READ_AT_ONCE_MAX);
            self.learn(snapshot, &unread, known).await?;
        }
    }

    /// Counts each partition's records before an edge of its own; 0 where there is none.
    pub(super) async fn counts_before(
        &self,
        snapshot: &Snapshot,
        edge: impl Fn(&PartitionZones) -> Option<Edge>,
        known: &mut Known,
    ) -> Result<Vec<u64>, SourceError> {
        let unread = known.unread(snapshot, 0, |partition| [edge(partition)]);
        self.learn(snapshot, &unread, known).await?;
        let partitions = snapshot.partitions.iter().enumerate();
        let count = |(index, partition): (usize, &Rc<PartitionZones>)| {
            edge(partition).map_or(0, |edge| known.count(index, partition, edge).at_least)
        };
        Ok(partitions.map(count).collect())
    }

    /// Deals `left` records of one key out to the partitions, in their order, on top of the positions before that key.
    pub(super) async fn deal_out(
        &self,
        snapshot: &Snapshot,
        key: i64,
        mut left: u64,
        positions: &mut [u64],
        known: &mut Known,
    ) -> Result<(), SourceError> {
        let edge = Edge::After(key);
        for (index, (partition, position)) in snapshot.partitions.iter().zip(positions).enumerate() {
            if left == 0 {
                break;
            }
            if partition.zone_cut_by(edge).unread.is_some_and(|zone| known.get((index, zone)).is_none()) {
                // At once for as many partitions as are needed if each has one record of this key.
                let mut unread = known.unread(snapshot, index, |_| [Some(edge)]);
                unread.truncate(usize::try_from(left).unwrap_or(usize::MAX).min(ZONES_READ_AT_ONCE_MAX));
                self.learn(snapshot, &unread, known).await?;
            }
            let of_this_key = known.count(index, partition, edge).at_least.saturating_sub(*position);
            *position += of_this_key.min(left);
            left -= of_this_key.min(left);
        }
        Ok(())
    }

    /// Takes over what was read before of these zones; tells whether that was any.
    fn recollect(&self, snapshot: &Snapshot, unread: &[ZonePlace], known: &mut Known) -> bool {
        let mut times = self.times.borrow_mut();
        let mut is_any = false;
        for &place in unread {
            let zone = wanted(snapshot, place);
            if let Some(times) = zone.and_then(|(id, bounds)| times.get(&ZoneKey::of(id, &bounds.zone))) {
                known.put(place, times);
                is_any = true;
            }
        }
        is_any
    }

    async fn learn(
        &self,
        snapshot: &Snapshot,
        unread: &[ZonePlace],
        known: &mut Known,
    ) -> Result<(), SourceError> {
        let zones: Vec<Wanted> = unread.iter().filter_map(|place| wanted(snapshot, *place)).collect();
        for (place, times) in unread.iter().zip(self.times_of_all(&zones).await?) {
            known.put(*place, times);
        }
        Ok(())
    }
}

fn wanted(snapshot: &Snapshot, (partition, zone): ZonePlace) -> Option<Wanted> {
    let partition = snapshot.partitions.get(partition)?;
    Some((partition.id, *partition.zones.get(zone)?))
}
