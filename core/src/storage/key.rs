//! The keys. A chunk's key says all that an index needs to know of the chunk, so that opening a log reads keys and no values.
//!
//! ```text
//! ChunkKey, 40 bytes, big-endian, ordered by log and offset
//!  0        4                12                 16       20      24                 32                 40
//! ┌────────┬────────────────┬──────────────────┬────────┬───────┬──────────────────┬──────────────────┐
//! │ log id │ base offset    │ last offset delta│ records│ bytes │ min timestamp    │ max timestamp    │
//! │ u32    │ i64, ≥ 0       │ u32              │ u32    │ u32   │ i64, sign flipped│ i64, sign flipped│
//! └────────┴────────────────┴──────────────────┴────────┴───────┴──────────────────┴──────────────────┘
//! ```
//! Only the first 12 bytes order and identify a row. The rest is the row's zone: what `[base, last]`, how many records, how many
//! bytes, which times. Since the last key names the log's end exactly, a compare-and-append needs to look at that key alone.

use bytes::Bytes;

use crate::ids::{LogId, Offset, Timestamp, TopicId, TopicName};
use crate::storage::KeyRange;

/// Identifies and sums up one row of [`super::Table::Chunks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkKey {
    /// The log that the row belongs to.
    pub log: LogId,
    /// The first offset in the row.
    pub base_offset: Offset,
    /// The last offset in the row, relative to the first.
    pub last_offset_delta: u32,
    /// Records in the row.
    pub records: u32,
    /// Bytes of the row's value.
    pub bytes: u32,
    /// The smallest record timestamp in the row.
    pub min_timestamp: Timestamp,
    /// The largest record timestamp in the row.
    pub max_timestamp: Timestamp,
}

impl ChunkKey {
    /// Length of an encoded key, in bytes. Persisted.
    pub const ENCODED_BYTES: usize = 40;

    /// Names the rows that stand for offsets whose records were lost: they have no bytes, and keep the offsets from being given
    /// out again. `to` is the offset behind the last.
    pub fn holes(log: LogId, from: Offset, to: Offset) -> Vec<Self> {
        let mut holes = Vec::new();
        let mut next = from;
        while next < to {
            let last = to.advance(-1).min(next.advance(i64::from(u32::MAX)));
            let last_offset_delta = u32::try_from(last.distance_from(next)).unwrap_or(u32::MAX);
            let (min_timestamp, max_timestamp) = (Timestamp::NONE, Timestamp::NONE);
            let (base_offset, records, bytes) = (next, 0, 0);
            holes.push(Self {
                log,
                base_offset,
                last_offset_delta,
                records,
                bytes,
                min_timestamp,
                max_timestamp,
            });
            next = last.next();
        }
        holes
    }

    /// Tells whether the row stands for records that were lost, see [`ChunkKey::holes`].
    pub fn is_hole(&self) -> bool {
        self.bytes == 0
    }

    /// Returns the last offset in the row.
    pub fn last_offset(&self) -> Offset {
        self.base_offset.advance(i64::from(self.last_offset_delta))
    }

    /// Encodes the key.
    pub fn encode(&self) -> Bytes {
        let mut out = Vec::with_capacity(Self::ENCODED_BYTES);
        out.extend_from_slice(&self.log.value().to_be_bytes());
        out.extend_from_slice(&self.base_offset.value().to_be_bytes());
        out.extend_from_slice(&self.last_offset_delta.to_be_bytes());
        out.extend_from_slice(&self.records.to_be_bytes());
        out.extend_from_slice(&self.bytes.to_be_bytes());
        out.extend_from_slice(&sortable(self.min_timestamp.millis()));
        out.extend_from_slice(&sortable(self.max_timestamp.millis()));
        out.into()
    }

