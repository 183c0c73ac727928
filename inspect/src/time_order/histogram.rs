//! Counts over time, for a timeline: from zones alone at first, and exactly where reading a few zones makes it so.
//!
//! A zone whose times all fall into one bucket counts exactly. Another one is spread evenly over its span of time, unless it is
//! in memory or among the widest few, which are read. [`Histogram::estimated`] tells how many records were spread.

use serde::{Deserialize, Serialize};
use tablog_core::ids::{PartitionId, Timestamp};
use tablog_core::source::{Source, SourceError};

use super::TimeOrder;
use super::zones::ZoneBounds;
use crate::limits::{HISTOGRAM_BUCKETS_MAX, HISTOGRAM_ZONES_READ_MAX};

/// Records counted by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// Where the first bucket begins.
    pub from: Timestamp,
    /// Where the last bucket ends, not included.
    pub to: Timestamp,
    /// Records in each bucket of equal length. Their sum is that of all records with a time in the range.
    pub counts: Vec<u64>,
    /// Records whose bucket is an estimate, from their zone's first and last time.
    pub estimated: u64,
    /// Records without a timestamp, which stand in no bucket.
    pub without_time: u64,
}

/// Buckets of equal length over a range of time.
struct Buckets {
    /// Whether times outside count in the first or last bucket: a zone's first time is a hint where records are out of order.
    all: bool,
    from: i64,
    width: u64,
    counts: Vec<u64>,
}

impl<S: Source> TimeOrder<S> {
    /// Counts the records over the whole time they span, or over a range of time (`from` included, `to` not), in at most
    /// `buckets` buckets (at most [`HISTOGRAM_BUCKETS_MAX`]). Reads at most [`HISTOGRAM_ZONES_READ_MAX`] zones.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn histogram(
        &self,
        range: Option<(Timestamp, Timestamp)>,
        buckets: usize,
    ) -> Result<Histogram, SourceError> {
        let snapshot = self.snapshot();
        let zones = || snapshot.partitions.iter().flat_map(|p| p.zones.iter().map(|zone| (p.id, *zone)));
        let whole = || {
            let spans = zones().filter_map(|(_, zone)| span(&zone));
            spans.reduce(|all, zone| (all.0.min(zone.0), all.1.max(zone.1)))
        };
        let all = range.is_none();
        let range = range.map(|(from, to)| (from.millis(), to.millis().saturating_sub(1))).or_else(whole);
        let mut counted = Buckets::new(all, range.unwrap_or((0, 0)), buckets.clamp(1, HISTOGRAM_BUCKETS_MAX));
        let (mut estimated, mut without_time) = (0, 0);
        let mut wide: Vec<(PartitionId, ZoneBounds)> = Vec::new();
        for (id, zone) in zones() {
            match span(&zone) {
                None => without_time += u64::from(zone.zone.records),
                Some((first, last)) if !is_mixed(&zone) && counted.is_one(first, last) => {
                    counted.add(first, zone.zone.records.into());
                }
                Some(_) => wide.push((id, zone)),
            }
        }
        wide.sort_by_key(|(_, zone)| std::cmp::Reverse(zone.zone.records));
        let mut reads_left = HISTOGRAM_ZONES_READ_MAX;
        for (id, zone) in wide {
            let known = self.is_in_memory(id, &zone);
            if known || reads_left > 0 {
                reads_left -= usize::from(!known);
                let loaded = self.loaded(id, &zone).await?;
                loaded.each_timestamp(|time| match time {
                    Timestamp::NONE => without_time += 1,
                    time => counted.add(time.millis(), 1),
                });
            } else if let Some((first, last)) = span(&zone) {
                counted.spread(first, last, zone.zone.records.into());
                estimated += u64::from(zone.zone.records);
            }
        }
        Ok(counted.finish(estimated, without_time))
    }
}

/// Returns a zone's first and last time; `None` when its records have none.
fn span(bounds: &ZoneBounds) -> Option<(i64, i64)> {
    let (first, last) = (bounds.zone.min_timestamp.millis(), bounds.zone.max_timestamp.millis());
    // One record without a time would stretch the zone back to 1969.
    let first = if first == Timestamp::NONE.millis() { last } else { first.min(last) };
    (last != Timestamp::NONE.millis()).then_some((first, last))
}

/// Tells whether some of a zone's records have a time and others none.
fn is_mixed(bounds: &ZoneBounds) -> bool {
    (bounds.zone.min_timestamp == Timestamp::NONE) != (bounds.zone.max_timestamp == Timestamp::NONE)
}

impl Buckets {
    fn new(all: bool, (first, last): (i64, i64), buckets: usize) -> Self {
        let span = last.max(first).abs_diff(first);
        let width = (span / u64::try_from(buckets).unwrap_or(u64::MAX)).saturating_add(1);
        // Fewer buckets than asked for when there are fewer milliseconds.
        let needed = usize::try_from(span / width).unwrap_or(buckets) + 1;
        Self { all, from: first, width, counts: vec![0; needed] }
    }

    /// Finds a time's bucket; the number of buckets when it lies outside.
    fn index(&self, time: i64) -> usize {
        if time < self.from {
            return if self.all { 0 } else { self.counts.len() };
        }
        let index = usize::try_from(time.abs_diff(self.from) / self.width).unwrap_or(usize::MAX);
        index.min(self.counts.len() - usize::from(self.all))
    }

    fn is_one(&self, first: i64, last: i64) -> bool {
        let outside = last < self.from || (first >= self.from && self.index(first) == self.counts.len());
        outside || (first >= self.from && self.index(first) == self.index(last))
    }

