//! What a producer promises to those who give it records.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common;
use std::collections::BTreeSet;

use bytes::Bytes;
use common::{TestBroker, batch, offset, open, partition, read_all, topic};
use futures_executor::block_on;
use tablog_core::broker::{Acks, ProduceAck, ProduceError};
use tablog_core::client::{Producer, ProducerRecord};
use tablog_core::ids::{PartitionId, Timestamp};
use tablog_core::limits::BATCH_BYTES_TARGET;
use tablog_core::partitioner::partition_for;
use tablog_core::record::NewRecord;
use tablog_core::source::Source;
use tablog_core::storage::StorageError;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::memory::MemoryStorage;

fn keyed(key: &str, value: &str) -> ProducerRecord {
    let bytes = |text: &str| Some(Bytes::copy_from_slice(text.as_bytes()));
    NewRecord { key: bytes(key), value: bytes(value), ..NewRecord::default() }.into()
}

fn valued(value: &str) -> ProducerRecord {
    NewRecord { value: Some(Bytes::copy_from_slice(value.as_bytes())), ..NewRecord::default() }.into()
}

fn to(partition: i32, value: &str) -> ProducerRecord {
    ProducerRecord { partition: Some(PartitionId::new(partition)), ..valued(value) }
}

async fn with_topic(partitions: i32, configs: &[(&str, &str)]) -> TestBroker<MemoryStorage> {
    let broker = open(MemoryStorage::new(), 1).await;
    let configs: Vec<_> = configs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    broker.create_topic(&topic("t"), partitions, &configs).await.unwrap();
    broker
}

#[test]
fn each_record_is_told_where_it_landed_and_is_there() {
    block_on(async {
        let broker = with_topic(5, &[]).await;
        let producer = Producer::new(broker.clone(), topic("t"));
        let keys: Vec<String> = (0..60).map(|n| format!("key-{}", n % 17)).collect();
        let sent: Vec<_> =
            keys.iter().enumerate().map(|(n, key)| keyed(key, &format!("{key}#{n}"))).collect();
        let landed = producer.send(sent).await;
        for (n, (key, metadata)) in keys.iter().zip(&landed).enumerate() {
            let metadata = metadata.as_ref().unwrap();
            assert_eq!(metadata.partition, partition_for(key.as_bytes(), 5));
            assert_eq!(metadata.timestamp, Timestamp::from_millis(1_000), "the time of sending");
            assert_eq!(metadata.acks, Acks::Leader);
            let stored =
                read_all(&broker, &partition("t", metadata.partition.value()), metadata.offset, 1).await;
            assert_eq!(stored[0], (metadata.offset.value(), format!("{key}#{n}")));
        }
    });
}

#[test]
fn records_of_one_partition_keep_their_order_over_many_batches() {
    block_on(async {
        let broker = with_topic(3, &[]).await;
        let producer = Producer::new(broker.clone(), topic("t"));
        let filler = "x".repeat(1_000);
        let all: Vec<String> = (0..200).map(|n| format!("{n:03}{filler}")).collect();
        let sent = producer.send_all(all.iter().map(|value| valued(value)).collect()).await;
        assert_eq!((sent.records(), sent.failed.len()), (200, 0));
        let mut seen = 0;
        for p in 0..3 {
            let stored = read_all(&broker, &partition("t", p), offset(0), 1 << 20).await;
            assert!(stored.is_sorted_by(|a, b| a.1 < b.1), "partition {p}");
            seen += stored.len();
            let ranges: Vec<_> = sent.ranges.iter().filter(|range| range.partition.value() == p).collect();
            assert_eq!(ranges.iter().map(|range| range.records).sum::<u64>(), stored.len() as u64);
        }
        assert_eq!(seen, 200);
        let fetched = broker.fetch(&partition("t", 0), offset(0), 1 << 20).await.unwrap();
        assert!(fetched.batches.len() > 1);
        assert!(fetched.batches.iter().all(|batch| batch.bytes().len() <= BATCH_BYTES_TARGET));
    });
}