    /// Decodes a key; `None` when it has another length.
    pub fn decode(key: &[u8]) -> Option<Self> {
        let key: &[u8; Self::ENCODED_BYTES] = key.try_into().ok()?;
        let (log, rest) = key.split_first_chunk::<4>()?;
        let (base, rest) = rest.split_first_chunk::<8>()?;
        let (delta, rest) = rest.split_first_chunk::<4>()?;
        let (records, rest) = rest.split_first_chunk::<4>()?;
        let (bytes, rest) = rest.split_first_chunk::<4>()?;
        let (min, rest) = rest.split_first_chunk::<8>()?;
        let (max, _) = rest.split_first_chunk::<8>()?;
        Some(Self {
            log: LogId::new(u32::from_be_bytes(*log)),
            base_offset: Offset::new(i64::from_be_bytes(*base)),
            last_offset_delta: u32::from_be_bytes(*delta),
            records: u32::from_be_bytes(*records),
            bytes: u32::from_be_bytes(*bytes),
            min_timestamp: Timestamp::from_millis(unsortable(*min)),
            max_timestamp: Timestamp::from_millis(unsortable(*max)),
        })
    }

    /// Covers every row of one log.
    pub fn range_of(log: LogId) -> KeyRange {
        KeyRange::prefix(&log.value().to_be_bytes())
    }

    /// Covers the rows of one log whose base offset is at least `from` and less than `to`.
    pub fn range_of_offsets(log: LogId, from: Offset, to: Offset) -> KeyRange {
        let bound = |offset: Offset| {
            let mut key = log.value().to_be_bytes().to_vec();
            key.extend_from_slice(&offset.value().max(0).to_be_bytes());
            key
        };
        KeyRange { from: bound(from), to: bound(to) }
    }
}

fn sortable(value: i64) -> [u8; 8] {
    (value ^ i64::MIN).to_be_bytes()
}

fn unsortable(bytes: [u8; 8]) -> i64 {
    i64::from_be_bytes(bytes) ^ i64::MIN
}

/// Identifies one row of [`super::Table::Meta`]. The first byte is persisted and never reused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetaKey {
    /// The store itself: format, cluster id, the next log id.
    Store,
    /// One topic.
    Topic(TopicName),
    /// What one log remembers beside its batches: its start offset, once records were deleted.
    Log(LogId),
    /// What one client (a tab's engine, named by chance) committed last: tells whether a commit whose answer was lost was applied.
    Client(u64),
    /// A topic's incarnation that ended, and how: the witness may still speak of it (see [`crate::witness`]).
    Ended(TopicId),
    /// A piece of what is thrown off when the disk is full.
    Ballast(u8),
}

impl MetaKey {
    /// Encodes the key: `0x01`, `0x02` and the name, `0x03` and the log id, `0x04` and the client's number, `0x05` and the
    /// topic's id, or `0x06` and a number.
    pub fn encode(&self) -> Bytes {
        match self {
            Self::Store => Bytes::from_static(&[1]),
            Self::Topic(name) => [&[2], name.as_str().as_bytes()].concat().into(),
            Self::Log(log) => [&[3][..], &log.value().to_be_bytes()].concat().into(),
            Self::Client(client) => [&[4][..], &client.to_be_bytes()].concat().into(),
            Self::Ended(topic) => [&[5][..], &topic.value().to_be_bytes()].concat().into(),
            Self::Ballast(piece) => Bytes::copy_from_slice(&[6, *piece]),
        }
    }

    /// Decodes a key; `None` when it is none of ours.
    pub fn decode(key: &[u8]) -> Option<Self> {
        match key.split_first()? {
            (1, []) => Some(Self::Store),
            (2, name) => Some(Self::Topic(TopicName::parse(std::str::from_utf8(name).ok()?).ok()?)),
            (3, log) => Some(Self::Log(LogId::new(u32::from_be_bytes(log.try_into().ok()?)))),
            (4, client) => Some(Self::Client(u64::from_be_bytes(client.try_into().ok()?))),
            (5, topic) => Some(Self::Ended(TopicId::new(u128::from_be_bytes(topic.try_into().ok()?)))),
            (6, [piece]) => Some(Self::Ballast(*piece)),
            _ => None,
        }
    }

