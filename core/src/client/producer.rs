//! Publishing records: chooses partitions, gathers records into batches, keeps their order, says where each landed.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures_util::future::join_all;

use crate::broker::{Acks, Broker, ProduceAck, ProduceError};
use crate::env::Env;
use crate::ids::{Offset, PartitionId, Timestamp, TopicName, TopicPartition};
use crate::limits::{BATCH_BYTES_TARGET, COMMIT_BYTES_MAX};
use crate::log::InvalidBatch;
use crate::partitioner::{StickyPartitioner, partition_for};
use crate::record::{BatchBuilder, BuiltBatch, Compression, NewRecord};
use crate::sorting::sort_by_number;
use crate::storage::Storage;

/// Publishes to one topic. Records of one partition keep the order in which they were given.
pub struct Producer<S, E> {
    broker: Broker<S, E>,
    topic: TopicName,
    acks: Acks,
    compression: Compression,
    sticky: Rc<RefCell<StickyPartitioner>>,
}

/// Gives another producer for the same topic, with the same choice of partition for records without a key.
impl<S, E> Clone for Producer<S, E> {
    fn clone(&self) -> Self {
        let (broker, topic) = (self.broker.clone(), self.topic.clone());
        let sticky = Rc::clone(&self.sticky);
        Self { broker, topic, acks: self.acks, compression: self.compression, sticky }
    }
}

/// A record, and the partition it must go to; `None` leaves the choice to the key, or to chance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProducerRecord {
    /// The partition, if it is chosen already.
    pub partition: Option<PartitionId>,
    /// The record.
    pub record: NewRecord,
}

impl From<NewRecord> for ProducerRecord {
    fn from(record: NewRecord) -> Self {
        Self { partition: None, record }
    }
}

/// Where a record landed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordMetadata {
    /// Its partition.
    pub partition: PartitionId,
    /// Its offset; [`ProduceAck::NO_OFFSET`] with `Acks::None`.
    pub offset: Offset,
    /// The time that was stored with it.
    pub timestamp: Timestamp,
    /// How safe it is.
    pub acks: Acks,
}

/// A run of offsets in one partition that one [`Producer::send_all`] filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentRange {
    /// The partition.
    pub partition: PartitionId,
    /// The first offset; [`ProduceAck::NO_OFFSET`] with `Acks::None`.
    pub base_offset: Offset,
    /// The last offset; [`ProduceAck::NO_OFFSET`] with `Acks::None`.
    pub last_offset: Offset,
    /// How many records.
    pub records: u64,
    /// How safe they are.
    pub acks: Acks,
}

/// Records that were not published, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedRecords {
    /// Their places among the records given, from 0, rising.
    pub indexes: Vec<usize>,
    /// Why.
    pub error: ProduceError,
}

/// What became of many records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentAll {
    /// Where those that were published landed, by partition and offset.
    pub ranges: Vec<SentRange>,
    /// The others. Empty when all went well.
    pub failed: Vec<FailedRecords>,
}

impl SentAll {
    /// Counts the records that were published.
    pub fn records(&self) -> u64 {
        self.ranges.iter().map(|range| range.records).sum()
    }
}

/// A batch, and where its records stood among those given.
struct Gathered {
    batch: BuiltBatch,
    indexes: Vec<usize>,
}

impl Gathered {
    fn bytes(&self) -> usize {
        self.batch.batch().bytes().len()
    }
}

/// A record's place among those given, and why it goes into no batch.
type Refused = (usize, ProduceError);

/// Batches of one call to the broker and what came of it.
struct Sent {
    partition: PartitionId,
    indexes: Vec<usize>,
    outcome: Result<ProduceAck, ProduceError>,
}

impl<S: Storage, E: Env> Producer<S, E> {
    /// Makes a producer that waits for [`Acks::Leader`] and does not compress. The topic is looked up when something is sent.
    pub fn new(broker: Broker<S, E>, topic: TopicName) -> Self {
        let sticky = Rc::new(RefCell::new(StickyPartitioner::new(BATCH_BYTES_TARGET)));
        Self { broker, topic, acks: Acks::Leader, compression: Compression::None, sticky }
    }

    /// Sets what is waited for.
    #[must_use]
    pub fn with_acks(self, acks: Acks) -> Self {
        Self { acks, ..self }
    }

    /// Sets the codec of the batches (`compression.type` of Kafka's producer). The topic's own `compression.type` has the last
    /// word on what is stored.
    #[must_use]
    pub fn with_compression(self, compression: Compression) -> Self {
        Self { compression, ..self }
    }

