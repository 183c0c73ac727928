//! What a tab does: it opens the store, and several of its tasks publish, look, make and delete at the same time.

use std::rc::Rc;

use bytes::Bytes;
use tablog_core::broker::{
    Acks, AlterConfigsError, Broker, CreateTopicError, DeleteRecordsError, DeleteTopicError, OpenError,
    ProduceError,
};
use tablog_core::client::{Producer, ProducerRecord};
use tablog_core::env::{Env, SimEnv, yield_now};
use tablog_core::ids::PartitionId;
use tablog_core::record::{BatchBuilder, Compression, NewRecord, RecordBatch};
use tablog_core::storage::StorageError;

use super::disk::SimStorage;
use super::executor::Owner;
use super::model::{Fate, Sent};
use super::trace::What;
use super::world::World;
use crate::common::{millis, offset, partition, topic};

pub type SimBroker = Broker<SimStorage, Rc<SimEnv>>;

/// One thing to do.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Create {
        topic: &'static str,
        partitions: i32,
    },
    Delete {
        topic: &'static str,
    },
    Alter {
        topic: &'static str,
        log_append_time: bool,
    },
    /// Through the client for records, which chooses partitions where the key is left to it.
    Send {
        topic: &'static str,
        records: usize,
        acks: Acks,
        partition: Option<i32>,
    },
    /// Whole batches of so many records, in one call.
    Produce {
        topic: &'static str,
        partition: i32,
        batches: usize,
        bytes: usize,
        acks: Acks,
    },
    /// Deletes a part of what is there, in hundredths; more than 100 is behind the end.
    DeleteRecords {
        topic: &'static str,
        partition: i32,
        percent: i64,
    },
    Look {
        topic: &'static str,
        refresh: bool,
        bytes_max: usize,
    },
    Replay {
        topic: &'static str,
    },
    Flush,
}

/// A tab from its opening to its end.
#[derive(Clone)]
pub struct Client {
    pub world: Rc<World>,
    pub number: u32,
    pub broker: SimBroker,
}

/// Opens the store and does what is planned, each list as a task of its own.
pub async fn run(world: Rc<World>, slot: usize, number: u32, env: Rc<SimEnv>, plan: Vec<Vec<Op>>) {
    let storage = SimStorage { disk: Rc::clone(&world.disk), client: number };
    let broker = loop {
        match Broker::open(storage.clone(), Rc::clone(&env)).await {
            Ok(broker) => break broker,
            Err(OpenError::Storage(error)) => world.allow(&error),
            Err(error) => panic!("{error}"),
        }
        yield_now().await;
    };
    broker.set_buffer_memory(world.buffer_memory);
    world.opened(slot, &broker);
    for ops in plan {
        let client = Client { world: Rc::clone(&world), number, broker: broker.clone() };
        world.spawner.spawn(Owner::Client(number), async move {
            for op in ops {
                client.begin(&op);
                client.act(op).await;
            }
        });
    }
}

impl Client {
    fn begin(&self, op: &Op) {
        self.world.trace.tell(What::Begins { client: self.number, what: format!("{op:?}") });
    }

    pub fn heard(&self, what: String) {
        self.world.trace.tell(What::Heard { client: self.number, what });
    }

    pub async fn act(&self, op: Op) {
        let began = self.world.trace.step();
        match op {
            Op::Create { topic, partitions } => self.create(topic, partitions, began).await,
            Op::Delete { topic } => self.delete(topic, began).await,
            Op::Alter { topic, log_append_time } => self.alter(topic, log_append_time, began).await,
            Op::Send { topic, records, acks, partition } => {
                self.send(topic, records, acks, partition, began).await;
            }
            Op::Produce { topic, partition, batches, bytes, acks } => {
                self.produce(topic, partition, batches, bytes, acks, began).await;
            }
            Op::DeleteRecords { topic, partition, percent } => {
                self.delete_records(topic, partition, percent, began).await;
            }
            Op::Look { topic, refresh, bytes_max } => self.look(topic, refresh, bytes_max, began).await,
            Op::Replay { topic } => self.replay(topic, began).await,
            Op::Flush => self.broker.flush().await,
        }
    }

