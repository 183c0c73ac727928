//! Compressed batches on their way into a topic and out of it: what `compression.type` does, and what it leaves alone.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(not(target_arch = "wasm32"))]

use crate::common::{TestBroker, millis, offset, open, partition, topic};
use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::broker::Acks;
use tablog_core::client::{Producer, ProducerRecord};
use tablog_core::ids::{Offset, PartitionId};
use tablog_core::record::{BatchBuilder, Compression, Header, NewRecord, Record, RecordBatch, TimestampType};
use tablog_core::source::Source;
use tablog_core::storage::Storage;
use tablog_core::storage::memory::MemoryStorage;

const CODECS: [Compression; 5] =
    [Compression::None, Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

/// What a topic may say, and what it stores of a batch with some codec.
fn stored_as(compression_type: &str, producers: Compression) -> Compression {
    match compression_type {
        "producer" => producers,
        "uncompressed" => Compression::None,
        codec => Compression::parse(codec).unwrap(),
    }
}

async fn with_topic(configs: &[(&str, &str)]) -> TestBroker<MemoryStorage> {
    let broker = open(MemoryStorage::new(), 1).await;
    let configs: Vec<(String, String)> =
        configs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    broker.create_topic(&topic("t"), 1, &configs).await.unwrap();
    broker
}

/// Records of every kind: null and empty keys and values, repeated headers, times that go back.
fn kinds() -> Vec<NewRecord> {
    let text = |text: &'static str| Some(Bytes::from_static(text.as_bytes()));
    let header = |value| Header { key: Bytes::from_static(b"h"), value };
    let record = |time, key, value, headers| NewRecord { timestamp: Some(millis(time)), key, value, headers };
    vec![
        record(300, text("key"), text("value"), vec![header(None), header(text("1")), header(text(""))]),
        record(100, None, text(""), Vec::new()),
        record(200, text(""), None, Vec::new()),
        record(50, Some(Bytes::from_static(&[0xFF, 0])), Some("again ".repeat(200).into()), Vec::new()),
    ]
}

fn packed(records: &[NewRecord], codec: Compression) -> RecordBatch {
    let mut builder = BatchBuilder::new();
    for record in records {
        builder.try_push(record, millis(0)).unwrap();
    }
    builder.build_compressed(codec).unwrap()
}

async fn stored<S: Storage>(broker: &TestBroker<S>) -> Vec<RecordBatch> {
    let fetched = broker.fetch(&partition("t", 0), offset(0), usize::MAX).await.unwrap();
    assert_eq!(fetched.damage, []);
    fetched.batches
}

fn records(batches: &[RecordBatch]) -> Vec<Record> {
    batches.iter().flat_map(|batch| batch.records().unwrap()).map(Result::unwrap).collect()
}

#[test]
fn a_topics_compression_type_decides_what_is_stored_and_changes_no_record() {
    block_on(async {
        for compression_type in ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"] {
            let broker = with_topic(&[("compression.type", compression_type)]).await;
            for codec in CODECS {
                let batch = packed(&kinds(), codec);
                broker.produce(&partition("t", 0), vec![batch], Acks::All).await.unwrap();
            }
            for ((nth, codec), batch) in (0..).zip(CODECS).zip(stored(&broker).await) {
                let name = format!("{codec} into {compression_type}");
                assert_eq!(batch.compression(), stored_as(compression_type, codec), "{name}");
                assert_eq!(batch.verify_crc(), Ok(()), "{name}");
                let back = batch.clone().with_base_offset(Offset::ZERO).with_leader_epoch(-1);
                // The very bytes that the producer would have sent with that codec.
                assert_eq!(back, packed(&kinds(), batch.compression()), "{name}");
                let offsets: Vec<i64> =
                    records(&[batch]).iter().map(|record| record.offset.value()).collect();
                assert_eq!(offsets, (4 * nth..4 * nth + 4).collect::<Vec<_>>(), "{name}");
            }
        }
    });
}

#[test]
fn a_changed_compression_type_counts_for_what_is_appended_from_then_on() {
    block_on(async {
        let broker = with_topic(&[]).await;
        let mut expected = Vec::new();
        for (value, codec) in [
            (None, Compression::Gzip),
            (Some("lz4"), Compression::Lz4),
            (Some("uncompressed"), Compression::None),
            (None, Compression::Gzip),
        ] {
            let change = [("compression.type".to_owned(), value.map(str::to_owned))];
            broker.alter_configs(&topic("t"), &change).await.unwrap();
            let batch = packed(&kinds(), Compression::Gzip);
            broker.produce(&partition("t", 0), vec![batch], Acks::All).await.unwrap();
            expected.push(codec);
        }
        let codecs: Vec<Compression> = stored(&broker).await.iter().map(RecordBatch::compression).collect();
        assert_eq!(codecs, expected);
    });
}

#[test]
fn max_message_bytes_counts_packed_bytes_before_and_after_packing_anew() {
    block_on(async {
        let long = NewRecord { value: Some("again ".repeat(2_000).into()), ..NewRecord::default() };
        for (compression_type, refused) in [("producer", false), ("zstd", false), ("uncompressed", true)] {
            let configs = [("compression.type", compression_type), ("max.message.bytes", "1000")];
            let broker = with_topic(&configs).await;
            let batch = packed(std::slice::from_ref(&long), Compression::Gzip);
            assert!(batch.bytes().len() < 1_000);
            // Told at once, not only when it is to be stored.
            let at_once = broker.produce(&partition("t", 0), vec![batch.clone()], Acks::None).await;
            assert_eq!(at_once.is_err(), refused, "{compression_type}: {at_once:?}");
            let answer = broker.produce(&partition("t", 0), vec![batch], Acks::All).await;
            assert_eq!(answer.is_err(), refused, "{compression_type}: {answer:?}");
            if let Err(error) = answer {
                assert_eq!(
                    error.to_string(),
                    "t-0: record is 12,072 bytes, topic allows 1,000 (max.message.bytes)"
                );
                assert_eq!(error.code().name(), "MESSAGE_TOO_LARGE");
            }
            // Uncompressed it is too large before the topic has a chance to pack it.
            let plain = packed(std::slice::from_ref(&long), Compression::None);
            assert!(broker.produce(&partition("t", 0), vec![plain], Acks::All).await.is_err());
        }
    });
}

