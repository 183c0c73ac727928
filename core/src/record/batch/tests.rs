//! What the codec promises, over arbitrary records and over damaged bytes.

mod compressed;
mod refused;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::record::{Header, NewRecord, Record};

fn any_bytes() -> impl Strategy<Value = Bytes> {
    prop_oneof![vec(any::<u8>(), 0..4), vec(any::<u8>(), 60..70), vec(any::<u8>(), 0..300)]
        .prop_map(Bytes::from)
}

fn any_header() -> impl Strategy<Value = Header> {
    // Few names, so that some repeat.
    let name = prop_oneof![Just(Bytes::from_static(b"a")), any_bytes()];
    (name, option::of(any_bytes())).prop_map(|(key, value)| Header { key, value })
}

fn any_timestamp() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX),
        Just(-1),
        1_700_000_000_000_i64..1_700_000_100_000,
    ]
    .prop_map(Timestamp::from_millis)
}

/// Records from an offset on, with gaps.
fn any_records() -> impl Strategy<Value = (Offset, Vec<Record>)> {
    let record = (0..1_000_i64, any_timestamp(), option::of(any_bytes()), option::of(any_bytes()))
        .prop_flat_map(|parts| (Just(parts), vec(any_header(), 0..4)));
    (0..i64::MAX / 2, vec(record, 0..8)).prop_map(|(base, parts)| {
        let mut next = Offset::new(base);
        let records = parts.into_iter().map(|((gap, timestamp, key, value), headers)| {
            let offset = next.advance(gap);
            next = offset.next();
            Record { offset, timestamp, key, value, headers }
        });
        (Offset::new(base), records.collect())
    })
}

fn read(batch: &RecordBatch) -> Result<Vec<Record>, BatchError> {
    batch.records()?.collect()
}

fn batch_of(base_offset: Offset, records: &[Record]) -> RecordBatch {
    let mut builder = BatchBuilder::at(base_offset);
    for record in records {
        builder.try_push_record(record).unwrap();
    }
    builder.build()
}

fn value(text: &str) -> NewRecord {
    NewRecord { value: Some(Bytes::copy_from_slice(text.as_bytes())), ..NewRecord::default() }
}

fn small_batch() -> RecordBatch {
    let headers = vec![
        Header { key: Bytes::from_static(b"h"), value: None },
        Header { key: Bytes::from_static(b"h"), value: Some(Bytes::new()) },
    ];
    let first = NewRecord { key: Some(Bytes::from_static(b"key")), headers, ..value("first") };
    let mut builder = BatchBuilder::at(Offset::new(7)).producer(9, 1, 5);
    builder.try_push(&first, Timestamp::from_millis(1_000)).unwrap();
    builder.try_push(&value("second"), Timestamp::from_millis(990)).unwrap();
    builder.build()
}

/// Everything that a reader may ask of bytes; the records and the fields outside of the CRC.
fn read_all(bytes: Bytes) -> Result<(BatchHeader, Vec<Record>), BatchError> {
    let batch = RecordBatch::parse(bytes)?;
    batch.verify_crc()?;
    Ok((*batch.header(), read(&batch)?))
}