    async fn create(&self, name: &'static str, partitions: i32, began: u32) {
        match self.broker.create_topic(&topic(name), partitions, &[]).await {
            Ok(made) => {
                let model = self.world.model.borrow();
                assert!(model.topics.contains_key(&made.topic_id.value()), "a topic that is made is there");
                self.heard(format!("made {name}"));
            }
            Err(CreateTopicError::TopicExists(_)) => {
                let model = self.world.model.borrow();
                assert!(model.topics.values().any(|topic| topic.name == name), "{name} was never there");
            }
            // Made, and deleted by somebody else before it could be described.
            Err(CreateTopicError::Contended) => assert!(self.was_deleted_since(name, began)),
            Err(CreateTopicError::Storage(error)) => self.world.allow(&error),
            Err(error) => panic!("{error}"),
        }
    }

    async fn delete(&self, name: &'static str, began: u32) {
        match self.broker.delete_topic(&topic(name)).await {
            Ok(_) => {
                assert!(self.was_deleted_since(name, began), "{name} is said to be deleted");
                self.heard(format!("deleted {name}"));
            }
            Err(DeleteTopicError::UnknownTopic(_)) => self.must_be_gone(name, began),
            Err(DeleteTopicError::Storage(error)) => self.world.allow(&error),
            Err(error) => panic!("{error}"),
        }
    }

    async fn alter(&self, name: &'static str, log_append_time: bool, began: u32) {
        let value = if log_append_time { "LogAppendTime" } else { "CreateTime" };
        let config = ("message.timestamp.type".to_owned(), Some(value.to_owned()));
        match self.broker.alter_configs(&topic(name), &[config]).await {
            Ok(()) => {}
            Err(AlterConfigsError::UnknownTopic(_)) => self.must_be_gone(name, began),
            Err(AlterConfigsError::Storage(error)) => self.world.allow(&error),
            Err(error) => panic!("{error}"),
        }
    }

    fn was_deleted_since(&self, name: &str, began: u32) -> bool {
        let model = self.world.model.borrow();
        let mut of_name = model.topics.values().filter(|topic| topic.name == name);
        of_name.any(|topic| topic.deleted_at.is_some_and(|at| at > began))
    }

    /// A topic that was there all the time is known to whoever looks.
    pub fn must_be_gone(&self, name: &str, began: u32) {
        let is_there = self.world.model.borrow().is_there_since(name, began);
        assert!(!is_there, "client {} does not know {name}, which was there all the time", self.number);
    }

    /// Who holds a topic that is gone is told so, even when there is a namesake.
    fn may_be_unknown(&self, name: &str, began: u32) {
        let model = self.world.model.borrow();
        let is_known = model.is_there_since(name, began) && !model.was_deleted(name);
        assert!(!is_known, "client {} is refused by {name}, which was there all the time", self.number);
    }

    /// Notes a record before it is sent.
    fn note(&self, topic: &'static str, partition: Option<i32>, acks: Acks, bytes: usize) -> usize {
        let order = self.broker.partitions(&crate::common::topic(topic)).map(|_| self.world.next_order());
        let model = &mut self.world.model.borrow_mut();
        let number = model.records.len();
        let value = Bytes::from(format!("{number}.{}", "x".repeat(bytes)));
        let (client, task) = (self.number, self.world.spawner.current());
        let time = self.broker.env().now().millis();
        let (fate, place, call) = (Fate::Waiting, None, None);
        model.records.push(Sent {
            client,
            task,
            order,
            call,
            topic,
            partition,
            acks,
            value,
            time,
            fate,
            place,
        });
        number
    }

    fn new_record(&self, number: usize) -> NewRecord {
        let sent = &self.world.model.borrow().records[number];
        NewRecord {
            timestamp: Some(millis(sent.time)),
            value: Some(sent.value.clone()),
            ..NewRecord::default()
        }
    }

    async fn send(&self, name: &'static str, records: usize, acks: Acks, to: Option<i32>, began: u32) {
        let numbers: Vec<usize> =
            (0..records).map(|nth| self.note(name, to, acks, (nth * 37) % 90)).collect();
        let sent = numbers.iter().map(|number| ProducerRecord {
            partition: to.map(PartitionId::new),
            record: self.new_record(*number),
        });
        let codec = if records.is_multiple_of(3) { Compression::Lz4 } else { Compression::None };
        let producer =
            Producer::new(self.broker.clone(), topic(name)).with_acks(acks).with_compression(codec);
        // A record of its own takes less than 100 bytes besides its value.
        self.world.calls_with(records * 200);
        let answers = producer.send(sent.collect()).await;
        assert_eq!(answers.len(), numbers.len());
        for (number, answer) in numbers.into_iter().zip(answers) {
            match answer {
                Ok(told) => {
                    let place = (told.partition.value(), told.offset.value());
                    self.heard(format!("record {number} is at {place:?}"));
                    let model = &mut self.world.model.borrow_mut();
                    model.acknowledged(number, place, told.acks, told.timestamp);
                }
                Err(error) => self.refused(number, name, &error, began),
            }
        }
    }

