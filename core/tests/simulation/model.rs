//! What must be true: a plain account of every record and every log, held against the store whenever a commit may have
//! changed it, and against whatever a client is told.

mod floor;

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_executor::block_on;
use serde_json::Value;
use tablog_core::broker::Acks;
use tablog_core::ids::{LogId, Offset, Timestamp};
use tablog_core::limits::SCAN_ROWS_MAX;
use tablog_core::record::Record;
use tablog_core::storage::key::{ChunkKey, GuardKey, MetaKey};
use tablog_core::storage::memory::MemoryStorage;
use tablog_core::storage::{Content, Durability, KeyRange, Order, Row, Scan, Storage, Table};

pub use floor::Floor;

use crate::common::records;

/// What a record's sender knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// No answer yet.
    Waiting,
    /// Answered with `acks=0`: stored some time, or never.
    Taken,
    /// Answered with its offset.
    Acked,
    /// Answered with an error that says it is not stored.
    Refused,
    /// Nobody knows, or whoever would is gone.
    Doubtful,
}

/// A record that somebody sent.
#[derive(Clone, Debug)]
pub struct Sent {
    pub client: u32,
    /// The task that waits for the answer.
    pub task: u32,
    /// Rises with each call of a client to a topic that it knew; `None` when it had to look first.
    pub order: Option<u64>,
    /// The call, when all of its records go in together or not at all.
    pub call: Option<usize>,
    pub topic: &'static str,
    pub partition: Option<i32>,
    pub acks: Acks,
    pub value: Bytes,
    pub time: i64,
    pub fate: Fate,
    pub place: Option<Place>,
}

/// Where a record was stored, and how durably.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub topic: u128,
    pub partition: i32,
    pub offset: i64,
    pub durability: Durability,
    pub time: i64,
}

/// One incarnation of a topic. It stays here when it is deleted.
pub struct Topic {
    pub name: String,
    pub made_at: u32,
    pub deleted_at: Option<u32>,
    pub partitions: Vec<Partition>,
    logs: Vec<u64>,
    /// How often the topic's row was changed.
    changes: u64,
    /// Whether it was deleted on a full disk, where the guards follow late: who has not looked may still append.
    is_unguarded: bool,
}

#[derive(Default)]
pub struct Partition {
    pub start: i64,
    /// The record at each offset from 0 on, deleted ones too.
    pub stored: Vec<usize>,
    /// The last place in line that each client's records reached.
    orders: BTreeMap<u32, u64>,
}

impl Partition {
    pub fn end(&self) -> i64 {
        self.stored.len() as i64
    }
}

#[derive(Default)]
pub struct Model {
    pub records: Vec<Sent>,
    pub calls: Vec<Vec<usize>>,
    pub topics: BTreeMap<u128, Topic>,
    chunks: BTreeMap<Bytes, Bytes>,
    meta: Vec<Row>,
    /// Log starts as they are stored.
    starts: BTreeMap<u64, i64>,
    /// What each client was told last of a partition's start and end.
    views: BTreeMap<(u32, u128, i32), (i64, i64)>,
    /// The end of what each client was acknowledged.
    acked: BTreeMap<(u32, u128, i32), i64>,
}

fn everything(memory: &MemoryStorage, table: Table) -> Vec<Row> {
    let range = KeyRange { from: Vec::new(), to: vec![u8::MAX; 8] };
    let (order, content) = (Order::Ascending, Content::Rows);
    let rows =
        block_on(memory.scan(&Scan { table, range, order, content, rows_max: SCAN_ROWS_MAX })).unwrap();
    assert!(rows.len() < SCAN_ROWS_MAX, "a simulation stays small");
    rows
}