    /// Covers the whole table, but for the ballast.
    pub fn everything() -> KeyRange {
        KeyRange { from: vec![1], to: vec![6] }
    }

    /// Covers every topic.
    pub fn topics() -> KeyRange {
        KeyRange::prefix(&[2])
    }

    /// Covers what every log remembers.
    pub fn logs() -> KeyRange {
        KeyRange::prefix(&[3])
    }

    /// Covers all ballast.
    pub fn ballast() -> KeyRange {
        KeyRange::prefix(&[6])
    }

    /// Covers the notes of all clients.
    pub fn clients() -> KeyRange {
        KeyRange::prefix(&[4])
    }
}

/// Identifies one row of [`super::Table::Guards`]: a row was appended to the log at this offset, or nobody may, by those who know so
/// many changes of the log's topic. Whoever takes that place for the log's end must look again. The first byte is persisted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardKey {
    /// The log.
    pub log: LogId,
    /// How many changes of the topic's row were known.
    pub changes: u64,
    /// The place that is taken.
    pub offset: Offset,
}

impl GuardKey {
    /// Encodes the key: `0x01`, the log id, the count of changes and the offset.
    pub fn encode(&self) -> Bytes {
        let (log, changes) = (self.log.value().to_be_bytes(), self.changes.to_be_bytes());
        [&[1][..], &log, &changes, &self.offset.value().to_be_bytes()].concat().into()
    }

    /// Decodes the key; `None` when it is none.
    pub fn decode(key: &[u8]) -> Option<Self> {
        let (log, rest) = key.strip_prefix(&[1])?.split_first_chunk::<4>()?;
        let (changes, rest) = rest.split_first_chunk::<8>()?;
        Some(Self {
            log: LogId::new(u32::from_be_bytes(*log)),
            changes: u64::from_be_bytes(*changes),
            offset: Offset::new(i64::from_be_bytes(rest.try_into().ok()?)),
        })
    }