    async fn produce(
        &self,
        name: &'static str,
        p: i32,
        batches: usize,
        bytes: usize,
        acks: Acks,
        began: u32,
    ) {
        let numbers: Vec<usize> = (0..batches * 2).map(|_| self.note(name, Some(p), acks, bytes)).collect();
        {
            let model = &mut self.world.model.borrow_mut();
            let call = model.calls.len();
            model.calls.push(numbers.clone());
            numbers.iter().for_each(|number| model.records[*number].call = Some(call));
        }
        let batch = |numbers: &[usize]| -> RecordBatch {
            let mut builder = BatchBuilder::new();
            for number in numbers {
                builder.try_push(&self.new_record(*number), millis(0)).unwrap();
            }
            builder.build()
        };
        let batches: Vec<RecordBatch> = numbers.chunks(2).map(batch).collect();
        self.world.calls_with(batches.iter().map(|batch| batch.bytes().len()).sum());
        let answer = self.broker.produce(&partition(name, p), batches, acks).await;
        for (nth, number) in (0..).zip(numbers) {
            match &answer {
                Ok(ack) => {
                    let at = if acks == Acks::None { -1 } else { ack.base_offset.value() + nth };
                    let own = self.world.model.borrow().records[number].time;
                    let time = ack.log_append_time.unwrap_or(millis(own));
                    self.heard(format!("record {number} is at {at} of {p}"));
                    self.world.model.borrow_mut().acknowledged(number, (p, at), ack.acks, time);
                }
                Err(error) => self.refused(number, name, error, began),
            }
        }
    }

    fn refused(&self, number: usize, name: &str, error: &ProduceError, began: u32) {
        self.heard(format!("record {number} is refused: {error}"));
        let is_doubtful = matches!(error, ProduceError::OutcomeUnknown(_));
        self.world.model.borrow_mut().failed(number, is_doubtful);
        match error {
            ProduceError::OutcomeUnknown(error) | ProduceError::Storage(error) => self.world.allow(error),
            ProduceError::UnknownTopicOrPartition(_) => self.may_be_unknown(name, began),
            error => panic!("{error}"),
        }
    }

    async fn delete_records(&self, name: &'static str, p: i32, percent: i64, began: u32) {
        let id = self.world.model.borrow().alive(name);
        let end = id.map_or(0, |id| self.world.model.borrow().topics[&id].partitions[p as usize].end());
        let before = if percent == 100 { -1 } else { end * percent / 100 };
        match self.broker.delete_records(&partition(name, p), offset(before)).await {
            Ok(start) => {
                let model = self.world.model.borrow();
                self.heard(format!("{name} {p} starts at {start}"));
                if let Some(id) = id.filter(|id| model.alive(name) == Some(*id)) {
                    let log = &model.topics[&id].partitions[p as usize];
                    assert!(start.value() <= log.start, "the log start is said to be {start}");
                    assert!(
                        log.start >= if before < 0 { end } else { before },
                        "{before} is said to be deleted"
                    );
                }
            }
            Err(DeleteRecordsError::UnknownTopicOrPartition(_)) => self.must_be_gone(name, began),
            Err(DeleteRecordsError::OffsetOutOfRange { high_watermark, .. }) => {
                let is_same = id.is_some() && self.world.model.borrow().alive(name) == id;
                assert!(!is_same || before > end, "{before} is out of range at {high_watermark}");
            }
            Err(DeleteRecordsError::Storage(error)) => self.world.allow(&error),
            Err(error) => panic!("{error}"),
        }
    }
}

impl World {
    /// A client may hear of a fault only when there was one, and never of a conflict, which is the log's own matter.
    pub fn allow(&self, error: &StorageError) {
        let is_conflict = matches!(error, StorageError::Conflict(_));
        assert!(!is_conflict && self.disk.may_fail.get(), "nothing failed, but a client was told: {error}");
    }
}
