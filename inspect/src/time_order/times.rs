//! The times of rows without the rows: what a replay needs of a window.

use tablog_core::ids::Timestamp;
use tablog_core::source::{Source, SourceError};

use super::TimeOrder;
use super::cut::Place;
use super::zones::Snapshot;
use crate::limits::WINDOW_ROWS_MAX;

impl<S: Source> TimeOrder<S> {
    /// Returns the times at which up to `count` rows from `first_row` on take their places in the order (at most
    /// [`WINDOW_ROWS_MAX`]; fewer only at the end): of each, the largest timestamp in its partition up to it. They never fall.
    /// Holds no records: a zone's are let go of before the next one's are read.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn times(&self, first_row: u64, count: usize) -> Result<Vec<Timestamp>, SourceError> {
        let snapshot = self.snapshot();
        let cut = self.cut_at(&snapshot, first_row).await?;
        let (places, end) = self.merge(&snapshot, &cut, count.min(WINDOW_ROWS_MAX)).await?;
        self.remember(&snapshot, cut);
        self.remember(&snapshot, end);
        let mut times = Vec::with_capacity(places.len());
        for place in places {
            times.extend(self.time_at(&snapshot, place).await?.map(Timestamp::from_millis));
        }
        Ok(times)
    }

    /// Counts the bytes of all rows' batches, as of the last refresh.
    pub fn bytes(&self) -> u64 {
        let snapshot = self.snapshot();
        let zones = snapshot.partitions.iter().flat_map(|partition| &partition.zones);
        zones.map(|bounds| bounds.zone.bytes).sum()
    }

    async fn time_at(
        &self,
        snapshot: &Snapshot,
        (partition, position): Place,
    ) -> Result<Option<i64>, SourceError> {
        let Some(partition) = snapshot.partitions.get(partition) else { return Ok(None) };
        let zone = partition.zone_at(position).and_then(|zone| partition.zones.get(zone));
        let Some(bounds) = zone else { return Ok(None) };
        let within = position - bounds.first;
        if within.saturating_add(1) == u64::from(bounds.zone.records) {
            return Ok(Some(bounds.high));
        }
        let known = self.times_of(partition.id, bounds).await?;
        let max = usize::try_from(within).ok().and_then(|within| known.get(within));
        Ok(Some(max.map_or(bounds.high, |&max| bounds.key(max))))
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
