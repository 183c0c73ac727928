//! The files beside a log: what is read and written again is what was read.

use std::fmt::Debug;

use tablog_core::ids::{Offset, Timestamp};
use tablog_core::record::crc::crc32c;
use tablog_core::segment::FormatError;
use tablog_core::segment::format::{
    LeaderEpochs, MetaProperties, OffsetCheckpoint, OffsetIndex, PartitionMetadata, ProducerSnapshot,
    QuorumStateFile, TimeIndex, TransactionIndex,
};

const FILE: &str = "t-0/file";

/// Unwraps what was read; what is refused names the file, a place in it and a cause.
fn read<T>(result: Result<T, FormatError>, bytes: &[u8]) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            assert_eq!(error.file, FILE);
            assert!(error.position_bytes <= u64::try_from(bytes.len()).unwrap(), "{error}");
            // A line of a damaged file may be endless.
            assert!(!error.cause.is_empty() && error.cause.len() <= 2_000, "{error}");
            None
        }
    }
}

/// Asserts that what was read comes back when it is written and read again.
fn comes_back<T: PartialEq + Debug>(value: &T, again: Result<T, FormatError>) {
    assert_eq!(again.as_ref(), Ok(value));
}

/// Takes the base offset out of the first byte: the ends of what a name may say, and something between.
fn base_offset(data: &[u8]) -> Option<(Offset, &[u8])> {
    let (&first, rest) = data.split_first()?;
    let base = match first % 4 {
        0 => 0,
        1 => 1_000_000,
        2 => i64::MAX - 5,
        _ => i64::MAX,
    };
    Some((Offset::new(base), rest))
}

/// Takes a `.index`, behind a byte for the base offset.
pub fn offset_index(data: &[u8]) {
    let Some((base, bytes)) = base_offset(data) else { return };
    let Some(index) = read(OffsetIndex::parse(FILE, base, bytes), bytes) else { return };
    assert_eq!(index.encode(FILE).as_deref(), Ok(bytes));
    for pair in index.entries.windows(2) {
        assert!(pair[0].offset < pair[1].offset && pair[0].position_bytes < pair[1].position_bytes);
    }
    for entry in &index.entries {
        assert_eq!(index.lookup(entry.offset), entry.position_bytes);
    }
    assert_eq!(index.lookup(Offset::new(-1)), 0);
}

/// Takes a `.timeindex`, behind a byte for the base offset.
pub fn time_index(data: &[u8]) {
    let Some((base, bytes)) = base_offset(data) else { return };
    let Some(index) = read(TimeIndex::parse(FILE, base, bytes), bytes) else { return };
    assert_eq!(index.encode(FILE).as_deref(), Ok(bytes));
    for pair in index.entries.windows(2) {
        assert!(pair[0].timestamp < pair[1].timestamp && pair[0].offset <= pair[1].offset);
    }
    for entry in &index.entries {
        assert_eq!(index.lookup(entry.timestamp), entry.offset);
    }
    assert_eq!(index.lookup(Timestamp::from_millis(i64::MIN)), base);
}

/// Takes a `.txnindex`, behind a byte for the base offset.
pub fn transaction_index(data: &[u8]) {
    let Some((base, bytes)) = base_offset(data) else { return };
    let Some(index) = read(TransactionIndex::parse(FILE, base, bytes), bytes) else { return };
    assert_eq!(index.encode(FILE, base).as_deref(), Ok(bytes));
    assert!(index.entries.windows(2).all(|pair| pair[0].last_offset < pair[1].last_offset));
}

/// Takes a `.snapshot`: as it is, and with its CRC put right.
pub fn producer_snapshot(data: &[u8]) {
    let mut repaired = data.to_vec();
    if let Some(body) = repaired.get(6..) {
        let crc = crc32c(body);
        repaired[2..6].copy_from_slice(&crc.to_be_bytes());
    }
    for bytes in [data, &repaired] {
        let Some(snapshot) = read(ProducerSnapshot::parse(FILE, bytes), bytes) else { continue };
        assert_eq!(bytes.len(), 10 + 46 * snapshot.producers.len());
        comes_back(&snapshot, ProducerSnapshot::parse(FILE, &snapshot.encode()));
    }
}

/// Takes the text of a checkpoint, as leader epochs and as partitions' offsets.
pub fn checkpoint(data: &[u8]) {
    if let Some(epochs) = read(LeaderEpochs::parse(FILE, data), data) {
        comes_back(&epochs, LeaderEpochs::parse(FILE, &epochs.encode()));
        assert_eq!(epochs.epoch_of(Offset::new(-1)), None);
        if epochs.disorder().is_none() {
            let found = |start: &Offset| epochs.epoch_of(*start).unwrap().start_offset;
            assert!(epochs.entries.iter().all(|entry| found(&entry.start_offset) == entry.start_offset));
        }
    }
    if let Some(offsets) = read(OffsetCheckpoint::parse(FILE, data), data) {
        comes_back(&offsets, OffsetCheckpoint::parse(FILE, &offsets.encode()));
        if let Some(last) = offsets.entries.last() {
            assert_eq!(offsets.offset_of(&last.topic, last.partition), Some(last.offset));
        }
    }
}

/// Takes the text of `partition.metadata`, `meta.properties` or `quorum-state`.
pub fn properties(data: &[u8]) {
    if let Some(metadata) = read(PartitionMetadata::parse(FILE, data), data) {
        comes_back(&metadata, PartitionMetadata::parse(FILE, &metadata.encode()));
    }
    if let Some(properties) = read(MetaProperties::parse(FILE, data), data) {
        comes_back(&properties, MetaProperties::parse(FILE, &properties.encode()));
    }
    if let Some(QuorumStateFile::Known(state)) = read(QuorumStateFile::parse(FILE, data), data) {
        let ids = state.leader_id.iter().chain(&state.voted_id).chain(&state.current_voters);
        assert!(state.leader_epoch >= 0 && ids.clone().all(|&id| id >= 0));
        // A leader is named among its voters only as far as anybody wants to read.
        assert!(state.contradiction().is_none_or(|what| !what.is_empty() && what.len() <= 500));
    }
}
