//! Rows that go while a log is in use: what is lost is named, and its offsets are not given out again.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common::{TestBroker, batch, offset, open, partition, records, topic};
use futures_executor::block_on;
use tablog_core::broker::Acks;
use tablog_core::storage::Table;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::suite::everything;
use tablog_core::storage::{Storage, StorageError};
use tablog_core::witness::{LossCause, MemoryWitness, Testimony, Witness};

/// A topic of two partitions, of which the second has three rows of two records each: offsets 0 to 5.
async fn store() -> (MemoryStorage, TestBroker<MemoryStorage>) {
    let storage = MemoryStorage::new();
    let broker = open(storage.clone(), 1).await;
    broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
    for _ in 0..3 {
        publish(&broker).await;
    }
    (storage, broker)
}

async fn publish(broker: &TestBroker<MemoryStorage>) -> i64 {
    let ack = broker.produce(&partition("t", 1), vec![batch(&["a", "b"])], Acks::Leader).await.unwrap();
    ack.base_offset.value()
}

/// Reads everything; returns the offsets that are served, and those that are named as lost.
async fn read(broker: &TestBroker<MemoryStorage>) -> (Vec<i64>, Vec<i64>) {
    read_from(broker, 0).await
}

async fn read_from(broker: &TestBroker<MemoryStorage>, from: i64) -> (Vec<i64>, Vec<i64>) {
    let fetched = broker.fetch(&partition("t", 1), offset(from), 1 << 20).await.unwrap();
    let served = records(&fetched, offset(from)).iter().map(|record| record.offset.value()).collect();
    let lost = fetched.damage.iter();
    (served, lost.flat_map(|it| it.from.unwrap().value()..it.to.unwrap().value()).collect())
}

async fn topic_id(broker: &TestBroker<MemoryStorage>) -> String {
    broker.describe_topic(&topic("t")).await.unwrap().topic_id.to_string()
}

async fn remove_rows(storage: &MemoryStorage, gone: u32) {
    for (row, stored) in storage.scan(&everything(Table::Chunks)).await.unwrap().iter().enumerate() {
        assert!(gone & (1 << row) == 0 || storage.remove(Table::Chunks, &stored.key));
    }
}

/// A bug had a client that missed the last row say that the topic was being changed all the time, and then give out its offsets anew.
#[test]
fn whichever_rows_go_while_a_log_is_open_they_are_named_and_it_goes_on_behind_them() {
    block_on(async {
        for gone in 0..8_u32 {
            for reads_first in [true, false] {
                let (storage, broker) = store().await;
                let other = open(storage.clone(), 2).await;
                for client in [&broker, &other] {
                    assert_eq!(read(client).await, ((0..6).collect(), vec![]));
                }
                let before = topic_id(&broker).await;
                remove_rows(&storage, gone).await;
                let is_gone = |at: &i64| gone & (1 << (at / 2)) != 0;
                let (lost, left): (Vec<i64>, Vec<i64>) = (0..6).partition(is_gone);
                let about = format!("{gone:03b}, reads first: {reads_first}");
                if reads_first {
                    assert_eq!(read(&broker).await, (left.clone(), lost.clone()), "{about}");
                }
                assert_eq!(publish(&broker).await, 6, "{about}");
                assert_eq!(publish(&other).await, 8, "{about}");
                broker.refresh().await.unwrap();
                let anew = open(storage.clone(), 3).await;
                let left: Vec<i64> = left.into_iter().chain(6..10).collect();
                for client in [&broker, &other, &anew] {
                    assert_eq!(read(client).await, (left.clone(), lost.clone()), "{about}");
                }
                let told = broker.losses();
                let is_end_gone = reads_first && gone & 4 != 0;
                assert_eq!(
                    told.iter().any(|it| it.cause == LossCause::EndGone && it.to == offset(6)),
                    is_end_gone
                );
                assert_eq!(topic_id(&anew).await, before, "{about}");
            }
        }
    });
}

/// A bug had all but the first of several records, which were appended at once and lost, give their offsets to others.
#[test]
fn a_lost_end_that_this_client_has_never_seen_is_told_by_the_guard_of_its_last_append() {
    block_on(async {
        for gone in [0b100, 0b110, 0b111] {
            let (storage, first) = store().await;
            let before = topic_id(&first).await;
            remove_rows(&storage, gone).await;
            let anew = open(storage.clone(), 2).await;
            assert_eq!(publish(&anew).await, 6, "{gone:b}");
            let from = 2 * i64::from(gone.trailing_zeros());
            assert_eq!(read(&anew).await, ((0..from).chain(6..8).collect(), (from..6).collect()), "{gone:b}");
            let losses = anew.losses();
            let [loss] = &losses[..] else { panic!("{losses:?}") };
            assert_eq!((loss.from, loss.to), (offset(from), offset(6)));
            assert_eq!(topic_id(&anew).await, before, "nothing else can be missing");
        }
    });
}

