//! What the tests of the broker share.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::rc::Rc;

use bytes::Bytes;
use tablog_core::broker::Broker;
use tablog_core::env::{SimEnv, yield_now};
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName, TopicPartition};
use tablog_core::record::{BatchBuilder, NewRecord, Record, RecordBatch};
use tablog_core::source::Fetched;
use tablog_core::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

pub type TestBroker<S> = Broker<S, Rc<SimEnv>>;

/// Makes a broker with a clock at one second past the epoch.
pub async fn open<S: Storage>(storage: S, seed: u64) -> TestBroker<S> {
    let env = Rc::new(SimEnv::new(seed, Timestamp::from_millis(1_000)));
    Broker::open(storage, env).await.unwrap()
}

pub fn topic(name: &str) -> TopicName {
    TopicName::parse(name).unwrap()
}

pub fn partition(name: &str, partition: i32) -> TopicPartition {
    TopicPartition { topic: topic(name), partition: PartitionId::new(partition) }
}

pub fn offset(value: i64) -> Offset {
    Offset::new(value)
}

pub fn millis(value: i64) -> Timestamp {
    Timestamp::from_millis(value)
}

pub fn record(value: &str, time: i64) -> NewRecord {
    NewRecord {
        timestamp: Some(millis(time)),
        value: Some(Bytes::copy_from_slice(value.as_bytes())),
        ..NewRecord::default()
    }
}

/// Makes a batch of records with values and times.
pub fn batch_of(records: &[(&str, i64)]) -> RecordBatch {
    let mut builder = BatchBuilder::new();
    for (value, time) in records {
        builder.try_push(&record(value, *time), millis(0)).unwrap();
    }
    builder.build()
}

/// Makes a batch of records with values, all of one time.
pub fn batch(values: &[&str]) -> RecordBatch {
    batch_of(&values.iter().map(|value| (*value, 5)).collect::<Vec<_>>())
}

/// Returns the records of a fetch from an offset on.
pub fn records(fetched: &Fetched, from: Offset) -> Vec<Record> {
    let all = fetched.batches.iter().flat_map(|batch| batch.records().unwrap()).map(Result::unwrap);
    all.filter(|record| record.offset >= from).collect()
}

pub fn text(record: &Record) -> String {
    String::from_utf8(record.value.clone().unwrap().to_vec()).unwrap()
}

/// Reads a whole partition in fetches of `bytes_max`: offsets and values.
pub async fn read_all<S: Storage>(
    broker: &TestBroker<S>,
    partition: &TopicPartition,
    from: Offset,
    bytes_max: usize,
) -> Vec<(i64, String)> {
    let mut read = Vec::new();
    let mut next = from;
    loop {
        let fetched = broker.fetch(partition, next, bytes_max).await.unwrap();
        assert_eq!(fetched.damage, []);
        if fetched.next_offset == next {
            return read;
        }
        read.extend(records(&fetched, next).iter().map(|record| (record.offset.value(), text(record))));
        next = fetched.next_offset;
    }
}

pub fn values(read: &[(i64, String)]) -> Vec<&str> {
    read.iter().map(|(_, value)| value.as_str()).collect()
}

/// Offsets count from 0 without a gap.
pub fn assert_dense(read: &[(i64, String)]) {
    assert!(read.iter().map(|(at, _)| *at).eq(0..i64::try_from(read.len()).unwrap()), "{read:?}");
}

/// Answers scans late: what it tells may be outdated by then.
#[derive(Clone)]
pub struct LateScans<S> {
    pub inner: S,
    pub turns: u32,
}

impl<S: Storage> Storage for LateScans<S> {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        let rows = self.inner.scan(scan).await;
        for _ in 0..self.turns {
            yield_now().await;
        }
        rows
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        self.inner.commit(batch, durability).await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}
