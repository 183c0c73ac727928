//! Files that Apache Kafka wrote, read by us and by Kafka's own classes: both must agree on every field of every record.
//! `cargo xtask golden` makes the corpus; `tests/golden/README.md` tells what is in it.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::golden::{GoldenBatch, GoldenLog, assert_bytes, int, logs};
use bytes::Bytes;
use futures_executor::block_on;
use serde_json::Value;
use tablog_core::ids::Timestamp;
use tablog_core::record::{Compression, Record, RecordBatch, TimestampType};
use tablog_core::segment::{LogFile, MemoryFile};
use tablog_core::source::{Damage, Source};

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

/// Compares what the file itself says of a message of the old formats.
fn assert_origin(batch: &RecordBatch, expected: &GoldenBatch, file: &Bytes, place: &str) {
    let origin = batch.origin().unwrap_or_else(|| panic!("{place}: it was no message"));
    let header = origin.header();
    let size = i64::try_from(header.message_bytes()).unwrap();
    let numbers = [
        ("position", i64::try_from(origin.position_bytes()).unwrap()),
        ("size", size),
        ("magic", origin.magic().into()),
        ("crc", header.crc.into()),
        ("attributes", header.attributes.into()),
        ("baseOffset", batch.base_offset().value()),
        ("lastOffset", batch.last_offset().value()),
        ("lastOffset", header.offset.value()),
        ("maxTimestamp", batch.header().max_timestamp.millis()),
    ];
    for (field, ours) in numbers {
        assert_eq!(ours, expected.int(field), "{place}: {field}");
    }
    assert!(expected.flag("valid"), "{place}");
    assert_eq!(header.compression().to_string(), expected.text("codec"), "{place}");
    let times = match origin.magic() {
        0 => "NoTimestampType".to_owned(),
        _ => format!("{:?}", header.timestamp_type()),
    };
    assert_eq!(times, expected.text("timestampType"), "{place}");
    assert_eq!(batch.timestamp_type(), header.timestamp_type(), "{place}");
    let from = usize::try_from(origin.position_bytes()).unwrap();
    assert_eq!(*origin.bytes(), file[from..from + batch.stored_bytes()], "{place}");
    assert_eq!(batch.verify_crc(), Ok(()), "{place}");
    // What was made of it is a batch like any other.
    let again = RecordBatch::parse(batch.bytes().clone()).unwrap();
    assert_eq!((again.header(), again.origin()), (batch.header(), None), "{place}");
}

/// Compares one batch with its records, and the bytes that it was made of with the file.
fn assert_batch(batch: &RecordBatch, expected: &GoldenBatch, file: &Bytes, place: &str) {
    if expected.int("magic") == 2 {
        assert_header(batch, expected, place);
        assert_eq!(batch.origin(), None, "{place}");
    } else {
        assert_origin(batch, expected, file, place);
    }
    let records = batch.records().and_then(Iterator::collect::<Result<Vec<Record>, _>>);
    let records = records.unwrap_or_else(|error| panic!("{place}: {error}"));
    assert_eq!(records.len(), expected.records.len(), "{place}");
    records.iter().zip(&expected.records).for_each(|(ours, kafkas)| assert_record(ours, kafkas, place));
}

#[test]
fn every_record_that_kafka_wrote_is_read_as_kafka_reads_it() {
    let mut records = [0; 3];
    for log in logs() {
        let readable = log.bytes.slice(..log.stops_at.unwrap_or(log.bytes.len()));
        let mut position = 0;
        for expected in &log.batches {
            let place = format!("{} at byte {position}", log.name);
            assert_eq!(i64::try_from(position).unwrap(), expected.int("position"), "{place}");
            let at = u64::try_from(position).unwrap();
            let batch = RecordBatch::parse_any(readable.slice(position..), at)
                .unwrap_or_else(|error| panic!("{place}: {error}"));
            assert_batch(&batch, expected, &readable, &place);
            position += batch.stored_bytes();
            records[usize::try_from(expected.int("magic")).unwrap()] += expected.records.len();
        }
        assert_eq!(position, readable.len(), "{}", log.name);
    }
    let [v0, v1, v2] = records;
    assert!(
        v0 > 100 && v1 > 200 && v2 > 1_000,
        "only {records:?} records were compared: is the corpus there?"
    );
}

#[test]
fn every_file_that_kafka_wrote_is_a_source_with_kafkas_batches() {
    for golden in logs() {
        let file = MemoryFile::new(golden.name.clone(), golden.bytes.clone());
        block_on(async {
            let log = LogFile::open(file).await.unwrap_or_else(|error| panic!("{error}"));
            assert_source(&log, &golden).await;
        });
    }
}

async fn assert_source(log: &LogFile<MemoryFile>, golden: &GoldenLog) {
    let name = &golden.name;
    while !log.index_step().await.unwrap().done {}
    let report = log.report();
    let batches = &golden.batches;
    let count = |is_meant: &dyn Fn(&&GoldenBatch) -> bool| {
        u64::try_from(batches.iter().filter(is_meant).count()).unwrap()
    };
    assert_eq!(report.batches, count(&|_| true), "{name}");
    assert_eq!(report.old_messages, count(&|it| it.int("magic") < 2), "{name}");
    let compressed = count(&|it| it.text("codec") != Compression::None.to_string());
    assert_eq!(report.compressed_batches, compressed, "{name}");
    let bounds = log.bounds(log.partition()).await.unwrap();
    let mut from = bounds.log_start_offset;
    let mut expected = batches.iter();
    while from < bounds.high_watermark {
        let fetched = log.fetch(log.partition(), from, 1 << 20).await.unwrap();
        for batch in &fetched.batches {
            let kafkas = expected.next().unwrap_or_else(|| panic!("{name}: a batch too many"));
            let place = format!("{name} at offset {}", batch.base_offset());
            assert_batch(batch, kafkas, &golden.bytes, &place);
        }
        assert!(fetched.next_offset > from, "{name}");
        from = fetched.next_offset;
    }
    assert!(expected.next().is_none(), "{name}: a batch is missing");
    // Of one gap alone in a file, as compaction leaves it too, the report says that it may be either.
    let is_doubt =
        |damage: &Damage| damage.cause.starts_with("no batch holds these offsets: either compaction");
    let finds_nothing = report.damage.iter().all(is_doubt) && report.zeros_from_bytes.is_none();
    assert_eq!(golden.stops_at.is_none(), finds_nothing, "{name}: {report:?}");
}
