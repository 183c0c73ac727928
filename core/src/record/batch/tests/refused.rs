//! What cannot be read, and what cannot be put in: each with its numbers.

use super::*;

/// The small batch with its header changed, and a CRC that fits.
fn with_header(change: impl FnOnce(&mut BatchHeader)) -> Result<RecordBatch, BatchError> {
    let mut bytes = small_batch().bytes().to_vec();
    let mut header = *small_batch().header();
    change(&mut header);
    bytes[..BATCH_HEADER_BYTES].copy_from_slice(&header.encode());
    RecordBatch::parse(bytes.into()).map(RecordBatch::with_fresh_crc)
}

#[test]
fn records_that_cannot_be_unpacked_say_with_what_and_where() {
    // The records lie there as they are, and the header says otherwise.
    let batch = with_header(|header| header.attributes |= 3).unwrap();
    assert_eq!(batch.compression(), Compression::Lz4);
    assert_eq!(
        batch.records().unwrap_err().to_string(),
        "the batch at offset 7: its lz4 data cannot be read at byte 0: it is no lz4 frame"
    );
    let unknown = with_header(|header| header.attributes |= 6).unwrap();
    assert_eq!(
        unknown.records().unwrap_err().to_string(),
        "the batch at offset 7: it is compressed with an unknown codec (number 6)"
    );
}

#[test]
fn header_fields_that_cannot_be_are_named() {
    let message = |change: fn(&mut BatchHeader)| with_header(change).unwrap_err().to_string();
    assert_eq!(
        message(|h| h.base_offset = Offset::new(-1)),
        "the batch at offset -1 has an impossible base offset: -1"
    );
    assert!(message(|h| h.batch_length = 48).ends_with("impossible batch length: 48"));
    assert!(message(|h| h.batch_length = -1).ends_with("impossible batch length: -1"));
    assert!(message(|h| h.batch_length = i32::MAX).contains("2147483659 bytes"));
    assert!(message(|h| h.last_offset_delta = -1).ends_with("impossible last offset delta: -1"));
    assert!(message(|h| h.base_offset = Offset::new(i64::MAX)).ends_with("impossible last offset delta: 1"));
    assert!(message(|h| h.record_count = -1).ends_with("impossible record count: -1"));
    assert!(message(|h| h.record_count = 3).ends_with("impossible record count: 3"));
    let packed = |h: &mut BatchHeader| (h.last_offset_delta, h.record_count) = (1_000_000, 1_000_000);
    assert!(message(packed).ends_with("impossible record count: 1000000"));
    let mut old = small_batch().bytes().to_vec();
    old[16] = 1;
    assert_eq!(RecordBatch::parse(old.into()), Err(BatchError::Magic { magic: 1 }));
}

#[test]
fn a_compressed_batch_counts_no_more_records_than_its_bytes_can_hold() {
    // 80 bytes that counted 2,147,483,647 records had room made for all of them, and that killed the engine.
    let crafted = |body_bytes: i32, records: i32| {
        let header = BatchHeader {
            batch_length: 49 + body_bytes,
            attributes: 1,
            last_offset_delta: records - 1,
            record_count: records,
            ..BatchHeader::default()
        };
        BatchHeader::parse(&header.encode())
    };
    for (body_bytes, records) in [(19, i32::MAX), (1, 4_097), (1_000_000, 10_000_001)] {
        let refused = crafted(body_bytes, records);
        let field = "record count";
        assert!(
            matches!(refused, Err(BatchError::Field { field: named, .. }) if named == field),
            "{records}"
        );
    }
    assert_eq!(crafted(1_000_000, 10_000_000).map(|header| header.record_count), Ok(10_000_000));
    assert_eq!(crafted(1, 4_096).map(|header| header.record_count), Ok(4_096));
}

#[test]
fn records_that_the_header_does_not_count_are_an_error() {
    let fewer = with_header(|header| header.record_count = 1).unwrap();
    let results: Vec<_> = fewer.records().unwrap().collect();
    assert_eq!(results.len(), 2);
    assert!(results[0].is_ok());
    assert_eq!(
        results[1].as_ref().unwrap_err().to_string(),
        "the batch at offset 7 has 13 bytes too many after its 1 records"
    );
    let short = with_header(|header| header.last_offset_delta = 0);
    assert!(short.is_err());
}

