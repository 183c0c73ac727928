//! Several operations at once: which outcomes the model allows, and what it learns from them. What runs alone has one outcome.

use std::collections::BTreeMap;

use futures_util::future::join_all;
use proptest::prelude::*;
use tablog_core::broker::{
    Acks, AlterConfigsError, DeleteRecordsError, DeleteTopicError, DeletedTopic, ProduceAck, ProduceError,
};
use tablog_core::env::{Env, yield_now};
use tablog_core::ids::{Offset, Timestamp};
use tablog_core::record::{RecordBatch, TimestampType};
use tablog_core::source::{Fetched, SourceError};
use tablog_core::storage::memory::MemoryStorage;

use super::{CLIENTS, ModelBatch, PARTITIONS, TOPICS, World};
use crate::common::{TestBroker, batch_of, offset, partition, topic};

/// What a client may do while others do something.
#[derive(Clone, Debug)]
pub enum Op {
    Produce { topic: usize, partition: i32, batches: Vec<Vec<(u8, i64)>>, acks: Acks },
    DeleteRecords { topic: usize, partition: i32, before: i64 },
    DeleteTopic { topic: usize },
    AlterConfigs { topic: usize, log_append_time: bool },
    Fetch { topic: usize, partition: i32, from: i64, bytes_max: usize },
    Refresh,
}

/// An operation, and after how many turns of the others it begins.
#[derive(Clone, Debug)]
pub struct Start {
    pub client: usize,
    pub turns: u8,
    pub op: Op,
}

enum Outcome {
    Produced(Result<ProduceAck, ProduceError>),
    DeletedRecords(Result<Offset, DeleteRecordsError>),
    DeletedTopic(Result<DeletedTopic, DeleteTopicError>),
    Altered(Result<(), AlterConfigsError>),
    Fetched(Result<Fetched, SourceError>),
    Refreshed,
}

/// A call of `produce` that was not refused: what it sends, and what it was told.
struct Call {
    client: usize,
    acks: Acks,
    batches: Vec<RecordBatch>,
    times: Vec<Vec<i64>>,
    ack: ProduceAck,
    /// The clock of the client.
    now: Timestamp,
    /// Orders the calls by their beginning; `None` when this client had to look for the topic first.
    began: Option<(u8, usize)>,
}

/// What the batches of a call are, and the times of their records.
type Sent = (Vec<RecordBatch>, Vec<Vec<i64>>);

pub fn any_start() -> impl Strategy<Value = Start> {
    let topic = || 0..TOPICS.len();
    let partition = || 0..PARTITIONS;
    let batches = prop::collection::vec(prop::collection::vec((any::<u8>(), 0..50i64), 1..4), 1..4);
    let acks = prop_oneof![Just(Acks::None), Just(Acks::Leader), Just(Acks::All)];
    let op = prop_oneof![
        12 => (topic(), partition(), batches, acks)
            .prop_map(|(topic, partition, batches, acks)| Op::Produce { topic, partition, batches, acks }),
        3 => (topic(), partition(), -1..25i64)
            .prop_map(|(topic, partition, before)| Op::DeleteRecords { topic, partition, before }),
        1 => topic().prop_map(|topic| Op::DeleteTopic { topic }),
        1 => (topic(), any::<bool>())
            .prop_map(|(topic, log_append_time)| Op::AlterConfigs { topic, log_append_time }),
        2 => (topic(), partition(), 0..25i64, 1..400usize)
            .prop_map(|(topic, partition, from, bytes_max)| Op::Fetch { topic, partition, from, bytes_max }),
        2 => Just(Op::Refresh),
    ];
    (0..CLIENTS, 0..8u8, op).prop_map(|(client, turns, op)| Start { client, turns, op })
}

impl Op {
    fn topic(&self) -> Option<usize> {
        match *self {
            Self::Produce { topic, .. }
            | Self::DeleteRecords { topic, .. }
            | Self::DeleteTopic { topic }
            | Self::AlterConfigs { topic, .. }
            | Self::Fetch { topic, .. } => Some(topic),
            Self::Refresh => None,
        }
    }

