//! Retention: whatever a topic asks to keep, from several clients at once, over clocks that jump, full disks and lost answers, its
//! oldest rows go, and only they.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "all small"
)]

mod cost;
mod model;

use std::rc::Rc;

use crate::common::{
    LateScans, TestBroker, batch, batch_of, millis, offset, open, partition, read_all, topic, values,
};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::future::join;
use tablog_core::broker::{Acks, Broker, Change, ProduceError, RetentionApplied};
use tablog_core::env::{SimEnv, yield_now};
use tablog_core::record::RecordBatch;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::key::ChunkKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Content, KeyRange, Order, Scan, Storage, StorageError, Table};
use tablog_core::witness::MemoryWitness;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

fn configs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// Opens a broker whose clock shows a day.
async fn open_on_day<S: Storage>(storage: S, day: i64) -> TestBroker<S> {
    Broker::open(storage, Rc::new(SimEnv::new(day as u64, millis(day * DAY_MS)))).await.unwrap()
}

async fn append<S: Storage>(broker: &TestBroker<S>, rows: &[RecordBatch]) {
    for row in rows {
        broker.produce(&partition("t", 0), vec![row.clone()], Acks::All).await.unwrap();
    }
}

/// Where the partition starts and ends.
async fn bounds<S: Storage>(broker: &TestBroker<S>) -> (i64, i64) {
    let described = broker.describe_topic(&topic("t")).await.unwrap().partitions[0];
    (described.log_start_offset.value(), described.high_watermark.value())
}

/// How many records were deleted; fails when something could not be.
fn records(applied: Result<RetentionApplied, StorageError>) -> u64 {
    let applied = applied.unwrap();
    assert_eq!(applied.failed, []);
    applied.deleted.iter().map(|deleted| deleted.records).sum()
}

