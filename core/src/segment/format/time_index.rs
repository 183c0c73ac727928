//! `.timeindex`: from which offset on a time can be found (`org.apache.kafka.storage.internals.log.TimeIndex`), big-endian.
//!
//! ```text
//!    0               8                          12              20
//!    ┌───────────────┬──────────────────────────┬───────────────┬──────────────────────────┬─────┬──────────────┐
//!    │ timestamp i64 │ offset − base offset i32 │ timestamp i64 │ offset − base offset i32 │  …  │ zeros        │
//!    └───────────────┴──────────────────────────┴───────────────┴──────────────────────────┴─────┴──────────────┘
//!      an entry, 12 bytes: times rise, offsets never fall                                          preallocated
//! ```
//! An entry says that the largest timestamp up to and with `offset` is `timestamp`: whatever is later comes after it. Only one
//! entry may be of zeros and count: the first, when a batch at the base offset has the time 0.

use crate::ids::{Offset, Timestamp};
use crate::segment::format::{FormatError, offset_from, take_i32, take_i64};
use crate::segment::wide;

/// Bytes of one entry.
pub const TIME_INDEX_ENTRY_BYTES: usize = 12;

/// One entry: no record up to and with `offset` is later than `timestamp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeIndexEntry {
    /// The largest timestamp so far.
    pub timestamp: Timestamp,
    /// The last offset of the batch that has it; older versions of Kafka name the record itself.
    pub offset: Offset,
}

/// A whole time index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeIndex {
    /// The segment's base offset: the entries' offsets are stored relative to it.
    pub base_offset: Offset,
    /// The entries: times rise, offsets never fall.
    pub entries: Vec<TimeIndexEntry>,
    /// Bytes of zeros after the last entry.
    pub preallocated_bytes: usize,
}

impl TimeIndex {
    /// Reads a whole index. `file` is its name, for errors; `base_offset` the one in the name.
    ///
    /// # Errors
    /// Names the first entry that cannot be right.
    pub fn parse(file: &str, base_offset: Offset, bytes: &[u8]) -> Result<Self, FormatError> {
        let mut walk = TimeIndexWalk::new(base_offset, wide(bytes.len()));
        let mut entries = Vec::with_capacity(bytes.len().div_euclid(TIME_INDEX_ENTRY_BYTES).min(1 << 20));
        for chunk in bytes.chunks(TIME_INDEX_ENTRY_BYTES) {
            let position = walk.position_bytes();
            let found = walk.next(chunk).map_err(|cause| FormatError::new(file, position, cause))?;
            entries.extend(found.into_iter().flatten());
        }
        let used = entries.len().saturating_mul(TIME_INDEX_ENTRY_BYTES);
        Ok(Self { base_offset, entries, preallocated_bytes: bytes.len().saturating_sub(used) })
    }

    /// Looks up from which offset on to search for a time: the entry with the largest time that is not larger, or the base
    /// offset.
    pub fn lookup(&self, timestamp: Timestamp) -> Offset {
        let at = self.entries.partition_point(|entry| entry.timestamp <= timestamp);
        let entry = at.checked_sub(1).and_then(|before| self.entries.get(before));
        entry.map_or(self.base_offset, |entry| entry.offset)
    }

    /// Writes the index as Kafka does, preallocated zeros included.
    ///
    /// # Errors
    /// Names the first entry that does not rise, or whose offset is too far away; `file` is the index's name.
    pub fn encode(&self, file: &str) -> Result<Vec<u8>, FormatError> {
        let mut out = Vec::new();
        let len_bytes = self.entries.len().saturating_mul(TIME_INDEX_ENTRY_BYTES);
        let mut walk = TimeIndexWalk::new(self.base_offset, wide(len_bytes));
        for entry in &self.entries {
            let position = walk.position_bytes();
            let refused = |cause: String| FormatError::new(file, position, cause);
            let relative = i32::try_from(entry.offset.distance_from(self.base_offset)).map_err(|_| {
                refused(format!(
                    "offset {} is too far from the base offset {}",
                    entry.offset, self.base_offset
                ))
            })?;
            let at = out.len();
            out.extend_from_slice(&entry.timestamp.millis().to_be_bytes());
            out.extend_from_slice(&relative.to_be_bytes());
            walk.next(out.get(at..).unwrap_or_default()).map_err(refused)?;
        }
        out.resize(out.len().saturating_add(self.preallocated_bytes), 0);
        Ok(out)
    }
}

