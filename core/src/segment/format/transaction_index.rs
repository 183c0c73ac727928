//! `.txnindex`: the transactions that were aborted in a segment (`org.apache.kafka.storage.internals.log.TransactionIndex`,
//! Kafka's `AbortedTxn`), big-endian, entries of 34 bytes back to back.
//!
//! ```text
//!   0 ┌──────────────────────────────┐
//!     │ version                  i16 │  0
//!   2 ├──────────────────────────────┤
//!     │ producer id              i64 │
//!  10 ├──────────────────────────────┤
//!     │ first offset             i64 │  the transaction's first record, perhaps in an earlier segment
//!  18 ├──────────────────────────────┤
//!     │ last offset              i64 │  the abort marker, in this segment: rises from entry to entry
//!  26 ├──────────────────────────────┤
//!     │ last stable offset       i64 │  the first offset of another transaction that was open then; else last offset + 1
//!  34 └──────────────────────────────┘
//! ```
//! Whoever reads committed records only looks here for what to leave out. The file is there only once something was aborted,
//! and never preallocated.

use crate::ids::Offset;
use crate::segment::format::{FormatError, take_i16, take_i64};
use crate::segment::wide;

/// Bytes of one entry.
pub const ABORTED_TRANSACTION_BYTES: usize = 34;
/// The only version there is. Persisted.
const VERSION: i16 = 0;

/// One aborted transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AbortedTransaction {
    /// Whose transaction it was.
    pub producer_id: i64,
    /// Its first record.
    pub first_offset: Offset,
    /// Its abort marker.
    pub last_offset: Offset,
    /// Everything before this offset was decided when the marker was written.
    pub last_stable_offset: Offset,
}

/// A whole transaction index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TransactionIndex {
    /// The aborted transactions, by their markers' offsets.
    pub entries: Vec<AbortedTransaction>,
}

impl TransactionIndex {
    /// Reads a whole index. `file` is its name, for errors; `base_offset` the one in the name.
    ///
    /// # Errors
    /// Names the first entry that cannot be right.
    pub fn parse(file: &str, base_offset: Offset, bytes: &[u8]) -> Result<Self, FormatError> {
        let mut walk = TransactionIndexWalk::new(base_offset);
        let mut entries = Vec::new();
        for chunk in bytes.chunks(ABORTED_TRANSACTION_BYTES) {
            let position = walk.position_bytes();
            entries.push(walk.next(chunk).map_err(|cause| FormatError::new(file, position, cause))?);
        }
        Ok(Self { entries })
    }

    /// Writes the index as Kafka does. `file` is its name and `base_offset` the one in it.
    ///
    /// # Errors
    /// Names the first entry that Kafka would not write.
    pub fn encode(&self, file: &str, base_offset: Offset) -> Result<Vec<u8>, FormatError> {
        let mut out = Vec::new();
        let mut walk = TransactionIndexWalk::new(base_offset);
        for entry in &self.entries {
            let (at, position) = (out.len(), walk.position_bytes());
            out.extend_from_slice(&VERSION.to_be_bytes());
            out.extend_from_slice(&entry.producer_id.to_be_bytes());
            for offset in [entry.first_offset, entry.last_offset, entry.last_stable_offset] {
                out.extend_from_slice(&offset.value().to_be_bytes());
            }
            walk.next(out.get(at..).unwrap_or_default())
                .map_err(|cause| FormatError::new(file, position, cause))?;
        }
        Ok(out)
    }
}

/// Walks an index entry by entry, so that nobody needs the whole of it in memory.
#[derive(Clone, Debug)]
pub(in crate::segment) struct TransactionIndexWalk {
    base_offset: Offset,
    position_bytes: u64,
    previous: Option<Offset>,
}

impl TransactionIndexWalk {
    pub(in crate::segment) fn new(base_offset: Offset) -> Self {
        Self { base_offset, position_bytes: 0, previous: None }
    }

    /// Tells where the next entry lies.
    pub(in crate::segment) fn position_bytes(&self) -> u64 {
        self.position_bytes
    }

    /// Takes the next entry's bytes. After what is refused the walk may go on.
    pub(in crate::segment) fn next(&mut self, chunk: &[u8]) -> Result<AbortedTransaction, String> {
        self.position_bytes = self.position_bytes.saturating_add(wide(chunk.len()));
        let mut rest = chunk;
        let (version, entry) = Self::read(&mut rest)
            .ok_or_else(|| format!("the last entry has {} bytes instead of 34", chunk.len()))?;
        if version != VERSION {
            return Err(format!("the entry has version {version}; only version 0 is known"));
        }
        let AbortedTransaction { first_offset: first, last_offset: last, last_stable_offset: stable, .. } =
            entry;
        if entry.producer_id < 0 {
            return Err(format!("the entry has the producer id {}", entry.producer_id));
        }
        if first < Offset::ZERO || first >= last {
            return Err(format!("the entry's transaction goes from offset {first} to its marker at {last}"));
        }
        if last < self.base_offset {
            return Err(format!(
                "the entry's marker is at offset {last}, before the base offset {}",
                self.base_offset
            ));
        }
        if stable < Offset::ZERO || stable > last.next() {
            return Err(format!(
                "the entry's last stable offset is {stable}, with its marker at offset {last}"
            ));
        }
        match self.previous.replace(last) {
            Some(previous) if last <= previous => Err(format!(
                "the entry's marker is at offset {last}, and that of the entry before at {previous}"
            )),
            _ => Ok(entry),
        }
    }

