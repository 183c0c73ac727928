//! The times of rows without the rows: what a replay needs of a window.

use std::collections::BTreeMap;

use tablog_core::ids::{PartitionId, Timestamp};
use tablog_core::source::{Source, SourceError};

use super::TimeOrder;
use super::cut::Place;
use super::read::Wanted;
use super::zones::{Snapshot, ZoneBounds};
use crate::limits::WINDOW_ROWS_MAX;

impl<S: Source> TimeOrder<S> {
    /// Returns the times at which up to `count` rows from `first_row` on take their places in the order (at most
    /// [`WINDOW_ROWS_MAX`]; fewer only at the end): of each, the largest timestamp in its partition up to it. They never fall.
    /// Holds no records, but for what the cache of zones holds anyway.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn times(&self, first_row: u64, count: usize) -> Result<Vec<Timestamp>, SourceError> {
        let snapshot = self.snapshot();
        let cut = self.cut_at(&snapshot, first_row).await?;
        let (places, end) = self.merge(&snapshot, &cut, count.min(WINDOW_ROWS_MAX)).await?;
        self.remember(&snapshot, cut);
        self.remember(&snapshot, end);
        let places: Vec<Placed> =
            places.into_iter().filter_map(|place| Placed::find(&snapshot, place)).collect();
        let mut wanted: Vec<Wanted> = Vec::new();
        let mut at: BTreeMap<(PartitionId, u64), usize> = BTreeMap::new();
        // A zone's last record has the zone's largest key: known without reading.
        for place in places.iter().filter(|place| !place.is_last()) {
            at.entry((place.partition, place.bounds.first)).or_insert_with(|| {
                wanted.push((place.partition, place.bounds));
                wanted.len() - 1
            });
        }
        let read = self.times_of_all(&wanted).await?;
        let time = |place: &Placed| {
            let known = at.get(&(place.partition, place.bounds.first)).and_then(|at| read.get(*at));
            let max = known.filter(|_| !place.is_last()).and_then(|known| known.get(place.within()));
            Timestamp::from_millis(max.map_or(place.bounds.high, |&max| place.bounds.key(max)))
        };
        Ok(places.iter().map(time).collect())
    }
}

/// A row's zone, and its place in the partition.
struct Placed {
    partition: PartitionId,
    bounds: ZoneBounds,
    position: u64,
}

impl Placed {
    fn find(snapshot: &Snapshot, (partition, position): Place) -> Option<Self> {
        let partition = snapshot.partitions.get(partition)?;
        let bounds = *partition.zones.get(partition.zone_at(position)?)?;
        Some(Self { partition: partition.id, bounds, position })
    }

    fn is_last(&self) -> bool {
        self.position.saturating_add(1) == self.bounds.first + u64::from(self.bounds.zone.records)
    }

    fn within(&self) -> usize {
        usize::try_from(self.position - self.bounds.first).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_source::{TestPartition, TestSource, block_on};

    fn partition(times: &[i64], per_batch: usize, per_zone: usize) -> TestPartition {
        let records: Vec<(i64, i64)> = (0..).zip(times.iter().copied()).collect();
        TestPartition::new(&records, per_batch, per_zone)
    }

    proptest! {
        #[test]
        fn times_are_the_largest_timestamps_up_to_the_rows_of_the_same_window(
            partitions in proptest::collection::vec(proptest::collection::vec(-1_i64..40, 1..30), 1..4),
            per_batch in 1_usize..4,
            per_zone in 1_usize..4,
            first_row in 0_u64..60,
            count in 0_usize..40,
        ) {
            let parts = partitions.iter().map(|times| partition(times, per_batch, per_zone)).collect();
            let order = block_on(TimeOrder::open_joining(TestSource::new(parts), None, 1)).unwrap();
            let times = block_on(order.times(first_row, count)).unwrap();
            let rows = block_on(order.window(0, WINDOW_ROWS_MAX)).unwrap();
            let mut newest = Timestamp::NONE;
            let expected: Vec<Timestamp> = rows.iter().map(|row| { newest = newest.max(row.timestamp); newest }).collect();
            let window = expected.into_iter().skip(usize::try_from(first_row).unwrap()).take(count);
            prop_assert_eq!(times, window.collect::<Vec<_>>());
        }
    }

    #[test]
    fn times_of_records_that_are_a_zone_each_are_told_without_reading_them() {
        // A replay read a thousand records, of a megabyte each, to know their times.
        let source = TestSource::new(vec![partition(&[5, 3, 9], 1, 1), partition(&[4, 8], 1, 1)]);
        let order = block_on(TimeOrder::open_joining(source, None, 1)).unwrap();
        let fetched = order.source().fetches.get();
        let times = block_on(order.times(0, 10)).unwrap();
        assert_eq!(times, [4, 5, 5, 8, 9].map(Timestamp::from_millis));
        assert_eq!(order.source().fetches.get(), fetched);
    }
}
