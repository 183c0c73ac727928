//! Commits that fail, answers that are lost, full disks and dropped futures: acknowledged records are there once, refused ones
//! are not.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::pin::pin;

use crate::common::{assert_dense, batch, offset, open, partition, read_all, topic, values};
use futures_executor::block_on;
use futures_util::future::{join, join_all};
use futures_util::poll;
use tablog_core::broker::{Acks, ProduceError};
use tablog_core::env::yield_now;
use tablog_core::ids::TopicPartition;
use tablog_core::storage::StorageError;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::memory::MemoryStorage;

fn lost() -> StorageError {
    StorageError::ConnectionLost("unplugged".to_owned())
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
        for value in &doubtful {
            let times = stored.iter().filter(|(_, stored)| stored == value).count();
            assert!(times <= 1, "{value} is stored {times} times");
        }
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

/// A bug called it unknown whether records were stored when storage refused before any transaction, and refused to read as well.
#[test]
fn what_another_version_forestalls_is_refused_and_not_in_doubt() {
    block_on(async {
        for error in [StorageError::NewerVersion("layout 2".to_owned()), StorageError::Blocked] {
            let storage = FaultyStorage::new(MemoryStorage::new());
            let broker = open(storage.clone(), 1).await;
            broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
            let place = partition("t", 0);
            broker.produce(&place, vec![batch(&["stored"])], Acks::Leader).await.unwrap();
            storage.stop_at_commit(storage.commits() + 1, error.clone());
            let refused = broker.produce(&place, vec![batch(&["refused"])], Acks::Leader).await;
            assert_eq!(refused, Err(ProduceError::Storage(error)));
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
            // By the time that the first client looks, the other one has appended.
            faulty.delay_reads(8);
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
        let before = storage.commits();
        let call = |value| broker.produce(&place, vec![batch(&[value])], Acks::Leader);
        let later = async {
            while storage.commits() == before {
                yield_now().await;
            }
            call("c").await
        };
        let (group, later) = join(join_all(["a", "b"].map(call)), later).await;
        assert_eq!(group, vec![Err(ProduceError::Storage(StorageError::QuotaExceeded)); 2]);
        assert_eq!(later.unwrap().base_offset, offset(0));
    });
}
