//! What an append leaves beside its records: in its guard who made it, and in its client's row, now and then, what it goes to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::rc::Rc;

use crate::common::{TestBroker, batch, millis, offset, open, partition, read_all, topic, values};
use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::broker::{Acks, Broker, ProduceError};
use tablog_core::env::SimEnv;
use tablog_core::storage::faulty::{CommitFault, FaultyStorage};
use tablog_core::storage::key::MetaKey;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{
    Content, Durability, Order, Row, Scan, Storage, StorageError, Table, Usage, Write, WriteBatch,
};

/// Remembers how many rows each commit wrote to which table, and lets somebody else be quicker than the read after a commit that failed.
#[derive(Clone)]
struct Watched<S> {
    inner: S,
    written: Rc<RefCell<Vec<Vec<Table>>>>,
    between: Rc<RefCell<Option<TestBroker<MemoryStorage>>>>,
}

impl<S> Watched<S> {
    fn new(inner: S) -> Self {
        Self { inner, written: Rc::default(), between: Rc::default() }
    }

    fn last(&self) -> Vec<Table> {
        self.written.borrow().last().cloned().unwrap_or_default()
    }
}

impl<S: Storage> Storage for Watched<S> {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        let other = self.between.borrow_mut().take_if(|_| table == Table::Guards);
        if let Some(other) = other {
            let change = [("max.message.bytes".to_owned(), Some("5000".to_owned()))];
            other.alter_configs(&topic("t"), &change).await.unwrap();
        }
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.inner.scan(scan).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        let tables = batch.writes.iter().map(|write| match write {
            Write::Put { table, .. }
            | Write::PutPieces { table, .. }
            | Write::Add { table, .. }
            | Write::DeleteRange { table, .. } => *table,
        });
        self.written.borrow_mut().push(tables.collect());
        self.inner.commit(batch, durability).await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

async fn publish<S: Storage>(broker: &TestBroker<S>, to: i32) -> Result<i64, ProduceError> {
    let ack = broker.produce(&partition("t", to), vec![batch(&["x"])], Acks::Leader).await?;
    Ok(ack.base_offset.value())
}

async fn clients(memory: &MemoryStorage) -> Vec<Row> {
    let (table, range) = (Table::Meta, MetaKey::clients());
    let scan = Scan { table, range, order: Order::Ascending, content: Content::Rows, rows_max: 10 };
    memory.scan(&scan).await.unwrap()
}

#[test]
fn an_append_writes_its_guard_and_its_records_and_nothing_else() {
    block_on(async {
        let storage = Watched::new(MemoryStorage::new());
        let broker = open(storage.clone(), 1).await;
        broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
        // The first one to a partition says that there may be more.
        for to in [0, 1] {
            publish(&broker, to).await.unwrap();
            assert_eq!(storage.last(), [Table::Guards, Table::Chunks, Table::Meta]);
        }
        for to in [0, 1, 1, 0] {
            publish(&broker, to).await.unwrap();
            assert_eq!(storage.last(), [Table::Guards, Table::Chunks]);
        }
    });
}

#[test]
fn whoever_looks_again_sees_appends_of_which_there_is_no_note_anew() {
    block_on(async {
        let memory = MemoryStorage::new();
        let writer = open(memory.clone(), 1).await;
        writer.create_topic(&topic("t"), 40, &[]).await.unwrap();
        let storage = FaultyStorage::new(memory);
        let reader = open(storage.clone(), 2).await;
        reader.describe_topic(&topic("t")).await.unwrap();
        let mut ends = vec![0; 40];
        // To one partition again and again; to some in turn; to more in turn than a note names; to one again.
        let turns =
            [0; 5].into_iter().chain((0..18).map(|n| n % 6)).chain((0..60).map(|n| n % 20)).chain([7; 5]);
        for to in turns {
            publish(&writer, to).await.unwrap();
            ends[usize::try_from(to).unwrap()] += 1;
            reader.refresh().await.unwrap();
            let seen = reader.describe_topic(&topic("t")).await.unwrap().partitions;
            assert!(seen.iter().map(|it| it.high_watermark.value()).eq(ends.iter().copied()), "{seen:?}");
        }
        let before = storage.reads();
        publish(&writer, 7).await.unwrap();
        reader.refresh().await.unwrap();
        assert!(storage.reads() - before <= 1 + 8, "{} reads", storage.reads() - before);
    });
}

#[test]
fn who_appends_to_many_partitions_at_once_says_so_each_time() {
    block_on(async {
        let memory = MemoryStorage::new();
        let (writer, reader) = (open(memory.clone(), 1).await, open(memory, 2).await);
        writer.create_topic(&topic("t"), 12, &[]).await.unwrap();
        reader.refresh().await.unwrap();
        reader.describe_topic(&topic("t")).await.unwrap();
        for round in 1..4 {
            let all = (0..12).map(|to| publish(&writer, to));
            futures_util::future::join_all(all).await;
            reader.refresh().await.unwrap();
            let seen = reader.describe_topic(&topic("t")).await.unwrap().partitions;
            assert!(seen.iter().all(|it| it.high_watermark == offset(round)), "{seen:?}");
        }
    });
}

#[test]
fn a_note_that_was_tidied_away_or_grew_old_is_written_anew() {
    block_on(async {
        let memory = MemoryStorage::new();
        let env = Rc::new(SimEnv::new(1, millis(0)));
        let writer = Broker::open(memory.clone(), Rc::clone(&env)).await.unwrap();
        writer.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&writer, 0).await.unwrap();
        let first = clients(&memory).await;
        publish(&writer, 0).await.unwrap();
        assert_eq!(clients(&memory).await, first);
        env.advance(25 * 3_600_000);
        publish(&writer, 0).await.unwrap();
        let second = clients(&memory).await;
        assert_ne!(second, first);
        memory.remove(Table::Meta, &second[0].key);
        writer.refresh().await.unwrap();
        publish(&writer, 0).await.unwrap();
        assert_eq!(clients(&memory).await.len(), 1);
    });
}

