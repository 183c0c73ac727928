//! Several clients of one store against a plain list: whatever they do in whatever order, the log holds what was acknowledged.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the numbers are small")]

mod at_once;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use crate::common::{TestBroker, millis, offset, open, topic};
use at_once::{Op, Start};
use bytes::Bytes;
use futures_executor::block_on;
use proptest::prelude::*;
use tablog_core::broker::{Acks, CreateTopicError, DescribeTopicError};
use tablog_core::record::RecordBatch;
use tablog_core::source::{Source, SourceError};
use tablog_core::storage::memory::MemoryStorage;

const CLIENTS: usize = 3;
const TOPICS: [&str; 2] = ["a", "b"];
const PARTITIONS: i32 = 2;

#[derive(Clone, Debug)]
enum Command {
    Create {
        client: usize,
        topic: usize,
    },
    /// Several clients do something at once, or one of them one thing.
    AtOnce(Vec<Start>),
    Reopen {
        client: usize,
    },
    /// Moves a client's clock.
    Tick {
        client: usize,
        by_ms: i64,
    },
    /// Refreshes, then compares everything that can be asked.
    Check {
        client: usize,
        from: i64,
        bytes_max: usize,
        timestamp: i64,
    },
}

fn any_command() -> impl Strategy<Value = Command> {
    let client = || 0..CLIENTS;
    let topic = || 0..TOPICS.len();
    // The records' own times, and the log's.
    let timestamp = prop_oneof![0..50i64, 950..1_150i64];
    prop_oneof![
        3 => (client(), topic()).prop_map(|(client, topic)| Command::Create { client, topic }),
        10 => at_once::any_start().prop_map(|start| Command::AtOnce(vec![start])),
        10 => prop::collection::vec(at_once::any_start(), 2..7).prop_map(Command::AtOnce),
        1 => client().prop_map(|client| Command::Reopen { client }),
        1 => (client(), -40..60i64).prop_map(|(client, by_ms)| Command::Tick { client, by_ms }),
        6 => (client(), 0..25i64, 1..400usize, timestamp).prop_map(|(client, from, bytes_max, timestamp)| {
            Command::Check { client, from, bytes_max, timestamp }
        }),
    ]
}

/// What a topic must be.
#[derive(Default)]
struct ModelTopic {
    logs: Vec<ModelLog>,
    /// Whether the records take the log's time.
    log_append_time: bool,
}

/// What a partition must hold: the stored batches, and each record's offset and time.
#[derive(Default)]
struct ModelLog {
    start: i64,
    end: i64,
    batches: Vec<ModelBatch>,
}

struct ModelBatch {
    base: i64,
    batch: RecordBatch,
    times: Vec<i64>,
}

impl ModelBatch {
    fn next(&self) -> i64 {
        self.base + self.times.len() as i64
    }

    fn records(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.times.iter().enumerate().map(|(index, &time)| (self.base + index as i64, time))
    }
}

impl ModelLog {
    fn kept(&self) -> impl Iterator<Item = &ModelBatch> {
        self.batches.iter().filter(|batch| batch.next() > self.start)
    }

    fn records(&self) -> impl Iterator<Item = (i64, i64)> + '_ {
        self.kept().flat_map(ModelBatch::records).filter(|(offset, _)| *offset >= self.start)
    }
}

struct World {
    storage: MemoryStorage,
    clients: Vec<TestBroker<MemoryStorage>>,
    /// Looks at storage and touches nothing.
    witness: TestBroker<MemoryStorage>,
    topics: BTreeMap<usize, ModelTopic>,
    /// Clients, and topics that were deleted since they looked.
    stale: BTreeSet<(usize, usize)>,
    opened: u64,
    /// Numbers the batches, so that no two are alike.
    batches: u64,
}

