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
use tablog_core::segment::{LogFile, MemoryFile, OpenLogError};
use tablog_core::source::Source;

/// What cannot be read yet, by format and codec, and the very words that say so. An entry that reading has overtaken fails
/// the test, and so does one that no file of the corpus needs: take it out then.
const NOT_YET: &[(i64, &str, &str)] = &[
    (2, "gzip", "is compressed with gzip, which this version cannot read yet"),
    (2, "snappy", "is compressed with snappy, which this version cannot read yet"),
    (2, "lz4", "is compressed with lz4, which this version cannot read yet"),
    (2, "zstd", "is compressed with zstd, which this version cannot read yet"),
];

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
    if header.delete_horizon().is_none() && expected.int("count") > 0 {
        assert_eq!(header.base_timestamp.millis(), expected.int("baseTimestamp"), "{place}");
    }
    if header.timestamp_type() == TimestampType::LogAppendTime {
        assert!(expected.records.iter().all(|it| int(it, "timestamp") == header.max_timestamp.millis()));
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

fn is_old(log: &GoldenLog) -> bool {
    log.batches.iter().any(|batch| batch.int("magic") < 2)
}

#[test]
fn every_record_that_kafka_wrote_is_read_as_kafka_reads_it() {
    let (mut records, mut refused) = (0, BTreeSet::new());
    for log in logs().iter().filter(|log| !is_old(log)) {
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
                Some(words) => {
                    refused.insert(words);
                }
            }
        }
    }
    assert!(records > 150, "only {records} records were compared: is the corpus there?");
    let needed: Vec<&str> = NOT_YET.iter().map(|it| it.2).filter(|words| !refused.contains(words)).collect();
    assert_eq!(needed, Vec::<&str>::new(), "nothing in the corpus needs these entries of NOT_YET");
}

#[test]
fn every_file_that_kafka_wrote_is_a_source_with_kafkas_batches() {
    for golden in logs() {
        let file = MemoryFile::new(golden.name.clone(), golden.bytes.clone());
        let log = match block_on(LogFile::open(file)) {
            Ok(log) => log,
            Err(OpenLogError::OldFormat { magic, .. }) if is_old(&golden) => {
                assert_eq!(i64::from(magic), golden.batches[0].int("magic"), "{}", golden.name);
                continue;
            }
            Err(error) => panic!("{error}"),
        };
        assert!(!is_old(&golden), "{} can be opened now: compare its records here", golden.name);
        block_on(assert_source(&log, &golden));
    }
}

async fn assert_source(log: &LogFile<MemoryFile>, golden: &GoldenLog) {
    let name = &golden.name;
    while !log.index_step().await.unwrap().done {}
    let report = log.report();
    assert_eq!(report.batches, u64::try_from(golden.batches.len()).unwrap(), "{name}");
    let compressed = golden.batches.iter().filter(|it| it.text("codec") != Compression::None.to_string());
    assert_eq!(report.compressed_batches, u64::try_from(compressed.count()).unwrap(), "{name}");
    let bounds = log.bounds(log.partition()).await.unwrap();
    let mut from = bounds.log_start_offset;
    let mut expected = golden.batches.iter();
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
    if golden.stops_at.is_none() {
        assert_eq!(report.damage, [], "{name}");
        assert_eq!(report.zeros_from_bytes, None, "{name}");
    }
}