/// Walks an index entry by entry, so that nobody needs the whole of it in memory.
#[derive(Clone, Debug)]
pub(in crate::segment) struct TimeIndexWalk {
    base_offset: Offset,
    len_bytes: u64,
    position_bytes: u64,
    previous: Option<TimeIndexEntry>,
    zeros_from: Option<u64>,
}

impl TimeIndexWalk {
    /// Begins the walk over an index of `len_bytes`.
    pub(in crate::segment) fn new(base_offset: Offset, len_bytes: u64) -> Self {
        Self { base_offset, len_bytes, position_bytes: 0, previous: None, zeros_from: None }
    }

    /// Tells where the next entry lies.
    pub(in crate::segment) fn position_bytes(&self) -> u64 {
        self.position_bytes
    }

    /// Takes the next entry's bytes. Gives no entry for zeros after the last, and two when the one behind a first entry of
    /// zeros tells that it counts. After what is refused the walk may go on.
    pub(in crate::segment) fn next(&mut self, chunk: &[u8]) -> Result<[Option<TimeIndexEntry>; 2], String> {
        let at = self.position_bytes;
        self.position_bytes = at.saturating_add(wide(chunk.len()));
        let mut rest = chunk;
        let (Some(millis), Some(relative)) = (take_i64(&mut rest), take_i32(&mut rest)) else {
            return Err(format!("the last entry has {} bytes instead of 12", chunk.len()));
        };
        if (millis, relative) == (0, 0) && !(at == 0 && self.is_the_only_entry()) {
            self.zeros_from = self.zeros_from.or(Some(at));
            return Ok([None, None]);
        }
        let zeros_from = self.zeros_from.take();
        let first = zeros_from
            .filter(|&from| from == 0 && at == wide(TIME_INDEX_ENTRY_BYTES))
            .map(|_| TimeIndexEntry { timestamp: Timestamp::from_millis(0), offset: self.base_offset });
        if let Some(zeros_from) = zeros_from.filter(|_| first.is_none()) {
            return Err(format!("an entry follows after zeros, which begin at byte {zeros_from}"));
        }
        let offset = offset_from(self.base_offset, relative)?;
        if millis < 0 {
            return Err(format!("the entry for offset {offset} has the time {millis}"));
        }
        let entry = TimeIndexEntry { timestamp: Timestamp::from_millis(millis), offset };
        let previous = self.previous.replace(entry).or(first);
        match previous {
            Some(previous) if entry.timestamp <= previous.timestamp => {
                Err(format!("the entry's time is {millis}, and the entry before has {}", previous.timestamp))
            }
            Some(previous) if offset < previous.offset => Err(format!(
                "the entry for time {millis} has the offset {offset}, and the entry before has {}",
                previous.offset
            )),
            _ => Ok([first, Some(entry)]),
        }
    }