proptest! {
    #[test]
    fn records_read_back_as_they_were_written((base, records) in any_records()) {
        let batch = batch_of(base, &records);
        let parsed = RecordBatch::parse(batch.bytes().clone()).unwrap();
        prop_assert_eq!(&parsed, &batch);
        prop_assert_eq!(parsed.verify_crc(), Ok(()));
        prop_assert_eq!(read(&parsed).unwrap(), records.clone());
        prop_assert_eq!(parsed.base_offset(), base);
        prop_assert_eq!(parsed.last_offset(), records.last().map_or(base, |record| record.offset));
        prop_assert_eq!(parsed.header().record_count, i32::try_from(records.len()).unwrap());
        if let Some(max) = records.iter().map(|record| record.timestamp).max() {
            prop_assert_eq!(parsed.header().max_timestamp, max);
        }
    }

    #[test]
    fn views_show_the_same_as_records((base, records) in any_records()) {
        let batch = batch_of(base, &records);
        let views: Vec<Record> = batch.open().unwrap().views().map(|view| {
            let view = view.unwrap();
            Record {
                offset: view.offset,
                timestamp: view.timestamp,
                key: view.key.map(Bytes::copy_from_slice),
                value: view.value.map(Bytes::copy_from_slice),
                headers: view.headers.map(|(key, value)| Header {
                    key: Bytes::copy_from_slice(key),
                    value: value.map(Bytes::copy_from_slice),
                }).collect(),
            }
        }).collect();
        prop_assert_eq!(views, records);
    }

    #[test]
    fn a_batch_made_like_another_with_all_its_records_is_identical(
        (base, records) in any_records(),
        producer in any::<(i64, i16, i32)>(),
        epoch in any::<i32>(),
        bits in any::<(bool, bool)>(),
        horizon in option::of(any_timestamp()),
    ) {
        let mut builder = BatchBuilder::at(base).producer(producer.0, producer.1, producer.2).leader_epoch(epoch);
        builder = if bits.0 { builder.transactional() } else { builder };
        builder = if bits.1 { builder.control() } else { builder };
        builder = if let Some(horizon) = horizon { builder.delete_horizon(horizon) } else { builder };
        for record in &records {
            builder.try_push_record(record).unwrap();
        }
        let batch = builder.build();
        let header = RecordBatch::parse_header(batch.bytes()).unwrap();
        prop_assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), producer);
        prop_assert_eq!(header.partition_leader_epoch, epoch);
        prop_assert_eq!((header.is_transactional(), header.is_control()), bits);
        prop_assert_eq!(header.delete_horizon(), horizon);
        prop_assert_eq!(read(&batch).unwrap(), records.clone());
        let mut again = BatchBuilder::like(&header);
        for record in &records {
            again.try_push_record(record).unwrap();
        }
        prop_assert_eq!(again.build(), batch);
    }

    #[test]
    fn the_size_is_known_before_a_record_is_pushed(
        timestamp in option::of(any_timestamp()),
        now in any_timestamp(),
        key in option::of(any_bytes()),
        headers in vec(any_header(), 0..3),
        earlier in 0..3_usize,
    ) {
        let record = NewRecord { timestamp, key, value: None, headers };
        let mut builder = BatchBuilder::new();
        for _ in 0..earlier {
            builder.try_push(&value("x"), Timestamp::from_millis(5)).unwrap();
        }
        let expected = builder.bytes_len_with(&record, now);
        builder.try_push(&record, now).unwrap();
        prop_assert_eq!(builder.bytes_len(), expected);
        prop_assert_eq!(builder.build().bytes().len(), expected);
        let mut alone = BatchBuilder::new();
        alone.try_push(&record, now).unwrap();
        prop_assert_eq!(alone.bytes_len(), BatchBuilder::bytes_of_one(&record));
    }

    #[test]
    fn any_bytes_are_read_without_panic(mut bytes in vec(any::<u8>(), 0..400), as_batch in any::<bool>()) {
        if as_batch && bytes.len() >= BATCH_HEADER_BYTES {
            // Past the checks of the header, so that the records are reached.
            let length = i32::try_from(bytes.len() - LENGTH_FIELD_END).unwrap();
            let header = BatchHeader { batch_length: length, last_offset_delta: 90, record_count: 3, ..BatchHeader::default() };
            bytes[..BATCH_HEADER_BYTES].copy_from_slice(&header.encode());
        }
        if let Ok(batch) = RecordBatch::parse(bytes.into())
            && let Ok(records) = batch.records()
        {
            prop_assert!(records.count() <= 4);
        }
    }

    #[test]
    fn damaged_records_never_cost_more_than_their_bytes(
        at in 0..200_usize, byte in any::<u8>(), count in any::<i32>(),
    ) {
        let mut bytes = small_batch().bytes().to_vec();
        let body = BATCH_HEADER_BYTES + at % (bytes.len() - BATCH_HEADER_BYTES);
        bytes[body] = byte;
        bytes[57..61].copy_from_slice(&count.to_be_bytes());
        if let Ok(batch) = RecordBatch::parse(bytes.into()) {
            let records: Vec<_> = batch.records().unwrap().collect();
            prop_assert!(records.len() <= 10);
        }
    }
}

#[test]
fn every_flipped_byte_is_noticed_or_lies_outside_of_the_crc() {
    let batch = small_batch();
    let (header, records) = read_all(batch.bytes().clone()).unwrap();
    for at in 0..batch.bytes().len() {
        for flip in 1..=u8::MAX {
            let mut bytes = batch.bytes().to_vec();
            bytes[at] ^= flip;
            let Ok((flipped, mut read)) = read_all(bytes.into()) else {
                continue;
            };
            assert!(at < 8 || (12..16).contains(&at), "a flip at byte {at} went by");
            let moved = flipped.base_offset.distance_from(header.base_offset);
            for record in &mut read {
                record.offset = record.offset.advance(-moved);
            }
            assert_eq!(read, records);
            let restored = BatchHeader {
                base_offset: header.base_offset,
                partition_leader_epoch: header.partition_leader_epoch,
                ..flipped
            };
            assert_eq!(restored, header);
        }
    }
}