#[test]
fn old_records_go_and_who_reads_is_told_as_after_delete_records() {
    block_on(async {
        let storage = MemoryStorage::new();
        let broker = open_on_day(storage.clone(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.ms", "172800000")])).await.unwrap();
        append(&broker, &[7, 8, 9].map(|day| batch_of(&[("a", day * DAY_MS), ("b", day * DAY_MS)]))).await;
        let other = open_on_day(storage.clone(), 10).await;
        assert_eq!(bounds(&other).await, (0, 6));

        let mut watcher = broker.watch();
        let applied = broker.apply_retention().await.unwrap();
        let [deleted] = &applied.deleted[..] else { panic!("{applied:?}") };
        assert_eq!((&deleted.partition, deleted.records), (&partition("t", 0), 2));
        assert_eq!(deleted.log_start_offset, offset(2));
        assert_eq!(deleted.bytes, batch_of(&[("a", 0), ("b", 0)]).bytes().len() as u64);
        assert_eq!(watcher.take(), [(Change::Partition(partition("t", 0)), true)]);
        assert!(broker.fetch(&partition("t", 0), offset(1), 1).await.is_err());
        assert_eq!(values(&read_all(&broker, &partition("t", 0), offset(2), 1).await), ["a", "b", "a", "b"]);
        other.refresh().await.unwrap();
        assert_eq!(bounds(&other).await, (2, 6));

        // Nobody asked for more, and a clock that is set back asks for nothing.
        broker.env().advance(-9 * DAY_MS);
        assert_eq!(broker.apply_retention().await.unwrap(), RetentionApplied::default());
        broker.env().advance(100 * DAY_MS);
        assert_eq!(records(broker.apply_retention().await), 4);
        assert_eq!(bounds(&broker).await, (6, 6));
        append(&broker, &[batch(&["c"])]).await;
        assert_eq!(bounds(&open_on_day(storage, 10).await).await, (6, 7));
    });
}

#[test]
fn a_record_from_the_future_is_kept_and_so_is_what_lies_behind_it() {
    block_on(async {
        let broker = open_on_day(MemoryStorage::new(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.ms", "0")])).await.unwrap();
        append(&broker, &[batch_of(&[("old", 1)]), batch_of(&[("late", 20 * DAY_MS)]), batch(&["old"])])
            .await;
        assert_eq!(records(broker.apply_retention().await), 1);
        assert_eq!(records(broker.apply_retention().await), 0);
        broker.env().advance(10 * DAY_MS + 1);
        assert_eq!(records(broker.apply_retention().await), 2);
    });
}

#[test]
fn records_without_a_time_go_with_those_behind_them_and_stay_when_nothing_tells_their_age() {
    block_on(async {
        let broker = open_on_day(MemoryStorage::new(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.ms", "1000")])).await.unwrap();
        append(&broker, &[batch_of(&[("a", -1)]), batch_of(&[("b", -1)])]).await;
        assert_eq!(records(broker.apply_retention().await), 0);
        append(&broker, &[batch_of(&[("c", 9 * DAY_MS)]), batch_of(&[("d", -1)])]).await;
        assert_eq!(records(broker.apply_retention().await), 3);
        assert_eq!(bounds(&broker).await, (3, 4));
    });
}

#[test]
fn what_another_client_asks_to_keep_from_now_on_is_kept() {
    block_on(async {
        let storage = MemoryStorage::new();
        let broker = open_on_day(storage.clone(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.bytes", "1")])).await.unwrap();
        append(&broker, &[batch(&["a"]), batch(&["b"]), batch(&["c"])]).await;
        let other = open(storage, 2).await;
        let keep = [("retention.bytes".to_owned(), None)];
        // The one decides, and the other is quicker than its commit.
        let (applied, altered) =
            join(broker.apply_retention(), other.alter_configs(&topic("t"), &keep)).await;
        altered.unwrap();
        assert!([0, 2].contains(&records(applied)));
        let left = bounds(&broker).await;
        assert_eq!(records(broker.apply_retention().await), 0);
        assert_eq!(bounds(&broker).await, left);
    });
}

#[test]
fn an_append_while_everything_goes_is_neither_lost_nor_given_an_old_offset() {
    for (turns, is_own) in (0..40).flat_map(|turns| [(turns, false), (turns, true)]) {
        block_on(async {
            let storage = MemoryStorage::new();
            // What is looked at may have been followed by a row by the time that it is known.
            let late_storage = LateScans { inner: storage.clone(), turns: 4 };
            let broker = open_on_day(late_storage.clone(), 10).await;
            broker.create_topic(&topic("t"), 1, &configs(&[("retention.ms", "0")])).await.unwrap();
            append(&broker, &[batch(&["a"]), batch(&["b"])]).await;
            let other = if is_own { broker.clone() } else { open(late_storage, 2).await };
            let late = async {
                for _ in 0..turns {
                    yield_now().await;
                }
                let new = batch_of(&[("new", 10 * DAY_MS)]);
                other.produce(&partition("t", 0), vec![new], Acks::All).await.unwrap()
            };
            let (applied, ack) = join(broker.apply_retention(), late).await;
            assert_eq!(ack.base_offset, offset(2));
            assert_eq!(records(applied), 2);
            let fresh = open_on_day(storage, 10).await;
            assert_eq!(bounds(&fresh).await, (2, 3));
            assert_eq!(values(&read_all(&fresh, &partition("t", 0), offset(2), 1).await), ["new"]);
        });
    }
}

#[test]
fn who_knows_only_rows_that_go_still_learns_where_the_log_ends() {
    block_on(async {
        let storage = MemoryStorage::new();
        let broker = open_on_day(storage.clone(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.ms", "0")])).await.unwrap();
        append(&broker, &[batch(&["a"]), batch(&["b"])]).await;
        assert_eq!(bounds(&broker).await, (0, 2));
        append(&open(storage, 2).await, &[batch_of(&[("new", 10 * DAY_MS)])]).await;
        assert_eq!(records(broker.apply_retention().await), 2);
        // Without another look: the high watermark never goes back.
        assert_eq!(bounds(&broker).await, (2, 3));
    });
}

#[test]
fn what_retention_deleted_is_no_loss_and_damage_goes_with_the_rest() {
    block_on(async {
        let (storage, witness) = (MemoryStorage::new(), MemoryWitness::default());
        let broker = open_on_day(storage.clone(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.ms", "1000")])).await.unwrap();
        append(&broker, &[batch(&["a"]), batch(&["b"]), batch_of(&[("c", 10 * DAY_MS)])]).await;
        broker.reckon(&witness).await.unwrap();
        // Retention reads keys only: what cannot be read does not stand in its way.
        let rows = keys(&storage).await;
        storage.overwrite(Table::Chunks, &rows[1], b"garbage");
        assert_eq!(records(broker.apply_retention().await), 2);
        let fresh = open_on_day(storage, 10).await;
        assert_eq!(fresh.reckon(&witness).await.unwrap(), []);
        assert_eq!(bounds(&fresh).await, (2, 3));
    });
}

async fn keys(storage: &impl Storage) -> Vec<Bytes> {
    let range = KeyRange { from: Vec::new(), to: vec![u8::MAX; ChunkKey::ENCODED_BYTES] };
    let (order, content) = (Order::Ascending, Content::Keys);
    let scan = Scan { table: Table::Chunks, range, order, content, rows_max: usize::MAX };
    storage.scan(&scan).await.unwrap().into_iter().map(|row| row.key).collect()
}

#[test]
fn a_producer_that_a_full_disk_refuses_goes_on_once_retention_freed_room() {
    block_on(async {
        let storage = MemoryStorage::with_quota(100_000);
        let broker = open_on_day(storage.clone(), 10).await;
        broker.create_topic(&topic("t"), 1, &configs(&[("retention.bytes", "20000")])).await.unwrap();
        let place = partition("t", 0);
        let much = "x".repeat(9_000);
        let (mut acked, mut refused) = (0, 0);
        while refused < 5 {
            match broker.produce(&place, vec![batch(&[&much])], Acks::All).await {
                Ok(ack) => {
                    assert_eq!(ack.base_offset, offset(acked), "an offset was given out again, or left out");
                    acked += 1;
                }
                Err(error) => {
                    assert_eq!(error, ProduceError::Storage(StorageError::QuotaExceeded));
                    refused += 1;
                    let end = bounds(&broker).await.1;
                    assert!(records(broker.apply_retention().await) > 0);
                    let (start, end_now) = bounds(&broker).await;
                    assert_eq!((end, end_now), (acked, acked));
                    // All that retention does not give up is there.
                    let left = read_all(&broker, &place, offset(start), 1 << 20).await;
                    assert_eq!(left.len(), 3);
                    assert_eq!(left.last().unwrap().0, acked - 1);
                }
            }
        }
        assert!(acked > 30, "{acked}");
    });
}

#[test]
fn whichever_commit_fails_retention_is_done_by_the_next_one_that_does_not() {
    for nth in 1..4 {
        for fault in [CommitFault::Before(lost()), CommitFault::After(lost())] {
            block_on(async {
                let storage = FaultyStorage::new(MemoryStorage::new());
                let broker = open_on_day(storage.clone(), 10).await;
                broker.create_topic(&topic("t"), 3, &configs(&[("retention.bytes", "1")])).await.unwrap();
                for value in 0..6 {
                    let place = partition("t", value % 3);
                    broker.produce(&place, vec![batch(&["x"])], Acks::All).await.unwrap();
                }
                storage.fail_commit(storage.commits() + nth, fault.clone());
                let applied = broker.apply_retention().await.unwrap();
                // The others go on, and what failed is told by its partition unless it was done after all.
                let is_told = matches!(fault, CommitFault::Before(_));
                assert_eq!(applied.failed.len(), usize::from(is_told));
                assert!(applied.failed.iter().all(|(_, error)| *error == lost()));
                assert_eq!(applied.deleted.len(), 2);
                broker.apply_retention().await.unwrap();
                let fresh = open_on_day(storage.inner().clone(), 10).await;
                let description = fresh.describe_topic(&topic("t")).await.unwrap();
                for described in description.partitions {
                    let (start, end) = (described.log_start_offset, described.high_watermark);
                    assert_eq!((start, end, described.records), (offset(1), offset(2), 1));
                }
            });
        }
    }
}

fn lost() -> StorageError {
    StorageError::ConnectionLost("unplugged".to_owned())
}
