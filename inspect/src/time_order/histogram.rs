//! Counts over time, for a timeline: from zones alone at first, and exactly where reading a few zones makes it so.
//!
//! A zone whose times all fall into one bucket counts exactly. Another one is spread evenly over its span of time, unless it is
//! in memory or among the widest few, which are read, and there is time to walk its records. [`Histogram::estimated`] tells how many records were spread.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tablog_core::ids::Timestamp;
use tablog_core::sorting::sort_by_number;
use tablog_core::source::{Source, SourceError};

use super::TimeOrder;
use super::load::LoadedZone;
use super::read::{Wanted, most_first, rounds};
use super::zones::ZoneBounds;
use crate::limits::{HISTOGRAM_BUCKETS_MAX, HISTOGRAM_RECORDS_WALKED_MAX, HISTOGRAM_ZONES_READ_MAX};

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
    /// `buckets` buckets (at most [`HISTOGRAM_BUCKETS_MAX`]). Reads at most [`HISTOGRAM_ZONES_READ_MAX`] zones and walks at most
    /// [`HISTOGRAM_RECORDS_WALKED_MAX`] records.
    ///
    /// # Errors
    /// What the source reports.
    pub async fn histogram(
        &self,
        range: Option<(Timestamp, Timestamp)>,
        buckets: usize,
    ) -> Result<Histogram, SourceError> {
        let snapshot = self.snapshot();
        let zones: Vec<Wanted> =
            snapshot.partitions.iter().flat_map(|p| p.zones.iter().map(|zone| (p.id, *zone))).collect();
        let mut budget = Budget { zones: HISTOGRAM_ZONES_READ_MAX, records: HISTOGRAM_RECORDS_WALKED_MAX };
        let mixed = self.times_of_mixed(&zones, &mut budget).await?;
        let span = |at: usize, zone: &ZoneBounds| match mixed.get(&at) {
            Some(times) => {
                let times = || times.iter().copied().filter(|time| *time != Timestamp::NONE.millis());
                times().min().zip(times().max())
            }
            None => span(zone),
        };
        let whole = || {
            let spans = zones.iter().enumerate().filter_map(|(at, (_, zone))| span(at, zone));
            spans.reduce(|all, zone| (all.0.min(zone.0), all.1.max(zone.1)))
        };
        let all = range.is_none();
        let range = range.map(|(from, to)| (from.millis(), to.millis().saturating_sub(1))).or_else(whole);
        let mut counted = Buckets::new(all, range.unwrap_or((0, 0)), buckets.clamp(1, HISTOGRAM_BUCKETS_MAX));
        let (mut estimated, mut without_time) = (0, 0);
        let mut wide: Vec<usize> = Vec::new();
        for (at, (_, zone)) in zones.iter().enumerate() {
            match (mixed.get(&at), span(at, zone)) {
                (Some(times), _) => times.iter().for_each(|time| counted.add_one(*time, &mut without_time)),
                (None, None) => without_time += u64::from(zone.zone.records),
                (None, Some((first, last))) if !is_mixed(zone) && counted.is_one(first, last) => {
                    counted.add(first, zone.zone.records.into());
                }
                (None, Some(_)) => wide.push(at),
            }
        }
        sort_by_number(&mut wide, |at| most_first(zones.get(*at).map(|(_, zone)| zone.zone.records)));
        let each = |_, loaded: &LoadedZone| {
            loaded.each_timestamp(|time| counted.add_one(time.millis(), &mut without_time));
        };
        for at in self.walk_zones(&zones, &wide, &mut budget, each).await? {
            let Some((_, zone)) = zones.get(at) else { continue };
            if let Some((first, last)) = span(at, zone) {
                counted.spread(first, last, zone.zone.records.into());
                estimated += u64::from(zone.zone.records);
            }
        }
        Ok(counted.finish(estimated, without_time))
    }

    /// Returns the times of zones in which some records have none: only these tell where such a zone begins.
    async fn times_of_mixed(
        &self,
        zones: &[Wanted],
        budget: &mut Budget,
    ) -> Result<BTreeMap<usize, Vec<i64>>, SourceError> {
        let mixed = zones.iter().enumerate().filter(|(_, (_, zone))| is_mixed(zone));
        let mut mixed: Vec<(bool, usize)> =
            mixed.map(|(at, (_, zone))| (has_time_before(zone), at)).collect();
        // Those first of which nothing else is known.
        sort_by_number(&mut mixed, |(has_time_before, _)| u64::from(*has_time_before));
        let mixed: Vec<usize> = mixed.into_iter().map(|(_, at)| at).collect();
        let mut times: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        let each = |at, loaded: &LoadedZone| {
            let times = times.entry(at).or_default();
            loaded.each_timestamp(|time| times.push(time.millis()));
        };
        self.walk_zones(zones, &mixed, budget, each).await?;
        Ok(times)
    }

    /// Walks the records of the zones at these places, as far as the budget goes. Returns the places that it did not go for.
    async fn walk_zones(
        &self,
        zones: &[Wanted],
        places: &[usize],
        budget: &mut Budget,
        mut each: impl FnMut(usize, &LoadedZone),
    ) -> Result<Vec<usize>, SourceError> {
        let (mut walked, mut wanted, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for &at in places {
            let Some((id, zone)) = zones.get(at) else { continue };
            let records = usize::try_from(zone.zone.records).unwrap_or(usize::MAX);
            let is_known = self.is_in_memory(*id, zone);
            if records <= budget.records && (is_known || budget.zones > 0) {
                budget.records -= records;
                budget.zones -= usize::from(!is_known);
                walked.push(at);
                wanted.push((*id, *zone));
            } else {
                left.push(at);
            }
        }
        let mut walked = walked.into_iter();
        for round in rounds(&wanted) {
            for (loaded, at) in self.load_all(round).await?.iter().zip(walked.by_ref()) {
                each(at, loaded);
            }
        }
        Ok(left)
    }
}