#[test]
fn every_truncation_is_noticed() {
    let batch = small_batch();
    for bytes_len in 0..batch.bytes().len() {
        let cut = RecordBatch::parse(batch.bytes().slice(..bytes_len));
        assert!(
            matches!(cut, Err(BatchError::Truncated { available, .. }) if available == bytes_len),
            "{cut:?}"
        );
    }
}

#[test]
fn bytes_after_the_batch_are_left_out_and_a_row_is_read_to_its_end() {
    let batch = small_batch();
    let next = BatchBuilder::at(batch.next_offset()).build();
    let row = Bytes::from([batch.bytes().as_ref(), next.bytes().as_ref()].concat());
    assert_eq!(RecordBatch::parse(row.clone()), Ok(batch.clone()));
    assert_eq!(RecordBatch::parse_all(row.clone()), Ok(vec![batch, next]));
    assert_eq!(RecordBatch::parse_all(Bytes::new()), Ok(vec![]));
    let cut = row.slice(..row.len() - 1);
    assert_eq!(RecordBatch::parse_all(cut), Err(BatchError::Truncated { needed: 61, available: 60 }));
}

#[test]
fn null_and_empty_are_different_everywhere() {
    let empty = Some(Bytes::new());
    let header = |value| Header { key: Bytes::new(), value };
    let all_null = NewRecord { headers: vec![header(None)], ..NewRecord::default() };
    let all_empty = NewRecord {
        key: empty.clone(),
        value: empty.clone(),
        headers: vec![header(empty.clone())],
        ..NewRecord::default()
    };
    let mut builder = BatchBuilder::new();
    builder.try_push(&all_null, Timestamp::NONE).unwrap();
    builder.try_push(&all_empty, Timestamp::NONE).unwrap();
    let records = read(&builder.build()).unwrap();
    assert_eq!((&records[0].key, &records[0].value, &records[0].headers[0].value), (&None, &None, &None));
    assert_eq!((&records[1].key, &records[1].value, &records[1].headers[0].value), (&empty, &empty, &empty));
}

#[test]
fn the_base_offset_and_the_leader_epoch_move_without_a_new_crc() {
    let batch = small_batch();
    let moved = batch.clone().with_base_offset(Offset::new(i64::MAX - 5)).with_leader_epoch(3);
    assert_eq!(moved.header().crc, batch.header().crc);
    assert_eq!(RecordBatch::parse(moved.bytes().clone()).as_ref(), Ok(&moved));
    assert_eq!(moved.verify_crc(), Ok(()));
    assert_eq!(read(&moved).unwrap()[1].offset, Offset::new(i64::MAX - 4));
    assert_eq!(moved.header().partition_leader_epoch, 3);
    assert_eq!(moved.bytes()[BATCH_HEADER_BYTES..], batch.bytes()[BATCH_HEADER_BYTES..]);
    // The one that it was copied from stays as it was.
    assert_eq!(batch, small_batch());
}

#[test]
fn log_append_time_stands_for_every_records_own_time() {
    let time = Timestamp::from_millis(77);
    let batch = small_batch().with_log_append_time(time);
    assert_eq!(batch.verify_crc(), Ok(()));
    assert_eq!(batch.timestamp_type(), TimestampType::LogAppendTime);
    let parsed = RecordBatch::parse(batch.bytes().clone()).unwrap();
    assert_eq!(parsed, batch);
    assert!(read(&parsed).unwrap().iter().all(|record| record.timestamp == time));
    assert_eq!(parsed.header().base_timestamp, small_batch().header().base_timestamp);
}

#[test]
fn an_empty_batch_keeps_its_offsets() {
    let empty = BatchBuilder::at(Offset::new(41)).build();
    let parsed = RecordBatch::parse(empty.bytes().clone()).unwrap();
    assert_eq!(parsed.next_offset(), Offset::new(42));
    assert_eq!(parsed.records().unwrap().count(), 0);
    let emptied = BatchBuilder::like(small_batch().header()).build();
    let parsed = RecordBatch::parse(emptied.bytes().clone()).unwrap();
    assert_eq!(parsed.verify_crc(), Ok(()));
    assert_eq!((parsed.base_offset(), parsed.last_offset()), (Offset::new(7), Offset::new(8)));
    assert_eq!(parsed.header().max_timestamp, Timestamp::from_millis(1_000));
    assert_eq!(parsed.records().unwrap().count(), 0);
}