#[test]
fn a_wrong_offset_or_too_many_headers_are_refused_and_change_nothing() {
    let record = |offset| Record {
        offset: Offset::new(offset),
        timestamp: Timestamp::NONE,
        key: None,
        value: None,
        headers: Vec::new(),
    };
    let mut builder = BatchBuilder::at(Offset::new(10));
    builder.try_push_record(&record(12)).unwrap();
    let before = builder.clone().build();
    for offset in [9, 12, 11, 10 + i64::from(i32::MAX) + 1, i64::MIN] {
        let refused = builder.try_push_record(&record(offset)).unwrap_err();
        assert!(matches!(refused, BatchError::OffsetOutOfBatch { .. }), "{offset}: {refused}");
    }
    let header = Header { key: Bytes::new(), value: None };
    let crowded = NewRecord { headers: vec![header; 100_001], ..NewRecord::default() };
    assert_eq!(
        builder.try_push(&crowded, Timestamp::NONE).unwrap_err().to_string(),
        "record 1 of the batch at offset 10: it counts 100001 headers; at most 100000 are allowed"
    );
    assert_eq!(builder.build(), before);
    let mut last = BatchBuilder::at(Offset::new(10));
    last.try_push_record(&record(10 + i64::from(i32::MAX))).unwrap();
    assert!(last.try_push(&value("x"), Timestamp::NONE).is_err());
    let mut end = BatchBuilder::at(Offset::new(i64::MAX));
    end.try_push(&value("x"), Timestamp::NONE).unwrap();
    assert!(end.try_push(&value("x"), Timestamp::NONE).is_err());
}

#[test]
fn a_batch_over_the_limit_is_refused_with_its_size() {
    let mut builder = BatchBuilder::new();
    let big =
        NewRecord { value: Some(vec![0; crate::limits::BATCH_BYTES_MAX].into()), ..NewRecord::default() };
    let refused = builder.try_push(&big, Timestamp::NONE).unwrap_err().to_string();
    assert_eq!(refused, "the batch at offset 0 takes 268435532 bytes; at most 268435456 are allowed");
}

/// Reads a batch at offset 7, up to offset 9, whose records are these bytes; at least seven for each.
fn first_error(record_count: i32, body: &[u8]) -> String {
    let batch_length = i32::try_from(BATCH_HEADER_BYTES + body.len() - LENGTH_FIELD_END).unwrap();
    let base_offset = Offset::new(7);
    let header = BatchHeader {
        base_offset,
        batch_length,
        record_count,
        last_offset_delta: 2,
        ..BatchHeader::default()
    };
    let batch = RecordBatch::parse([&header.encode(), body].concat().into()).unwrap();
    let results: Vec<_> = batch.records().unwrap().collect();
    assert!(results.iter().rev().skip(1).all(Result::is_ok), "nothing comes after an error");
    let error = results.last().unwrap().as_ref().unwrap_err().to_string();
    assert_eq!(batch.open().unwrap().views().last().unwrap().unwrap_err().to_string(), error);
    error
}

#[test]
fn records_whose_bytes_lie_are_refused_with_the_numbers() {
    // Length, attributes, timestamp delta, offset delta, key, value, headers; -1 is written 1.
    let fine = [12, 0, 0, 0, 1, 1, 0];
    let cases: [(&[u8], &str); 14] = [
        (&[14, 0, 0, 0, 1, 1, 0, 0], "1 bytes are left over after its headers"),
        (&[12, 0, 0, 0, 3, 1, 0], "its key has the length -2"),
        (&[12, 0, 0, 0, 1, 3, 0], "its value has the length -2"),
        (&[12, 0, 0, 0, 10, 1, 0], "its key takes 5 bytes, and 2 are left"),
        (&[12, 0, 0, 0, 1, 4, 0], "its value takes 2 bytes, and 1 are left"),
        (&[1, 0, 0, 0, 1, 1, 0], "its record has the length -1"),
        (&[0, 0, 0, 0, 1, 1, 0], "it ends before its attributes"),
        (&[14, 0, 0, 0, 1, 1, 0], "its record takes 7 bytes, and 6 are left"),
        (&[12, 0, 0, 0, 1, 1, 1], "it counts -1 headers; at most 100000 are allowed"),
        (&[14, 0, 0, 0, 1, 1, 2, 1], "its header key has the length -1"),
        (&[16, 0, 0, 0, 1, 1, 2, 0, 3], "its header value has the length -2"),
        (&[12, 0, 0, 0, 1, 1, 2], "the bytes end within a number"),
        (&[12, 0, 0, 1, 1, 1, 0], "its offset delta is -1, after -1 and with 2 as the batch's last"),
        (&[12, 0, 0, 6, 1, 1, 0], "its offset delta is 3, after -1 and with 2 as the batch's last"),
    ];
    for (body, expected) in cases {
        assert_eq!(
            first_error(1, body),
            format!("record 0 of the batch at offset 7: {expected}"),
            "{body:?}"
        );
    }
    let second = |body: &[u8]| first_error(2, &[&fine, body].concat());
    let same_offset = "its offset delta is 0, after 0 and with 2 as the batch's last";
    assert_eq!(second(&fine), format!("record 1 of the batch at offset 7: {same_offset}"));
    assert_eq!(
        second(&[14, 0, 0, 2, 1, 1, 0]),
        "record 1 of the batch at offset 7: its record takes 7 bytes, and 6 are left"
    );
}