    fn is_the_only_entry(&self) -> bool {
        self.len_bytes == wide(TIME_INDEX_ENTRY_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::{cut_and_flip, hex};

    const FILE: &str = "orders-0/00000000000000000000.timeindex";
    /// `kafka-dump-log` says of it: 1700000001000 offset 1, 1795633391080 offset 4, 1795633391201 offset 23.
    const KAFKAS: &str = "0000018bcfe56be800000001 000001a2141725e800000004 000001a21417266100000017";

    fn parse(bytes: &[u8]) -> Result<TimeIndex, FormatError> {
        TimeIndex::parse(FILE, Offset::ZERO, bytes)
    }

    fn pairs(index: &TimeIndex) -> Vec<(i64, i64)> {
        index.entries.iter().map(|entry| (entry.timestamp.millis(), entry.offset.value())).collect()
    }

    #[test]
    fn kafkas_own_index_reads_as_kafka_reads_it() {
        let bytes = hex(KAFKAS);
        let index = parse(&bytes).unwrap();
        assert_eq!(pairs(&index), [(1_700_000_001_000, 1), (1_795_633_391_080, 4), (1_795_633_391_201, 23)]);
        assert_eq!(index.encode(FILE).unwrap(), bytes);
        let lookup = |millis| index.lookup(Timestamp::from_millis(millis)).value();
        assert_eq!([0, 1_700_000_001_000, 1_795_633_391_200].map(lookup), [0, 1, 4]);
    }

    #[test]
    fn zeros_are_preallocation_but_for_a_first_entry_of_time_0() {
        let mut bytes = hex(KAFKAS);
        bytes.resize(1_200, 0);
        assert_eq!((parse(&bytes).unwrap().entries.len(), parse(&[0; 24]).unwrap().entries.len()), (3, 0));
        assert_eq!(parse(&bytes).unwrap().encode(FILE).unwrap(), bytes);
        assert_eq!(pairs(&parse(&[0; 12]).unwrap()), [(0, 0)]);
        let first = [&[0; 12][..], &hex("000000000000000500000002"), &[0; 12]].concat();
        let index = parse(&first).unwrap();
        assert_eq!((pairs(&index), index.preallocated_bytes), (vec![(0, 0), (5, 2)], 12));
        assert_eq!(index.encode(FILE).unwrap(), first);
        let late = [&[0; 24][..], &hex("000000000000000500000002")].concat();
        assert_eq!(parse(&late).unwrap_err().position_bytes, 24);
    }

    #[test]
    fn entries_that_cannot_be_right_are_named_by_their_place() {
        let refused = |bytes: &str| {
            let FormatError { position_bytes, cause, .. } = parse(&hex(bytes)).unwrap_err();
            (position_bytes, cause)
        };
        let (position, cause) = refused("000000000000000500000002 000000000000000500000003");
        assert_eq!((position, cause.as_str()), (12, "the entry's time is 5, and the entry before has 5"));
        let (position, cause) = refused("000000000000000500000002 000000000000000600000001");
        assert_eq!(position, 12);
        assert!(cause.contains("has the offset 1, and the entry before has 2"), "{cause}");
        assert!(refused("ffffffffffffffff00000001").1.contains("the time -1"));
        assert!(refused("0000000000000005ffffffff").1.contains("offset is -1"));
        // It read as the largest offset, whatever it said.
        let far = Offset::new(i64::MAX - 5);
        let beyond = TimeIndex::parse(FILE, far, &hex("000000000000000500000006")).unwrap_err();
        assert!(beyond.cause.contains("is 6 after the base offset 9223372036854775802"), "{beyond}");
        assert!(refused("00000000000000").1.contains("7 bytes instead of 12"));
        // The same offset twice is what a batch of a later time over an earlier one may leave.
        assert!(parse(&hex("000000000000000500000002 000000000000000600000002")).is_ok());
    }

    #[test]
    fn damaged_indexes_never_panic_and_what_is_read_is_what_is_there() {
        let mut bytes = hex(KAFKAS);
        bytes.extend([0; 24]);
        cut_and_flip(&bytes, |damaged| {
            if let Ok(index) = parse(damaged) {
                assert_eq!(index.encode(FILE).unwrap(), damaged);
            }
        });
    }

    proptest! {
        #[test]
        fn any_rising_entries_come_back(
            base in 0..i64::MAX - (1 << 33),
            first in 0_i64..3,
            steps in proptest::collection::vec((1_i64..5_000, 0_i64..5_000), 0..200),
            preallocated in 0_usize..5,
        ) {
            let (mut offset, mut millis) = (base, first - 1);
            let mut entries = Vec::new();
            for (time, offsets) in steps {
                millis += time;
                offset += offsets;
                entries.push(TimeIndexEntry { timestamp: Timestamp::from_millis(millis), offset: Offset::new(offset) });
            }
            // Zeros behind nothing but a first entry of zeros cannot be told from it.
            let zeros = |entry: &TimeIndexEntry| entry.timestamp.millis() == 0 && entry.offset.value() == base;
            let preallocated = if entries.len() == 1 && zeros(&entries[0]) { 0 } else { preallocated };
            prop_assume!(!(entries.is_empty() && preallocated == 1));
            let base_offset = Offset::new(base);
            let index = TimeIndex { base_offset, entries, preallocated_bytes: preallocated * 12 };
            let bytes = index.encode(FILE).unwrap();
            prop_assert_eq!(TimeIndex::parse(FILE, base_offset, &bytes).unwrap(), index);
        }

        #[test]
        fn any_bytes_are_refused_or_come_back(bytes in proptest::collection::vec(0_u8..3, 0..60)) {
            if let Ok(index) = parse(&bytes) {
                prop_assert_eq!(index.encode(FILE).unwrap(), bytes);
            }
        }
    }
}