    fn produces_to(&self, t: usize, p: i32) -> bool {
        matches!(*self, Self::Produce { topic, partition, .. } if (topic, partition) == (t, p))
    }

    fn deletes(&self) -> bool {
        matches!(self, Self::DeleteRecords { .. } | Self::DeleteTopic { .. })
    }
}

async fn run(
    broker: TestBroker<MemoryStorage>,
    start: &Start,
    batches: Vec<RecordBatch>,
    acks: Acks,
) -> Outcome {
    for _ in 0..start.turns {
        yield_now().await;
    }
    match start.op {
        Op::Produce { topic: t, partition: p, .. } => {
            Outcome::Produced(broker.produce(&partition(TOPICS[t], p), batches, acks).await)
        }
        Op::DeleteRecords { topic: t, partition: p, before } => {
            Outcome::DeletedRecords(broker.delete_records(&partition(TOPICS[t], p), offset(before)).await)
        }
        Op::DeleteTopic { topic: t } => Outcome::DeletedTopic(broker.delete_topic(&topic(TOPICS[t])).await),
        Op::AlterConfigs { topic: t, log_append_time } => {
            let value = if log_append_time { "LogAppendTime" } else { "CreateTime" };
            let config = ("message.timestamp.type".to_owned(), Some(value.to_owned()));
            Outcome::Altered(broker.alter_configs(&topic(TOPICS[t]), &[config]).await)
        }
        Op::Fetch { topic: t, partition: p, from, bytes_max } => {
            Outcome::Fetched(broker.fetch(&partition(TOPICS[t], p), offset(from), bytes_max).await)
        }
        Op::Refresh => {
            broker.refresh().await.unwrap();
            Outcome::Refreshed
        }
    }
}

impl World {
    /// Runs operations at once, and takes over what became of them.
    pub async fn at_once(&mut self, starts: &[Start]) {
        let sent: Vec<Sent> = starts.iter().map(|start| self.encode(start)).collect();
        let acks: Vec<Acks> = starts.iter().map(|start| self.acks(start, starts)).collect();
        let known: Vec<bool> = starts.iter().map(|start| self.knows(start)).collect();
        let running = starts
            .iter()
            .enumerate()
            .map(|(n, start)| run(self.clients[start.client].clone(), start, sent[n].0.clone(), acks[n]));
        let outcomes = join_all(running).await;
        // What nobody waited for is stored by now, too.
        for client in &self.clients {
            client.flush().await;
        }
        self.witness.refresh().await.unwrap();
        let (mut again, mut learned) = (Vec::new(), Vec::new());
        for t in 0..TOPICS.len() {
            let done: Vec<(&Start, &Outcome)> =
                starts.iter().zip(&outcomes).filter(|(start, _)| start.op.topic() == Some(t)).collect();
            let deleted = self.settle_deletions(t, &done);
            self.settle_configs(t, deleted, &done);
            for p in 0..PARTITIONS {
                let mut calls = Vec::new();
                for (n, (start, outcome)) in starts.iter().zip(&outcomes).enumerate() {
                    if !start.op.produces_to(t, p) {
                        continue;
                    }
                    let Outcome::Produced(outcome) = outcome else { unreachable!() };
                    learned.push((start.client, t));
                    if self.is_accepted(start, t, p, deleted, outcome.as_ref().err()) {
                        let ack = outcome.clone().unwrap();
                        let (client, acks, (batches, times)) = (start.client, acks[n], sent[n].clone());
                        let now = self.clients[client].env().now();
                        let began = known[n].then_some((start.turns, n));
                        calls.push(Call { client, acks, batches, times, ack, now, began });
                    } else if self.topics.contains_key(&t) && !deleted {
                        again.push(start.clone());
                    }
                }
                if deleted || !self.topics.contains_key(&t) {
                    refuses_deleting(t, p, deleted, &done);
                    continue;
                }
                let (start, end) = self.bounds(t, p);
                self.settle_calls(t, p, starts, calls).await;
                self.settle_starts(t, p, (start, end), &done);
                self.settle_fetches(t, p, &done);
            }
            if deleted {
                self.topics.remove(&t);
                self.stale.extend((0..CLIENTS).map(|client| (client, t)));
            } else {
                // Whoever sent something, and be it to the topic's former incarnation, knows the one of now.
                self.stale.retain(|stale| !learned.contains(stale));
            }
            learned.clear();
        }
        if !starts.iter().any(|start| matches!(start.op, Op::DeleteTopic { .. })) {
            for start in starts.iter().filter(|start| matches!(start.op, Op::Refresh)) {
                self.looked(start.client);
            }
        }
        if !again.is_empty() {
            Box::pin(self.at_once(&again)).await;
        }
    }

