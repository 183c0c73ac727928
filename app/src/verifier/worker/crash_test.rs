//! The crash test's side in the worker: appends until it is ended, or compares what is stored with what was acknowledged.
//!
//! The engine is the real one, the database the browser's. What a record holds follows from its key, so that one look tells whether
//! it is what was written.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use bytes::Bytes;
use futures_util::future::try_join_all;
use tablog_core::broker::{Acks, Broker, CreateTopicError};
use tablog_core::browser::{BrowserEnv, IndexedDbStorage, delete_database};
use tablog_core::env::Env;
use tablog_core::ids::{Offset, PartitionId, TopicName, TopicPartition};
use tablog_core::limits::SPAN_FETCH_BYTES_MAX;
use tablog_core::record::{BatchBuilder, NewRecord};
use tablog_core::storage::Storage;

use super::{Port, browser};
use crate::verifier::protocol::{Acknowledged, FromVerifier, Shown};
use crate::verifier::report::CrashReport;

const TOPIC: &str = "crash-test";
const PARTITIONS: i32 = 3;
/// More than there are partitions: two share one.
const PRODUCERS: u32 = 4;
/// Most records of one call.
const RECORDS_MAX: u64 = 20;

/// Appends without end, and tells the page of each acknowledgement.
pub(super) async fn append(port: &Port, database: &str, round: u32) -> Result<Infallible, String> {
    let storage = IndexedDbStorage::open(database).await.map_err(|error| error.to_string())?;
    let broker = Broker::open(storage, BrowserEnv).await.map_err(|error| error.to_string())?;
    match broker.create_topic(&topic()?, PARTITIONS, &[]).await {
        Ok(_) | Err(CreateTopicError::TopicExists(_)) => {}
        Err(error) => return Err(error.to_string()),
    }
    let producers = (0..PRODUCERS).map(|producer| produce(port, &broker, round, producer));
    let ended = try_join_all(producers).await?;
    ended.into_iter().next().ok_or_else(|| "there is no producer".to_owned())
}

async fn produce<S: Storage>(
    port: &Port,
    broker: &Broker<S, BrowserEnv>,
    round: u32,
    producer: u32,
) -> Result<Infallible, String> {
    let partition = i32::try_from(producer).unwrap_or_default() % PARTITIONS;
    let place = TopicPartition { topic: topic()?, partition: PartitionId::new(partition) };
    // Half of them want the disk flushed.
    let acks = if producer.is_multiple_of(2) { Acks::Leader } else { Acks::All };
    let mut first = 0;
    loop {
        let count = 1 + BrowserEnv.random() % RECORDS_MAX;
        let mut batch = BatchBuilder::new();
        for number in first..first + count {
            let key = key_of(round, producer, number);
            let value = Some(Bytes::from(value_of(&key)));
            let record = NewRecord { key: Some(Bytes::from(key)), value, ..NewRecord::default() };
            batch.try_push(&record, BrowserEnv.now()).map_err(|error| error.to_string())?;
        }
        let ack =
            broker.produce(&place, vec![batch.build()], acks).await.map_err(|error| error.to_string())?;
        let (base_offset, count) = (ack.base_offset.value(), u32::try_from(count).unwrap_or(u32::MAX));
        let acknowledged = Acknowledged { round, producer, partition, base_offset, first, count };
        port.send(&FromVerifier::Acknowledged(acknowledged), &[]);
        first += u64::from(count);
    }
}

/// Compares the database with what was acknowledged, and deletes it.
pub(super) async fn check(
    database: &str,
    acknowledged: &[Acknowledged],
    kills: u32,
) -> Result<Shown, String> {
    let storage = IndexedDbStorage::open(database).await.map_err(|error| error.to_string())?;
    let broker = Broker::open(storage.clone(), BrowserEnv).await.map_err(|error| error.to_string())?;
    let verification = broker.verify(|_| ()).await.map_err(|error| error.to_string())?;
    let mut report = CrashReport { kills, browser: browser(), ..CrashReport::default() };
    report.lost_offsets = verification.lost_offsets();
    let mut stored = BTreeMap::new();
    for partition in 0..PARTITIONS {
        read(&broker, partition, &mut stored, &mut report).await?;
    }
    report.stored = u64::try_from(stored.len()).unwrap_or(u64::MAX);
    let once: BTreeSet<&String> = stored.values().collect();
    report.twice = u64::try_from(stored.len() - once.len()).unwrap_or(u64::MAX);
    for records in acknowledged {
        report.acknowledged += u64::from(records.count);
        for nth in 0..records.count {
            let at = (records.partition, records.base_offset + i64::from(nth));
            let expected = key_of(records.round, records.producer, records.first + u64::from(nth));
            match stored.get(&at) {
                None => report.missing += 1,
                Some(key) if *key != expected => report.wrong += 1,
                Some(_) => {}
            }
        }
    }
    drop(broker);
    storage.close();
    report.is_removed = delete_database(database).await.is_ok();
    report.at_ms = BrowserEnv.now().millis();
    report.shown().map_err(|error| error.to_string())
}

/// Reads a partition: the key of each record by its place. Whatever is not what was written is counted.
async fn read<S: Storage>(
    broker: &Broker<S, BrowserEnv>,
    partition: i32,
    stored: &mut BTreeMap<(i32, i64), String>,
    report: &mut CrashReport,
) -> Result<(), String> {
    let place = TopicPartition { topic: topic()?, partition: PartitionId::new(partition) };
    let mut next = Offset::ZERO;
    loop {
        let fetched =
            broker.fetch(&place, next, SPAN_FETCH_BYTES_MAX).await.map_err(|error| error.to_string())?;
        if fetched.next_offset <= next {
            return Ok(());
        }
        next = fetched.next_offset;
        let records = fetched.batches.iter().filter_map(|batch| batch.records().ok()).flatten();
        for record in records.filter_map(Result::ok) {
            let key = String::from_utf8_lossy(record.key.as_deref().unwrap_or_default()).into_owned();
            if record.value.as_deref() != Some(value_of(&key).as_slice()) {
                report.wrong += 1;
            }
            stored.insert((partition, record.offset.value()), key);
        }
    }
}

fn topic() -> Result<TopicName, String> {
    TopicName::parse(TOPIC).map_err(|error| error.to_string())
}

fn key_of(round: u32, producer: u32, number: u64) -> String {
    format!("{round}-{producer}-{number}")
}

/// Repeats the key over some hundred bytes, as many as its letters say.
fn value_of(key: &str) -> Vec<u8> {
    let bytes: usize = 40 + key.bytes().map(usize::from).sum::<usize>() % 400;
    key.bytes().chain(*b" ").cycle().take(bytes).collect()
}