impl World {
    async fn new() -> Self {
        let storage = MemoryStorage::new();
        let mut clients = Vec::new();
        for seed in 0..CLIENTS {
            clients.push(open(storage.clone(), seed as u64).await);
        }
        let witness = open(storage.clone(), 99).await;
        let (topics, stale) = (BTreeMap::new(), BTreeSet::new());
        Self { storage, clients, witness, topics, stale, opened: 100, batches: 0 }
    }

    fn looked(&mut self, client: usize) {
        self.stale.retain(|(stale, _)| *stale != client);
    }

    async fn apply(&mut self, command: Command) {
        match command {
            Command::Create { client, topic: t } => {
                let made = self.clients[client].create_topic(&topic(TOPICS[t]), PARTITIONS, &[]).await;
                if let Entry::Vacant(free) = self.topics.entry(t) {
                    assert!(made.unwrap().partitions.iter().all(|p| p.records == 0));
                    let logs = (0..PARTITIONS).map(|_| ModelLog::default()).collect();
                    free.insert(ModelTopic { logs, log_append_time: false });
                } else {
                    assert_eq!(made, Err(CreateTopicError::TopicExists(topic(TOPICS[t]))));
                }
            }
            Command::AtOnce(starts) => self.at_once(&starts).await,
            Command::Reopen { client } => {
                self.opened += 1;
                self.clients[client] = open(self.storage.clone(), self.opened).await;
                self.looked(client);
            }
            Command::Tick { client, by_ms } => self.clients[client].env().advance(by_ms),
            Command::Check { client, from, bytes_max, timestamp } => {
                self.clients[client].refresh().await.unwrap();
                self.looked(client);
                self.check(client, from, bytes_max, timestamp).await;
            }
        }
    }

    /// Does one thing, and nothing at the same time.
    async fn alone(&mut self, client: usize, op: Op) {
        self.apply(Command::AtOnce(vec![Start { client, turns: 0, op }])).await;
    }

    async fn check(&self, client: usize, from: i64, bytes_max: usize, timestamp: i64) {
        let broker = &self.clients[client];
        let listed: Vec<_> = broker.list_topics().await.unwrap();
        let names: Vec<&str> = listed.iter().map(|topic| topic.name.as_str()).collect();
        assert_eq!(names, self.topics.keys().map(|&t| TOPICS[t]).collect::<Vec<_>>());
        for (t, name) in TOPICS.iter().enumerate() {
            let name = topic(name);
            let Some(model) = self.topics.get(&t) else {
                let described = broker.describe_topic(&name).await;
                assert_eq!(described, Err(DescribeTopicError::UnknownTopic(name)));
                continue;
            };
            let source = broker.source(&name).await.unwrap();
            let description = broker.describe_topic(&name).await.unwrap();
            for (p, log) in model.logs.iter().enumerate() {
                let described = description.partitions[p];
                assert_eq!(described.log_start_offset, offset(log.start));
                assert_eq!(described.high_watermark, offset(log.end));
                assert_eq!(described.records, log.records().count() as u64);
                assert_eq!(
                    described.bytes,
                    log.kept().map(|batch| batch.batch.bytes().len() as u64).sum::<u64>()
                );
                assert_eq!(described.max_timestamp, log.records().map(|(_, time)| millis(time)).max());
                self.check_source(&source, described.partition, log, from, bytes_max, timestamp).await;
            }
        }
    }