#[test]
fn only_the_record_that_is_too_large_is_refused() {
    block_on(async {
        let broker = with_topic(1, &[("max.message.bytes", "200")]).await;
        let producer = Producer::new(broker.clone(), topic("t"));
        let records: Vec<_> =
            ["a", &"b".repeat(300), "c", &"d".repeat(120), &"e".repeat(120)].map(valued).to_vec();
        let landed = producer.send(records).await;
        assert_eq!(
            landed[1].as_ref().unwrap_err().to_string(),
            "t-0: record is 370 bytes, topic allows 200 (max.message.bytes)"
        );
        let offsets: Vec<_> = landed.iter().map(|l| l.as_ref().ok().map(|m| m.offset.value())).collect();
        assert_eq!(offsets, [Some(0), None, Some(1), Some(2), Some(3)]);
    });
}

#[test]
fn an_impossible_partition_is_named_and_the_rest_goes_through() {
    block_on(async {
        let broker = with_topic(2, &[]).await;
        let producer = Producer::new(broker, topic("t"));
        let landed = producer.send([1, 2, -1, 0].map(|p| to(p, "v")).to_vec()).await;
        assert!(landed[0].is_ok() && landed[3].is_ok());
        assert_eq!(landed[1], Err(ProduceError::UnknownTopicOrPartition(partition("t", 2))));
        assert_eq!(landed[2], Err(ProduceError::UnknownTopicOrPartition(partition("t", -1))));
    });
}

#[test]
fn a_producer_without_a_topic_fails_every_record_and_none_silently() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        let producer = Producer::new(broker, topic("t"));
        let landed = producer.send(vec![valued("a"), valued("b")]).await;
        assert_eq!(landed.len(), 2);
        assert!(landed.iter().all(|l| matches!(l, Err(ProduceError::UnknownTopicOrPartition(_)))));
    });
}

/// A bug had each publish begin with a choice of its own: its records never stayed on a partition.
#[test]
fn clones_of_a_producer_stay_on_one_partition_together() {
    block_on(async {
        let broker = with_topic(50, &[]).await;
        let producer = Producer::new(broker, topic("t"));
        let mut partitions = BTreeSet::new();
        for acks in [Acks::Leader, Acks::All].iter().cycle().take(10) {
            let landed = producer.clone().with_acks(*acks).send(vec![valued("v")]).await;
            partitions.insert(landed[0].as_ref().unwrap().partition);
        }
        assert_eq!(partitions.len(), 1, "{partitions:?}");
    });
}

/// A bug called it unknown of records that were never sent whether they were stored.
#[test]
fn what_is_not_sent_after_a_doubtful_commit_is_not_in_doubt() {
    block_on(async {
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let lost = StorageError::ConnectionLost("unplugged".to_owned());
        storage.stop_at_commit(storage.commits() + 1, lost.clone());
        let producer = Producer::new(broker, topic("t"));
        let big = "x".repeat(900_000);
        let sent = producer.send_all((0..20).map(|_| valued(&big)).collect()).await;
        let errors: Vec<_> = sent.failed.iter().map(|failed| failed.error.clone()).collect();
        let not_sent = ProduceError::Storage(lost.clone());
        assert_eq!(errors, [ProduceError::OutcomeUnknown(lost), not_sent.clone(), not_sent]);
    });
}