    fn add(&mut self, time: i64, records: u64) {
        let index = self.index(time);
        if let Some(count) = self.counts.get_mut(index) {
            *count += records;
        }
    }

    /// Spreads records evenly over the milliseconds from `first` to `last`; whole numbers that sum up to `records`.
    fn spread(&mut self, first: i64, last: i64, records: u64) {
        let length = u128::from(last.abs_diff(first)) + 1;
        let before =
            |time: u128| u64::try_from(u128::from(records) * time.min(length) / length).unwrap_or(records);
        let mut from = u128::from(self.from.max(first).abs_diff(first));
        let start = self.index(self.from.max(first));
        for (index, count) in self.counts.iter_mut().enumerate().skip(start) {
            let bucket_end = i128::from(self.from) + i128::from(self.width) * (index as i128 + 1);
            let to = u128::try_from(bucket_end - i128::from(first)).unwrap_or(0);
            *count += before(to) - before(from);
            from = to;
            if to >= length {
                break;
            }
        }
    }

    fn finish(self, estimated: u64, without_time: u64) -> Histogram {
        let length = i128::from(self.width) * self.counts.len() as i128;
        let to = i64::try_from(i128::from(self.from) + length).unwrap_or(i64::MAX);
        let (from, to) = (Timestamp::from_millis(self.from), Timestamp::from_millis(to));
        Histogram { from, to, counts: self.counts, estimated, without_time }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::test_source::{TestPartition, TestSource, block_on};

    fn order(partitions: &[Vec<(i64, i64)>], per_zone: usize) -> TimeOrder<TestSource> {
        let partitions = partitions.iter().map(|records| TestPartition::new(records, 5, per_zone)).collect();
        let source = TestSource::new(partitions);
        source.exact_min.set(true);
        block_on(TimeOrder::open_joining(source, None, 0)).unwrap()
    }

    #[test]
    fn few_zones_are_counted_exactly_and_many_are_spread() {
        // Each zone of 1,000 records spans 10 buckets, and all its records but one are at its start.
        let partition: Vec<(i64, i64)> =
            (0..40_000).map(|n| (n, n / 1_000 * 1_000 + if n % 1_000 == 999 { 999 } else { 0 })).collect();
        let partitions = [TestPartition::new(&partition, 500, 2)];
        let order = block_on(TimeOrder::open(TestSource::new(partitions.to_vec()), None)).unwrap();
        let histogram = block_on(order.histogram(None, 400)).unwrap();
        assert_eq!(histogram.counts.len(), 400);
        assert_eq!(histogram.counts.iter().sum::<u64>(), 40_000);
        assert_eq!(histogram.estimated, 24_000);
        assert_eq!(histogram.counts[..10], [999, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(histogram.counts[390..], [100; 10]);
        // What was read stays known.
        assert_eq!(block_on(order.histogram(None, 400)).unwrap().estimated, 8_000);
        let one = block_on(order.histogram(None, 1)).unwrap();
        assert_eq!((one.counts, one.estimated), (vec![40_000], 0));
    }

    #[test]
    fn records_without_a_time_stand_apart_and_an_empty_topic_has_one_empty_bucket() {
        let histogram = block_on(order(&[vec![(0, -1), (1, 50), (2, -1)]], 9).histogram(None, 10)).unwrap();
        assert_eq!((histogram.counts.iter().sum::<u64>(), histogram.without_time), (1, 2));
        let empty = block_on(order(&[vec![]], 1).histogram(None, 10)).unwrap();
        assert_eq!((empty.counts, empty.estimated), (vec![0], 0));
    }

    proptest! {
        #[test]
        fn read_zones_count_exactly(
            partitions in proptest::collection::vec(proptest::collection::vec(0_i64..2_000, 0..80), 1..4),
            per_zone in 1_usize..4,
            buckets in 1_usize..60,
            range in prop_oneof![Just(None), (0_i64..1_500, 1_i64..900).prop_map(|(f, n)| Some((f, f + n)))],
        ) {
            let numbered: Vec<Vec<(i64, i64)>> =
                partitions.iter().map(|times| (0..).zip(times.iter().copied()).collect()).collect();
            let order = order(&numbered, per_zone);
            // All in memory: all exact.
            block_on(order.window(0, 1_000)).unwrap();
            let millis = |(from, to)| (Timestamp::from_millis(from), Timestamp::from_millis(to));
            let histogram = block_on(order.histogram(range.map(millis), buckets)).unwrap();
            prop_assert!(histogram.counts.len() <= buckets);
            prop_assert_eq!(histogram.estimated, 0);
            let (from, to) = (histogram.from.millis(), histogram.to.millis());
            let width = (to - from) / histogram.counts.len() as i64;
            let mut expected = vec![0_u64; histogram.counts.len()];
            for time in partitions.iter().flatten().filter(|time| (from..to).contains(*time)) {
                expected[usize::try_from((time - from) / width).unwrap()] += 1;
            }
            prop_assert_eq!(&histogram.counts, &expected);
            if range.is_none() {
                prop_assert_eq!(expected.iter().sum::<u64>(), partitions.iter().flatten().count() as u64);
            }
        }

        #[test]
        fn spreading_keeps_the_sum(first in -50_i64..3_000, length in 0_i64..5_000, records in 0_u64..10_000) {
            let mut buckets = Buckets::new(false, (0, 2_000), 37);
            buckets.spread(first, first + length, records);
            let sum = buckets.counts.iter().sum::<u64>();
            let end = buckets.from + (buckets.width * buckets.counts.len() as u64) as i64;
            if first >= 0 && first + length < end {
                prop_assert_eq!(sum, records);
            } else {
                prop_assert!(sum <= records);
            }
        }
    }
}