    /// Covers all that is taken in one log.
    pub fn range_of(log: LogId) -> KeyRange {
        KeyRange::prefix(&[&[1][..], &log.value().to_be_bytes()].concat())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_key() -> impl Strategy<Value = ChunkKey> {
        (any::<u32>(), 0..i64::MAX, any::<u32>(), any::<u32>(), any::<u32>(), any::<i64>(), any::<i64>())
            .prop_map(|(log, base, delta, records, bytes, min, max)| ChunkKey {
                log: LogId::new(log),
                base_offset: Offset::new(base),
                last_offset_delta: delta,
                records,
                bytes,
                min_timestamp: Timestamp::from_millis(min),
                max_timestamp: Timestamp::from_millis(max),
            })
    }

    proptest! {
        #[test]
        fn a_chunk_key_reads_back(key in any_key()) {
            let encoded = key.encode();
            prop_assert_eq!(encoded.len(), ChunkKey::ENCODED_BYTES);
            prop_assert_eq!(ChunkKey::decode(&encoded), Some(key));
            prop_assert!(ChunkKey::range_of(key.log).contains(&encoded));
        }

        #[test]
        fn keys_sort_as_log_and_offset_do(a in any_key(), b in any_key()) {
            let numbers = (a.log, a.base_offset).cmp(&(b.log, b.base_offset));
            if numbers.is_ne() {
                prop_assert_eq!(a.encode().cmp(&b.encode()), numbers);
            }
        }

        #[test]
        fn a_range_of_offsets_holds_just_those_base_offsets(key in any_key(), from in 0..i64::MAX, to in 0..i64::MAX) {
            let range = ChunkKey::range_of_offsets(key.log, Offset::new(from), Offset::new(to));
            let inside = from <= key.base_offset.value() && key.base_offset.value() < to;
            prop_assert_eq!(range.contains(&key.encode()), inside);
        }
    }

    #[test]
    fn the_persisted_bytes_of_the_keys_stay_as_they_are() {
        let key = ChunkKey {
            log: LogId::new(1),
            base_offset: Offset::new(2),
            last_offset_delta: 3,
            records: 4,
            bytes: 5,
            min_timestamp: Timestamp::NONE,
            max_timestamp: Timestamp::from_millis(6),
        };
        let expected =
            "00000001 0000000000000002 00000003 00000004 00000005 7fffffffffffffff 8000000000000006";
        assert_eq!(crate::storage::hex(&key.encode()), expected.replace(' ', ""));
        assert_eq!(MetaKey::Store.encode().as_ref(), [1]);
        assert_eq!(MetaKey::Topic(TopicName::parse("a").unwrap()).encode().as_ref(), b"\x02a");
        assert_eq!(MetaKey::Log(LogId::new(258)).encode().as_ref(), [3, 0, 0, 1, 2]);
        assert_eq!(MetaKey::Client(258).encode().as_ref(), [4, 0, 0, 0, 0, 0, 0, 1, 2]);
        let ended = MetaKey::Ended(TopicId::new(258)).encode();
        assert_eq!(ended.as_ref(), [5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]);
        let guard = GuardKey { log: LogId::new(258), changes: 4, offset: Offset::new(3) }.encode();
        assert_eq!(guard.as_ref(), [1, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 3]);
        let decoded = GuardKey { log: LogId::new(258), changes: 4, offset: Offset::new(3) };
        assert_eq!(GuardKey::decode(&guard), Some(decoded));
        assert_eq!(GuardKey::decode(guard.get(..20).unwrap_or_default()), None);
        let [hole] = ChunkKey::holes(LogId::new(1), Offset::new(2), Offset::new(6))[..] else {
            panic!("one row")
        };
        let expected =
            "00000001 0000000000000002 00000003 00000000 00000000 7fffffffffffffff 7fffffffffffffff";
        assert_eq!(crate::storage::hex(&hole.encode()), expected.replace(' ', ""));
        assert!(hole.is_hole() && !key.is_hole());
    }

    #[test]
    fn holes_cover_every_offset_once_however_many_were_lost() {
        let (from, to) = (Offset::new(5), Offset::new(5 + 2 * (1 << 32) + 3));
        let holes = ChunkKey::holes(LogId::new(1), from, to);
        assert_eq!(holes.len(), 3);
        let next = holes.iter().fold(from, |next, hole| {
            assert_eq!(hole.base_offset, next);
            hole.last_offset().next()
        });
        assert_eq!(next, to);
        assert_eq!(ChunkKey::holes(LogId::new(1), to, to), []);
    }

    #[test]
    fn the_range_of_a_logs_guards_holds_all_of_them_and_nothing_else() {
        for (log, is_in) in [(1, false), (2, true), (3, false)] {
            for (changes, offset) in [(0, 0), (u64::MAX, i64::MAX)] {
                let key = GuardKey { log: LogId::new(log), changes, offset: Offset::new(offset) }.encode();
                assert_eq!(GuardKey::range_of(LogId::new(2)).contains(&key), is_in, "{log} {offset}");
            }
        }
    }

    #[test]
    fn every_meta_key_reads_back_and_lies_in_the_table() {
        let name = TopicName::parse("orders").unwrap();
        for key in [
            MetaKey::Store,
            MetaKey::Topic(name),
            MetaKey::Log(LogId::new(7)),
            MetaKey::Client(u64::MAX),
            MetaKey::Ended(TopicId::new(u128::MAX)),
        ] {
            assert_eq!(MetaKey::decode(&key.encode()), Some(key.clone()));
            assert!(MetaKey::everything().contains(&key.encode()));
        }
        // Whoever looks at the whole table need not read it.
        let ballast = MetaKey::Ballast(u8::MAX);
        assert_eq!(MetaKey::decode(&ballast.encode()), Some(ballast.clone()));
        assert!(MetaKey::ballast().contains(&ballast.encode()));
        assert!(!MetaKey::everything().contains(&ballast.encode()));
        assert_eq!(MetaKey::decode(&[9]), None);
    }
}
