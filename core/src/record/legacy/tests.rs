use super::*;
use crate::ids::Offset;

/// Makes a message; the CRC is right.
fn message(
    magic: u8,
    attributes: u8,
    offset: i64,
    time: i64,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Bytes {
    let mut body = vec![magic, attributes];
    if magic > 0 {
        body.extend_from_slice(&time.to_be_bytes());
    }
    for field in [key, value] {
        let length = field.map_or(-1, |field| i32::try_from(field.len()).unwrap());
        body.extend_from_slice(&length.to_be_bytes());
        body.extend_from_slice(field.unwrap_or_default());
    }
    around(offset, &body)
}

fn around(offset: i64, body: &[u8]) -> Bytes {
    let mut crc = flate2::Crc::new();
    crc.update(body);
    let mut out = offset.to_be_bytes().to_vec();
    out.extend_from_slice(&i32::try_from(body.len() + 4).unwrap().to_be_bytes());
    out.extend_from_slice(&crc.sum().to_be_bytes());
    out.extend_from_slice(body);
    out.into()
}

fn small(magic: u8, offset: i64) -> Bytes {
    message(magic, 0, offset, 100 + offset, Some(b"k"), Some(b"v"))
}

const GZIP: u8 = 1;

fn wrapper(magic: u8, offset: i64, within: &[Bytes]) -> Bytes {
    let packed = Compression::Gzip.compress(&within.concat()).unwrap();
    message(magic, GZIP, offset, 107, None, Some(&packed))
}

fn read(bytes: &Bytes) -> Result<Vec<(i64, i64)>, BatchError> {
    let batch = RecordBatch::parse_any(bytes.clone(), 0)?;
    assert_eq!(batch.origin().unwrap().bytes(), bytes);
    let records = batch.records()?.map(|record| record.map(|it| (it.offset.value(), it.timestamp.millis())));
    records.collect()
}

fn refused(bytes: &Bytes) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn the_crc_is_the_one_of_zip_and_png() {
    let mut crc = flate2::Crc::new();
    crc.update(b"123456789");
    assert_eq!(crc.sum(), 0xCBF4_3926);
}

#[test]
fn a_message_becomes_a_batch_of_one_record_and_keeps_where_it_comes_from() {
    let bytes = message(1, 0, 42, 7, Some(b""), None);
    let followed = Bytes::from([bytes.to_vec(), vec![1; 9]].concat());
    let batch = RecordBatch::parse_any(followed, 1234).unwrap();
    let records: Vec<Record> = batch.records().unwrap().map(Result::unwrap).collect();
    let expected = Record {
        offset: Offset::new(42),
        timestamp: Timestamp::from_millis(7),
        key: Some(Bytes::new()),
        value: None,
        headers: Vec::new(),
    };
    assert_eq!(records, [expected]);
    let origin = batch.origin().unwrap();
    assert_eq!((origin.magic(), origin.position_bytes(), origin.bytes()), (1, 1234, &bytes));
    assert_eq!((batch.stored_bytes(), origin.header().size), (bytes.len(), 23 - 1));
    // What is changed is no message any more.
    assert_eq!(batch.with_base_offset(Offset::new(1)).origin(), None);
}

#[test]
fn offsets_within_a_wrapper_are_absolute_in_v0_and_relative_in_v1() {
    let v0 = wrapper(0, 42, &[small(0, 40), small(0, 42)]);
    assert_eq!(read(&v0).unwrap(), [(40, -1), (42, -1)]);
    let v1 = wrapper(1, 42, &[small(1, 0), small(1, 1), small(1, 4)]);
    assert_eq!(read(&v1).unwrap(), [(38, 100), (39, 101), (42, 104)]);
    let last = |bytes: &Bytes| {
        let error = refused(bytes);
        assert!(error.contains("which does not go with its own"), "{error}");
    };
    last(&wrapper(0, 41, &[small(0, 40), small(0, 42)]));
    last(&wrapper(1, 3, &[small(1, 0), small(1, 4)]));
}

#[test]
fn the_logs_time_stands_for_that_of_every_message_in_a_wrapper() {
    let packed = Compression::Gzip.compress(&[small(1, 0), small(1, 1)].concat()).unwrap();
    let by_log = message(1, GZIP | TIMESTAMP_TYPE_BIT, 9, 5_000, None, Some(&packed));
    assert_eq!(read(&by_log).unwrap(), [(8, 5_000), (9, 5_000)]);
    let alone = message(1, TIMESTAMP_TYPE_BIT, 9, 5_000, None, None);
    assert_eq!(read(&alone).unwrap(), [(9, 5_000)]);
    assert_eq!(RecordBatch::parse_any(alone, 0).unwrap().timestamp_type(), TimestampType::LogAppendTime);
}

#[test]
fn what_a_right_crc_covers_may_be_wrong_all_the_same() {
    let says = |bytes: &Bytes, words: &str| {
        let error = refused(bytes);
        assert!(error.starts_with("the message at offset 9") && error.contains(words), "{error}");
    };
    let length = |key: i32| {
        let mut body = vec![0, 0];
        body.extend_from_slice(&key.to_be_bytes());
        body.extend_from_slice(&[0xff; 4]);
        around(9, &body)
    };
    says(&length(-2), "its key has the length -2");
    says(&length(i32::MAX), "it ends before its key does");
    says(&length(4), "it ends before its value does");
    says(
        &around(9, &[&small(0, 9)[CRC_FROM..], &[0; 3][..]].concat()),
        "3 bytes are left over after its value",
    );
    says(&message(1, GZIP, 9, 0, None, None), "holds none");
    says(&wrapper(1, 9, &[]), "holds none");
    says(&wrapper(1, 9, &[small(0, 9)]), "a message of format v0 lies within one of v1");
    says(&wrapper(0, 9, &[wrapper(0, 9, &[small(0, 9)])]), "compressed once more");
    says(&wrapper(0, 9, &[small(0, 9), small(0, 9)]), "offset 9 follows 9");
    let mut damaged = small(0, 9).to_vec();
    damaged[20] ^= 1;
    says(
        &wrapper(0, 9, &[small(0, 8), damaged.into()]),
        "28 bytes into its unpacked value cannot be read: its CRC",
    );
    says(&wrapper(0, 9, &[small(0, 9), small(0, 10).slice(..20)]), "it is cut off");
    let packed = message(0, GZIP, 9, 0, None, Some(b"no gzip"));
    assert!(refused(&packed).contains("gzip"), "{}", refused(&packed));
}

#[test]
fn headers_that_cannot_be_are_refused_at_once() {
    let with = |at: usize, bytes: &[u8]| {
        let mut message = small(1, 9).to_vec();
        message[at..at + bytes.len()].copy_from_slice(bytes);
        refused(&message.into())
    };
    assert!(with(0, &[0xff]).contains("impossible offset"));
    assert!(with(8, &21_i32.to_be_bytes()).contains("impossible message size: 21"));
    assert!(with(8, &i32::MAX.to_be_bytes()).contains("at most"));
    assert!(with(8, &100_i32.to_be_bytes()).contains("cut off"));
    assert!(with(17, &[4]).contains("impossible attributes: 4"));
    assert!(with(12, &[0; 4]).contains("its CRC is"));
}
