//! `.snapshot`: what a partition knew of its producers at an offset, the one in the file's name
//! (`org.apache.kafka.storage.internals.log.ProducerStateManager`, schema `ProducerSnapshot`), big-endian.
//!
//! ```text
//!   0 ┌──────────────────────────────┐
//!     │ version                  i16 │  1
//!   2 ├──────────────────────────────┤
//!     │ CRC-32C                  u32 │  of everything from 6 on
//!   6 ├──────────────────────────────┤
//!     │ number of producers      i32 │
//!  10 ├──────────────────────────────┤     each producer, 46 bytes:
//!     │ producers …                  │      0  producer id                i64
//!     └──────────────────────────────┘      8  producer epoch             i16
//!                                          10  last sequence              i32   -1: nothing written in this epoch
//!                                          14  last offset                i64   -1
//!                                          22  offset delta               i32   last batch: its last offset less its first
//!                                          26  timestamp                  i64   of the last batch, or the last marker
//!                                          34  coordinator epoch          i32   of the last marker; -1: none yet
//!                                          38  first offset of the open   i64   -1: no transaction is open
//!                                              transaction
//! ```
//! A broker writes one when it begins a segment and when it stops, and begins with the newest when it starts: so it knows which
//! batches are repeated, and which transactions are open, without reading the log again.

use crate::ids::{Offset, Timestamp};
use crate::record::crc::crc32c;
use crate::segment::format::{FormatError, take_i16, take_i32, take_i64};

/// The only version that Kafka 4 reads and writes. Persisted.
const VERSION: i16 = 1;
/// Where the bytes begin that the CRC covers.
const CRC_FROM: usize = 6;
/// Where the producers begin.
const ENTRIES_FROM: usize = 10;
/// Bytes of one producer.
const ENTRY_BYTES: usize = 46;

/// One producer, as the partition knew it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerEntry {
    /// The producer.
    pub producer_id: i64,
    /// Its newest epoch.
    pub producer_epoch: i16,
    /// The sequence of the last record it wrote in this epoch; -1 when there is none.
    pub last_sequence: i32,
    /// The offset of that record; -1 when there is none.
    pub last_offset: i64,
    /// How many offsets lie between the first and the last record of its last batch.
    pub offset_delta: i32,
    /// The largest timestamp of its last batch, or its last marker's.
    pub timestamp: Timestamp,
    /// The epoch of the coordinator that wrote its last marker; -1 before the first.
    pub coordinator_epoch: i32,
    /// Where its open transaction begins.
    pub current_transaction_first_offset: Option<Offset>,
}

/// A whole snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerSnapshot {
    /// The producers, in the file's order, which means nothing.
    pub producers: Vec<ProducerEntry>,
}

impl ProducerSnapshot {
    /// Reads a whole snapshot. `file` is its name, for errors.
    ///
    /// # Errors
    /// Names what is wrong: the version, the CRC, the number of producers, or a number that cannot be.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, FormatError> {
        let refused = |position, cause: String| Err(FormatError::new(file, position, cause));
        let mut rest = bytes;
        let header = (take_i16(&mut rest), take_i32(&mut rest), take_i32(&mut rest));
        let (Some(version), Some(crc), Some(count)) = header else {
            return refused(0, format!("the file ends after {} bytes, within its header of 10", bytes.len()));
        };
        if version != VERSION {
            return refused(0, format!("the snapshot has version {version}; only version 1 is known"));
        }
        let computed = crc32c(bytes.get(CRC_FROM..).unwrap_or_default());
        let stored = u32::from_be_bytes(crc.to_be_bytes());
        if stored != computed {
            let cause =
                format!("the snapshot is damaged: its CRC is {computed:08x}, and {stored:08x} was written");
            return refused(2, cause);
        }
        let counted = usize::try_from(count).ok().and_then(|count| count.checked_mul(ENTRY_BYTES));
        if counted != Some(rest.len()) {
            let cause =
                format!("the snapshot counts {count} producers of 46 bytes, and {} follow", rest.len());
            return refused(6, cause);
        }
        let mut producers = Vec::with_capacity(rest.len().div_euclid(ENTRY_BYTES));
        for (index, chunk) in (0_u64..).zip(rest.chunks(ENTRY_BYTES)) {
            let position = index.saturating_mul(46).saturating_add(10);
            match ProducerEntry::read(chunk) {
                Some(entry) if entry.producer_id >= 0 => producers.push(entry),
                Some(entry) => return refused(position, format!("the producer id is {}", entry.producer_id)),
                None => return refused(position, "the file ends within a producer".to_owned()),
            }
        }
        Ok(Self { producers })
    }

    /// Writes the snapshot as Kafka does, with its CRC.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.producers.len().saturating_mul(ENTRY_BYTES).saturating_add(4));
        let count = i32::try_from(self.producers.len()).unwrap_or(i32::MAX);
        body.extend_from_slice(&count.to_be_bytes());
        for entry in self.producers.iter().take(usize::try_from(count).unwrap_or(0)) {
            entry.write(&mut body);
        }
        let mut out = Vec::with_capacity(body.len().saturating_add(ENTRIES_FROM));
        out.extend_from_slice(&VERSION.to_be_bytes());
        out.extend_from_slice(&crc32c(&body).to_be_bytes());
        out.extend_from_slice(&body);
        out
    }
}

