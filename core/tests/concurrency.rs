//! Races, lost answers, full disks and dropped futures: acknowledged records are there once, refused ones are not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;

use std::pin::pin;

use common::{batch, offset, open, partition, read_all, topic};
use futures_executor::block_on;
use futures_util::future::{join, join_all};
use futures_util::poll;
use tablog_core::broker::{Acks, DescribeTopicError, ProduceError};
use tablog_core::ids::TopicPartition;
use tablog_core::limits::BUFFER_MEMORY_BYTES;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::table::Table;
use tablog_core::storage::{Content, KeyRange, Order, Scan, Storage, StorageError};

fn lost() -> StorageError {
    StorageError::ConnectionLost("unplugged".to_owned())
}

fn values(read: &[(i64, String)]) -> Vec<&str> {
    read.iter().map(|(_, value)| value.as_str()).collect()
}

fn assert_dense(read: &[(i64, String)]) {
    assert!(read.iter().map(|(at, _)| *at).eq(0..i64::try_from(read.len()).unwrap()), "{read:?}");
}

#[test]
fn two_clients_with_a_thousand_records_each_give_two_thousand_dense_offsets() {
    block_on(async {
        let storage = MemoryStorage::new();
        let (a, b) = (open(storage.clone(), 1).await, open(storage, 2).await);
        a.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        let publish = async |broker: &common::TestBroker<_>, name: &str| {
            let mut acked = Vec::new();
            for n in 0..1_000 {
                let value = format!("{name}{n}");
                let ack = broker.produce(&place, vec![batch(&[&value])], Acks::Leader).await.unwrap();
                acked.push((ack.base_offset.value(), value));
            }
            acked
        };
        let (mut acked, more) = join(publish(&a, "a"), publish(&b, "b")).await;
        assert!(acked.iter().map(|(at, _)| at).is_sorted() && more.iter().map(|(at, _)| at).is_sorted());
        acked.extend(more);
        acked.sort();
        assert_eq!(acked.len(), 2_000);
        assert_dense(&acked);
        for broker in [&a, &b] {
            broker.refresh().await.unwrap();
            assert_eq!(read_all(broker, &place, offset(0), 1 << 20).await, acked);
        }
    });
}

#[test]
fn all_who_wait_share_one_commit() {
    block_on(async {
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 4, &[]).await.unwrap();
        storage.delay_commits(50);
        let before = storage.commits();
        let places: Vec<_> = (0..4).map(|p| partition("t", p)).collect();
        let batches: Vec<_> = (0..400).map(|n| batch(&[&n.to_string()])).collect();
        let calls = batches.iter().zip(places.iter().cycle());
        let acks =
            join_all(calls.map(|(batch, place)| broker.produce(place, vec![batch.clone()], Acks::Leader)))
                .await;
        assert!(acks.iter().all(Result::is_ok));
        // The first call finds nobody to wait with; the other 399 gather behind it.
        assert_eq!(storage.commits() - before, 2);
        for (p, place) in places.iter().enumerate() {
            let read = read_all(&broker, place, offset(0), 1 << 20).await;
            let expected: Vec<String> = (0..100).map(|n| (4 * n + p).to_string()).collect();
            assert_eq!(values(&read), expected, "in the order of the calls");
        }
    });
}

#[test]
fn whoever_wants_the_disk_flushed_gets_it_for_all() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        let call = |acks| broker.produce(&place, vec![batch(&["x"])], acks);
        let acks = join_all([call(Acks::Leader), call(Acks::Leader), call(Acks::All)]).await;
        let given: Vec<_> = acks.into_iter().map(|ack| ack.unwrap().acks).collect();
        assert_eq!(given, [Acks::Leader, Acks::All, Acks::All]);
    });
}

