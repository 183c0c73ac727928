//! `.index`: where in a `.log` an offset lies (`org.apache.kafka.storage.internals.log.OffsetIndex`), big-endian.
//!
//! ```text
//!    0                          4                  8                                    … file's end
//!    ┌──────────────────────────┬──────────────────┬──────────────────────────┬─────┬────┬──────────────┐
//!    │ offset − base offset i32 │ position     i32 │ offset − base offset i32 │  …  │    │ zeros        │
//!    └──────────────────────────┴──────────────────┴──────────────────────────┴─────┴────┴──────────────┘
//!      an entry, 8 bytes: both numbers rise from entry to entry                            preallocated, until
//!                                                                                          the segment is closed
//! ```
//! The base offset is the one in the file's name. An entry names the last offset of what was appended at a position: one batch,
//! or several on a follower. The batch at position 0 never gets an entry, so that an entry of zeros is none.

use crate::ids::Offset;
use crate::segment::format::{FormatError, offset_from, take_i32};
use crate::segment::wide;

/// Bytes of one entry.
pub const OFFSET_INDEX_ENTRY_BYTES: usize = 8;

/// One entry: every record after `offset` lies behind `position_bytes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetIndexEntry {
    /// The last offset of what was appended at the position.
    pub offset: Offset,
    /// Where in the `.log` it was appended; more than 0.
    pub position_bytes: u32,
}

/// A whole offset index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffsetIndex {
    /// The segment's base offset: the entries' offsets are stored relative to it.
    pub base_offset: Offset,
    /// The entries, both numbers rising.
    pub entries: Vec<OffsetIndexEntry>,
    /// Bytes of zeros after the last entry.
    pub preallocated_bytes: usize,
}

impl OffsetIndex {
    /// Reads a whole index. `file` is its name, for errors; `base_offset` the one in the name.
    ///
    /// # Errors
    /// Names the first entry that cannot be right.
    pub fn parse(file: &str, base_offset: Offset, bytes: &[u8]) -> Result<Self, FormatError> {
        let mut walk = OffsetIndexWalk::new(base_offset);
        let mut entries = Vec::with_capacity(bytes.len().div_euclid(OFFSET_INDEX_ENTRY_BYTES).min(1 << 20));
        for chunk in bytes.chunks(OFFSET_INDEX_ENTRY_BYTES) {
            let position = walk.position_bytes();
            let entry = walk.next(chunk).map_err(|cause| FormatError::new(file, position, cause))?;
            entries.extend(entry);
        }
        let used = entries.len().saturating_mul(OFFSET_INDEX_ENTRY_BYTES);
        Ok(Self { base_offset, entries, preallocated_bytes: bytes.len().saturating_sub(used) })
    }

    /// Looks up where to begin reading for an offset: at the entry with the largest offset that is not larger, or at the
    /// file's beginning.
    pub fn lookup(&self, offset: Offset) -> u32 {
        let at = self.entries.partition_point(|entry| entry.offset <= offset);
        let entry = at.checked_sub(1).and_then(|before| self.entries.get(before));
        entry.map_or(0, |entry| entry.position_bytes)
    }

    /// Writes the index as Kafka does, preallocated zeros included.
    ///
    /// # Errors
    /// Names the first entry that does not rise, or whose numbers are too large; `file` is the index's name.
    pub fn encode(&self, file: &str) -> Result<Vec<u8>, FormatError> {
        let mut out = Vec::new();
        let mut walk = OffsetIndexWalk::new(self.base_offset);
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
            out.extend_from_slice(&relative.to_be_bytes());
            out.extend_from_slice(&entry.position_bytes.to_be_bytes());
            walk.next(out.get(at..).unwrap_or_default()).map_err(refused)?;
        }
        out.resize(out.len().saturating_add(self.preallocated_bytes), 0);
        Ok(out)
    }
}

/// Walks an index entry by entry, so that nobody needs the whole of it in memory.
#[derive(Clone, Debug)]
pub(in crate::segment) struct OffsetIndexWalk {
    base_offset: Offset,
    position_bytes: u64,
    previous: Option<OffsetIndexEntry>,
    zeros_from: Option<u64>,
}

impl OffsetIndexWalk {
    pub(in crate::segment) fn new(base_offset: Offset) -> Self {
        Self { base_offset, position_bytes: 0, previous: None, zeros_from: None }
    }

    /// Tells where the next entry lies.
    pub(in crate::segment) fn position_bytes(&self) -> u64 {
        self.position_bytes
    }

