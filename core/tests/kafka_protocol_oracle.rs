//! The crate kafka-protocol as an oracle, both ways: what we write it reads, and what it writes we read.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(not(target_arch = "wasm32"))]

use bytes::{Bytes, BytesMut};
use kafka_protocol::protocol::StrBytes;
use kafka_protocol::records as oracle;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use tablog_core::ids::{Offset, Timestamp};
use tablog_core::record::{BatchBuilder, Compression, Header, Record, RecordBatch};

/// What the two have in common: the oracle keeps headers in a map, so their names are UTF-8 and unique.
#[derive(Clone, Debug)]
struct Case {
    records: Vec<Record>,
    transactional: bool,
    control: bool,
    leader_epoch: i32,
    producer_id: i64,
    producer_epoch: i16,
    base_sequence: i32,
}

fn any_bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..100).prop_map(Bytes::from)
}

fn any_headers() -> impl Strategy<Value = Vec<Header>> {
    vec(option::of(any_bytes()), 0..4).prop_map(|values| {
        let header = |(index, value)| Header { key: format!("header ö {index}").into(), value };
        values.into_iter().enumerate().map(header).collect()
    })
}

fn any_case() -> impl Strategy<Value = Case> {
    // The oracle adds and subtracts timestamps unchecked.
    let record =
        (0..50_i64, -1..i64::MAX / 4, option::of(any_bytes()), option::of(any_bytes()), any_headers());
    let records = (0..i64::MAX / 2, vec(record, 1..6)).prop_map(|(base, parts)| {
        let mut next = base;
        let mut records = Vec::new();
        for (gap, millis, key, value, headers) in parts {
            // The first record's offset is the batch's.
            let offset = if records.is_empty() { base } else { next + gap };
            next = offset + 1;
            let (offset, timestamp) = (Offset::new(offset), Timestamp::from_millis(millis));
            records.push(Record { offset, timestamp, key, value, headers });
        }
        records
    });
    (records, any::<(bool, bool, i32, i64, i16)>(), 0..i32::MAX / 2).prop_map(
        |(records, (transactional, control, leader_epoch, producer_id, producer_epoch), base_sequence)| {
            Case { records, transactional, control, leader_epoch, producer_id, producer_epoch, base_sequence }
        },
    )
}

fn oracles_records(case: &Case) -> Vec<oracle::Record> {
    let base = case.records[0].offset;
    let convert = |record: &Record| oracle::Record {
        transactional: case.transactional,
        control: case.control,
        delete_horizon: false,
        partition_leader_epoch: case.leader_epoch,
        producer_id: case.producer_id,
        producer_epoch: case.producer_epoch,
        timestamp_type: oracle::TimestampType::Creation,
        offset: record.offset.value(),
        sequence: case.base_sequence + i32::try_from(record.offset.distance_from(base)).unwrap(),
        timestamp: record.timestamp.millis(),
        key: record.key.clone(),
        value: record.value.clone(),
        headers: (record.headers.iter())
            .map(|header| (StrBytes::try_from(header.key.clone()).unwrap(), header.value.clone()))
            .collect(),
    };
    case.records.iter().map(convert).collect()
}

const CODECS: [(Compression, oracle::Compression); 5] = [
    (Compression::None, oracle::Compression::None),
    (Compression::Gzip, oracle::Compression::Gzip),
    (Compression::Snappy, oracle::Compression::Snappy),
    (Compression::Lz4, oracle::Compression::Lz4),
    (Compression::Zstd, oracle::Compression::Zstd),
];

proptest! {
    #[test]
    fn what_we_write_the_oracle_reads(case in any_case()) {
        let mut builder = BatchBuilder::at(case.records[0].offset)
            .producer(case.producer_id, case.producer_epoch, case.base_sequence)
            .leader_epoch(case.leader_epoch);
        builder = if case.transactional { builder.transactional() } else { builder };
        builder = if case.control { builder.control() } else { builder };
        for record in &case.records {
            builder.try_push_record(record).unwrap();
        }
        for (codec, named) in CODECS {
            let batch = builder.clone().build_compressed(codec).unwrap();
            let mut bytes = batch.bytes().clone();
            let read = oracle::RecordBatchDecoder::decode(&mut bytes).unwrap();
            prop_assert!(bytes.is_empty());
            prop_assert_eq!(read.compression, named);
            prop_assert_eq!(read.records, oracles_records(&case), "{}", codec);
        }
        let batch = builder.build();
        let info = oracle::RecordBatchDecoder::decode_batch_info(&mut batch.bytes().clone()).unwrap();
        prop_assert_eq!(info[0].record_count, batch.header().record_count);
        prop_assert_eq!(info[0].min_timestamp, batch.header().base_timestamp.millis());
        prop_assert_eq!(info[0].base_sequence, case.base_sequence);
    }

    #[test]
    fn what_the_oracle_writes_we_read(case in any_case()) {
        let written = |compression| {
            let options = oracle::RecordEncodeOptions { version: 2, compression };
            let mut bytes = BytesMut::new();
            oracle::RecordBatchEncoder::encode(&mut bytes, &oracles_records(&case), &options).unwrap();
            RecordBatch::parse(bytes.freeze()).unwrap()
        };
        let batch = written(oracle::Compression::None);
        for (codec, theirs) in CODECS {
            let packed = written(theirs);
            prop_assert_eq!(packed.verify_crc(), Ok(()));
            prop_assert_eq!(packed.compression(), codec);
            prop_assert_eq!(&packed.with_compression(Compression::None).unwrap(), &batch, "{}", codec);
        }
        prop_assert_eq!(batch.verify_crc(), Ok(()));
        let records: Vec<Record> = batch.records().unwrap().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(&records, &case.records);
        let header = batch.header();
        prop_assert_eq!(header.base_offset, case.records[0].offset);
        prop_assert_eq!(header.last_offset(), records.last().unwrap().offset);
        prop_assert_eq!(Some(header.max_timestamp), records.iter().map(|record| record.timestamp).max());
        prop_assert_eq!(Some(header.base_timestamp), records.iter().map(|record| record.timestamp).min());
        prop_assert_eq!(
            (header.producer_id, header.producer_epoch, header.base_sequence),
            (case.producer_id, case.producer_epoch, case.base_sequence)
        );
        prop_assert_eq!(header.partition_leader_epoch, case.leader_epoch);
        prop_assert_eq!((header.is_transactional(), header.is_control()), (case.transactional, case.control));
        // Made again from the header and the records, it has the oracle's bytes.
        let mut builder = BatchBuilder::like(header);
        for record in &records {
            builder.try_push_record(record).unwrap();
        }
        prop_assert_eq!(builder.build(), batch);
    }
}
