//! One producer for each topic, so that records without a key stay on a partition over many publishings, until a batch is full.

use std::cell::RefCell;
use std::collections::BTreeMap;

use tablog_core::broker::Broker;
use tablog_core::client::Producer;
use tablog_core::env::Env;
use tablog_core::ids::TopicName;
use tablog_core::storage::Storage;

/// Most topics for which a producer is kept. Beyond that all are let go: nothing is lost but the partition they were on.
const PRODUCERS_MAX: usize = 100;

/// Keeps the producers of one broker.
pub struct Producers<S, E> {
    by_topic: RefCell<BTreeMap<TopicName, Producer<S, E>>>,
}

impl<S, E> Default for Producers<S, E> {
    fn default() -> Self {
        Self { by_topic: RefCell::default() }
    }
}

impl<S: Storage, E: Env> Producers<S, E> {
    /// Returns the topic's producer.
    pub fn of(&self, broker: &Broker<S, E>, topic: &TopicName) -> Producer<S, E> {
        let mut by_topic = self.by_topic.borrow_mut();
        if by_topic.len() >= PRODUCERS_MAX && !by_topic.contains_key(topic) {
            by_topic.clear();
        }
        let make = || Producer::new(broker.clone(), topic.clone());
        by_topic.entry(topic.clone()).or_insert_with(make).clone()
    }

    /// Lets all go: their broker is no longer the one to use.
    pub fn clear(&self) {
        self.by_topic.borrow_mut().clear();
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    use tablog_core::env::SimEnv;
    use tablog_core::ids::Timestamp;
    use tablog_core::record::NewRecord;
    use tablog_core::storage::memory::MemoryStorage;

    use super::*;

    /// Everything here runs in memory: whatever waits can go on at once.
    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return value;
            }
        }
    }

    /// A bug had each publishing choose a partition anew, whatever the sticky partitioner had chosen before.
    #[test]
    fn records_published_one_by_one_stay_on_a_partition() {
        run(async {
            let env = Rc::new(SimEnv::new(1, Timestamp::from_millis(1_000)));
            let broker = Broker::open(MemoryStorage::new(), env).await.unwrap();
            let topic = TopicName::parse("t").unwrap();
            broker.create_topic(&topic, 50, &[]).await.unwrap();
            let producers = Producers::default();
            let mut partitions = BTreeSet::new();
            for _ in 0..10 {
                let sent = producers.of(&broker, &topic).send(vec![NewRecord::default().into()]).await;
                partitions.extend(sent.into_iter().map(|landed| landed.unwrap().partition));
            }
            assert_eq!(partitions.len(), 1, "{partitions:?}");
        });
    }

    #[test]
    fn no_more_than_so_many_producers_are_kept() {
        run(async {
            let env = Rc::new(SimEnv::new(1, Timestamp::from_millis(1_000)));
            let broker = Broker::open(MemoryStorage::new(), env).await.unwrap();
            let producers = Producers::default();
            for n in 0..250 {
                drop(producers.of(&broker, &TopicName::parse(&format!("t{n}")).unwrap()));
                assert!(producers.by_topic.borrow().len() <= PRODUCERS_MAX);
            }
        });
    }
}
