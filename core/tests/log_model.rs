//! Several clients of one store against a plain list: whatever they do in whatever order, the log holds what was acknowledged.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the numbers are small")]

mod common;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use bytes::Bytes;
use common::{TestBroker, batch_of, millis, offset, open, partition, topic};
use futures_executor::block_on;
use proptest::prelude::*;
use tablog_core::broker::{
    Acks, CreateTopicError, DeleteRecordsError, DeleteTopicError, DescribeTopicError, ProduceError,
};
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
    DeleteTopic {
        client: usize,
        topic: usize,
    },
    Produce {
        client: usize,
        topic: usize,
        partition: i32,
        batches: Vec<Vec<(u8, i64)>>,
        acks: Acks,
    },
    DeleteRecords {
        client: usize,
        topic: usize,
        partition: i32,
        before: i64,
    },
    Refresh {
        client: usize,
    },
    Reopen {
        client: usize,
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
    let partition = || 0..PARTITIONS;
    let batches = || prop::collection::vec(prop::collection::vec((any::<u8>(), 0..50i64), 1..4), 1..4);
    let acks = prop_oneof![Just(Acks::Leader), Just(Acks::All)];
    prop_oneof![
        3 => (client(), topic()).prop_map(|(client, topic)| Command::Create { client, topic }),
        1 => (client(), topic()).prop_map(|(client, topic)| Command::DeleteTopic { client, topic }),
        12 => (client(), topic(), partition(), batches(), acks).prop_map(
            |(client, topic, partition, batches, acks)| Command::Produce { client, topic, partition, batches, acks }
        ),
        3 => (client(), topic(), partition(), -1..25i64).prop_map(
            |(client, topic, partition, before)| Command::DeleteRecords { client, topic, partition, before }
        ),
        2 => client().prop_map(|client| Command::Refresh { client }),
        1 => client().prop_map(|client| Command::Reopen { client }),
        6 => (client(), 0..25i64, 1..400usize, 0..50i64).prop_map(|(client, from, bytes_max, timestamp)| {
            Command::Check { client, from, bytes_max, timestamp }
        }),
    ]
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
    bytes: Bytes,
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
    topics: BTreeMap<usize, Vec<ModelLog>>,
    /// Clients that have not looked since a topic of that name was deleted by another.
    stale: BTreeMap<(usize, usize), bool>,
    opened: u64,
}

impl World {
    async fn new() -> Self {
        let storage = MemoryStorage::new();
        let mut clients = Vec::new();
        for seed in 0..CLIENTS {
            clients.push(open(storage.clone(), seed as u64).await);
        }
        Self { storage, clients, topics: BTreeMap::new(), stale: BTreeMap::new(), opened: 100 }
    }

    fn looked(&mut self, client: usize) {
        self.stale.retain(|(stale, _), _| *stale != client);
    }

    async fn apply(&mut self, command: Command) {
        match command {
            Command::Create { client, topic: t } => {
                let made = self.clients[client].create_topic(&topic(TOPICS[t]), PARTITIONS, &[]).await;
                if let Entry::Vacant(free) = self.topics.entry(t) {
                    assert!(made.unwrap().partitions.iter().all(|p| p.records == 0));
                    free.insert((0..PARTITIONS).map(|_| ModelLog::default()).collect());
                } else {
                    assert_eq!(made, Err(CreateTopicError::TopicExists(topic(TOPICS[t]))));
                }
            }
            Command::DeleteTopic { client, topic: t } => {
                let deleted = self.clients[client].delete_topic(&topic(TOPICS[t])).await;
                match self.topics.remove(&t) {
                    None => assert_eq!(deleted, Err(DeleteTopicError::UnknownTopic(topic(TOPICS[t])))),
                    Some(_) => {
                        deleted.unwrap();
                        for other in 0..CLIENTS {
                            self.stale.insert((other, t), true);
                        }
                    }
                }
            }
            Command::Produce { client, topic: t, partition: p, batches, acks } => {
                self.produce(client, t, p, &batches, acks).await;
            }
            Command::DeleteRecords { client, topic: t, partition: p, before } => {
                let place = partition(TOPICS[t], p);
                let deleted = self.clients[client].delete_records(&place, offset(before)).await;
                let Some(logs) = self.topics.get_mut(&t) else {
                    assert_eq!(deleted, Err(DeleteRecordsError::UnknownTopicOrPartition(place)));
                    return;
                };
                let log = &mut logs[p as usize];
                let target = if before == -1 { log.end } else { before };
                if target > log.end {
                    assert_eq!(
                        deleted,
                        Err(DeleteRecordsError::OffsetOutOfRange {
                            partition: place,
                            before: offset(before),
                            high_watermark: offset(log.end),
                        })
                    );
                } else {
                    log.start = log.start.max(target);
                    assert_eq!(deleted, Ok(offset(log.start)));
                }
            }
            Command::Refresh { client } => {
                self.clients[client].refresh().await.unwrap();
                self.looked(client);
            }
            Command::Reopen { client } => {
                self.opened += 1;
                self.clients[client] = open(self.storage.clone(), self.opened).await;
                self.looked(client);
            }
            Command::Check { client, from, bytes_max, timestamp } => {
                self.clients[client].refresh().await.unwrap();
                self.looked(client);
                self.check(client, from, bytes_max, timestamp).await;
            }
        }
    }

