//! What `acks` means to storage: nothing yet, a relaxed commit, a strict one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::cell::RefCell;
use std::rc::Rc;

use crate::common::{TestBroker, batch, offset, open, partition, read_all, topic, values};
use bytes::Bytes;
use futures_executor::block_on;
use futures_util::future::join_all;
use tablog_core::broker::Acks;
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Durability, Row, Scan, Storage, StorageError, Table, Usage, WriteBatch};

/// Writes down how durable each commit was asked to be.
#[derive(Clone)]
struct Noting {
    inner: MemoryStorage,
    asked: Rc<RefCell<Vec<Durability>>>,
}

impl Storage for Noting {
    async fn get(&self, table: Table, key: &[u8]) -> Result<Option<Bytes>, StorageError> {
        self.inner.get(table, key).await
    }

    async fn scan(&self, scan: &Scan) -> Result<Vec<Row>, StorageError> {
        self.inner.scan(scan).await
    }

    async fn commit(&self, batch: &WriteBatch, durability: Durability) -> Result<(), StorageError> {
        self.asked.borrow_mut().push(durability);
        self.inner.commit(batch, durability).await
    }

    async fn usage(&self) -> Result<Usage, StorageError> {
        self.inner.usage().await
    }

    fn connection(&self) -> u64 {
        self.inner.connection()
    }
}

/// Opens a store with one topic, and forgets what that asked for.
async fn noting() -> (TestBroker<Noting>, Rc<RefCell<Vec<Durability>>>) {
    let asked: Rc<RefCell<Vec<Durability>>> = Rc::default();
    let broker = open(Noting { inner: MemoryStorage::new(), asked: Rc::clone(&asked) }, 1).await;
    broker.create_topic(&topic("t"), 2, &[]).await.unwrap();
    asked.borrow_mut().clear();
    (broker, asked)
}

#[test]
fn acks_one_is_a_relaxed_commit_and_acks_all_a_strict_one() {
    block_on(async {
        let (broker, asked) = noting().await;
        let place = partition("t", 0);
        for (acks, durability) in [(Acks::Leader, Durability::Relaxed), (Acks::All, Durability::Strict)] {
            let ack = broker.produce(&place, vec![batch(&["x"])], acks).await.unwrap();
            assert_eq!(ack.acks, acks);
            assert_eq!(asked.take(), [durability]);
        }
    });
}

#[test]
fn a_group_with_one_acks_all_is_strict_as_a_whole_and_each_is_told_so() {
    block_on(async {
        let (broker, asked) = noting().await;
        let places = [partition("t", 0), partition("t", 1), partition("t", 0)];
        let wanted = [Acks::Leader, Acks::All, Acks::Leader];
        let calls = places.iter().zip(wanted).map(|(p, acks)| broker.produce(p, vec![batch(&["x"])], acks));
        let given: Vec<Acks> = join_all(calls).await.into_iter().map(|ack| ack.unwrap().acks).collect();
        assert_eq!(given, [Acks::All; 3]);
        assert_eq!(asked.take(), [Durability::Strict]);
    });
}

#[test]
fn acks_none_is_answered_before_any_commit_and_goes_with_the_next_one() {
    block_on(async {
        let (broker, asked) = noting().await;
        let place = partition("t", 0);
        let ack = broker.produce(&place, vec![batch(&["first"])], Acks::None).await.unwrap();
        assert_eq!(ack.acks, Acks::None);
        assert_eq!(asked.take(), []);
        let ack = broker.produce(&place, vec![batch(&["second"])], Acks::Leader).await.unwrap();
        assert_eq!(ack.base_offset, offset(1));
        assert_eq!(asked.take(), [Durability::Relaxed]);
        assert_eq!(values(&read_all(&broker, &place, offset(0), 1 << 20).await), ["first", "second"]);
    });
}