    async fn check_source(
        &self,
        source: &impl Source,
        p: tablog_core::ids::PartitionId,
        log: &ModelLog,
        from: i64,
        bytes_max: usize,
        timestamp: i64,
    ) {
        let zones = source.zones(p).await.unwrap();
        assert_eq!(
            zones.iter().map(|zone| u64::from(zone.records)).sum::<u64>(),
            log.records().count() as u64
        );
        for zone in &zones {
            let inside: Vec<_> = log
                .records()
                .filter(|(at, _)| (zone.base_offset..=zone.last_offset).contains(&offset(*at)))
                .map(|(_, time)| millis(time))
                .collect();
            assert_eq!(zone.records as usize, inside.len());
            assert_eq!(Some(&zone.min_timestamp), inside.iter().min());
            assert_eq!(Some(&zone.max_timestamp), inside.iter().max());
        }
        let found = source.offset_for_timestamp(p, millis(timestamp)).await.unwrap();
        let expected = log.records().find(|(_, time)| *time >= timestamp);
        assert_eq!(found, expected.map(|(at, time)| (offset(at), millis(time))));

        let fetched = source.fetch(p, offset(from), bytes_max).await;
        if from < log.start || from > log.end {
            let (start, end) = (offset(log.start), offset(log.end));
            assert_eq!(fetched, Err(SourceError::OffsetOutOfRange { offset: offset(from), start, end }));
            return;
        }
        let fetched = fetched.unwrap();
        assert_eq!(fetched.damage, []);
        let due: Vec<&ModelBatch> = log.batches.iter().filter(|batch| batch.next() > from).collect();
        let mut expected: Vec<Bytes> = Vec::new();
        let mut bytes = 0;
        for batch in &due {
            bytes += batch.batch.bytes().len();
            if expected.is_empty() || bytes <= bytes_max {
                expected.push(batch.batch.bytes().clone());
            } else {
                break;
            }
        }
        let got: Vec<Bytes> = fetched.batches.iter().map(|batch| batch.bytes().clone()).collect();
        // A fetch from the middle of a row may stop at the row's end.
        assert!(expected.starts_with(&got), "{got:?} are not the first of {expected:?}");
        assert_eq!(got.is_empty(), expected.is_empty());
        let next = due.get(got.len().wrapping_sub(1)).map_or(from, |batch| batch.next());
        assert_eq!(fetched.next_offset, offset(next));
        // Fetched on from there, nothing is missing and nothing comes twice.
        let (mut all, mut next) = (got, fetched.next_offset);
        while next < offset(log.end) {
            let fetched = source.fetch(p, next, bytes_max).await.unwrap();
            assert!(fetched.next_offset > next && fetched.damage.is_empty());
            all.extend(fetched.batches.iter().map(|batch| batch.bytes().clone()));
            next = fetched.next_offset;
        }
        assert_eq!(all, due.iter().map(|batch| batch.batch.bytes().clone()).collect::<Vec<_>>());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn whatever_several_clients_do_the_log_holds_what_was_acknowledged(
        commands in prop::collection::vec(any_command(), 1..70)
    ) {
        block_on(async {
            let mut world = World::new().await;
            world.apply(Command::Create { client: 0, topic: 0 }).await;
            for command in commands {
                world.apply(command).await;
            }
            for client in 0..CLIENTS {
                world.apply(Command::Check { client, from: 0, bytes_max: 1, timestamp: 25 }).await;
                world.apply(Command::Reopen { client }).await;
                world.apply(Command::Check { client, from: 5, bytes_max: 9_999, timestamp: 49 }).await;
            }
        });
    }
}

#[test]
fn an_emptied_partition_keeps_its_end_over_a_reopening() {
    block_on(async {
        let mut world = World::new().await;
        world.apply(Command::Create { client: 0, topic: 0 }).await;
        let batches = vec![vec![(1, 10), (2, 20)], vec![(3, 5)]];
        let produce = || Op::Produce { topic: 0, partition: 1, batches: batches.clone(), acks: Acks::All };
        world.alone(0, produce()).await;
        world.alone(0, Op::DeleteRecords { topic: 0, partition: 1, before: -1 }).await;
        world.apply(Command::Reopen { client: 0 }).await;
        world.apply(Command::Check { client: 0, from: 3, bytes_max: 1, timestamp: 0 }).await;
        world.alone(2, produce()).await;
        world.apply(Command::Check { client: 1, from: 3, bytes_max: 1, timestamp: 0 }).await;
        assert_eq!(world.topics[&0].logs[1].end, 6);
    });
}
