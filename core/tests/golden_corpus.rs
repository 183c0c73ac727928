//! Files that Apache Kafka wrote, read by us and by Kafka's own classes: both must agree on every field of every record.
//! `cargo xtask golden` makes the corpus; `tests/golden/README.md` tells what is in it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;

use std::collections::BTreeSet;

use futures_executor::block_on;
use golden::{GoldenBatch, GoldenLog, assert_bytes, int, logs};
use serde_json::Value;
use tablog_core::ids::Timestamp;
use tablog_core::record::{Compression, Record, RecordBatch, TimestampType};
use tablog_core::segment::{LogFile, MemoryFile};
use tablog_core::source::{Damage, Source};

/// What cannot be read yet, by format and codec, and the very words that say so. An entry that reading has overtaken fails
/// the test, and so does one that no file of the corpus needs: take it out then.
const NOT_YET: &[(i64, &str, &str)] = &[
    (1, "none", FORMAT_1),
    (1, "gzip", FORMAT_1),
    (1, "snappy", FORMAT_1),
    (1, "lz4", FORMAT_1),
    (0, "none", FORMAT_0),
    (0, "gzip", FORMAT_0),
    (0, "snappy", FORMAT_0),
    (0, "lz4", FORMAT_0),
];
const FORMAT_0: &str =
    "was written before Kafka 0.11 (message format 0): such message sets are not readable yet";
const FORMAT_1: &str =
    "was written before Kafka 0.11 (message format 1): such message sets are not readable yet";

fn not_yet(batch: &GoldenBatch) -> Option<&'static str> {
    let (magic, codec) = (batch.int("magic"), batch.text("codec"));
    // Nothing is compressed in a batch that compaction emptied.
    let empty = magic == 2 && batch.records.is_empty();
    NOT_YET.iter().find(|it| (it.0, it.1) == (magic, codec) && !empty).map(|it| it.2)
}

fn assert_header(batch: &RecordBatch, expected: &GoldenBatch, place: &str) {
    let header = batch.header();
    let numbers = [
        ("baseOffset", header.base_offset.value()),
        ("lastOffset", header.last_offset().value()),
        ("size", i64::try_from(header.batch_bytes()).unwrap()),
        ("crc", header.crc.into()),
        ("attributes", header.attributes.into()),
        ("baseTimestamp", header.base_timestamp.millis()),
        ("maxTimestamp", header.max_timestamp.millis()),
        ("producerId", header.producer_id),
        ("producerEpoch", header.producer_epoch.into()),
        ("baseSequence", header.base_sequence.into()),
        ("partitionLeaderEpoch", header.partition_leader_epoch.into()),
        ("count", header.record_count.into()),
    ];
    for (field, ours) in numbers {
        assert_eq!(ours, expected.int(field), "{place}: {field}");
    }
    assert_eq!(header.is_transactional(), expected.flag("transactional"), "{place}");
    assert_eq!(header.is_control(), expected.flag("control"), "{place}");
    assert_eq!(header.compression().to_string(), expected.text("codec"), "{place}");
    assert_eq!(format!("{:?}", header.timestamp_type()), expected.text("timestampType"), "{place}");
    let horizon = header.delete_horizon().map(Timestamp::millis);
    assert_eq!(horizon, expected.fields["deleteHorizonMs"].as_i64(), "{place}: delete horizon");
    assert_eq!(batch.verify_crc().is_ok(), expected.flag("valid"), "{place}: CRC");
    if header.timestamp_type() == TimestampType::LogAppendTime {
        let same = |record| int(record, "timestamp") == header.max_timestamp.millis();
        assert!(expected.records.iter().all(same), "{place}");
    }
}

fn assert_record(ours: &Record, kafkas: &Value, place: &str) {
    let place = format!("{place}, record at offset {}", int(kafkas, "offset"));
    assert_eq!(ours.offset.value(), int(kafkas, "offset"), "{place}");
    assert_eq!(ours.timestamp.millis(), int(kafkas, "timestamp"), "{place}");
    assert_bytes(ours.key.as_ref(), &kafkas["key"], &place);
    assert_bytes(ours.value.as_ref(), &kafkas["value"], &place);
    let none = Vec::new();
    let headers = kafkas["headers"].as_array().unwrap_or(&none);
    assert_eq!(ours.headers.len(), headers.len(), "{place}");
    for (ours, kafkas) in ours.headers.iter().zip(headers) {
        assert_eq!(ours.key, kafkas["key"].as_str().unwrap(), "{place}");
        assert_bytes(ours.value.as_ref(), &kafkas["value"], &place);
    }
}