    /// Takes the next entry's bytes; `None` for zeros after the last entry. After what is refused the walk may go on.
    pub(in crate::segment) fn next(&mut self, chunk: &[u8]) -> Result<Option<OffsetIndexEntry>, String> {
        let at = self.position_bytes;
        self.position_bytes = at.saturating_add(wide(chunk.len()));
        let mut rest = chunk;
        let (Some(relative), Some(position)) = (take_i32(&mut rest), take_i32(&mut rest)) else {
            return Err(format!("the last entry has {} bytes instead of 8", chunk.len()));
        };
        if (relative, position) == (0, 0) {
            self.zeros_from = self.zeros_from.or(Some(at));
            return Ok(None);
        }
        if let Some(zeros_from) = self.zeros_from.take() {
            return Err(format!("an entry follows after zeros, which begin at byte {zeros_from}"));
        }
        let offset = offset_from(self.base_offset, relative)?;
        let Some(position_bytes) = u32::try_from(position).ok().filter(|&position| position > 0) else {
            return Err(format!("the entry for offset {offset} has the position {position}"));
        };
        let entry = OffsetIndexEntry { offset, position_bytes };
        let previous = self.previous.replace(entry);
        match previous {
            Some(previous) if offset <= previous.offset => {
                Err(format!("the entry's offset is {offset}, and the entry before has {}", previous.offset))
            }
            Some(previous) if position_bytes <= previous.position_bytes => Err(format!(
                "the entry for offset {offset} has the position {position_bytes}, and the entry before has {}",
                previous.position_bytes
            )),
            _ => Ok(Some(entry)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::{cut_and_flip, hex};

    const FILE: &str = "orders-0/00000000000000000000.index";
    /// `kafka-dump-log` says of it: offset 3 position 134, offset 4 position 276, offset 6 position 354, offset 7 position 496.
    const KAFKAS: &str = "0000000300000086 0000000400000114 0000000600000162 00000007000001f0";

    fn parse(bytes: &[u8]) -> Result<OffsetIndex, FormatError> {
        OffsetIndex::parse(FILE, Offset::ZERO, bytes)
    }

    #[test]
    fn kafkas_own_index_reads_as_kafka_reads_it() {
        let bytes = hex(KAFKAS);
        let index = parse(&bytes).unwrap();
        let pairs: Vec<(i64, u32)> =
            index.entries.iter().map(|entry| (entry.offset.value(), entry.position_bytes)).collect();
        assert_eq!(pairs, [(3, 134), (4, 276), (6, 354), (7, 496)]);
        assert_eq!(index.encode(FILE).unwrap(), bytes);
        let looked_up = [2, 3, 5, 6, 100].map(|offset| index.lookup(Offset::new(offset)));
        assert_eq!(looked_up, [0, 134, 276, 354, 496]);
    }

    #[test]
    fn zeros_after_the_last_entry_are_preallocation_and_before_another_one_damage() {
        let mut bytes = hex(KAFKAS);
        bytes.resize(10 * 1024, 0);
        let index = parse(&bytes).unwrap();
        assert_eq!((index.entries.len(), index.preallocated_bytes), (4, 10 * 1024 - 32));
        assert_eq!(index.encode(FILE).unwrap(), bytes);
        assert_eq!(parse(&[0; 80]).unwrap().entries, []);
        bytes[1_003] = 9;
        let error = parse(&bytes).unwrap_err();
        assert_eq!(error.position_bytes, 1_000);
        assert!(error.cause.contains("zeros, which begin at byte 32"), "{error}");
    }

    #[test]
    fn entries_that_cannot_be_right_are_named_by_their_place() {
        let refused = |bytes: &str| {
            let FormatError { position_bytes, cause, .. } = parse(&hex(bytes)).unwrap_err();
            (position_bytes, cause)
        };
        assert_eq!(refused("0000000300000086 000000"), (8, "the last entry has 3 bytes instead of 8".into()));
        let (position, cause) = refused("0000000300000086 0000000300000114");
        assert_eq!((position, cause.as_str()), (8, "the entry's offset is 3, and the entry before has 3"));
        let (position, cause) = refused("0000000300000086 0000000400000086");
        assert_eq!(position, 8);
        assert!(cause.contains("the position 134, and the entry before has 134"), "{cause}");
        assert!(refused("ffffffff00000086").1.contains("offset is -1, before the base offset 0"));
        assert!(refused("0000000180000000").1.contains("the position -2147483648"));
        assert!(refused("0000000100000000").1.contains("the position 0"));
        // It read as the largest offset, whatever it said.
        let beyond =
            OffsetIndex::parse(FILE, Offset::new(i64::MAX - 5), &hex("0000000600000086")).unwrap_err();
        assert!(beyond.cause.contains("is 6 after the base offset 9223372036854775802"), "{beyond}");
    }

    #[test]
    fn what_does_not_rise_or_is_too_far_away_is_not_written() {
        let index = |entries: &[(i64, u32)]| {
            let entry = |&(offset, position_bytes): &(i64, u32)| OffsetIndexEntry {
                offset: Offset::new(offset),
                position_bytes,
            };
            let entries = entries.iter().map(entry).collect();
            OffsetIndex { base_offset: Offset::new(10), entries, preallocated_bytes: 0 }.encode(FILE)
        };
        assert!(index(&[(11, 1), (12, 2)]).is_ok());
        for refused in [&[(11, 1), (11, 2)][..], &[(9, 1)], &[(1 << 40, 1)], &[(11, 1 << 31)], &[(11, 0)]] {
            assert!(index(refused).is_err(), "{refused:?}");
        }
    }

    #[test]
    fn damaged_indexes_never_panic_and_what_is_read_is_what_is_there() {
        let mut bytes = hex(KAFKAS);
        bytes.extend([0; 16]);
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
            steps in proptest::collection::vec((1_i64..5_000, 1_u32..70_000), 0..200),
            preallocated in 0_usize..5,
        ) {
            let (mut offset, mut position_bytes) = (base, 0);
            let mut entries = Vec::new();
            for (offsets, bytes) in steps {
                offset += offsets;
                position_bytes += bytes;
                entries.push(OffsetIndexEntry { offset: Offset::new(offset), position_bytes });
            }
            let base_offset = Offset::new(base);
            let index = OffsetIndex { base_offset, entries, preallocated_bytes: preallocated * 8 };
            let bytes = index.encode(FILE).unwrap();
            prop_assert_eq!(OffsetIndex::parse(FILE, base_offset, &bytes).unwrap(), index);
        }

        #[test]
        fn any_bytes_are_refused_or_come_back(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Ok(index) = parse(&bytes) {
                prop_assert_eq!(index.encode(FILE).unwrap(), bytes);
            }
        }
    }
}