#[test]
fn log_append_time_and_a_wrong_largest_time_are_set_in_compressed_batches_too() {
    block_on(async {
        for codec in CODECS {
            let broker = with_topic(&[("message.timestamp.type", "LogAppendTime")]).await;
            let ack =
                broker.produce(&partition("t", 0), vec![packed(&kinds(), codec)], Acks::All).await.unwrap();
            let batches = stored(&broker).await;
            assert_eq!(batches[0].compression(), codec);
            assert_eq!(batches[0].timestamp_type(), TimestampType::LogAppendTime);
            assert_eq!(batches[0].verify_crc(), Ok(()));
            assert!(records(&batches).iter().all(|record| Some(record.timestamp) == ack.log_append_time));

            let broker = with_topic(&[]).await;
            let wrong = packed(&kinds(), codec).with_max_timestamp(millis(7));
            broker.produce(&partition("t", 0), vec![wrong], Acks::All).await.unwrap();
            assert_eq!(stored(&broker).await[0].header().max_timestamp, millis(300), "{codec}");
        }
    });
}

#[test]
fn compressed_records_are_found_by_time_and_deleted_up_to_any_of_them() {
    block_on(async {
        for codec in CODECS {
            let broker = with_topic(&[]).await;
            for _ in 0..3 {
                broker.produce(&partition("t", 0), vec![packed(&kinds(), codec)], Acks::All).await.unwrap();
            }
            let source = broker.source(&topic("t")).await.unwrap();
            let found = |time| source.offset_for_timestamp(PartitionId::new(0), millis(time));
            assert_eq!(found(250).await.unwrap(), Some((offset(0), millis(300))), "{codec}");
            // The row that the new start falls into is read for what is left of it.
            broker.delete_records(&partition("t", 0), offset(6)).await.unwrap();
            let described = broker.describe_topic(&topic("t")).await.unwrap();
            assert_eq!(described.records(), 6, "{codec}");
            assert_eq!(found(250).await.unwrap(), Some((offset(8), millis(300))), "{codec}");
            assert_eq!(found(150).await.unwrap(), Some((offset(6), millis(200))), "{codec}");
        }
    });
}

fn to_send(value: Vec<u8>) -> ProducerRecord {
    let value = Some(value.into());
    ProducerRecord {
        partition: Some(PartitionId::new(0)),
        record: NewRecord { value, ..NewRecord::default() },
    }
}

/// Bytes that no codec makes fewer.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..bytes).map(|_| next()).collect()
}

#[test]
fn a_producer_compresses_what_it_gathers_and_does_not_unless_it_is_told_to() {
    block_on(async {
        for codec in CODECS {
            let broker = with_topic(&[]).await;
            let plain = Producer::new(broker.clone(), topic("t"));
            let producer = plain.clone().with_compression(codec).clone();
            let texts = |n: usize| format!("{n}: {}", "again ".repeat(10)).into_bytes();
            let sent = producer.send_all((0..1_000).map(|n| to_send(texts(n))).collect()).await;
            assert_eq!((sent.records(), sent.failed.len()), (1_000, 0));
            let batches = stored(&broker).await;
            assert!(batches.len() > 1 && batches.iter().all(|batch| batch.compression() == codec));
            let values = records(&batches).into_iter().map(|record| record.value.unwrap());
            assert!(values.eq((0..1_000).map(texts)), "{codec}");
            let answers = plain.send(vec![to_send(texts(0))]).await;
            assert_eq!(answers[0].as_ref().map(|sent| sent.offset), Ok(offset(1_000)));
            assert_eq!(stored(&broker).await.last().unwrap().compression(), Compression::None);
        }
    });
}

#[test]
fn a_producer_that_compresses_refuses_only_the_records_that_stay_too_large() {
    block_on(async {
        for codec in &CODECS[1..] {
            let broker = with_topic(&[("max.message.bytes", "1000")]).await;
            let producer = Producer::new(broker.clone(), topic("t")).with_compression(*codec);
            let sent = producer
                .send_all(vec![
                    to_send(b"small".to_vec()),
                    // Fits once it is compressed.
                    to_send(vec![b'x'; 5_000]),
                    // Does not, however it is sent.
                    to_send(noise(5_000)),
                    // Fits as long as no codec adds a frame to it.
                    to_send(noise(930)),
                ])
                .await;
            assert_eq!(sent.failed.len(), 1, "{codec}: {sent:?}");
            assert_eq!(sent.failed[0].indexes, [2]);
            assert_eq!(sent.failed[0].error.code().name(), "MESSAGE_TOO_LARGE");
            let batches = stored(&broker).await;
            let sizes: Vec<usize> =
                records(&batches).iter().map(|record| record.value.as_ref().unwrap().len()).collect();
            assert_eq!(sizes, [5, 5_000, 930], "{codec}");
            let codecs: Vec<Compression> = batches.iter().map(RecordBatch::compression).collect();
            assert_eq!(codecs, [*codec, *codec, Compression::None]);
        }
    });
}
