//! Control records: what Kafka itself writes into a log, and no consumer sees. Transactions' markers, above all.
//!
//! ```text
//! key    ┌─────────┬──────┐     value of a marker  ┌─────────┬───────────────────┐
//!        │ version │ type │     (type 0 and 1)     │ version │ coordinator epoch │
//!        │ i16     │ i16  │                        │ i16     │ i32               │
//!        └─────────┴──────┘                        └─────────┴───────────────────┘
//! ```
//! (`org.apache.kafka.common.record.ControlRecordType`, `EndTransactionMarker`.) A batch of control records is never compressed
//! by a broker, and a marker lies in a batch of its own.

use std::fmt;

use crate::record::{Compression, RecordBatch};

/// What a control record says (`org.apache.kafka.common.record.ControlRecordType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ControlRecordType {
    /// The producer's open transaction is aborted: consumers of committed records pass over it.
    Abort,
    /// The producer's open transaction is committed.
    Commit,
    /// A controller's new leader says who it is (KRaft).
    LeaderChange,
    /// A snapshot of the metadata log begins (KRaft).
    SnapshotHeader,
    /// A snapshot of the metadata log ends (KRaft).
    SnapshotFooter,
    /// The version of the KRaft protocol.
    KRaftVersion,
    /// The controllers that vote (KRaft).
    KRaftVoters,
    /// A type that is not known, with its number; -1 when the key is too short to name one.
    Unknown(i16),
}

impl ControlRecordType {
    /// Reads the type from a control record's key. What is no key of Kafka's is `Unknown(-1)`.
    pub fn parse(key: Option<&[u8]>) -> Self {
        let number = key.and_then(|key| {
            let (_version, rest) = key.split_first_chunk::<2>()?;
            let (number, _) = rest.split_first_chunk::<2>()?;
            Some(i16::from_be_bytes(*number))
        });
        match number {
            Some(0) => Self::Abort,
            Some(1) => Self::Commit,
            Some(2) => Self::LeaderChange,
            Some(3) => Self::SnapshotHeader,
            Some(4) => Self::SnapshotFooter,
            Some(5) => Self::KRaftVersion,
            Some(6) => Self::KRaftVoters,
            Some(unknown) => Self::Unknown(unknown),
            None => Self::Unknown(-1),
        }
    }

    /// Reads the type of a batch's first control record; `None` when the batch holds data. One that is compressed, emptied or
    /// damaged is `Unknown(-1)`.
    pub fn of(batch: &RecordBatch) -> Option<Self> {
        if !batch.is_control() {
            return None;
        }
        // Nobody compresses markers: unpacking is not worth what a hostile batch could make of it.
        let open = batch.open().ok().filter(|_| batch.compression() == Compression::None);
        let key = open.as_ref().and_then(|open| open.views().next()?.ok()?.key);
        Some(Self::parse(key))
    }

    /// Tells how the record ends its producer's transaction: committed or not; `None` when it ends none.
    pub fn commits(self) -> Option<bool> {
        match self {
            Self::Commit => Some(true),
            Self::Abort => Some(false),
            _ => None,
        }
    }
}

impl fmt::Display for ControlRecordType {
    /// Writes the name that Kafka has for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Abort => f.write_str("ABORT"),
            Self::Commit => f.write_str("COMMIT"),
            Self::LeaderChange => f.write_str("LEADER_CHANGE"),
            Self::SnapshotHeader => f.write_str("SNAPSHOT_HEADER"),
            Self::SnapshotFooter => f.write_str("SNAPSHOT_FOOTER"),
            Self::KRaftVersion => f.write_str("KRAFT_VERSION"),
            Self::KRaftVoters => f.write_str("KRAFT_VOTERS"),
            Self::Unknown(number) => write!(f, "UNKNOWN ({number})"),
        }
    }
}

/// What a transaction's marker says (`org.apache.kafka.common.record.EndTransactionMarker`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndTransactionMarker {
    /// Whether the transaction is committed; else it is aborted.
    pub is_commit: bool,
    /// The epoch of the coordinator that wrote the marker.
    pub coordinator_epoch: i32,
}

impl EndTransactionMarker {
    /// Reads a marker from a control record's key and value; `None` for control records of other kinds, and for what is cut off.
    pub fn parse(key: Option<&[u8]>, value: Option<&[u8]>) -> Option<Self> {
        let is_commit = ControlRecordType::parse(key).commits()?;
        let (_version, rest) = value?.split_first_chunk::<2>()?;
        let (epoch, _) = rest.split_first_chunk::<4>()?;
        Some(Self { is_commit, coordinator_epoch: i32::from_be_bytes(*epoch) })
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::ids::Timestamp;
    use crate::record::{BatchBuilder, NewRecord};

    #[test]
    fn the_types_have_kafkas_numbers_and_names() {
        let names =
            ["ABORT", "COMMIT", "LEADER_CHANGE", "SNAPSHOT_HEADER", "SNAPSHOT_FOOTER", "KRAFT_VERSION"];
        for (number, name) in names.into_iter().chain(["KRAFT_VOTERS", "UNKNOWN (7)"]).enumerate() {
            let key = [0, 0, 0, u8::try_from(number).unwrap()];
            assert_eq!(ControlRecordType::parse(Some(&key)).to_string(), name);
        }
        for key in [None, Some([0; 3].as_slice())] {
            assert_eq!(ControlRecordType::parse(key), ControlRecordType::Unknown(-1));
        }
    }

    #[test]
    fn only_a_control_batch_has_a_type() {
        let batch = |builder: BatchBuilder| {
            let mut builder = builder.producer(7, 0, -1).transactional();
            let key = Some(Bytes::from_static(&[0, 0, 0, 1]));
            builder.try_push(&NewRecord { key, ..NewRecord::default() }, Timestamp::from_millis(0)).unwrap();
            builder
        };
        let data = batch(BatchBuilder::new()).build();
        assert_eq!(ControlRecordType::of(&data), None);
        let commit = batch(BatchBuilder::new().control());
        let packed = batch(BatchBuilder::new().control()).build_compressed(Compression::Gzip).unwrap();
        assert_eq!(ControlRecordType::of(&commit.build()), Some(ControlRecordType::Commit));
        assert_eq!(ControlRecordType::of(&packed), Some(ControlRecordType::Unknown(-1)));
        let empty = BatchBuilder::new().control().build();
        assert_eq!(ControlRecordType::of(&empty), Some(ControlRecordType::Unknown(-1)));
    }
}