/// Runs one scenario over a store that fails as `plan` says, and checks that storage holds just what was acknowledged.
async fn scenario(storage: &FaultyStorage<MemoryStorage>) {
    let broker = open(storage.inner().clone(), 1).await;
    broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
    let broker = open(storage.clone(), 2).await;
    let mut acked: [Vec<(i64, String)>; 2] = Default::default();
    let mut doubtful = Vec::new();
    for round in 0..4 {
        let calls = (0..6).map(|n| (n % 2, format!("{round}.{n}")));
        let calls: Vec<_> = calls.map(|(p, value)| (p, partition("t", p), value)).collect();
        let produce = |(_, place, value): &(i32, TopicPartition, String)| {
            let (broker, place, batch) = (broker.clone(), place.clone(), batch(&[value]));
            async move { broker.produce(&place, vec![batch], Acks::All).await }
        };
        let outcomes = join_all(calls.iter().map(produce)).await;
        for ((p, _, value), outcome) in calls.iter().zip(outcomes) {
            match outcome {
                Ok(ack) => acked[usize::try_from(*p).unwrap()].push((ack.base_offset.value(), value.clone())),
                Err(ProduceError::OutcomeUnknown(_)) => doubtful.push(value.clone()),
                Err(ProduceError::Storage(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    let fresh = open(storage.inner().clone(), 3).await;
    for (p, acked) in (0..).zip(&acked) {
        let mut stored = read_all(&fresh, &partition("t", p), offset(0), 1 << 20).await;
        assert_dense(&stored);
        stored.retain(|(_, value)| !doubtful.contains(value));
        assert_eq!(&stored, acked);
    }
}

#[test]
fn whichever_commit_fails_acknowledged_records_are_stored_once_and_no_others() {
    block_on(async {
        for fault in [CommitFault::Before, CommitFault::After] {
            for error in [lost(), StorageError::Other("hiccup".to_owned()), StorageError::QuotaExceeded] {
                if matches!((fault(lost()), &error), (CommitFault::After(_), StorageError::QuotaExceeded)) {
                    // A full disk is never reported of a commit that was applied.
                    continue;
                }
                let mut nth = 1;
                loop {
                    let storage = FaultyStorage::new(MemoryStorage::new());
                    storage.fail_commit(nth, fault(error.clone()));
                    scenario(&storage).await;
                    if storage.commits() < nth {
                        break;
                    }
                    nth += 1;
                }
                assert!(nth > 4, "the scenario has a commit for each round at least");
            }
        }
    });
}

#[test]
fn whichever_read_fails_after_a_lost_answer_nothing_is_stored_twice_or_acknowledged_falsely() {
    block_on(async {
        for fault in [CommitFault::Before, CommitFault::After] {
            for commit in 1..=5 {
                let mut nth = 1;
                loop {
                    let storage = FaultyStorage::new(MemoryStorage::new());
                    storage.fail_commit(commit, fault(lost()));
                    storage.fail_read(nth, lost());
                    let quiet = FaultyStorage::new(MemoryStorage::new());
                    // Opening reads too, and is not what is tried here.
                    drop(open(quiet.clone(), 2).await);
                    if nth > quiet.reads() {
                        scenario(&storage).await;
                        if storage.reads() < nth {
                            break;
                        }
                    }
                    nth += 1;
                }
            }
        }
    });
}

#[test]
fn a_store_that_stops_for_good_keeps_what_was_acknowledged() {
    block_on(async {
        for nth in 1..=6 {
            let storage = FaultyStorage::new(MemoryStorage::new());
            storage.stop_at_commit(nth, lost());
            scenario(&storage).await;
        }
    });
}

#[test]
fn a_commit_that_is_dropped_anywhere_is_finished_by_the_next_who_waits() {
    block_on(async {
        for polls in 0..12 {
            let storage = FaultyStorage::new(MemoryStorage::new());
            let broker = open(storage.clone(), 1).await;
            broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
            storage.delay_commits(2);
            let place = partition("t", 0);
            let mut waiting = pin!(broker.produce(&place, vec![batch(&["waits"])], Acks::Leader));
            {
                let mut driving = pin!(broker.produce(&place, vec![batch(&["dropped"])], Acks::Leader));
                for _ in 0..polls {
                    if poll!(driving.as_mut()).is_ready() {
                        break;
                    }
                    assert!(poll!(waiting.as_mut()).is_pending());
                }
            }
            waiting.await.unwrap();
            broker.flush().await;
            let read = read_all(&broker, &place, offset(0), 1 << 20).await;
            assert_dense(&read);
            let expected: &[&str] = if polls == 0 { &["waits"] } else { &["dropped", "waits"] };
            assert_eq!(values(&read), expected, "dropped after {polls} polls");
        }
    });
}

#[test]
fn two_clients_that_append_the_same_bytes_are_told_apart_when_an_answer_is_lost() {
    block_on(async {
        for (earlier, fault) in [
            (0, CommitFault::Before(lost())),
            (1, CommitFault::Before(lost())),
            (1, CommitFault::After(lost())),
        ] {
            let memory = MemoryStorage::new();
            let faulty = FaultyStorage::new(memory.clone());
            let (a, b) = (open(faulty.clone(), 1).await, open(memory, 2).await);
            a.create_topic(&topic("t"), 1, &[]).await.unwrap();
            let place = partition("t", 0);
            for _ in 0..earlier {
                a.produce(&place, vec![batch(&["first"])], Acks::Leader).await.unwrap();
                b.refresh().await.unwrap();
            }
            faulty.fail_next_commit(fault);
            let (first, second) = join(
                a.produce(&place, vec![batch(&["same"])], Acks::Leader),
                b.produce(&place, vec![batch(&["same"])], Acks::Leader),
            )
            .await;
            let mut offsets = [first.unwrap().base_offset.value(), second.unwrap().base_offset.value()];
            offsets.sort_unstable();
            assert_eq!(offsets, [earlier, earlier + 1]);
            b.refresh().await.unwrap();
            let read = read_all(&b, &place, offset(earlier), 1).await;
            assert_eq!(values(&read), ["same", "same"]);
        }
    });
}

#[test]
fn a_full_disk_refuses_the_group_and_not_those_who_come_after() {
    block_on(async {
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        storage.fail_next_commit(CommitFault::Before(StorageError::QuotaExceeded));
        let calls = ["a", "b", "c"].map(|value| broker.produce(&place, vec![batch(&[value])], Acks::Leader));
        let outcomes = join_all(calls).await;
        assert_eq!(outcomes[0], Err(ProduceError::Storage(StorageError::QuotaExceeded)));
        assert_eq!(outcomes[1].as_ref().unwrap().base_offset, offset(0));
        assert_eq!(outcomes[2].as_ref().unwrap().base_offset, offset(1));
    });
}

#[test]
fn a_topic_deleted_by_another_client_gets_no_more_records_and_leaves_no_orphans() {
    block_on(async {
        for turns in 0..8 {
            let memory = MemoryStorage::new();
            let storage = FaultyStorage::new(memory.clone());
            let (a, b) = (open(storage.clone(), 1).await, open(memory.clone(), 2).await);
            a.create_topic(&topic("t"), 1, &[]).await.unwrap();
            a.create_topic(&topic("other"), 1, &[]).await.unwrap();
            let place = partition("t", 0);
            a.produce(&place, vec![batch(&["before"])], Acks::Leader).await.unwrap();
            storage.delay_commits(turns);
            let other = partition("other", 0);
            let (deleted, (gone, fine)) = join(
                b.delete_topic(&topic("t")),
                join(
                    a.produce(&place, vec![batch(&["after"])], Acks::Leader),
                    a.produce(&other, vec![batch(&["after"])], Acks::Leader),
                ),
            )
            .await;
            deleted.unwrap();
            // Whoever was quicker: the deletion takes everything along.
            if let Err(error) = gone {
                assert_eq!(error, ProduceError::UnknownTopicOrPartition(place));
            }
            assert_eq!(fine.unwrap().base_offset, offset(0));
            a.refresh().await.unwrap();
            let described = a.describe_topic(&topic("t")).await;
            assert_eq!(described, Err(DescribeTopicError::UnknownTopic(topic("t"))));
            let everything = KeyRange { from: Vec::new(), to: vec![u8::MAX; 8] };
            let (table, order, content) = (Table::Chunks, Order::Ascending, Content::Keys);
            let scan = Scan { table, range: everything, order, content, rows_max: 100 };
            assert_eq!(memory.scan(&scan).await.unwrap().len(), 1, "the other topic's row alone");
        }
    });
}

#[test]
fn more_than_the_buffer_holds_waits_its_turn_and_keeps_its_order() {
    block_on(async {
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        let large = [("max.message.bytes".to_owned(), "20000000".to_owned())];
        broker.create_topic(&topic("t"), 1, &large).await.unwrap();
        storage.delay_commits(3);
        let place = partition("t", 0);
        let value = |n: usize| format!("{n}{}", "x".repeat(BUFFER_MEMORY_BYTES / 3));
        let mut calls: Vec<_> = (0..7)
            .map(|n| Box::pin(broker.produce(&place, vec![batch(&[&value(n)])], Acks::Leader)))
            .collect();
        for call in &mut calls {
            assert!(poll!(call.as_mut()).is_pending());
        }
        // The third fills what is left of the buffer; giving up one that waits for room lets the others pass.
        drop(calls.remove(4));
        assert!(join_all(calls).await.iter().all(Result::is_ok));
        let read = read_all(&broker, &place, offset(0), 1).await;
        let order: Vec<&str> = read.iter().map(|(_, value)| &value[..1]).collect();
        assert_eq!(order, ["0", "1", "2", "3", "5", "6"]);
    });
}

#[test]
fn acks_none_never_fills_the_buffer_for_good() {
    block_on(async {
        let broker = open(MemoryStorage::new(), 1).await;
        let large = [("max.message.bytes".to_owned(), "20000000".to_owned())];
        broker.create_topic(&topic("t"), 1, &large).await.unwrap();
        let place = partition("t", 0);
        let value = "x".repeat(BUFFER_MEMORY_BYTES / 3);
        for _ in 0..8 {
            broker.produce(&place, vec![batch(&[&value])], Acks::None).await.unwrap();
        }
        broker.flush().await;
        assert_eq!(broker.describe_topic(&topic("t")).await.unwrap().records(), 8);
    });
}
