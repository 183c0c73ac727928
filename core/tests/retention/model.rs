//! Several clients and a plain list of rows: what retention leaves is what the list says.

use std::collections::VecDeque;
use std::rc::Rc;

use futures_executor::block_on;
use futures_util::future::join;
use proptest::prelude::*;
use tablog_core::broker::{Acks, Broker, RetentionApplied};
use tablog_core::env::{Env, SimEnv};
use tablog_core::storage::memory::MemoryStorage;

use crate::common::{TestBroker, batch_of, millis, offset, partition, read_all, topic};

const CLIENTS: usize = 2;
const PARTITIONS: usize = 2;

#[derive(Clone, Debug)]
enum Command {
    /// A client appends a row of records with these times and so many bytes in each value.
    Append {
        client: usize,
        partition: usize,
        times: Vec<i64>,
        bytes: usize,
    },
    /// A client sets both configs.
    Alter {
        client: usize,
        retention_ms: i64,
        retention_bytes: i64,
    },
    DeleteRecords {
        client: usize,
        partition: usize,
        before: i64,
    },
    /// All clients' clocks jump.
    Tick(i64),
    Apply {
        client: usize,
    },
    /// Two clients do it at the same time.
    ApplyAtOnce,
    Reopen {
        client: usize,
    },
}

fn any_command() -> impl Strategy<Value = Command> {
    let (client, place) = (|| 0..CLIENTS, || 0..PARTITIONS);
    let time = prop_oneof![1 => Just(-1i64), 1 => 2_000..3_000i64, 8 => 900..1_200i64];
    let times = prop::collection::vec(time, 1..4);
    let retention_ms = prop_oneof![Just(-1i64), 0..200i64];
    let retention_bytes = prop_oneof![Just(-1i64), 0..3_000i64];
    prop_oneof![
        12 => (client(), place(), times, 0..200usize)
            .prop_map(|(client, partition, times, bytes)| Command::Append { client, partition, times, bytes }),
        2 => (client(), retention_ms, retention_bytes).prop_map(|(client, retention_ms, retention_bytes)| {
            Command::Alter { client, retention_ms, retention_bytes }
        }),
        1 => (client(), place(), 0..40i64)
            .prop_map(|(client, partition, before)| Command::DeleteRecords { client, partition, before }),
        2 => (-100..200i64).prop_map(Command::Tick),
        4 => client().prop_map(|client| Command::Apply { client }),
        2 => Just(Command::ApplyAtOnce),
        1 => client().prop_map(|client| Command::Reopen { client }),
    ]
}

struct ModelRow {
    base: i64,
    times: Vec<i64>,
    bytes: i64,
}

#[derive(Default)]
struct ModelLog {
    start: i64,
    end: i64,
    rows: VecDeque<ModelRow>,
}

impl ModelLog {
    fn records(&self) -> i64 {
        self.end - self.start
    }

    fn bytes(&self) -> i64 {
        self.rows.iter().map(|row| row.bytes).sum()
    }

    fn drop_rows(&mut self, count: usize) {
        for row in self.rows.drain(..count) {
            self.start = row.base + row.times.len() as i64;
        }
    }

    /// Kafka's two rules, one after the other. Returns the records and the bytes that went.
    fn apply(&mut self, now: i64, retention_ms: i64, retention_bytes: i64) -> (i64, i64) {
        let before = (self.records(), self.bytes());
        while retention_bytes >= 0
            && self.rows.front().is_some_and(|first| self.bytes() - first.bytes >= retention_bytes)
        {
            self.drop_rows(1);
        }
        // The first row that tells a time speaks for those before it.
        let latest = |row: &ModelRow| row.times.iter().copied().max().unwrap();
        let is_over = |row: &ModelRow| retention_ms >= 0 && now - latest(row) > retention_ms;
        while let Some(place) = self.rows.iter().position(|row| latest(row) >= 0)
            && is_over(&self.rows[place])
        {
            self.drop_rows(place + 1);
        }
        (before.0 - self.records(), before.1 - self.bytes())
    }
}

struct World {
    storage: MemoryStorage,
    env: Rc<SimEnv>,
    clients: Vec<TestBroker<MemoryStorage>>,
    logs: [ModelLog; PARTITIONS],
    retention_ms: i64,
    retention_bytes: i64,
}

