//! Batches that Kafka 4.1's own Java client made (`MemoryRecordsBuilder` and `DefaultRecordBatch.writeEmptyHeader` of
//! kafka-clients 4.1.0), and what is in them. Read, checked, and made again byte for byte.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use bytes::Bytes;
use tablog_core::ids::{Offset, Timestamp};
use tablog_core::record::{BatchBuilder, Compression, Header, Record, RecordBatch, TimestampType};

/// A transactional batch: duplicate headers, a null and an empty one, null and empty keys and values, gaps, times that go back.
const CREATE_TIME: &str = "\
    00000000000003e8000000bd00000005024b6cbf8600100000012c0000018bcfe5687b0000018bcfe6c79000000000000000\
    4d0003000000090000000446000000066b65790a76616c756508026102310262010261000e6772c3b6c39f6504c3bc0c002d\
    020100001000aafc0a0a000100ac0100f5a1abfef962d80406ff00fe8c017878787878787878787878787878787878787878\
    7878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878787878\
    00";
const LOG_APPEND_TIME: &str = "\
    000000000000000700000043ffffffff028811ee1100080000000100000000000000010000018bcfe56be7ffffffffffffff\
    ffffffffffffff0000000210000000026b02760010000202026b027700";
const COMMIT_MARKER: &str = "\
    000000000000001400000042000000000281165ece0030000000000000018bcfe568000000018bcfe5680000000000000000\
    4d0003ffffffff000000012000000008000000010c00000000000400";
const DELETE_HORIZON: &str = "\
    000000000000001e0000003e0000000202e65e48d60040000000010000018bcfed09200000018bcfe56800ffffffffffffff\
    ffffffffffffff000000011800bf843d0208676f6e650100";
const EMPTIED: &str = "\
    0000000000000028000000310000000602c355fbe2001000000009ffffffffffffffff0000018bcfe5680000000000000000\
    0500010000000300000000";
const GZIP: &str = "\
    00000000000000030000004effffffff025f2e0c2a00010000000000000000000000050000000000000005ffffffffffffff\
    ffffffffffffff000000011f8b08000000000000ff1360606060ca662a630000a37fcfa609000000";
const SNAPPY: &str = "\
    000000000000000300000050ffffffff0233b04a1300020000000000000000000000050000000000000005ffffffffffffff\
    ffffffffffffff0000000182534e415050590000000001000000010000000b092010000000026b027600";
const LZ4: &str = "\
    000000000000000300000049ffffffff0215cc078f00030000000000000000000000050000000000000005ffffffffffffff\
    ffffffffffffff0000000104224d186040820900008010000000026b02760000000000";
const ZSTD: &str = "\
    000000000000000300000046ffffffff02f98dbc3100040000000000000000000000050000000000000005ffffffffffffff\
    ffffffffffffff0000000128b52ffd005848000010000000026b027600010000";

fn parse(hex: &str) -> RecordBatch {
    let digits: Vec<u8> = hex.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect();
    let batch = RecordBatch::parse(bytes.into()).unwrap();
    batch.verify_crc().unwrap();
    batch
}

fn records(batch: &RecordBatch) -> Vec<Record> {
    batch.records().unwrap().collect::<Result<_, _>>().unwrap()
}

fn text(text: &'static str) -> Option<Bytes> {
    Some(Bytes::from_static(text.as_bytes()))
}

fn record(offset: i64, millis: i64, key: Option<Bytes>, value: Option<Bytes>) -> Record {
    let (offset, timestamp) = (Offset::new(offset), Timestamp::from_millis(millis));
    Record { offset, timestamp, key, value, headers: Vec::new() }
}

fn made_again(batch: &RecordBatch) -> RecordBatch {
    let mut builder = BatchBuilder::like(batch.header());
    for record in records(batch) {
        builder.try_push_record(&record).unwrap();
    }
    builder.build()
}

#[test]
fn what_kafka_wrote_is_read() {
    let batch = parse(CREATE_TIME);
    let header = |key: &'static str, value| Header { key: Bytes::from_static(key.as_bytes()), value };
    let headers =
        vec![header("a", text("1")), header("b", None), header("a", text("")), header("größe", text("ü"))];
    let first = record(1_000, 1_700_000_000_123, text("key"), text("value"));
    assert_eq!(
        records(&batch),
        [
            Record { headers, ..first },
            record(1_001, 1_700_000_000_100, None, text("")),
            record(1_005, 1_700_000_090_000, text(""), None),
            record(1_300, 0, Some(Bytes::from_static(&[0xFF, 0, 0xFE])), Some("x".repeat(70).into())),
        ]
    );
    let header = batch.header();
    assert_eq!((header.producer_id, header.producer_epoch, header.base_sequence), (77, 3, 9));
    assert_eq!((header.partition_leader_epoch, header.last_offset_delta), (5, 300));
    assert_eq!(header.max_timestamp, Timestamp::from_millis(1_700_000_090_000));
    assert!(batch.is_transactional() && !batch.is_control());
    assert_eq!(batch.timestamp_type(), TimestampType::CreateTime);
}