    fn read(rest: &mut &[u8]) -> Option<(i16, AbortedTransaction)> {
        let (version, producer_id) = (take_i16(rest)?, take_i64(rest)?);
        let mut offset = || take_i64(rest).map(Offset::new);
        let (first_offset, last_offset, last_stable_offset) = (offset()?, offset()?, offset()?);
        Some((version, AbortedTransaction { producer_id, first_offset, last_offset, last_stable_offset }))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::{cut_and_flip, hex};

    const FILE: &str = "orders-0/00000000000000000000.txnindex";
    /// `kafka-dump-log` says of it: producer 5 from 2 to 4, stable 5; producer 5 from 7 to 25, stable 26.
    const KAFKAS: &str = "0000000000000000000500000000000000020000000000000004 0000000000000005
        0000000000000000000500000000000000070000000000000019 000000000000001a";

    fn parse(bytes: &[u8]) -> Result<TransactionIndex, FormatError> {
        TransactionIndex::parse(FILE, Offset::ZERO, bytes)
    }

    #[test]
    fn kafkas_own_index_reads_as_kafka_reads_it() {
        let bytes = hex(KAFKAS);
        let index = parse(&bytes).unwrap();
        let rows: Vec<[i64; 4]> = index
            .entries
            .iter()
            .map(|e| {
                [e.producer_id, e.first_offset.value(), e.last_offset.value(), e.last_stable_offset.value()]
            })
            .collect();
        assert_eq!(rows, [[5, 2, 4, 5], [5, 7, 25, 26]]);
        assert_eq!(index.encode(FILE, Offset::ZERO).unwrap(), bytes);
    }

    #[test]
    fn entries_that_cannot_be_right_are_named_by_their_place() {
        let refused = |at: usize, byte: u8| {
            let mut bytes = hex(KAFKAS);
            bytes[at] = byte;
            let FormatError { position_bytes, cause, .. } = parse(&bytes).unwrap_err();
            (position_bytes, cause)
        };
        assert_eq!(refused(35, 1), (34, "the entry has version 1; only version 0 is known".into()));
        assert_eq!(refused(2, 0xff).0, 0);
        assert!(refused(17, 4).1.contains("from offset 4 to its marker at 4"));
        assert!(refused(33, 6).1.contains("last stable offset is 6"));
        let twice = [hex(KAFKAS), hex(KAFKAS)].concat();
        assert!(parse(&twice).unwrap_err().cause.contains("at offset 4, and that of the entry before at 25"));
        let base = TransactionIndex::parse(FILE, Offset::new(5), &hex(KAFKAS)).unwrap_err();
        assert!(base.cause.contains("before the base offset 5"), "{base}");
        assert!(parse(&hex(KAFKAS)[..40]).unwrap_err().cause.contains("6 bytes instead of 34"));
        assert!(parse(&[0; 34]).unwrap_err().cause.contains("from offset 0 to its marker at 0"));
    }

    #[test]
    fn damaged_indexes_never_panic_and_what_is_read_is_what_is_there() {
        cut_and_flip(&hex(KAFKAS), |damaged| {
            if let Ok(index) = parse(damaged) {
                assert_eq!(index.encode(FILE, Offset::ZERO).unwrap(), damaged);
            }
        });
    }

    proptest! {
        #[test]
        fn any_transactions_come_back(
            base in 0..i64::MAX - (1 << 40),
            steps in proptest::collection::vec((0..i64::MAX, 1_i64..5_000, any::<prop::sample::Index>()), 0..50),
        ) {
            let mut last = base;
            let mut entries = Vec::new();
            for (producer_id, offsets, back) in steps {
                last += offsets;
                let first = last - 1 - i64::try_from(back.index(usize::try_from(offsets).unwrap())).unwrap();
                entries.push(AbortedTransaction {
                    producer_id,
                    first_offset: Offset::new(first),
                    last_offset: Offset::new(last),
                    last_stable_offset: Offset::new(first.max(last + 1 - offsets)),
                });
            }
            let index = TransactionIndex { entries };
            let bytes = index.encode(FILE, Offset::new(base)).unwrap();
            prop_assert_eq!(bytes.len(), index.entries.len() * 34);
            prop_assert_eq!(TransactionIndex::parse(FILE, Offset::new(base), &bytes).unwrap(), index);
        }
    }
}