impl Model {
    /// Compares the store with what it was, and takes over what was committed. Returns the records that are new.
    pub fn compare(&mut self, memory: &MemoryStorage, step: u32, by: (u32, Durability)) -> Vec<usize> {
        let meta = everything(memory, Table::Meta);
        if meta != self.meta {
            self.read_meta(&meta, step);
            self.meta = meta;
        }
        for topic in self.topics.values_mut().filter(|topic| topic.deleted_at == Some(step)) {
            let logs = topic.logs.iter().zip(&topic.partitions);
            topic.is_unguarded = !logs.into_iter().all(|(log, partition)| {
                let (log, offset) = (LogId::new(*log as u32), Offset::new(partition.end()));
                let key = GuardKey { log, changes: topic.changes, offset }.encode();
                block_on(memory.get(Table::Guards, &key)).unwrap().is_some()
            });
        }
        let chunks: BTreeMap<Bytes, Bytes> =
            everything(memory, Table::Chunks).into_iter().map(|row| (row.key, row.value)).collect();
        if chunks == self.chunks {
            self.move_starts();
            return Vec::new();
        }
        let mut by_log: BTreeMap<u64, Vec<(ChunkKey, &Bytes)>> = BTreeMap::new();
        for (key, value) in &chunks {
            let known = self.chunks.get(key);
            assert!(known.is_none_or(|known| known == value), "a row was changed: {key:?}");
            let key = ChunkKey::decode(key).unwrap();
            by_log.entry(u64::from(key.log.value())).or_default().push((key, value));
        }
        let mut new = Vec::new();
        let alive = self.topics.iter().filter(|(_, topic)| topic.deleted_at.is_none());
        let alive: Vec<u128> = alive.map(|(id, _)| *id).collect();
        for id in alive {
            for (p, log) in self.topics[&id].logs.clone().into_iter().enumerate() {
                let rows = by_log.remove(&log).unwrap_or_default();
                self.read_log((id, p), log, &rows, by, &mut new);
            }
        }
        self.read_late_rows(&mut by_log, by, &mut new);
        assert!(by_log.is_empty(), "rows of no topic: {:?}", by_log.keys());
        self.chunks = chunks;
        self.check_commit(&new, by);
        new
    }

    fn read_meta(&mut self, meta: &[Row], step: u32) {
        let (mut alive, mut ended) = (Vec::new(), Vec::new());
        self.starts.clear();
        for row in meta {
            let json: Value = serde_json::from_slice(&row.value).unwrap();
            match MetaKey::decode(&row.key).unwrap() {
                MetaKey::Topic(name) => {
                    let id = u128::from_str_radix(json["topic_id"].as_str().unwrap(), 16).unwrap();
                    let logs: Vec<u64> =
                        json["logs"].as_array().unwrap().iter().map(|log| log.as_u64().unwrap()).collect();
                    alive.push(id);
                    let topic = self.topics.entry(id).or_insert_with(|| Topic {
                        name: name.to_string(),
                        made_at: step,
                        deleted_at: None,
                        partitions: logs.iter().map(|_| Partition::default()).collect(),
                        logs: logs.clone(),
                        changes: 0,
                        is_unguarded: false,
                    });
                    topic.changes = json["changes"].as_u64().unwrap_or(0);
                    assert!(topic.logs == logs && topic.deleted_at.is_none(), "a topic came back: {name}");
                }
                MetaKey::Log(log) => {
                    let start = json["log_start_offset"].as_i64().unwrap();
                    self.starts.insert(u64::from(log.value()), start);
                }
                MetaKey::Ended(id) => ended.push(u128::from_str_radix(&id.to_string(), 16).unwrap()),
                MetaKey::Store | MetaKey::Client(_) | MetaKey::Ballast(_) => {}
            }
        }
        assert!(ended.iter().all(|id| !alive.contains(id)), "a topic that has ended is there: {ended:x?}");
        for (id, topic) in &mut self.topics {
            if topic.deleted_at.is_none() && !alive.contains(id) {
                topic.deleted_at = Some(step);
            }
        }
    }

    /// Log starts only move forward, and never past the end.
    fn move_starts(&mut self) {
        for topic in self.topics.values_mut().filter(|topic| topic.deleted_at.is_none()) {
            for (log, partition) in topic.logs.iter().zip(&mut topic.partitions) {
                let start = self.starts.get(log).copied().unwrap_or(0);
                assert!(start >= partition.start, "the log start went back to {start}");
                assert!(start <= partition.end(), "the log start {start} lies behind the end");
                partition.start = start;
            }
        }
    }