#[test]
fn log_append_time_markers_and_horizons_are_read() {
    let batch = parse(LOG_APPEND_TIME);
    assert_eq!(batch.timestamp_type(), TimestampType::LogAppendTime);
    let times: Vec<i64> = records(&batch).iter().map(|record| record.timestamp.millis()).collect();
    assert_eq!(times, [1_700_000_000_999; 2]);

    let batch = parse(COMMIT_MARKER);
    assert!(batch.is_transactional() && batch.is_control());
    assert_eq!(records(&batch)[0].key, Some(Bytes::from_static(&[0, 0, 0, 1])));

    let batch = parse(DELETE_HORIZON);
    assert_eq!(batch.header().delete_horizon(), Some(Timestamp::from_millis(1_700_000_500_000)));
    assert_eq!(records(&batch), [record(31, 1_700_000_000_000, text("gone"), None)]);

    let batch = parse(EMPTIED);
    assert_eq!((batch.base_offset(), batch.last_offset()), (Offset::new(40), Offset::new(49)));
    assert_eq!(records(&batch), []);
}

#[test]
fn making_kafkas_batches_again_gives_kafkas_bytes() {
    for hex in [CREATE_TIME, COMMIT_MARKER, DELETE_HORIZON, EMPTIED] {
        let batch = parse(hex);
        assert_eq!(made_again(&batch), batch, "{hex}");
    }
    // The producer's times are gone once the log's time stands for them.
    let batch = parse(LOG_APPEND_TIME);
    assert_eq!(records(&made_again(&batch)), records(&batch));
    assert_eq!(made_again(&batch).bytes().len(), batch.bytes().len());
}

#[test]
fn making_a_batch_from_nothing_gives_kafkas_bytes() {
    let kafkas = parse(CREATE_TIME);
    let mut builder = BatchBuilder::at(Offset::new(1_000)).producer(77, 3, 9).leader_epoch(5).transactional();
    for record in records(&kafkas) {
        builder.try_push_record(&record).unwrap();
    }
    assert_eq!(builder.build(), kafkas);
    let kafkas = parse(DELETE_HORIZON);
    let horizon = Timestamp::from_millis(1_700_000_500_000);
    let mut builder = BatchBuilder::at(Offset::new(30)).leader_epoch(2).delete_horizon(horizon);
    builder.try_push_record(&records(&kafkas)[0]).unwrap();
    assert_eq!(builder.build(), kafkas);
}

/// Each with one record: offset 3, time 5, key "k", value "v".
const COMPRESSED: [(&str, Compression); 4] = [
    (GZIP, Compression::Gzip),
    (SNAPPY, Compression::Snappy),
    (LZ4, Compression::Lz4),
    (ZSTD, Compression::Zstd),
];

#[test]
fn every_codec_of_kafka_is_read() {
    for (hex, codec) in COMPRESSED {
        let batch = parse(hex);
        assert_eq!(batch.compression(), codec);
        assert_eq!(records(&batch), [record(3, 5, text("k"), text("v"))], "{codec}");
    }
}

#[test]
fn packing_with_any_codec_but_zstd_gives_kafkas_bytes() {
    // zstd leaves the encoder more to choose, and ours adds a checksum.
    for (hex, codec) in COMPRESSED {
        let kafkas = parse(hex);
        let mut builder = BatchBuilder::like(kafkas.header());
        builder.try_push_record(&records(&kafkas)[0]).unwrap();
        let ours = builder.build_compressed(codec).unwrap();
        assert_eq!(records(&ours), records(&kafkas));
        assert_eq!(ours == kafkas, codec != Compression::Zstd, "{codec}");
    }
}

#[test]
fn kafkas_compressed_bytes_cut_or_changed_anywhere_are_refused_or_read_in_bounds() {
    const BYTES_MAX: usize = 64 * 1024;
    for (hex, codec) in COMPRESSED {
        let data = parse(hex).bytes().slice(61..);
        let whole = codec.decompress(&data, BYTES_MAX).unwrap();
        for cut in 0..data.len() {
            let cut = codec.decompress(&data.slice(..cut), BYTES_MAX);
            assert!(cut.is_err() || codec == Compression::Snappy && cut.unwrap().is_empty(), "{codec}");
        }
        for at in 0..data.len() {
            for change in 1..=u8::MAX {
                let mut bytes = data.to_vec();
                bytes[at] ^= change;
                if let Ok(read) = codec.decompress(&bytes.into(), BYTES_MAX) {
                    // Only gzip's member ends with a checksum of what it holds.
                    assert!(codec != Compression::Gzip || read == whole, "{codec}: byte {at} ^ {change}");
                    assert!(read.len() <= BYTES_MAX);
                }
            }
        }
    }
}