    async fn produce(&mut self, client: usize, t: usize, p: i32, batches: &[Vec<(u8, i64)>], acks: Acks) {
        let place = partition(TOPICS[t], p);
        let texts: Vec<Vec<(String, i64)>> = batches
            .iter()
            .map(|batch| batch.iter().map(|(byte, time)| ("v".repeat((*byte % 40).into()), *time)).collect())
            .collect();
        let encoded: Vec<_> = texts
            .iter()
            .map(|batch| {
                batch_of(&batch.iter().map(|(text, time)| (text.as_str(), *time)).collect::<Vec<_>>())
            })
            .collect();
        let mut produced = self.clients[client].produce(&place, encoded.clone(), acks).await;
        let was_stale = self.stale.remove(&(client, t)).is_some();
        let Some(logs) = self.topics.get_mut(&t) else {
            assert_eq!(produced, Err(ProduceError::UnknownTopicOrPartition(place)));
            return;
        };
        if produced.is_err() && was_stale {
            // It was meant for the topic's former incarnation; now the client knows the new one.
            assert_eq!(produced, Err(ProduceError::UnknownTopicOrPartition(place.clone())));
            produced = self.clients[client].produce(&place, encoded.clone(), acks).await;
        }
        let ack = produced.unwrap();
        let log = &mut logs[p as usize];
        assert_eq!(ack.base_offset, offset(log.end), "offsets are dense");
        for (batch, records) in encoded.into_iter().zip(batches) {
            let stored = batch.with_base_offset(offset(log.end)).with_leader_epoch(0);
            let times: Vec<i64> = records.iter().map(|(_, time)| *time).collect();
            let model = ModelBatch { base: log.end, bytes: stored.bytes().clone(), times };
            log.end = model.next();
            log.batches.push(model);
        }
        assert_eq!(ack.last_offset, offset(log.end - 1));
        assert_eq!(ack.acks, acks);
    }

    async fn check(&self, client: usize, from: i64, bytes_max: usize, timestamp: i64) {
        let broker = &self.clients[client];
        let listed: Vec<_> = broker.list_topics().await.unwrap();
        let names: Vec<&str> = listed.iter().map(|topic| topic.name.as_str()).collect();
        assert_eq!(names, self.topics.keys().map(|&t| TOPICS[t]).collect::<Vec<_>>());
        for (t, name) in TOPICS.iter().enumerate() {
            let name = topic(name);
            let Some(logs) = self.topics.get(&t) else {
                let described = broker.describe_topic(&name).await;
                assert_eq!(described, Err(DescribeTopicError::UnknownTopic(name)));
                continue;
            };
            let source = broker.source(&name).await.unwrap();
            let description = broker.describe_topic(&name).await.unwrap();
            for (p, log) in logs.iter().enumerate() {
                let described = description.partitions[p];
                assert_eq!(described.log_start_offset, offset(log.start));
                assert_eq!(described.high_watermark, offset(log.end));
                assert_eq!(described.records, log.records().count() as u64);
                assert_eq!(described.bytes, log.kept().map(|batch| batch.bytes.len() as u64).sum::<u64>());
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
            bytes += batch.bytes.len();
            if expected.is_empty() || bytes <= bytes_max {
                expected.push(batch.bytes.clone());
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
        world.produce(0, 0, 1, &batches, Acks::All).await;
        world.apply(Command::DeleteRecords { client: 0, topic: 0, partition: 1, before: -1 }).await;
        world.apply(Command::Reopen { client: 0 }).await;
        world.apply(Command::Check { client: 0, from: 3, bytes_max: 1, timestamp: 0 }).await;
        world.produce(2, 0, 1, &batches, Acks::All).await;
        world.apply(Command::Check { client: 1, from: 3, bytes_max: 1, timestamp: 0 }).await;
        assert_eq!(world.topics[&0][1].end, 6);
    });
}
