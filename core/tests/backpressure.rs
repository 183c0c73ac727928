//! Producers that are faster than storage, and consumers that are slower than producers: what is held has a limit.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::cell::Cell;
use std::rc::Rc;

use crate::common::{TestBroker, batch, offset, open, partition, read_all, topic};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::future::{join, join_all};
use futures_util::poll;
use tablog_core::broker::Acks;
use tablog_core::client::{Producer, ProducerRecord};
use tablog_core::env::yield_now;
use tablog_core::limits::CHUNK_BYTES_TARGET;
use tablog_core::record::NewRecord;
use tablog_core::storage::faulty::FaultyStorage;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

type Slow = FaultyStorage<MemoryStorage>;

/// Opens a store whose commits take long, with a topic and little room for what waits.
async fn slow(buffer_memory: usize) -> (TestBroker<Slow>, Slow) {
    let storage = FaultyStorage::new(MemoryStorage::new());
    let broker = open(storage.clone(), 1).await;
    broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
    broker.set_buffer_memory(buffer_memory);
    storage.delay_commits(20);
    (broker, storage)
}

/// Does something, and returns the most bytes that the broker held at any time meanwhile.
async fn most_held(broker: &TestBroker<Slow>, what: impl Future<Output = ()>) -> usize {
    let (done, most) = (Cell::new(false), Cell::new(0));
    let watch = async {
        while !done.get() {
            most.set(most.get().max(broker.buffered_bytes()));
            yield_now().await;
        }
    };
    let work = async {
        what.await;
        done.set(true);
    };
    join(work, watch).await;
    most.get()
}

#[test]
fn producers_that_are_faster_than_storage_wait_and_what_they_hold_has_a_limit() {
    block_on(async {
        for acks in [Acks::None, Acks::Leader, Acks::All] {
            let (broker, _) = slow(5_000).await;
            let places = [partition("t", 0), partition("t", 1)];
            let value = "x".repeat(300);
            let calls = (0..200).map(|n| broker.produce(&places[n % 2], vec![batch(&[&value])], acks));
            let work = async {
                assert!(join_all(calls).await.iter().all(Result::is_ok));
                broker.flush().await;
            };
            let held = most_held(&broker, work).await;
            assert!((4_000..=5_000).contains(&held), "{held} bytes with {acks:?}");
            assert_eq!(broker.buffered_bytes(), 0);
            assert_eq!(broker.describe_topic(&topic("t")).await.unwrap().records(), 200);
        }
    });
}

#[test]
fn who_wants_no_answer_waits_for_room_all_the_same() {
    block_on(async {
        let (broker, storage) = slow(1_000).await;
        let place = partition("t", 0);
        let value = "x".repeat(300);
        let before = storage.commits();
        let mut answered = 0;
        loop {
            let mut call = Box::pin(broker.produce(&place, vec![batch(&[&value])], Acks::None));
            if poll!(call.as_mut()).is_pending() {
                break;
            }
            answered += 1;
        }
        assert_eq!(
            (answered, storage.commits()),
            (2, before),
            "as many as there is room for, and none stored"
        );
        assert!(broker.buffered_bytes() <= 1_000);
        broker.flush().await;
        assert_eq!(
            broker.describe_topic(&topic("t")).await.unwrap().records(),
            2,
            "what was given up is not"
        );
    });
}

#[test]
fn a_call_larger_than_the_whole_buffer_goes_alone_and_others_wait_for_it() {
    block_on(async {
        let (broker, storage) = slow(1_000).await;
        let place = partition("t", 0);
        let before = storage.commits();
        let (small, large) = ("x".repeat(300), "y".repeat(5_000));
        let calls = [&small, &large, &small].map(|value| {
            let (broker, place, batch) = (broker.clone(), place.clone(), batch(&[value]));
            async move { broker.produce(&place, vec![batch], Acks::Leader).await.unwrap().base_offset.value() }
        });
        let work = async { assert_eq!(join_all(calls).await, [0, 1, 2]) };
        let held = most_held(&broker, work).await;
        assert!((5_000..5_200).contains(&held), "{held} bytes");
        assert_eq!(storage.commits() - before, 3, "each of them waited for the one before");
    });
}

/// A bug had a producer hand over up to 8 MiB in one call, however little was allowed to wait.
#[test]
fn a_producer_of_many_records_holds_no_more_than_its_broker_allows() {
    block_on(async {
        let (broker, _) = slow(40_000).await;
        let producer = Producer::new(broker.clone(), topic("t"));
        let value = Some(Bytes::from(vec![b'x'; 1_000]));
        let record = NewRecord { value, ..NewRecord::default() };
        let records: Vec<ProducerRecord> = (0..500).map(|_| record.clone().into()).collect();
        let work = async {
            let sent = producer.send_all(records).await;
            assert_eq!((sent.records(), sent.failed.len()), (500, 0));
        };
        let held = most_held(&broker, work).await;
        assert!((20_000..=40_000).contains(&held), "{held} bytes");
    });
}

#[test]
fn more_room_is_used_at_once_by_those_who_wait() {
    block_on(async {
        let (broker, storage) = slow(400).await;
        let place = partition("t", 0);
        let before = storage.commits();
        let value = "x".repeat(300);
        let calls = (0..10).map(|_| broker.produce(&place, vec![batch(&[&value])], Acks::Leader));
        let more = async {
            for _ in 0..5 {
                yield_now().await;
            }
            broker.set_buffer_memory(10_000);
        };
        let (answers, ()) = join(join_all(calls), more).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(storage.commits() - before, 2, "the first alone, then all the others");
    });
}

/// Counts the bytes that reads bring.
#[derive(Clone)]
struct Counting {
    inner: MemoryStorage,
    bytes: Rc<Cell<usize>>,
}

impl Storage for Counting {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        let rows = self.inner.scan(scan).await?;
        self.bytes.set(self.bytes.get() + rows.iter().map(|row| row.value.len()).sum::<usize>());
        Ok(rows)
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        self.inner.commit(batch, durability).await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

#[test]
fn a_consumer_holds_what_its_fetch_allows_however_far_producers_are_ahead() {
    block_on(async {
        let read = Rc::new(Cell::new(0));
        let storage = Counting { inner: MemoryStorage::new(), bytes: Rc::clone(&read) };
        let broker = open(storage, 1).await;
        broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
        let place = partition("t", 0);
        let value = "x".repeat(10_000);
        for _ in 0..20 {
            let batches = (0..20).map(|_| batch(&[&value])).collect();
            broker.produce(&place, batches, Acks::Leader).await.unwrap();
        }
        let mut next = offset(0);
        let mut records = 0;
        while next < offset(400) {
            read.set(0);
            let fetched = broker.fetch(&place, next, 50_000).await.unwrap();
            let bytes: usize = fetched.batches.iter().map(|batch| batch.bytes().len()).sum();
            assert!(bytes <= 50_000, "{bytes} bytes");
            // Rows are read whole.
            assert!(read.get() <= 50_000 + CHUNK_BYTES_TARGET, "{} bytes were read", read.get());
            records += fetched.batches.len();
            next = fetched.next_offset;
        }
        assert_eq!(records, 400);
        assert_eq!(read_all(&broker, &place, offset(0), 1).await.len(), 400);
    });
}