#[test]
fn log_append_time_is_what_the_metadata_tells_and_what_is_stored() {
    block_on(async {
        let broker = with_topic(1, &[("message.timestamp.type", "LogAppendTime")]).await;
        broker.env().advance(500);
        let producer = Producer::new(broker.clone(), topic("t"));
        let mut old = valued("a");
        old.record.timestamp = Some(Timestamp::from_millis(7));
        let landed = producer.send(vec![old]).await;
        assert_eq!(landed[0].as_ref().unwrap().timestamp, Timestamp::from_millis(1_500));
        let fetched = broker.fetch(&partition("t", 0), offset(0), 1).await.unwrap();
        let stored = fetched.batches[0].records().unwrap().next().unwrap().unwrap();
        assert_eq!(stored.timestamp, Timestamp::from_millis(1_500));
    });
}

#[test]
fn acks_none_answers_at_once_without_an_offset_and_a_flush_stores() {
    block_on(async {
        let broker = with_topic(1, &[]).await;
        let producer = Producer::new(broker.clone(), topic("t")).with_acks(Acks::None);
        let landed = producer.send(vec![valued("a")]).await;
        assert_eq!(landed[0].as_ref().unwrap().offset, ProduceAck::NO_OFFSET);
        assert_eq!(read_all(&broker, &partition("t", 0), offset(0), 1).await, []);
        broker.flush().await;
        assert_eq!(read_all(&broker, &partition("t", 0), offset(0), 1).await, [(0, "a".to_owned())]);
    });
}

#[test]
fn what_cannot_be_stored_any_more_is_reported_by_its_place_and_what_was_stays() {
    block_on(async {
        for partitions in [1, 4] {
            let storage = MemoryStorage::new();
            let broker = open(storage.clone(), 1).await;
            broker.create_topic(&topic("t"), partitions, &[]).await.unwrap();
            storage.set_quota(Some(30 * 1024 * 1024));
            let producer = Producer::new(broker.clone(), topic("t"));
            let big = "x".repeat(100_000);
            let nth = |n: i32| to(n % partitions, &format!("{n:03}{big}"));
            let sent = producer.send_all((0..400).map(nth).collect()).await;
            let mut lost = sent.failed.iter().flat_map(|failed| failed.indexes.clone()).collect::<Vec<_>>();
            lost.sort_unstable();
            assert!(sent.failed.iter().all(|failed| failed.error.to_string().contains("quota")));
            let mut kept = Vec::new();
            for p in 0..partitions {
                let stored = read_all(&broker, &partition("t", p), offset(0), 1 << 22).await;
                kept.extend(stored.iter().map(|(_, value)| value[..3].parse::<usize>().unwrap()));
            }
            kept.sort_unstable();
            assert!((100..400).contains(&kept.len()), "{}", kept.len());
            assert_eq!(sent.records(), kept.len() as u64);
            if partitions == 1 {
                assert_eq!(kept, (0..kept.len()).collect::<Vec<_>>());
            }
            kept.extend(lost);
            kept.sort_unstable();
            assert_eq!(kept, (0..400).collect::<Vec<_>>(), "each is either stored or reported");
        }
    });
}

/// A bug had the first partition's records go with a commit of their own: when one of both failed, the others stayed.
#[test]
fn records_that_are_sent_together_are_stored_by_one_commit_or_not_at_all() {
    block_on(async {
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        // More partitions than futures' join polls in one go.
        broker.create_topic(&topic("t"), 100, &[]).await.unwrap();
        let producer = Producer::new(broker.clone(), topic("t"));
        let records = || (0..400).map(|n| to(n % 100, "v")).collect();
        let before = storage.commits();
        storage.fail_next_commit(CommitFault::Before(StorageError::QuotaExceeded));
        let sent = producer.send_all(records()).await;
        assert_eq!(sent.records(), 0);
        assert_eq!(sent.failed.iter().map(|failed| failed.indexes.len()).sum::<usize>(), 400);
        let sent = producer.send_all(records()).await;
        assert_eq!((sent.records(), sent.failed.len()), (400, 0));
        assert_eq!(storage.commits() - before, 2);
    });
}