impl World {
    async fn new() -> Self {
        let (storage, env) = (MemoryStorage::new(), Rc::new(SimEnv::new(1, millis(1_000))));
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(Broker::open(storage.clone(), Rc::clone(&env)).await.unwrap());
        }
        clients[0].create_topic(&topic("t"), PARTITIONS as i32, &[]).await.unwrap();
        let logs = Default::default();
        Self { storage, env, clients, logs, retention_ms: -1, retention_bytes: -1 }
    }

    async fn run(&mut self, command: Command) {
        match command {
            Command::Append { client, partition: p, times, bytes } => {
                let value = "x".repeat(bytes);
                let batch = batch_of(&times.iter().map(|time| (value.as_str(), *time)).collect::<Vec<_>>());
                let log = &mut self.logs[p];
                let (base, count) = (log.end, times.len() as i64);
                let bytes = batch.bytes().len() as i64;
                let place = partition("t", p as i32);
                let ack = self.clients[client].produce(&place, vec![batch], Acks::Leader).await.unwrap();
                assert_eq!(ack.base_offset, offset(base), "offsets are dense and never given out again");
                log.end += count;
                log.rows.push_back(ModelRow { base, times, bytes });
            }
            Command::Alter { client, retention_ms, retention_bytes } => {
                (self.retention_ms, self.retention_bytes) = (retention_ms, retention_bytes);
                let configs = [("retention.ms", retention_ms), ("retention.bytes", retention_bytes)];
                let configs = configs.map(|(name, value)| (name.to_owned(), Some(value.to_string())));
                self.clients[client].alter_configs(&topic("t"), &configs).await.unwrap();
            }
            Command::DeleteRecords { client, partition: p, before } => {
                let log = &mut self.logs[p];
                let before = before.min(log.end);
                let place = partition("t", p as i32);
                self.clients[client].delete_records(&place, offset(before)).await.unwrap();
                log.start = log.start.max(before);
                log.rows.retain(|row| row.base + row.times.len() as i64 > before);
            }
            Command::Tick(by_ms) => self.env.advance(by_ms),
            Command::Apply { client } => {
                let applied = self.clients[client].apply_retention().await.unwrap();
                self.check_applied(&[applied]);
            }
            Command::ApplyAtOnce => {
                let (one, other) =
                    join(self.clients[0].apply_retention(), self.clients[1].apply_retention()).await;
                self.check_applied(&[one.unwrap(), other.unwrap()]);
            }
            Command::Reopen { client } => {
                let broker = Broker::open(self.storage.clone(), Rc::clone(&self.env)).await.unwrap();
                self.clients[client] = broker;
            }
        }
    }

    /// What went, and what was told of it, is what the model says; whoever did it.
    fn check_applied(&mut self, applied: &[RetentionApplied]) {
        let now = self.env.now().millis();
        for (p, log) in (0..).zip(&mut self.logs) {
            let (records, bytes) = log.apply(now, self.retention_ms, self.retention_bytes);
            let told = applied.iter().flat_map(|applied| &applied.deleted);
            let told: Vec<_> = told.filter(|deleted| deleted.partition == partition("t", p)).collect();
            assert_eq!(told.iter().map(|deleted| deleted.records as i64).sum::<i64>(), records);
            assert_eq!(told.iter().map(|deleted| deleted.bytes as i64).sum::<i64>(), bytes);
            let start = told.iter().map(|deleted| deleted.log_start_offset).max();
            assert!(start.is_none_or(|start| start == offset(log.start)));
        }
        assert!(applied.iter().all(|applied| applied.failed.is_empty()));
    }

    async fn check(&self, client: usize) {
        let broker = &self.clients[client];
        broker.refresh().await.unwrap();
        let description = broker.describe_topic(&topic("t")).await.unwrap();
        for (p, log) in (0..).zip(&self.logs) {
            let described = description.partitions[p as usize];
            assert_eq!(described.log_start_offset, offset(log.start));
            assert_eq!(described.high_watermark, offset(log.end));
            assert_eq!(described.records as i64, log.records());
            let read = read_all(broker, &partition("t", p), offset(log.start), 500).await;
            assert!(read.iter().map(|(at, _)| *at).eq(log.start..log.end));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_is_asked_to_be_kept_the_oldest_rows_beyond_it_go_and_no_others(
        commands in prop::collection::vec(any_command(), 1..90)
    ) {
        block_on(async {
            let mut world = World::new().await;
            for command in commands {
                let is_applied = matches!(command, Command::Apply { .. } | Command::ApplyAtOnce);
                world.run(command).await;
                if is_applied {
                    world.check(0).await;
                }
            }
            for client in 0..CLIENTS {
                world.check(client).await;
                world.run(Command::Reopen { client }).await;
                world.check(client).await;
            }
        });
    }
}