/// The guard of offset 0 is the only one that a change of the topic puts over an append's.
#[test]
fn a_first_append_in_doubt_is_neither_taken_for_applied_nor_made_twice_when_the_topic_is_changed_meanwhile() {
    block_on(async {
        let lost = StorageError::ConnectionLost("unplugged".to_owned());
        for (fault, changed) in [
            (CommitFault::After(lost.clone()), false),
            (CommitFault::After(lost.clone()), true),
            (CommitFault::Before(lost.clone()), false),
            (CommitFault::Before(lost), true),
        ] {
            let memory = MemoryStorage::new();
            let faulty = FaultyStorage::new(memory.clone());
            let storage = Watched::new(faulty.clone());
            let (broker, other) = (open(storage.clone(), 1).await, open(memory, 2).await);
            broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
            other.refresh().await.unwrap();
            faulty.fail_next_commit(fault.clone());
            *storage.between.borrow_mut() = changed.then(|| other.clone());
            let outcome = publish(&broker, 0).await;
            let is_in_doubt = changed && matches!(fault, CommitFault::After(_));
            match outcome {
                Err(ProduceError::OutcomeUnknown(_)) => assert!(is_in_doubt, "{fault:?}"),
                outcome => assert_eq!((outcome, is_in_doubt), (Ok(0), false), "{fault:?}"),
            }
            let read = read_all(&other, &partition("t", 0), offset(0), 1 << 20).await;
            assert_eq!(values(&read), ["x"], "{fault:?}, {changed}");
            assert!(storage.between.borrow().is_none(), "the guard was looked at");
        }
    });
}

#[test]
fn an_append_in_doubt_is_told_by_its_guard_from_one_that_another_tab_made_there() {
    block_on(async {
        let memory = MemoryStorage::new();
        let faulty = FaultyStorage::new(memory.clone());
        let (broker, other) = (open(faulty.clone(), 1).await, open(memory, 2).await);
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        publish(&broker, 0).await.unwrap();
        other.refresh().await.unwrap();
        // The very same bytes at the very same offset: only the guard tells that they are another's.
        assert_eq!(publish(&other, 0).await, Ok(1));
        faulty.fail_next_commit(CommitFault::Before(StorageError::ConnectionLost("unplugged".to_owned())));
        assert_eq!(publish(&broker, 0).await, Ok(2));
        let read = read_all(&other, &partition("t", 0), offset(0), 1 << 20).await;
        assert_eq!(read.len(), 3);
    });
}