#[test]
fn a_lost_end_that_others_may_know_more_of_is_followed_by_a_new_incarnation_and_who_waits_goes_there() {
    block_on(async {
        let (storage, first) = store().await;
        let before = topic_id(&first).await;
        remove_rows(&storage, 0b100).await;
        // As an older version left them.
        for guard in storage.scan(&everything(Table::Guards)).await.unwrap() {
            storage.overwrite(Table::Guards, &guard.key, &[]);
        }
        let anew = open(storage.clone(), 2).await;
        // It has never seen the last row; the guard says that an append began at 4, and not how far it went.
        assert_eq!(publish(&anew).await, 5);
        assert_eq!(read(&anew).await, (vec![0, 1, 2, 3, 5, 6], vec![4]));
        let losses = anew.losses();
        let [loss] = &losses[..] else { panic!("{losses:?}") };
        let cause = "they had been acknowledged, and the partition ended before them";
        assert_eq!(loss.to_string(), format!("t-1: offset 4 is lost: {cause}"));
        assert_eq!(loss.topic_id, before);
        assert_ne!(topic_id(&anew).await, before);
    });
}

#[test]
fn a_log_that_ends_early_and_cannot_be_written_to_says_why_it_is_not_read() {
    block_on(async {
        let (memory, _) = store().await;
        let storage = tablog_core::storage::faulty::FaultyStorage::new(memory.clone());
        let broker = open(storage.clone(), 2).await;
        broker.fetch(&partition("t", 1), offset(0), 1).await.unwrap();
        remove_rows(&memory, 0b100).await;
        let full = tablog_core::storage::faulty::CommitFault::Before(StorageError::QuotaExceeded);
        storage.fail_next_commit(full);
        let refused = broker.fetch(&partition("t", 1), offset(0), 1 << 20).await.unwrap_err();
        assert_eq!(refused.to_string(), StorageError::QuotaExceeded.to_string());
        let fetched = broker.fetch(&partition("t", 1), offset(0), 1 << 20).await.unwrap();
        assert_eq!(fetched.damage.len(), 1);
    });
}

#[test]
fn a_log_that_was_emptied_and_then_loses_its_last_row_goes_on_behind_what_was_deleted() {
    // It went on at offset 0, below its own start, where nobody reads; later it went on nowhere.
    block_on(async {
        for opens_anew in [true, false] {
            let (storage, broker) = store().await;
            assert_eq!(broker.delete_records(&partition("t", 1), offset(-1)).await, Ok(offset(6)));
            remove_rows(&storage, u32::MAX).await;
            assert_eq!(storage.scan(&everything(Table::Chunks)).await.unwrap(), []);
            let broker = if opens_anew { open(storage, 2).await } else { broker };
            assert_eq!(read_from(&broker, 6).await, (vec![], vec![]));
            assert_eq!(publish(&broker).await, 6);
            assert_eq!(read_from(&broker, 6).await, (vec![6, 7], vec![]));
            assert_eq!(broker.losses(), [], "what was deleted is no loss");
        }
    });
}

/// A bug had losses that were found while a store was being opened forgotten once the witness was asked.
#[test]
fn what_was_found_to_be_lost_before_the_witness_was_asked_is_told_with_what_the_witness_knows() {
    block_on(async {
        let (storage, _) = store().await;
        remove_rows(&storage, 0b100).await;
        let broker = open(storage, 2).await;
        // A guard refuses the end that the rows tell.
        assert_eq!(publish(&broker).await, 6);
        let found = broker.losses();
        assert_eq!(found.len(), 1, "{found:?}");
        let witness = MemoryWitness::default();
        assert_eq!(broker.reckon(&witness).await.unwrap(), found);
        assert_eq!(broker.losses(), found);
        let told = Testimony::parse(&witness.recall().unwrap()).unwrap();
        assert_eq!(told.losses, found, "the witness has heard of it");
        assert_eq!(broker.reckon(&witness).await.unwrap(), []);
    });
}