impl ProducerEntry {
    fn read(mut rest: &[u8]) -> Option<Self> {
        let rest = &mut rest;
        Some(Self {
            producer_id: take_i64(rest)?,
            producer_epoch: take_i16(rest)?,
            last_sequence: take_i32(rest)?,
            last_offset: take_i64(rest)?,
            offset_delta: take_i32(rest)?,
            timestamp: Timestamp::from_millis(take_i64(rest)?),
            coordinator_epoch: take_i32(rest)?,
            current_transaction_first_offset: Some(take_i64(rest)?)
                .filter(|&offset| offset >= 0)
                .map(Offset::new),
        })
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.producer_id.to_be_bytes());
        out.extend_from_slice(&self.producer_epoch.to_be_bytes());
        out.extend_from_slice(&self.last_sequence.to_be_bytes());
        out.extend_from_slice(&self.last_offset.to_be_bytes());
        out.extend_from_slice(&self.offset_delta.to_be_bytes());
        out.extend_from_slice(&self.timestamp.millis().to_be_bytes());
        out.extend_from_slice(&self.coordinator_epoch.to_be_bytes());
        let open = self.current_transaction_first_offset.map_or(-1, Offset::value);
        out.extend_from_slice(&open.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::segment::format::test_bytes::{cut_and_flip, hex};

    const FILE: &str = "orders-0/00000000000000000031.snapshot";
    const KAFKAS: &str = "00013a99fe5b00000003
        000000000000000300000000000a00000000000000120000000a0000018bd50bc400ffffffffffffffffffffffff
        0000000000000004000100000001000000000000001d000000010000018bcfe56be800000000000000000000001c
        00000000000000050003ffffffffffffffffffffffff00000000000001a2141726ab00000000ffffffffffffffff";

    #[test]
    fn kafkas_own_snapshot_reads_as_kafka_reads_it() {
        let bytes = hex(KAFKAS);
        let snapshot = ProducerSnapshot::parse(FILE, &bytes).unwrap();
        let [plain, open, aborted] = snapshot.producers[..] else { panic!("{snapshot:?}") };
        // What `kafka-dump-log` says of the three.
        assert_eq!((plain.producer_id, plain.producer_epoch, plain.coordinator_epoch), (3, 0, -1));
        assert_eq!((plain.last_sequence, plain.last_offset, plain.offset_delta), (10, 18, 10));
        assert_eq!(
            (plain.timestamp.millis(), plain.current_transaction_first_offset),
            (1_700_086_400_000, None)
        );
        assert_eq!((open.producer_id, open.producer_epoch, open.coordinator_epoch), (4, 1, 0));
        assert_eq!((open.last_sequence, open.last_offset, open.offset_delta), (1, 29, 1));
        assert_eq!(open.current_transaction_first_offset, Some(Offset::new(28)));
        assert_eq!((aborted.producer_id, aborted.producer_epoch, aborted.last_sequence), (5, 3, -1));
        assert_eq!((aborted.last_offset, aborted.timestamp.millis()), (-1, 1_795_633_391_275));
        assert_eq!(snapshot.encode(), bytes);
    }

    #[test]
    fn a_snapshot_that_cannot_be_right_says_why() {
        let refused = |bytes: &[u8]| ProducerSnapshot::parse(FILE, bytes).unwrap_err().to_string();
        let bytes = hex(KAFKAS);
        assert!(refused(&bytes[..9]).contains("ends after 9 bytes"), "{}", refused(&bytes[..9]));
        assert!(
            refused(&bytes[..60]).contains("byte 2: the snapshot is damaged"),
            "{}",
            refused(&bytes[..60])
        );
        let with_crc = |mut bytes: Vec<u8>| {
            let crc = crc32c(&bytes[6..]).to_be_bytes();
            bytes[2..6].copy_from_slice(&crc);
            refused(&bytes)
        };
        assert!(with_crc(bytes[..60].to_vec()).contains("counts 3 producers of 46 bytes, and 50 follow"));
        let mut negative = bytes.clone();
        negative[6] = 0x80;
        assert!(with_crc(negative).contains("counts -2147483645 producers"));
        let mut no_id = bytes.clone();
        no_id[56] = 0xff;
        assert!(with_crc(no_id).contains("byte 56: the producer id is -"));
        let mut version = bytes;
        version[1] = 2;
        assert!(refused(&version).contains("version 2; only version 1"));
    }

    #[test]
    fn any_cut_and_any_flipped_bit_is_noticed() {
        cut_and_flip(&hex(KAFKAS), |damaged| {
            assert!(ProducerSnapshot::parse(FILE, damaged).is_err());
        });
    }

    proptest! {
        #[test]
        fn any_producers_come_back(
            numbers in proptest::collection::vec(
                (0..i64::MAX, any::<i16>(), any::<i32>(), any::<i64>(), any::<i32>(), any::<i64>(), any::<i32>(), -1..i64::MAX),
                0..20,
            ),
        ) {
            let entry = |&(producer_id, producer_epoch, last_sequence, last_offset, offset_delta, millis, epoch, open)| {
                ProducerEntry {
                    producer_id,
                    producer_epoch,
                    last_sequence,
                    last_offset,
                    offset_delta,
                    timestamp: Timestamp::from_millis(millis),
                    coordinator_epoch: epoch,
                    current_transaction_first_offset: (open >= 0).then_some(Offset::new(open)),
                }
            };
            let snapshot = ProducerSnapshot { producers: numbers.iter().map(entry).collect() };
            prop_assert_eq!(ProducerSnapshot::parse(FILE, &snapshot.encode()).unwrap(), snapshot);
        }

        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(ProducerSnapshot::parse(FILE, &bytes).is_err());
        }
    }
}