/// Compares one batch with its records, or sees that it is refused in the words of [`NOT_YET`]; returns those then.
fn assert_batch(batch: &RecordBatch, expected: &GoldenBatch, place: &str) -> Option<&'static str> {
    assert_header(batch, expected, place);
    let records = batch.records().and_then(Iterator::collect::<Result<Vec<Record>, _>>);
    let Some(words) = not_yet(expected) else {
        let records = records.unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(records.len(), expected.records.len(), "{place}");
        records.iter().zip(&expected.records).for_each(|(ours, kafkas)| assert_record(ours, kafkas, place));
        return None;
    };
    let error = records.expect_err("it can be read now: take it out of NOT_YET").to_string();
    assert_eq!(error, format!("the batch at offset {} {words}", expected.int("baseOffset")), "{place}");
    Some(words)
}

/// The batches that make up a log which can be read; the old formats' messages are refused log by log.
fn batches_of_today(log: &GoldenLog) -> Vec<&GoldenBatch> {
    log.batches.iter().filter(|batch| batch.int("magic") == 2 || not_yet(batch).is_none()).collect()
}

fn assert_needed(is_meant: impl Fn(i64) -> bool, refused: &BTreeSet<(i64, String)>) {
    let entries = NOT_YET.iter().filter(|it| is_meant(it.0)).map(|it| (it.0, it.1.to_owned()));
    let idle: Vec<_> = entries.filter(|entry| !refused.contains(entry)).collect();
    assert_eq!(idle, [], "nothing in the corpus needs these entries of NOT_YET");
}

#[test]
fn every_record_that_kafka_wrote_is_read_as_kafka_reads_it() {
    let (mut records, mut refused) = (0, BTreeSet::new());
    for log in logs().iter().filter(|log| log.batches.iter().all(|batch| batch.int("magic") == 2)) {
        let readable = log.bytes.slice(..log.stops_at.unwrap_or(log.bytes.len()));
        let batches =
            RecordBatch::parse_all(readable).unwrap_or_else(|error| panic!("{}: {error}", log.name));
        assert_eq!(batches.len(), log.batches.len(), "{}", log.name);
        let mut position = 0;
        for (batch, expected) in batches.iter().zip(&log.batches) {
            let place = format!("{} at byte {position}", log.name);
            assert_eq!(position, expected.int("position"), "{place}");
            position += i64::try_from(batch.bytes().len()).unwrap();
            match assert_batch(batch, expected, &place) {
                None => records += expected.records.len(),
                Some(_) => {
                    refused.insert((2, expected.text("codec").to_owned()));
                }
            }
        }
    }
    assert!(records > 1_000, "only {records} records were compared: is the corpus there?");
    assert_needed(|magic| magic == 2, &refused);
}

#[test]
fn every_file_that_kafka_wrote_is_a_source_with_kafkas_batches() {
    let mut refused = BTreeSet::new();
    for golden in logs() {
        let old = golden.batches.iter().filter(|it| it.int("magic") < 2 && not_yet(it).is_some());
        refused.extend(old.map(|it| (it.int("magic"), it.text("codec").to_owned())));
        let file = MemoryFile::new(golden.name.clone(), golden.bytes.clone());
        match block_on(LogFile::open(file)) {
            Ok(log) => block_on(assert_source(&log, &golden)),
            Err(error) => {
                let words = golden.batches.first().and_then(not_yet).unwrap_or("should be readable");
                assert_eq!(error.to_string(), format!("{} {words}", golden.name));
                assert!(batches_of_today(&golden).is_empty(), "{}", golden.name);
            }
        }
    }
    assert_needed(|magic| magic < 2, &refused);
}

async fn assert_source(log: &LogFile<MemoryFile>, golden: &GoldenLog) {
    let name = &golden.name;
    while !log.index_step().await.unwrap().done {}
    let report = log.report();
    let batches = batches_of_today(golden);
    assert_eq!(report.batches, u64::try_from(batches.len()).unwrap(), "{name}");
    let compressed = batches.iter().filter(|it| it.text("codec") != Compression::None.to_string());
    assert_eq!(report.compressed_batches, u64::try_from(compressed.count()).unwrap(), "{name}");
    let bounds = log.bounds(log.partition()).await.unwrap();
    let mut from = bounds.log_start_offset;
    let mut expected = batches.iter();
    while from < bounds.high_watermark {
        let fetched = log.fetch(log.partition(), from, 1 << 20).await.unwrap();
        for batch in &fetched.batches {
            let kafkas = expected.next().unwrap_or_else(|| panic!("{name}: a batch too many"));
            assert_batch(batch, kafkas, &format!("{name} at offset {}", batch.base_offset()));
        }
        assert!(fetched.next_offset > from, "{name}");
        from = fetched.next_offset;
    }
    assert!(expected.next().is_none(), "{name}: a batch is missing");
    let is_whole = golden.stops_at.is_none() && batches.len() == golden.batches.len();
    // Of one gap alone in a file, as compaction leaves it too, the report says that it may be either.
    let is_doubt =
        |damage: &Damage| damage.cause.starts_with("no batch holds these offsets: either compaction");
    let finds_nothing = report.damage.iter().all(is_doubt) && report.zeros_from_bytes.is_none();
    assert_eq!(is_whole, finds_nothing, "{name}: {report:?}");
}
