//! Publishing single records, as a person or a script does; many at once go through the import.

use std::rc::Rc;

use bytes::Bytes;
use tablog_core::broker::Acks as BrokerAcks;
use tablog_core::client::ProducerRecord;
use tablog_core::ids::{PartitionId, Timestamp, TopicName};
use tablog_core::record::{Header, NewRecord};
use wasm_bindgen_futures::spawn_local;

use super::Host;
use super::failures::failure;
use super::pace::now_ms;
use crate::engine::logic::once_more;
use crate::engine::logic::unstored::{Failed, RECORDS, is_doubtful};
use crate::engine::protocol::{Acks, Failure, FailureKind, Landed, PublishHeader, PublishRecord, Published};

impl Host {
    /// Publishes records in order and says where each landed.
    pub async fn publish(
        self: &Rc<Self>,
        topic: &str,
        records: Vec<PublishRecord>,
        acks: Acks,
    ) -> Result<Published, Failure> {
        let began_ms = now_ms();
        if records.is_empty() {
            return Err(failure(FailureKind::Invalid, "There is no record to publish"));
        }
        let broker = self.broker();
        let producer = self.producers.of(&broker, &TopicName::parse(topic)?).with_acks(broker_acks(acks));
        let records = records.into_iter().map(producer_record).collect();
        let sent = once_more::send(&broker, &producer, records).await;
        if acks == Acks::None {
            // Answered before it is stored; storing it needs somebody to drive it.
            spawn_local(async move { broker.flush().await });
        }
        let count = sent.len();
        let mut landed = Vec::with_capacity(count);
        let mut failed = Failed::new();
        let mut first = None;
        for (index, sent) in sent.into_iter().enumerate() {
            match sent {
                Ok(metadata) => landed.push(Landed {
                    partition: metadata.partition.value(),
                    offset: metadata.offset.value(),
                    timestamp: metadata.timestamp.millis(),
                    acks: page_acks(metadata.acks),
                }),
                Err(error) => {
                    failed.insert(index, is_doubtful(&error));
                    first.get_or_insert(error);
                }
            }
        }
        match first {
            None => Ok(Published { landed, elapsed_us: micros_since(began_ms) }),
            Some(error) => Err(partly(error.into(), &failed, count)),
        }
    }
}

/// Says what was not published when something was.
fn partly(failure: Failure, failed: &Failed, count: usize) -> Failure {
    let numbers: Vec<u64> = (1..).take(count).collect();
    match RECORDS.unstored(&numbers, failed).filter(|_| count > 1) {
        Some(rest) => Failure { sentence: format!("{}. {rest}", failure.sentence), ..failure },
        None => failure,
    }
}

/// Measures from a time of [`now_ms`] to now.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a positive number of microseconds"
)]
fn micros_since(began_ms: f64) -> u64 {
    ((now_ms() - began_ms) * 1_000.0) as u64
}

fn producer_record(record: PublishRecord) -> ProducerRecord {
    let header =
        |header: PublishHeader| Header { key: Bytes::from(header.key), value: header.value.map(Bytes::from) };
    ProducerRecord {
        partition: record.partition.map(PartitionId::new),
        record: NewRecord {
            timestamp: record.timestamp.map(Timestamp::from_millis),
            key: record.key.map(Bytes::from),
            value: record.value.map(Bytes::from),
            headers: record.headers.into_iter().map(header).collect(),
        },
    }
}

/// Says in the broker's words when a record counts as published.
pub fn broker_acks(acks: Acks) -> BrokerAcks {
    match acks {
        Acks::None => BrokerAcks::None,
        Acks::Leader => BrokerAcks::Leader,
        Acks::All => BrokerAcks::All,
    }
}

fn page_acks(acks: BrokerAcks) -> Acks {
    match acks {
        BrokerAcks::None => Acks::None,
        BrokerAcks::Leader => Acks::Leader,
        BrokerAcks::All => Acks::All,
    }
}