    /// Makes the batches of a call; no two calls send the same.
    fn encode(&mut self, start: &Start) -> Sent {
        let Op::Produce { batches, .. } = &start.op else { return Sent::default() };
        let mut sent = Sent::default();
        for records in batches {
            self.batches += 1;
            let text = |byte: u8| format!("{}{}", self.batches, "v".repeat((byte % 40).into()));
            let texts: Vec<(String, i64)> = records.iter().map(|&(byte, time)| (text(byte), time)).collect();
            sent.0
                .push(batch_of(&texts.iter().map(|(text, time)| (text.as_str(), *time)).collect::<Vec<_>>()));
            sent.1.push(records.iter().map(|(_, time)| *time).collect());
        }
        sent
    }

    /// Says what is really waited for: when records may go before anybody looks, nobody can tell whether they were there.
    fn acks(&self, start: &Start, starts: &[Start]) -> Acks {
        let Op::Produce { topic, acks, .. } = start.op else { return Acks::Leader };
        let deletes = |other: &Start| other.op.topic() == Some(topic) && other.op.deletes();
        let is_sure = self.topics.contains_key(&topic)
            && !self.stale.contains(&(start.client, topic))
            && !starts.iter().any(deletes);
        if is_sure { acks } else { acks.max(Acks::Leader) }
    }

    /// Tells whether the client knows the topic as it is, so that it queues a call without looking first.
    fn knows(&self, start: &Start) -> bool {
        start.op.topic().is_some_and(|t| {
            self.clients[start.client].partitions(&topic(TOPICS[t])).is_some()
                && !self.stale.contains(&(start.client, t))
        })
    }

    fn bounds(&self, t: usize, p: i32) -> (i64, i64) {
        let log = &self.topics[&t].logs[p as usize];
        (log.start, log.end)
    }

    /// Returns whether the topic was deleted: by one of all who tried.
    fn settle_deletions(&self, t: usize, done: &[(&Start, &Outcome)]) -> bool {
        let (mut tried, mut deleted) = (0, 0);
        for (_, outcome) in done {
            let Outcome::DeletedTopic(outcome) = outcome else { continue };
            tried += 1;
            match outcome {
                Ok(_) => deleted += 1,
                Err(error) => assert_eq!(*error, DeleteTopicError::UnknownTopic(topic(TOPICS[t]))),
            }
        }
        assert_eq!(deleted, usize::from(tried > 0 && self.topics.contains_key(&t)));
        deleted == 1
    }

    fn settle_configs(&mut self, t: usize, deleted: bool, done: &[(&Start, &Outcome)]) {
        let mut set = Vec::new();
        for (start, outcome) in done {
            let (Op::AlterConfigs { log_append_time, .. }, Outcome::Altered(outcome)) = (&start.op, outcome)
            else {
                continue;
            };
            match outcome {
                Ok(()) => {
                    assert!(self.topics.contains_key(&t));
                    set.push(*log_append_time);
                }
                Err(error) => {
                    assert_eq!(*error, AlterConfigsError::UnknownTopic(topic(TOPICS[t])));
                    assert!(deleted || !self.topics.contains_key(&t));
                }
            }
        }
        if let Some(model) = self.topics.get_mut(&t).filter(|_| !deleted) {
            let config = self.witness.config(&topic(TOPICS[t])).unwrap();
            let is_set = config.timestamp_type() == TimestampType::LogAppendTime;
            assert!(if set.is_empty() { is_set == model.log_append_time } else { set.contains(&is_set) });
            model.log_append_time = is_set;
        }
    }

