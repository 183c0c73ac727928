//! Answers of storage that come late, after others that were asked for later: nothing that was known goes back, and what was
//! acknowledged or committed before somebody looked is seen.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::rc::Rc;

use crate::common::{TestBroker, batch, offset, open, partition, read_all, topic, values};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::future::join;
use tablog_core::broker::{Acks, DescribeTopicError, PartitionDescription, ProduceError};
use tablog_core::env::yield_now;
use tablog_core::source::SourceError;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

/// Far more turns than anything else takes.
const LATE_TURNS: u32 = 200;

/// Answers the next scan of a table, or the next commit, late: it is done at once, and what it tells may be outdated by then.
#[derive(Clone)]
struct LateOnce<S> {
    inner: S,
    scan: Rc<Cell<Option<Table>>>,
    commit: Rc<Cell<bool>>,
}

impl<S> LateOnce<S> {
    fn new(inner: S) -> Self {
        Self { inner, scan: Rc::default(), commit: Rc::default() }
    }
}

/// Commits one after the other, in the order in which they were asked for, each of them for a while: as a browser does.
#[derive(Clone)]
struct OneByOne<S> {
    inner: S,
    asked: Rc<Cell<u64>>,
    done: Rc<Cell<u64>>,
}

impl<S> OneByOne<S> {
    fn new(inner: S) -> Self {
        Self { inner, asked: Rc::default(), done: Rc::default() }
    }
}