    /// A log's rows hold every offset from its start on, once; what is new is what somebody sent.
    fn read_log(
        &mut self,
        (id, p): (u128, usize),
        log: u64,
        rows: &[(ChunkKey, &Bytes)],
        (client, durability): (u32, Durability),
        new: &mut Vec<usize>,
    ) {
        let end = self.topics[&id].partitions[p].end();
        let mut next = rows.first().map_or(0, |(key, _)| key.base_offset.value());
        for (key, value) in rows {
            assert_eq!(key.base_offset.value(), next, "offsets are dense");
            next = key.last_offset().value() + 1;
            if key.base_offset.value() < end {
                continue;
            }
            self.store_row((id, p), (key, value), (client, durability), new);
        }
        let partition = &mut self.topics.get_mut(&id).unwrap().partitions[p];
        assert_eq!(partition.end(), next, "the end of log {log} is its last record's");
        let start = self.starts.get(&log).copied().unwrap_or(0);
        assert!((partition.start..=next).contains(&start), "the log start moves forward: {start}");
        partition.start = start;
        let first = rows.first().map_or(0, |(key, _)| key.base_offset.value());
        assert!(first <= start, "records from {start} on are missing: the first row begins at {first}");
    }

    /// What was appended to a topic that was deleted on a full disk, by somebody who could not have heard.
    fn read_late_rows(
        &mut self,
        by_log: &mut BTreeMap<u64, Vec<(ChunkKey, &Bytes)>>,
        by: (u32, Durability),
        new: &mut Vec<usize>,
    ) {
        let unguarded = self.topics.iter().filter(|(_, topic)| topic.is_unguarded);
        let logs =
            unguarded.flat_map(|(id, topic)| topic.logs.iter().enumerate().map(|(p, log)| (*id, p, *log)));
        for (id, p, log) in logs.collect::<Vec<_>>() {
            for (key, value) in by_log.remove(&log).unwrap_or_default() {
                if key.base_offset.value() >= self.topics[&id].partitions[p].end() {
                    self.store_row((id, p), (&key, value), by, new);
                }
            }
        }
    }

    fn store_row(
        &mut self,
        (topic, p): (u128, usize),
        (key, value): (&ChunkKey, &Bytes),
        (client, durability): (u32, Durability),
        new: &mut Vec<usize>,
    ) {
        for record in row_records(key, value) {
            let (offset, time) = (record.offset.value(), record.timestamp.millis());
            let place = Place { topic, partition: p as i32, offset, durability, time };
            new.push(self.store(&record, client, place));
        }
    }

    fn store(&mut self, record: &Record, client: u32, place: Place) -> usize {
        let value = record.value.clone().unwrap();
        let digits: Vec<u8> = value.iter().copied().take_while(u8::is_ascii_digit).collect();
        let number: usize = String::from_utf8(digits).unwrap().parse().unwrap();
        let topic = self.topics.get_mut(&place.topic).unwrap();
        let partition = &mut topic.partitions[place.partition as usize];
        let sent = &mut self.records[number];
        assert_eq!(sent.value, value, "record {number} is stored with its bytes");
        assert_eq!(sent.place, None, "record {number} is stored twice");
        assert!(!matches!(sent.fate, Fate::Refused), "record {number} was refused, and is stored");
        assert!(!matches!(sent.fate, Fate::Acked), "record {number} was acknowledged before it was stored");
        assert_eq!(sent.client, client, "a client stores its own records");
        assert_eq!(topic.name, sent.topic);
        assert!(sent.partition.is_none_or(|p| p == place.partition));
        assert_eq!(partition.end(), place.offset, "offsets are dense");
        if let Some(order) = sent.order {
            let before = partition.orders.insert(client, order);
            assert!(before.is_none_or(|before| before <= order), "client {client} overtook itself");
        }
        partition.stored.push(number);
        sent.place = Some(place);
        number
    }

    fn check_commit(&self, new: &[usize], (_, durability): (u32, Durability)) {
        if new.is_empty() {
            return;
        }
        let wants_strict = new.iter().any(|number| self.records[*number].acks == Acks::All);
        assert_eq!(wants_strict, durability == Durability::Strict, "whoever wants most decides for all");
        for number in new {
            let Some(call) = self.records[*number].call.map(|call| &self.calls[call]) else { continue };
            let first = self.records[call[0]].place.map(|place| place.offset).unwrap();
            let places = call.iter().map(|number| self.records[*number].place.map(|place| place.offset));
            assert!(places.eq((first..).take(call.len()).map(Some)), "a call goes in whole and in order");
        }
    }