    /// Tells whether a call's records are there now. A call may be refused where the topic is gone, or was meant to be another.
    fn is_accepted(
        &self,
        start: &Start,
        t: usize,
        p: i32,
        deleted: bool,
        error: Option<&ProduceError>,
    ) -> bool {
        let is_there = self.topics.contains_key(&t);
        if let Some(error) = error {
            assert_eq!(*error, ProduceError::UnknownTopicOrPartition(partition(TOPICS[t], p)));
            assert!(deleted || !is_there || self.stale.contains(&(start.client, t)));
            return false;
        }
        assert!(is_there);
        !deleted
    }

    /// Puts what was acknowledged into the model, and what nobody waited for where the witness finds it.
    async fn settle_calls(&mut self, t: usize, p: i32, starts: &[Start], mut calls: Vec<Call>) {
        let place = partition(TOPICS[t], p);
        let described = self.witness.describe_topic(&place.topic).await.unwrap().partitions[p as usize];
        let (_, mut end) = self.bounds(t, p);
        let mut stored = BTreeMap::new();
        let mut next = described.log_start_offset.max(offset(end));
        while next < described.high_watermark {
            let fetched = self.witness.fetch(&place, next, 1 << 20).await.unwrap();
            assert!(fetched.next_offset > next && fetched.damage.is_empty());
            stored.extend(fetched.batches.into_iter().map(|batch| (batch.base_offset().value(), batch)));
            next = fetched.next_offset;
        }
        let model = self.topics.get_mut(&t).unwrap();
        let alters = |start: &Start| matches!(start.op, Op::AlterConfigs { topic, .. } if topic == t);
        let is_settled = !starts.iter().any(alters);
        let mut order = Vec::new();
        while !calls.is_empty() {
            let is_next = |call: &Call| match call.acks {
                Acks::None => stored.get(&end).is_some_and(|batch| same_records(batch, &call.batches[0])),
                Acks::Leader | Acks::All => call.ack.base_offset == offset(end),
            };
            let found = calls.iter().position(is_next);
            let call = calls.remove(found.unwrap_or_else(|| panic!("nothing begins at {end} of {place}")));
            let time = match call.acks {
                Acks::None => append_time(&stored[&end]),
                Acks::Leader | Acks::All => call.ack.log_append_time,
            };
            assert!(time.is_none_or(|time| time == call.now));
            assert!(!is_settled || time.is_some() == model.log_append_time);
            for (batch, times) in call.batches.into_iter().zip(call.times) {
                let batch = match time {
                    Some(time) => batch.with_log_append_time(time),
                    None => batch,
                };
                let batch = batch.with_base_offset(offset(end)).with_leader_epoch(0);
                let times = times.iter().map(|&own| time.map_or(own, Timestamp::millis)).collect();
                let placed = ModelBatch { base: end, batch, times };
                match stored.get(&end) {
                    Some(stored) => assert_eq!(stored.bytes(), placed.batch.bytes()),
                    None => assert!(described.log_start_offset >= offset(placed.next()), "{end} of {place}"),
                }
                end = placed.next();
                model.logs[p as usize].batches.push(placed);
            }
            order.push((call.client, call.began));
            if call.acks == Acks::None {
                assert_eq!((call.ack.base_offset, call.ack.acks), (ProduceAck::NO_OFFSET, Acks::None));
                continue;
            }
            assert_eq!(call.ack.last_offset, offset(end - 1), "offsets are dense");
            assert!(call.ack.acks >= call.acks && (starts.len() > 1 || call.ack.acks == call.acks));
        }
        for client in 0..CLIENTS {
            let own = order.iter().filter(|(of, _)| *of == client).filter_map(|(_, began)| *began);
            assert!(own.is_sorted(), "calls of one client keep their order");
        }
        assert_eq!(described.high_watermark, offset(end));
        model.logs[p as usize].end = end;
    }