impl<S: Storage> Storage for OneByOne<S> {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.inner.scan(scan).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let turn = self.asked.get();
        self.asked.set(turn + 1);
        while self.done.get() < turn {
            yield_now().await;
        }
        turns(10).await;
        let outcome = self.inner.commit(batch, durability).await;
        self.done.set(turn + 1);
        outcome
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

async fn turns(count: u32) {
    for _ in 0..count {
        yield_now().await;
    }
}

impl<S: Storage> Storage for LateOnce<S> {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        let is_late = self.scan.get() == Some(scan.table);
        if is_late {
            self.scan.set(None);
        }
        let rows = self.inner.scan(scan).await;
        turns(if is_late { LATE_TURNS } else { 0 }).await;
        rows
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let is_late = self.commit.replace(false);
        let outcome = self.inner.commit(batch, durability).await;
        turns(if is_late { LATE_TURNS } else { 0 }).await;
        outcome
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

async fn publish<S: Storage>(broker: &TestBroker<S>, value: &str) -> i64 {
    let ack = broker.produce(&partition("t", 0), vec![batch(&[value])], Acks::Leader).await.unwrap();
    ack.base_offset.value()
}

async fn described<S: Storage>(broker: &TestBroker<S>) -> PartitionDescription {
    broker.describe_topic(&topic("t")).await.unwrap().partitions[0]
}

/// A bug had a look find nothing new in a log that was just being read, from before the records that it was about; and as nobody
/// committed any more, no later look found them either.
#[test]
fn a_log_that_was_just_being_read_when_somebody_looked_again_is_read_again() {
    block_on(async {
        for partitions in [1, 20] {
            let memory = MemoryStorage::new();
            let other = open(memory.clone(), 1).await;
            other.create_topic(&topic("t"), partitions, &[]).await.unwrap();
            publish(&other, "early").await;
            let storage = LateOnce::new(memory);
            let broker = open(storage.clone(), 2).await;
            storage.scan.set(Some(Table::Chunks));
            let look_again = async {
                turns(20).await;
                publish(&other, "late").await;
                broker.refresh().await.unwrap();
            };
            join(described(&broker), look_again).await;
            assert_eq!(described(&broker).await.high_watermark, offset(2));
        }
    });
}

/// A bug had the answer to a deletion take away what this client itself had appended in the meantime, until it looked again.
#[test]
fn a_deletion_whose_answer_comes_late_does_not_take_the_high_watermark_back() {
    block_on(async {
        for before in [-1, 1] {
            let storage = LateOnce::new(MemoryStorage::new());
            let broker = open(storage.clone(), 1).await;
            broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
            for value in ["a", "b"] {
                publish(&broker, value).await;
            }
            storage.commit.set(true);
            let place = partition("t", 0);
            let append = async {
                turns(20).await;
                publish(&broker, "c").await
            };
            let (deleted, appended) = join(broker.delete_records(&place, offset(before)), append).await;
            let start = deleted.unwrap();
            assert_eq!((start.value(), appended), (if before < 0 { 2 } else { 1 }, 2));
            let seen = described(&broker).await;
            assert_eq!((seen.log_start_offset, seen.high_watermark), (start, offset(3)));
            let read = read_all(&broker, &place, start, 1).await;
            assert_eq!(values(&read).last(), Some(&"c"));
        }
    });
}

/// A bug had somebody who deleted all records while they came in at full speed lose every race against the appends.
#[test]
fn all_records_up_to_now_are_deleted_also_while_more_come_in_without_a_pause() {
    block_on(async {
        let broker = open(OneByOne::new(MemoryStorage::new()), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&broker, "first").await;
        let appended = Cell::new(1);
        // Two by turns: one's append is always under way.
        let appends = async || {
            while appended.get() < 1_000 {
                publish(&broker, "more").await;
                appended.set(appended.get() + 1);
            }
        };
        let delete = async {
            let start = broker.delete_records(&partition("t", 0), offset(-1)).await.unwrap();
            (start, appended.get())
        };
        let (_, _, (start, when)) = futures_util::future::join3(appends(), appends(), delete).await;
        assert!(start >= offset(1) && when < 1_000, "deleted up to {start} when {when} were appended");
        assert_eq!(described(&broker).await.log_start_offset, start);
    });
}

/// A bug had somebody who changed or deleted a topic to which this very client appended at full speed lose every race against that.
#[test]
fn a_topic_is_changed_and_deleted_also_while_records_come_in_without_a_pause() {
    block_on(async {
        let broker = open(OneByOne::new(MemoryStorage::new()), 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let appended = Cell::new(0);
        let appends = async || {
            let place = partition("t", 0);
            while appended.get() < 1_000
                && broker.produce(&place, vec![batch(&["more"])], Acks::Leader).await.is_ok()
            {
                appended.set(appended.get() + 1);
            }
        };
        let change = async {
            turns(30).await;
            let config = [("max.message.bytes".to_owned(), Some("5000".to_owned()))];
            broker.alter_configs(&topic("t"), &config).await.unwrap();
            let altered = appended.get();
            broker.delete_topic(&topic("t")).await.unwrap();
            (altered, appended.get())
        };
        let (_, _, (altered, deleted)) = futures_util::future::join3(appends(), appends(), change).await;
        assert!(altered > 0 && deleted >= altered && deleted < 200, "{altered}, {deleted}");
    });
}

/// A bug had a look that took long take the log start back, when a lost race had told this client the new one in the meantime.
#[test]
fn a_look_whose_answer_comes_late_does_not_take_the_log_start_back() {
    block_on(async {
        let memory = MemoryStorage::new();
        let storage = LateOnce::new(memory.clone());
        let (broker, other) = (open(storage.clone(), 1).await, open(memory, 2).await);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&broker, "a").await;
        other.refresh().await.unwrap();
        storage.scan.set(Some(Table::Meta));
        let lose_a_race = async {
            turns(20).await;
            other.delete_records(&partition("t", 0), offset(-1)).await.unwrap();
            publish(&other, "quicker").await;
            publish(&broker, "b").await;
            assert_eq!(described(&broker).await.log_start_offset, offset(1));
        };
        let (looked, ()) = join(broker.refresh(), lose_a_race).await;
        looked.unwrap();
        assert_eq!(described(&broker).await.log_start_offset, offset(1));
    });
}

/// A bug had a client not see the record that it was just acknowledged, when the log was set back while the record was on its way
/// and was just being read anew; and it found nothing to look for either.
#[test]
fn what_is_acknowledged_is_seen_although_the_log_was_just_being_read() {
    block_on(async {
        let memory = MemoryStorage::new();
        let slow = FaultyStorage::new(memory.clone());
        let storage = LateOnce::new(slow.clone());
        let (broker, other) = (open(storage.clone(), 1).await, open(memory, 2).await);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        for value in ["a", "b"] {
            publish(&broker, value).await;
        }
        other.refresh().await.unwrap();
        slow.delay_commits(40);
        let read = async {
            turns(5).await;
            other.delete_records(&partition("t", 0), offset(1)).await.unwrap();
            broker.refresh().await.unwrap();
            storage.scan.set(Some(Table::Chunks));
            described(&broker).await
        };
        let (appended, _) = join(publish(&broker, "c"), read).await;
        assert_eq!(appended, 2);
        assert_eq!(described(&broker).await.high_watermark, offset(3));
    });
}

/// A bug had a client never see a record of which nobody could tell it whether it was stored, however often it looked; nor when it
/// had published elsewhere since.
#[test]
fn a_record_in_doubt_that_is_stored_after_all_is_seen_by_whoever_looks_again() {
    block_on(async {
        for publishes_elsewhere in [false, true] {
            let storage = FaultyStorage::new(MemoryStorage::new());
            let broker = open(storage.clone(), 1).await;
            broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
            publish(&broker, "a").await;
            let lost = StorageError::ConnectionLost("unplugged".to_owned());
            storage.fail_next_commit(CommitFault::After(lost.clone()));
            storage.fail_next_read(lost.clone());
            let place = partition("t", 0);
            let doubtful = broker.produce(&place, vec![batch(&["b"])], Acks::Leader).await;
            assert_eq!(doubtful, Err(ProduceError::OutcomeUnknown(lost)));
            if publishes_elsewhere {
                broker.produce(&partition("t", 1), vec![batch(&["c"])], Acks::Leader).await.unwrap();
            }
            broker.refresh().await.unwrap();
            assert_eq!(described(&broker).await.high_watermark, offset(2));
            assert_eq!(values(&read_all(&broker, &place, offset(0), 1).await), ["a", "b"]);
            let before = storage.reads();
            publish(&broker, "d").await;
            broker.refresh().await.unwrap();
            broker.refresh().await.unwrap();
            assert!(storage.reads() - before < 6, "once it is known, nobody looks for it any more");
        }
    });
}

/// A bug had a client call records lost that another one deleted between two of its reads.
#[test]
fn records_that_go_between_two_reads_of_a_look_are_out_of_range_and_not_lost() {
    block_on(async {
        let memory = MemoryStorage::new();
        let storage = LateOnce::new(memory.clone());
        let (broker, other) = (open(storage.clone(), 1).await, open(memory, 2).await);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        for value in ["a", "b"] {
            publish(&other, value).await;
        }
        storage.scan.set(Some(Table::Meta));
        let delete = async {
            turns(20).await;
            other.delete_records(&partition("t", 0), offset(-1)).await.unwrap();
        };
        let (looked, ()) = join(broker.refresh(), delete).await;
        looked.unwrap();
        let (offset, start) = (offset(0), offset(2));
        let fetched = broker.fetch(&partition("t", 0), offset, 1).await;
        assert_eq!(fetched, Err(SourceError::OffsetOutOfRange { offset, start, end: start }));
    });
}

/// A bug had a topic that was deleted end before it starts, for whoever knew its start and none of its records.
#[test]
fn a_deleted_topic_is_unknown_to_whoever_knew_only_where_it_starts() {
    block_on(async {
        let memory = MemoryStorage::new();
        let other = open(memory.clone(), 1).await;
        other.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&other, "a").await;
        other.delete_records(&partition("t", 0), offset(1)).await.unwrap();
        let broker = open(memory, 2).await;
        other.delete_topic(&topic("t")).await.unwrap();
        let gone = broker.describe_topic(&topic("t")).await;
        assert_eq!(gone, Err(DescribeTopicError::UnknownTopic(topic("t"))));
    });
}