    /// Publishes records and says of each where it landed, or why it did not, in the order given. A record without a timestamp
    /// takes the time of this call. When a batch fails, what follows it in its partition is not sent, so that no gap is left.
    pub async fn send(&self, records: Vec<ProducerRecord>) -> Vec<Result<RecordMetadata, ProduceError>> {
        let now = self.broker.env().now();
        let times: Vec<Timestamp> =
            records.iter().map(|record| record.record.timestamp.unwrap_or(now)).collect();
        let (sent, refused) = self.send_gathered(records, now).await;
        let mut answers: Vec<Option<Result<RecordMetadata, ProduceError>>> = vec![None; times.len()];
        let mut set = |index: usize, answer| {
            if let Some(slot) = answers.get_mut(index) {
                *slot = Some(answer);
            }
        };
        for (index, error) in refused {
            set(index, Err(error));
        }
        for sent in sent {
            for (nth, &index) in (0..).zip(&sent.indexes) {
                let metadata = sent.outcome.clone().map(|ack| RecordMetadata {
                    partition: sent.partition,
                    offset: offset_of(&ack, nth),
                    timestamp: ack.log_append_time.or(times.get(index).copied()).unwrap_or(Timestamp::NONE),
                    acks: ack.acks,
                });
                set(index, metadata);
            }
        }
        // Every record is either refused or in one batch.
        answers.into_iter().flatten().collect()
    }

    /// Publishes many records: as [`Self::send`], but answers with ranges of offsets.
    pub async fn send_all(&self, records: Vec<ProducerRecord>) -> SentAll {
        let now = self.broker.env().now();
        let (sent, refused) = self.send_gathered(records, now).await;
        let mut all = SentAll::default();
        all.failed
            .extend(refused.into_iter().map(|(index, error)| FailedRecords { indexes: vec![index], error }));
        for sent in sent {
            match sent.outcome {
                Ok(ack) => all.add(SentRange {
                    partition: sent.partition,
                    base_offset: ack.base_offset,
                    last_offset: ack.last_offset,
                    records: u64::try_from(sent.indexes.len()).unwrap_or(u64::MAX),
                    acks: ack.acks,
                }),
                Err(error) => all.failed.push(FailedRecords { indexes: sent.indexes, error }),
            }
        }
        all
    }

    async fn send_gathered(&self, records: Vec<ProducerRecord>, now: Timestamp) -> (Vec<Sent>, Vec<Refused>) {
        if self.broker.partitions(&self.topic).is_none()
            && let Err(error) = self.broker.source(&self.topic).await
        {
            let error = match error {
                crate::broker::DescribeTopicError::Storage(error) => ProduceError::Storage(error),
                crate::broker::DescribeTopicError::UnknownTopic(_) => {
                    ProduceError::UnknownTopicOrPartition(self.partition(PartitionId::new(0)))
                }
            };
            return (Vec::new(), (0..records.len()).map(|index| (index, error.clone())).collect());
        }
        let (gathered, refused) = self.gather(records, now);
        let partitions =
            gathered.into_iter().map(|(partition, batches)| self.send_in_order(partition, batches));
        (join_all(partitions).await.into_iter().flatten().collect(), refused)
    }

    /// Puts records into batches, by partition. Those that cannot be are named.
    fn gather(
        &self,
        records: Vec<ProducerRecord>,
        now: Timestamp,
    ) -> (Vec<(PartitionId, Vec<Gathered>)>, Vec<Refused>) {
        let partitions = self.broker.partitions(&self.topic).unwrap_or(0);
        let bytes_max = self.broker.config(&self.topic).unwrap_or_default().max_message_bytes();
        let mut gatherers: BTreeMap<PartitionId, Gatherer> = BTreeMap::new();
        let mut refused = Vec::new();
        for (index, ProducerRecord { partition, record }) in records.into_iter().enumerate() {
            let partition = partition.unwrap_or_else(|| self.choose(&record, partitions));
            let gatherer =
                gatherers.entry(partition).or_insert_with(|| Gatherer::new(bytes_max, self.compression));
            if (0..partitions).contains(&partition.value()) {
                gatherer.push(index, &record, now);
            } else {
                refused.push((index, ProduceError::UnknownTopicOrPartition(self.partition(partition))));
            }
        }
        let mut gathered = Vec::new();
        for (partition, gatherer) in gatherers {
            let (batches, invalid) = gatherer.finish();
            let named = |cause| ProduceError::Invalid { partition: self.partition(partition), cause };
            refused.extend(invalid.into_iter().map(|(index, cause)| (index, named(cause))));
            if !batches.is_empty() {
                gathered.push((partition, batches));
            }
        }
        sort_by_number(&mut refused, |(index, _)| *index as u64);
        (gathered, refused)
    }

    fn choose(&self, record: &NewRecord, partitions: i32) -> PartitionId {
        match &record.key {
            Some(key) => partition_for(key, partitions),
            None => {
                let bytes = BatchBuilder::bytes_of_one(record);
                self.sticky.borrow_mut().partition(self.broker.env(), partitions, bytes)
            }
        }
    }