    /// Moves the log start to where the deletions of records moved it.
    fn settle_starts(&mut self, t: usize, p: i32, before: (i64, i64), done: &[(&Start, &Outcome)]) {
        let (old_start, old_end) = before;
        let log = &mut self.topics.get_mut(&t).unwrap().logs[p as usize];
        let mut returned = Vec::new();
        for (start, outcome) in done {
            let (Op::DeleteRecords { partition, before, .. }, Outcome::DeletedRecords(outcome)) =
                (&start.op, outcome)
            else {
                continue;
            };
            if *partition != p {
                continue;
            }
            match outcome {
                Ok(start) => {
                    let start = start.value();
                    let target = if *before == -1 { start } else { *before };
                    assert!(*before == -1 || *before <= log.end);
                    assert!(*before != -1 || (old_end..=log.end).contains(&start));
                    log.start = log.start.max(target);
                    returned.push((target, start));
                }
                Err(DeleteRecordsError::OffsetOutOfRange { high_watermark, .. }) => {
                    assert!((old_end..=log.end).contains(&high_watermark.value()));
                    assert!(*before > high_watermark.value());
                }
                Err(error) => panic!("{error}"),
            }
        }
        for (target, start) in returned {
            assert!((target.max(old_start)..=log.start).contains(&start));
        }
    }

    /// Whatever was fetched meanwhile is what was stored, as whole batches, from the one that was asked for.
    fn settle_fetches(&self, t: usize, p: i32, done: &[(&Start, &Outcome)]) {
        let log = &self.topics[&t].logs[p as usize];
        for (start, outcome) in done {
            let (Op::Fetch { partition, from, .. }, Outcome::Fetched(outcome)) = (&start.op, outcome) else {
                continue;
            };
            if *partition != p || self.stale.contains(&(start.client, t)) {
                continue;
            }
            match outcome {
                Ok(fetched) => {
                    assert_eq!(fetched.damage, []);
                    let stored = log.batches.iter().filter(|batch| batch.next() > *from);
                    let stored: Vec<_> = stored.take(fetched.batches.len()).collect();
                    assert!(fetched.batches.iter().eq(stored.iter().map(|batch| &batch.batch)));
                    let next = stored.last().map_or(*from, |batch| batch.next());
                    assert_eq!(fetched.next_offset, offset(next));
                }
                Err(SourceError::OffsetOutOfRange { start, end, .. }) => {
                    assert!(start.value() <= log.start && end.value() <= log.end);
                    assert!(*from < start.value() || *from > end.value());
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Where there is no topic, there is nothing to delete records from.
fn refuses_deleting(t: usize, p: i32, deleted: bool, done: &[(&Start, &Outcome)]) {
    for (start, outcome) in done {
        if let (Op::DeleteRecords { partition: of, .. }, Outcome::DeletedRecords(outcome)) =
            (&start.op, outcome)
            && *of == p
            && !deleted
        {
            let unknown = DeleteRecordsError::UnknownTopicOrPartition(partition(TOPICS[t], p));
            assert_eq!(*outcome, Err(unknown));
        }
    }
}

/// Compares what a stored batch holds with a producer's, wherever it lies and whosever time it took.
fn same_records(stored: &RecordBatch, sent: &RecordBatch) -> bool {
    let values = |batch: &RecordBatch| -> Vec<_> {
        batch.records().unwrap().map(|record| record.unwrap().value).collect()
    };
    values(stored) == values(sent)
}

fn append_time(batch: &RecordBatch) -> Option<Timestamp> {
    (batch.timestamp_type() == TimestampType::LogAppendTime).then(|| batch.header().max_timestamp)
}
