//! Appends that nobody looks into: what was made up from what is no longer true is refused, however late it comes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::rc::Rc;

use crate::common::{
    TestBroker, assert_dense, batch, millis, offset, open, partition, read_all, topic, values,
};
use futures_executor::block_on;
use futures_util::future::join;
use tablog_core::broker::{Acks, Broker, Change, ProduceError};
use tablog_core::env::{SimEnv, yield_now};
use tablog_core::storage::faulty::FaultyStorage;
use tablog_core::storage::key::ChunkKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::suite::everything;
use tablog_core::storage::{Storage, Table};

async fn publish<S: Storage>(broker: &TestBroker<S>, value: &str) -> i64 {
    let ack = broker.produce(&partition("t", 0), vec![batch(&[value])], Acks::Leader).await.unwrap();
    ack.base_offset.value()
}

/// Two tabs with one topic; the first knows the log with one record in it.
async fn two_tabs() -> (MemoryStorage, TestBroker<MemoryStorage>, TestBroker<MemoryStorage>) {
    let memory = MemoryStorage::new();
    let (old, other) = (open(memory.clone(), 1).await, open(memory.clone(), 2).await);
    old.create_topic(&topic("t"), 1, &[]).await.unwrap();
    assert_eq!(publish(&old, "first").await, 0);
    other.refresh().await.unwrap();
    (memory, old, other)
}

async fn stored(memory: &MemoryStorage) -> Vec<String> {
    let read = read_all(&open(memory.clone(), 9).await, &partition("t", 0), offset(0), 1 << 20).await;
    assert_dense(&read);
    values(&read).into_iter().map(ToOwned::to_owned).collect()
}

async fn guards(memory: &MemoryStorage) -> usize {
    memory.scan(&everything(Table::Guards)).await.unwrap().len()
}

#[test]
fn an_append_asks_for_nothing_before_it_is_committed() {
    block_on(async {
        let storage = FaultyStorage::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        // Now and then a client looks whether another one waits for its turn; here, it is not time yet.
        for at in 0..10 {
            let before = (storage.reads(), storage.commits());
            assert_eq!(publish(&broker, "x").await, at);
            assert_eq!((storage.reads() - before.0, storage.commits() - before.1), (0, 1));
        }
    });
}

#[test]
fn a_tab_that_knows_an_old_end_of_a_log_appends_behind_the_new_one() {
    block_on(async {
        let (memory, old, other) = two_tabs().await;
        for n in 0..10 {
            publish(&other, &n.to_string()).await;
        }
        assert_eq!(publish(&old, "late").await, 11);
        assert_eq!(stored(&memory).await.len(), 12);
    });
}

#[test]
fn a_tab_that_knows_an_old_end_is_kept_away_also_when_the_rows_behind_it_are_deleted() {
    block_on(async {
        for before in [8, -1] {
            let (_, old, other) = two_tabs().await;
            for n in 0..10 {
                publish(&other, &n.to_string()).await;
            }
            other.delete_records(&partition("t", 0), offset(before)).await.unwrap();
            assert_eq!(publish(&old, "late").await, 11);
            assert_eq!(publish(&other, "later").await, 12);
            old.refresh().await.unwrap();
            let read = read_all(&old, &partition("t", 0), offset(11), 1 << 20).await;
            assert_eq!(values(&read), ["late", "later"]);
        }
    });
}

/// A bug had a tab use the end of a log that it had just read with the topic as it was before somebody changed it and appended more.
#[test]
fn an_end_that_was_read_after_the_topic_was_changed_is_not_used_with_the_topic_as_it_was() {
    block_on(async {
        let memory = MemoryStorage::new();
        let (old, other) = (open(memory.clone(), 1).await, open(memory.clone(), 2).await);
        other.create_topic(&topic("t"), 1, &[]).await.unwrap();
        // Knows the topic, and not yet where its log ends.
        old.refresh().await.unwrap();
        publish(&other, "first").await;
        let less = [("max.message.bytes".to_owned(), Some("100".to_owned()))];
        other.alter_configs(&topic("t"), &less).await.unwrap();
        publish(&other, "second").await;
        let large = "x".repeat(200);
        let refused = old.produce(&partition("t", 0), vec![batch(&[&large])], Acks::Leader).await;
        assert!(matches!(refused, Err(ProduceError::Invalid { .. })), "{refused:?}");
        assert_eq!(publish(&old, "third").await, 2);
    });
}

/// A bug had a client that lost the answer to a change take another's same change for its own, and give out offsets again.
#[test]
fn two_clients_that_make_the_same_change_are_told_apart_when_an_answer_is_lost() {
    block_on(async {
        let memory = MemoryStorage::new();
        let storage = FaultyStorage::new(memory.clone());
        let (broker, other) = (open(storage.clone(), 1).await, open(memory.clone(), 2).await);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&broker, "first").await;
        let less = [("max.message.bytes".to_owned(), Some("5000".to_owned()))];
        let mine = async {
            storage.delay_commits(40);
            let lost = tablog_core::storage::StorageError::ConnectionLost("unplugged".to_owned());
            storage.fail_next_commit(tablog_core::storage::faulty::CommitFault::Before(lost));
            let mut watcher = broker.watch();
            broker.alter_configs(&topic("t"), &less).await.unwrap();
            let changes = watcher.changed().await;
            assert!(
                changes.contains(&(Change::Topic(topic("t")), true)),
                "other tabs are told by this one: {changes:?}"
            );
            storage.delay_commits(0);
        };
        let theirs = async {
            for _ in 0..5 {
                yield_now().await;
            }
            publish(&other, "second").await;
            other.alter_configs(&topic("t"), &less).await.unwrap();
        };
        join(mine, theirs).await;
        assert_eq!(publish(&broker, "third").await, 2);
        assert_eq!(stored(&memory).await, ["first", "second", "third"]);
    });
}