    /// Sends the batches of one partition, as much at a time as one commit takes, and stops after the first failure.
    async fn send_in_order(&self, partition: PartitionId, gathered: Vec<Gathered>) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut failed: Option<ProduceError> = None;
        let mut rest = gathered.into_iter().peekable();
        let bytes_max = COMMIT_BYTES_MAX.min(self.broker.buffer_memory());
        while rest.peek().is_some() {
            let (mut batches, mut indexes, mut bytes) = (Vec::new(), Vec::new(), 0_usize);
            while let Some(next) =
                rest.next_if(|next| batches.is_empty() || next.bytes().saturating_add(bytes) <= bytes_max)
            {
                bytes = bytes.saturating_add(next.bytes());
                batches.push(next.batch);
                indexes.extend(next.indexes);
            }
            let outcome = match &failed {
                None => self.broker.produce_built(&self.partition(partition), batches, self.acks).await,
                Some(error) => Err(error.clone()),
            };
            failed = failed.or_else(|| match outcome.as_ref().err()?.clone() {
                // What was sent may be stored; what is not sent any more is certainly not.
                ProduceError::OutcomeUnknown(cause) => Some(ProduceError::Storage(cause)),
                error => Some(error),
            });
            sent.push(Sent { partition, indexes, outcome });
        }
        sent
    }

    fn partition(&self, partition: PartitionId) -> TopicPartition {
        TopicPartition { topic: self.topic.clone(), partition }
    }
}

impl SentAll {
    fn add(&mut self, range: SentRange) {
        match self.ranges.last_mut() {
            Some(last)
                if last.partition == range.partition
                    && last.acks == range.acks
                    && last.last_offset.next() == range.base_offset =>
            {
                last.last_offset = range.last_offset;
                last.records = last.records.saturating_add(range.records);
            }
            _ => self.ranges.push(range),
        }
    }
}

/// Fills batches for one partition, one after the other.
struct Gatherer {
    bytes_max: usize,
    compression: Compression,
    builder: BatchBuilder,
    indexes: Vec<usize>,
    done: Vec<Gathered>,
    refused: Vec<(usize, InvalidBatch)>,
}

impl Gatherer {
    fn new(bytes_max: usize, compression: Compression) -> Self {
        let (builder, indexes) = (BatchBuilder::new(), Vec::new());
        Self { bytes_max, compression, builder, indexes, done: Vec::new(), refused: Vec::new() }
    }

    fn push(&mut self, index: usize, record: &NewRecord, now: Timestamp) {
        let full = BATCH_BYTES_TARGET.min(self.bytes_max);
        let mut pushed = self.builder.try_push_within(full, record, now);
        if matches!(pushed, Ok(false)) {
            let bytes = BatchBuilder::bytes_of_one(record);
            // How large a record becomes that is to be compressed is seen once it is.
            if bytes > self.bytes_max && self.compression == Compression::None {
                let cause = InvalidBatch::RecordTooLarge { bytes, allowed: self.bytes_max };
                return self.refused.push((index, cause));
            }
            if !self.indexes.is_empty() {
                self.close();
                // Who fills one batch may fill the next.
                self.builder = BatchBuilder::new().with_room(full);
            }
            pushed = self.builder.try_push(record, now).map(|()| true);
        }
        match pushed {
            Ok(_) => self.indexes.push(index),
            Err(cause) => self.refused.push((index, InvalidBatch::Unencodable(cause))),
        }
    }

    fn close(&mut self) {
        let (builder, indexes) = (std::mem::take(&mut self.builder), std::mem::take(&mut self.indexes));
        match self.packed(builder) {
            Ok(batch) => self.done.push(Gathered { batch, indexes }),
            Err(cause) => self.refused.extend(indexes.into_iter().map(|index| (index, cause.clone()))),
        }
    }

    fn packed(&self, builder: BatchBuilder) -> Result<BuiltBatch, InvalidBatch> {
        let allowed = self.bytes_max;
        // What does not shrink may just fit as it is.
        let is_packed = self.compression != Compression::None;
        let plain = (is_packed && builder.bytes_len() <= allowed).then(|| builder.clone());
        let finish = |builder: BatchBuilder, codec| builder.finish(codec).map_err(InvalidBatch::Unencodable);
        let built = finish(builder, self.compression)?;
        match (built.batch().bytes().len(), plain) {
            (bytes, _) if bytes <= allowed || !is_packed => Ok(built),
            (_, Some(plain)) => finish(plain, Compression::None),
            // Several records are no more than the topic allows, compressed or not.
            (bytes, None) => Err(InvalidBatch::RecordTooLarge { bytes, allowed }),
        }
    }

    fn finish(mut self) -> (Vec<Gathered>, Vec<(usize, InvalidBatch)>) {
        if !self.indexes.is_empty() {
            self.close();
        }
        (self.done, self.refused)
    }
}

fn offset_of(ack: &ProduceAck, nth: i64) -> Offset {
    if ack.base_offset == ProduceAck::NO_OFFSET { ack.base_offset } else { ack.base_offset.advance(nth) }
}
