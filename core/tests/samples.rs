//! The sample topics that the app ships come in whole, the way a person loads them: read as lines, published by key.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::{offset, open, partition, topic};
use futures_executor::block_on;
use tablog_core::client::{Producer, ProducerRecord};
use tablog_core::partitioner::partition_for;
use tablog_core::portable::{Format, LinesReader, OnError, PlainOptions, PortableRecord};
use tablog_core::record::Record;
use tablog_core::storage::memory::MemoryStorage;

struct Sample {
    file: String,
    topic: String,
    partitions: i32,
    records: usize,
}

fn read(file: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/samples").join(file)).unwrap()
}

fn samples() -> Vec<Sample> {
    let index: Vec<serde_json::Value> = serde_json::from_slice(&read("index.json")).unwrap();
    let text = |entry: &serde_json::Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let number =
        |entry: &serde_json::Value, name: &str| i32::try_from(entry[name].as_i64().unwrap()).unwrap();
    let sample = |entry| Sample {
        file: text(entry, "file"),
        topic: text(entry, "topic"),
        partitions: number(entry, "partitions"),
        records: usize::try_from(number(entry, "records")).unwrap(),
    };
    index.iter().map(sample).collect()
}

/// Reads a sample as the import does, in chunks that end anywhere.
fn lines_of(sample: &Sample) -> Vec<PortableRecord> {
    let mut reader = LinesReader::new(None, PlainOptions::default(), OnError::Stop);
    let mut records = Vec::new();
    for chunk in read(&sample.file).chunks(4_093) {
        reader.push(chunk.to_vec());
        records.extend(std::iter::from_fn(|| reader.next_record()).map(Result::unwrap));
    }
    reader.finish();
    records.extend(std::iter::from_fn(|| reader.next_record()).map(Result::unwrap));
    assert_eq!(reader.format(), Some(Format::Tablog), "{}", sample.file);
    records
}

/// Publishes a sample into a new topic and reads every partition back.
async fn load(sample: &Sample) -> Vec<Vec<Record>> {
    let broker = open(MemoryStorage::new(), 1).await;
    let name = topic(&sample.topic);
    broker.create_topic(&name, sample.partitions, &[]).await.unwrap();
    let records = lines_of(sample).into_iter().map(|line| ProducerRecord::from(line.record)).collect();
    let sent = Producer::new(broker.clone(), name).send_all(records).await;
    assert_eq!(sent.failed, [], "{}", sample.file);
    let mut partitions = Vec::new();
    for number in 0..sample.partitions {
        let mut records = Vec::new();
        let mut next = offset(0);
        loop {
            let place = partition(&sample.topic, number);
            let fetched = broker.fetch(&place, next, 256 * 1024).await.unwrap();
            if fetched.batches.is_empty() {
                break;
            }
            next = fetched.next_offset;
            for batch in fetched.batches {
                records.extend(batch.records().unwrap().map(Result::unwrap));
            }
        }
        partitions.push(records);
    }
    partitions
}

#[test]
fn every_sample_comes_in_whole_and_spread_over_its_partitions() {
    for sample in samples() {
        let partitions = block_on(load(&sample));
        let counts: Vec<usize> = partitions.iter().map(Vec::len).collect();
        assert_eq!(counts.iter().sum::<usize>(), sample.records, "{}", sample.file);
        let fair = sample.records / counts.len();
        assert!(counts.iter().all(|&count| count > fair / 2), "{}: {counts:?}", sample.file);
        for records in &partitions {
            assert!(records.is_sorted_by_key(|record| record.timestamp), "{}: out of order", sample.file);
        }
    }
}

#[test]
fn each_sample_says_where_its_records_lie_and_that_is_where_kafka_would_put_them() {
    for sample in samples() {
        let mut ends = vec![0; usize::try_from(sample.partitions).unwrap()];
        for line in lines_of(&sample) {
            assert_eq!(line.topic, Some(topic(&sample.topic)));
            let partition = partition_for(line.record.key.as_ref().unwrap(), sample.partitions);
            assert_eq!(line.partition, Some(partition), "{}, line {}", sample.file, line.line);
            let end = &mut ends[partition.index().unwrap()];
            assert_eq!(line.offset, Some(offset(*end)), "{}, line {}", sample.file, line.line);
            *end += 1;
            assert!(line.record.timestamp.is_some(), "{}, line {}", sample.file, line.line);
        }
    }
}

#[test]
fn an_order_stays_in_one_partition_of_each_topic_and_in_the_same_one() {
    let mut homes: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    let mut shop = samples();
    shop.retain(|sample| sample.topic != "earthquakes");
    assert_eq!(shop.len(), 3);
    for sample in &shop {
        for (number, records) in block_on(load(sample)).iter().enumerate() {
            for record in records {
                let home = homes.entry(record.key.as_ref().unwrap().to_vec()).or_insert(number);
                assert_eq!(*home, number, "{:?} in {}", record.key, sample.topic);
            }
        }
    }
}

#[test]
fn what_is_special_in_the_shop_is_still_so_in_the_log() {
    let samples = samples();
    let of =
        |name: &str| block_on(load(samples.iter().find(|sample| sample.topic == name).unwrap())).concat();
    let orders = of("orders");
    let times =
        |record: &Record, name: &str| record.headers.iter().filter(|header| header.key == name).count();
    assert!(orders.iter().any(|record| record.value.is_none()), "a tombstone");
    assert!(orders.iter().any(|record| times(record, "via") == 2), "a header twice");
    let null = |record: &Record| record.headers.iter().any(|header| header.value.is_none());
    assert!(orders.iter().any(null), "a header without a value");
    let first = &of("payments")[..];
    let digits = first.iter().filter_map(|record| record.value.as_deref()).any(|value| {
        // Past 2^53, where a double would round it to …640.
        value
            .windows(br#""payment":7264918273640073898,"#.len())
            .any(|window| window == br#""payment":7264918273640073898,"#)
    });
    assert!(digits, "an id of 64 bits, to the last digit");
}