/// What one histogram may still read and walk.
struct Budget {
    zones: usize,
    records: usize,
}

/// Returns a zone's first and last time; `None` when its records have none.
fn span(bounds: &ZoneBounds) -> Option<(i64, i64)> {
    let (first, last) = (bounds.zone.min_timestamp.millis(), bounds.zone.max_timestamp.millis());
    // One record without a time would stretch the zone back to 1969. Records mostly come in the order of their times.
    let first = match first {
        first if first != Timestamp::NONE.millis() => first.min(last),
        _ if has_time_before(bounds) => bounds.before.min(last),
        _ => last,
    };
    (last != Timestamp::NONE.millis()).then_some((first, last))
}

/// Tells whether a record before this zone has a time.
fn has_time_before(bounds: &ZoneBounds) -> bool {
    bounds.before > Timestamp::NONE.millis()
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

    /// Counts one record, in a bucket or among those without a time.
    fn add_one(&mut self, time: i64, without_time: &mut u64) {
        if time == Timestamp::NONE.millis() {
            *without_time += 1;
        } else {
            self.add(time, 1);
        }
    }

    /// Spreads records evenly over the milliseconds from `first` to `last`; whole numbers that sum up to `records`.
    fn spread(&mut self, first: i64, last: i64, records: u64) {
        let length = u128::from(last.abs_diff(first)) + 1;
        // Nearly always 64 bits do, and divide many times faster.
        let short = u64::try_from(length).ok().filter(|length| records.checked_mul(*length).is_some());
        let before = |time: u128| match (short, u64::try_from(time.min(length))) {
            (Some(length), Ok(time)) => records * time / length,
            _ => u64::try_from(u128::from(records) * time.min(length) / length).unwrap_or(records),
        };
        let mut counted = before(u128::from(self.from.max(first).abs_diff(first)));
        let start = self.index(self.from.max(first));
        for (index, count) in self.counts.iter_mut().enumerate().skip(start) {
            let bucket_end = i128::from(self.from) + i128::from(self.width) * (index as i128 + 1);
            let to = u128::try_from(bucket_end - i128::from(first)).unwrap_or(0);
            let until = before(to);
            *count += until - counted;
            counted = until;
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

    #[test]
    fn a_timeline_begins_at_the_first_time_even_in_a_zone_with_records_without_one() {
        // Such a zone counted as beginning where it ends: the timeline began too late, and its first bucket held all before.
        let records: Vec<(i64, i64)> =
            (0..200).map(|n| (n, if n % 2 == 0 { -1 } else { 1_000 + n })).collect();
        let histogram = block_on(order(&[records], 2).histogram(None, 1_000)).unwrap();
        assert_eq!((histogram.from.millis(), histogram.to.millis()), (1_001, 1_200));
        assert_eq!(histogram.counts[..4], [1, 0, 1, 0]);
        // 16 zones of 10 records were read. The others count all their records from where the zone before them ends.
        assert_eq!((histogram.without_time, histogram.estimated), (80, 40));
    }

    #[test]
    fn a_histogram_walks_so_many_records_and_spreads_the_rest() {
        // Whatever was in memory was walked, up to 32 MB twice a second, while a replay waited.
        let records: Vec<(i64, i64)> = (0..120_000).map(|n| (n, n)).collect();
        let source = TestSource::new(vec![TestPartition::new(&records, 2_000, 20)]);
        let order = block_on(TimeOrder::open(source, None)).unwrap();
        for row in (0..120_000).step_by(40_000) {
            block_on(order.window(row, 1)).unwrap();
        }
        let histogram = block_on(order.histogram(None, 400)).unwrap();
        assert_eq!(histogram.counts.iter().sum::<u64>(), 120_000);
        assert_eq!(histogram.estimated, 40_000);
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