#[test]
fn a_tab_that_knows_a_topic_as_it_was_is_refused_and_takes_over_what_was_changed() {
    block_on(async {
        let (memory, old, other) = two_tabs().await;
        let less = [("max.message.bytes".to_owned(), Some("100".to_owned()))];
        other.alter_configs(&topic("t"), &less).await.unwrap();
        let large = "x".repeat(200);
        let refused = old.produce(&partition("t", 0), vec![batch(&[&large])], Acks::Leader).await;
        assert!(matches!(refused, Err(ProduceError::Invalid { .. })), "{refused:?}");
        assert_eq!(publish(&old, "small").await, 1);
        assert_eq!(stored(&memory).await, ["first", "small"]);
    });
}

#[test]
fn a_deleted_topic_leaves_its_guards_for_30_days() {
    block_on(async {
        let (memory, old, other) = two_tabs().await;
        publish(&other, "second").await;
        assert_eq!(guards(&memory).await, 2);
        other.delete_topic(&topic("t")).await.unwrap();
        // Of the two appends, and of the end.
        assert_eq!(guards(&memory).await, 3);
        let refused = old.produce(&partition("t", 0), vec![batch(&["late"])], Acks::Leader).await;
        assert_eq!(refused, Err(ProduceError::UnknownTopicOrPartition(partition("t", 0))));
        assert_eq!(memory.scan(&everything(Table::Chunks)).await.unwrap(), []);
        let after = |days: i64| Rc::new(SimEnv::new(5, millis(1_000 + days * 86_400_000)));
        Broker::open(memory.clone(), after(29)).await.unwrap();
        assert_eq!(guards(&memory).await, 3);
        Broker::open(memory.clone(), after(31)).await.unwrap();
        assert_eq!(guards(&memory).await, 0);
    });
}

/// A bug had a tab that looked at a deleted topic's log find it empty, and append at its beginning.
#[test]
fn a_log_that_seems_empty_because_its_topic_is_gone_takes_no_record() {
    block_on(async {
        let memory = MemoryStorage::new();
        let (old, other) = (open(memory.clone(), 1).await, open(memory.clone(), 2).await);
        other.create_topic(&topic("t"), 1, &[]).await.unwrap();
        old.refresh().await.unwrap();
        publish(&other, "first").await;
        other.delete_topic(&topic("t")).await.unwrap();
        let refused = old.produce(&partition("t", 0), vec![batch(&["late"])], Acks::Leader).await;
        assert_eq!(refused, Err(ProduceError::UnknownTopicOrPartition(partition("t", 0))));
        assert_eq!(memory.scan(&everything(Table::Chunks)).await.unwrap(), []);
    });
}

#[test]
fn a_log_whose_last_row_is_lost_goes_on_behind_the_place_that_is_marked_as_taken() {
    block_on(async {
        let (memory, _, other) = two_tabs().await;
        publish(&other, "lost").await;
        let last = memory.scan(&everything(Table::Chunks)).await.unwrap().pop().unwrap().key;
        assert_eq!(ChunkKey::decode(&last).unwrap().base_offset, offset(1));
        assert!(memory.remove(Table::Chunks, &last));
        let anew = open(memory.clone(), 3).await;
        for (value, at) in [("a", 2), ("b", 3)] {
            assert_eq!(publish(&anew, value).await, at);
        }
        let read = anew.fetch(&partition("t", 0), offset(0), 1 << 20).await.unwrap();
        let [damage] = &read.damage[..] else { panic!("{read:?}") };
        assert_eq!((damage.from, damage.to), (Some(offset(1)), Some(offset(2))));
    });
}

#[test]
fn an_append_that_is_under_way_when_the_store_is_wiped_leaves_nothing_in_the_new_one() {
    block_on(async {
        let memory = MemoryStorage::new();
        let storage = FaultyStorage::new(memory.clone());
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&broker, "before").await;
        storage.delay_commits(5);
        let (place, late) = (partition("t", 0), vec![batch(&["late"])]);
        let append = broker.produce(&place, late, Acks::Leader);
        let wipe = async {
            let before = storage.commits();
            while storage.commits() == before {
                yield_now().await;
            }
            memory.wipe();
        };
        let (refused, ()) = join(append, wipe).await;
        assert_eq!(refused, Err(ProduceError::UnknownTopicOrPartition(partition("t", 0))));
        assert_eq!(memory.scan(&everything(Table::Chunks)).await.unwrap(), []);
    });
}
