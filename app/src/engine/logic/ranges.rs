//! Where the records of long work landed: pieces that follow one another become one range.

use std::collections::BTreeMap;

use tablog_core::client::SentAll;

use crate::engine::protocol::OffsetRange;

/// Ranges of one partition that are told: as many as the page shows of all. Other tabs may write between any two pieces, and then
/// there are as many ranges as pieces.
const RANGES_PER_PARTITION_MAX: usize = 20;

/// Gathers where records landed.
#[derive(Clone, Debug, Default)]
pub struct Ranges(BTreeMap<i32, Partition>);

#[derive(Clone, Debug, Default)]
struct Partition {
    ranges: Vec<OffsetRange>,
    /// Ranges after those, which are only counted.
    more: u64,
    /// The last offset of the last range, told or counted.
    last_offset: Option<i64>,
}

impl Ranges {
    /// Adds what was sent. Records that nobody waited for have no offset to tell.
    pub fn add(&mut self, sent: &SentAll) {
        for range in sent.ranges.iter().filter(|range| range.records > 0 && range.base_offset.value() >= 0) {
            let partition = range.partition.value();
            self.0.entry(partition).or_default().add(OffsetRange {
                partition,
                first_offset: range.base_offset.value(),
                last_offset: range.last_offset.value(),
            });
        }
    }

    /// Returns the ranges by partition and offset, and how many more there are.
    pub fn finish(self) -> (Vec<OffsetRange>, u64) {
        let more = self.0.values().map(|partition| partition.more).sum();
        (self.0.into_values().flat_map(|partition| partition.ranges).collect(), more)
    }
}

impl Partition {
    fn add(&mut self, next: OffsetRange) {
        let goes_on = self.last_offset.and_then(|last| last.checked_add(1)) == Some(next.first_offset);
        self.last_offset = Some(next.last_offset);
        let has_room = self.ranges.len() < RANGES_PER_PARTITION_MAX;
        match self.ranges.last_mut() {
            Some(last) if goes_on && self.more == 0 => last.last_offset = next.last_offset,
            _ if goes_on => {}
            _ if has_room => self.ranges.push(next),
            _ => self.more = self.more.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use tablog_core::broker::Acks;
    use tablog_core::client::SentRange;
    use tablog_core::ids::{Offset, PartitionId};

    use super::*;

    fn sent(ranges: &[(i32, i64, i64)]) -> SentAll {
        let range = |&(partition, first, last): &(i32, i64, i64)| SentRange {
            partition: PartitionId::new(partition),
            base_offset: Offset::new(first),
            last_offset: Offset::new(last),
            records: 1,
            acks: Acks::Leader,
        };
        SentAll { ranges: ranges.iter().map(range).collect(), failed: Vec::new() }
    }

    fn gathered(pieces: &[SentAll]) -> Vec<(i32, i64, i64)> {
        let mut ranges = Ranges::default();
        pieces.iter().for_each(|piece| ranges.add(piece));
        ranges.finish().0.into_iter().map(|it| (it.partition, it.first_offset, it.last_offset)).collect()
    }

    #[test]
    fn pieces_that_follow_one_another_are_one_range() {
        let pieces = [sent(&[(1, 4, 9), (0, 0, 4)]), sent(&[(0, 5, 6), (1, 10, 10)])];
        assert_eq!(gathered(&pieces), [(0, 0, 6), (1, 4, 10)]);
    }

    #[test]
    fn what_another_tab_wrote_in_between_is_not_claimed() {
        assert_eq!(gathered(&[sent(&[(0, 0, 4)]), sent(&[(0, 7, 8)])]), [(0, 0, 4), (0, 7, 8)]);
    }

    #[test]
    fn records_without_an_offset_have_no_place() {
        assert_eq!(gathered(&[sent(&[(0, -1, -1)])]), []);
    }

    #[test]
    fn ranges_that_are_too_many_to_tell_are_counted_and_claim_nothing() {
        let mut ranges = Ranges::default();
        for at in (0..30).map(|it| it * 10) {
            ranges.add(&sent(&[(0, at, at)]));
            ranges.add(&sent(&[(0, at + 1, at + 2)]));
        }
        let (told, more) = ranges.finish();
        let last = OffsetRange { partition: 0, first_offset: 190, last_offset: 192 };
        assert_eq!((told.len(), told.last(), more), (20, Some(&last), 10));
    }
}