#[test]
fn a_batch_that_producers_may_not_write_is_refused_with_the_rule() {
    block_on(async {
        let broker = with_topic(1, &[("max.message.bytes", "150")]).await;
        let good = batch(&["a", "b"]);
        let mut flipped = good.bytes().to_vec();
        flipped[70] ^= 1;
        let parse = |bytes: Vec<u8>| tablog_core::record::RecordBatch::parse(bytes.into()).unwrap();
        let mislabelled = |codec: u8| {
            let mut bytes = good.bytes().to_vec();
            bytes[22] |= codec;
            let batch = parse(bytes);
            // A new CRC, over the wrong codec.
            batch.clone().with_max_timestamp(batch.header().max_timestamp)
        };
        let builder = tablog_core::record::BatchBuilder::new;
        let record = NewRecord::default();
        let with = |mut b: tablog_core::record::BatchBuilder| {
            b.try_push(&record, Timestamp::from_millis(0)).unwrap();
            b.build()
        };
        for (batch, part, code) in [
            (parse(flipped), "is damaged", "CORRUPT_MESSAGE"),
            (mislabelled(4), "its zstd data cannot be read at byte 0", "CORRUPT_MESSAGE"),
            (mislabelled(5), "an unknown codec (number 5)", "UNSUPPORTED_COMPRESSION_TYPE"),
            (with(builder().control()), "control record", "INVALID_RECORD"),
            (with(builder().producer(7, 0, 0)), "producer id 7", "INVALID_RECORD"),
            (builder().build(), "no record", "INVALID_RECORD"),
            (
                with(builder().log_append_time(Timestamp::from_millis(7))),
                "(LogAppendTime), which producers may not say",
                "INVALID_TIMESTAMP",
            ),
            (
                common::batch(&[&"x".repeat(40), &"y".repeat(60)]),
                "batch of 2 records is 176 bytes, topic allows 150",
                "MESSAGE_TOO_LARGE",
            ),
        ] {
            let error =
                broker.produce(&partition("t", 0), vec![good.clone(), batch], Acks::All).await.unwrap_err();
            assert!(error.to_string().contains(part), "{error}");
            assert_eq!(error.code().name(), code, "{error}");
        }
        let error = broker.produce(&partition("t", 0), vec![], Acks::All).await.unwrap_err();
        assert_eq!(error, ProduceError::Nothing(partition("t", 0)));
        assert_eq!(
            read_all(&broker, &partition("t", 0), offset(0), 1).await,
            [],
            "none of a call goes in alone"
        );
    });
}

#[test]
fn a_batch_whose_header_tells_a_wrong_largest_time_is_set_right_and_found_by_its_times() {
    // The header was believed: a record later than it says was never found by its time.
    block_on(async {
        let broker = with_topic(1, &[]).await;
        let good = common::batch_of(&[("a", 100), ("b", 300), ("c", 200)]);
        for (n, wrong) in (0..).zip([150, -1, 999]) {
            let batch = good.clone().with_max_timestamp(Timestamp::from_millis(wrong));
            assert_ne!(batch.bytes(), good.bytes());
            let ack = broker.produce(&partition("t", 0), vec![batch], Acks::All).await.unwrap();
            assert_eq!(ack.base_offset, offset(3 * n));
            let fetched = broker.fetch(&partition("t", 0), ack.base_offset, 1).await.unwrap();
            assert_eq!(fetched.damage, []);
            let stored = fetched.batches[0].clone();
            assert_eq!(stored.with_base_offset(offset(0)).with_leader_epoch(-1).bytes(), good.bytes());
        }
        let source = broker.source(&topic("t")).await.unwrap();
        let found = source.offset_for_timestamp(PartitionId::new(0), Timestamp::from_millis(250)).await;
        assert_eq!(found.unwrap(), Some((offset(1), Timestamp::from_millis(300))));
        let described = broker.describe_topic(&topic("t")).await.unwrap();
        assert_eq!(described.max_timestamp(), Some(Timestamp::from_millis(300)));
    });
}