    /// A record was acknowledged: it is there, where it is said to be, as durable as it is said to be.
    pub fn acknowledged(&mut self, number: usize, told: (i32, i64), acks: Acks, time: Timestamp) {
        let sent = &mut self.records[number];
        if sent.acks == Acks::None {
            assert_eq!((told.1, acks), (-1, Acks::None), "nobody waited for an offset");
            sent.fate = Fate::Taken;
            return;
        }
        sent.fate = Fate::Acked;
        let place = sent.place.unwrap_or_else(|| panic!("record {number} is acknowledged and not stored"));
        assert_eq!((place.partition, place.offset), told, "record {number} is where it is said to be");
        assert_eq!(place.time, time.millis(), "record {number} has the time that it is said to have");
        let given = if place.durability == Durability::Strict { Acks::All } else { Acks::Leader };
        assert_eq!(given, acks, "record {number} is as durable as it is said to be");
        assert!(acks >= sent.acks);
        let key = (sent.client, place.topic, place.partition);
        let end = self.acked.entry(key).or_default();
        *end = (*end).max(place.offset + 1);
    }

    /// A record was refused, or nobody can say: what was refused is not there.
    pub fn failed(&mut self, number: usize, is_doubtful: bool) {
        let sent = &mut self.records[number];
        sent.fate = if is_doubtful { Fate::Doubtful } else { Fate::Refused };
        assert!(is_doubtful || sent.place.is_none(), "record {number} is refused, and stored");
    }

    /// Whoever waited is gone.
    pub fn nobody_waits(&mut self, is_gone: impl Fn(&Sent) -> bool) {
        let waiting = |sent: &&mut Sent| matches!(sent.fate, Fate::Waiting | Fate::Taken);
        for sent in self.records.iter_mut().filter(waiting).filter(|sent| is_gone(sent)) {
            sent.fate = Fate::Doubtful;
        }
    }

    /// A client is told where a partition begins and ends: within what is committed, never back, and never short of what it was
    /// acknowledged or must have seen.
    pub fn seen(
        &mut self,
        client: u32,
        topic: u128,
        p: i32,
        (start, end): (i64, i64),
        floor: Option<&Floor>,
    ) {
        let partition = &self.topics[&topic].partitions[p as usize];
        assert!(start <= partition.start && end <= partition.end(), "only what is committed is seen");
        assert!(start <= end);
        let key = (client, topic, p);
        let (start_before, end_before) = self.views.insert(key, (start, end)).unwrap_or_default();
        assert!(start >= start_before, "client {client} sees the log start go back to {start}");
        assert!(end >= end_before, "client {client} sees the high watermark go back to {end}");
        let acked = self.acked.get(&key).copied().unwrap_or(0);
        assert!(end >= acked, "client {client} sees {end} of {p}, and was acknowledged up to {acked}");
        // Nobody sees everything of a topic that is deleted at the same time.
        let is_there = self.topics[&topic].deleted_at.is_none();
        let due = floor.filter(|_| is_there).and_then(|floor| floor.logs.get(&(topic, p)));
        if let Some(&(start_due, end_due)) = due {
            assert!(
                start >= start_due && end >= end_due,
                "client {client} looked again and missed {p}: {start} {start_due} {end} {end_due}"
            );
        }
    }

    /// Records that were read are those which are stored.
    pub fn read(&self, topic: u128, p: i32, read: &[Record]) {
        let partition = &self.topics[&topic].partitions[p as usize];
        for record in read {
            let number = partition.stored.get(record.offset.value() as usize);
            let number = number.unwrap_or_else(|| panic!("offset {} is read and not there", record.offset));
            let sent = &self.records[*number];
            assert_eq!(Some(&sent.value), record.value.as_ref(), "what is read is what was sent");
            assert_eq!(sent.place.unwrap().time, record.timestamp.millis());
        }
    }

    /// Returns the incarnation of a name that is there now.
    pub fn alive(&self, name: &str) -> Option<u128> {
        let mut topics = self.topics.iter();
        topics.find(|(_, topic)| topic.name == name && topic.deleted_at.is_none()).map(|(id, _)| *id)
    }

    /// Tells whether a topic was there all the time since a step.
    pub fn is_there_since(&self, name: &str, step: u32) -> bool {
        self.alive(name).is_some_and(|id| self.topics[&id].made_at < step)
    }

    pub fn was_deleted(&self, name: &str) -> bool {
        self.topics.values().any(|topic| topic.name == name && topic.deleted_at.is_some())
    }
}

fn row_records(key: &ChunkKey, value: &Bytes) -> Vec<Record> {
    let fetched = tablog_core::log::lookup::read_from(key, value, key.base_offset);
    assert_eq!(fetched.damage, [], "what is stored is whole");
    let read = records(&fetched, key.base_offset);
    assert_eq!(read.len(), key.records as usize, "the key counts its records");
    read
}
