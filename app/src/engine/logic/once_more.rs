//! Sends once more what a full disk refused, if retention made room in between: some topics keep only so much, and who publishes need
//! not wait until the next time that somebody looks.
//!
//! What was refused for want of room is certainly not stored, and with a record all that follow it in its partition: so nothing is
//! stored twice, and the order stays.

use tablog_core::broker::{Broker, ProduceError};
use tablog_core::client::{FailedRecords, Producer, ProducerRecord, RecordMetadata, SentAll};
use tablog_core::env::Env;
use tablog_core::storage::{Storage, StorageError};

/// Publishes records as [`Producer::send`] does.
pub async fn send<S: Storage, E: Env>(
    broker: &Broker<S, E>,
    producer: &Producer<S, E>,
    records: Vec<ProducerRecord>,
) -> Vec<Result<RecordMetadata, ProduceError>> {
    let kept = kept(broker, &records);
    let mut sent = producer.send(records).await;
    let is_refused = |place: &usize| sent.get(*place).is_some_and(|sent| sent.as_ref().is_err_and(is_full));
    let refused: Vec<usize> = (0..sent.len()).filter(is_refused).collect();
    if let Some(again) = after_making_room(broker, kept, &refused).await {
        for (place, answer) in refused.into_iter().zip(producer.send(again).await) {
            if let Some(slot) = sent.get_mut(place) {
                *slot = answer;
            }
        }
    }
    sent
}

/// Publishes many records as [`Producer::send_all`] does.
pub async fn send_all<S: Storage, E: Env>(
    broker: &Broker<S, E>,
    producer: &Producer<S, E>,
    records: Vec<ProducerRecord>,
) -> SentAll {
    let kept = kept(broker, &records);
    let mut sent = producer.send_all(records).await;
    let parts = sent.failed.iter().filter(|part| is_full(&part.error));
    let mut refused: Vec<usize> = parts.flat_map(|part| part.indexes.iter().copied()).collect();
    refused.sort_unstable();
    if let Some(again) = after_making_room(broker, kept, &refused).await {
        let again = producer.send_all(again).await;
        sent.failed.retain(|part| !is_full(&part.error));
        sent.failed.extend(again.failed.into_iter().map(|part| FailedRecords {
            indexes: part.indexes.iter().filter_map(|place| refused.get(*place).copied()).collect(),
            error: part.error,
        }));
        sent.ranges.extend(again.ranges);
        sent.ranges.sort_by_key(|range| (range.partition, range.base_offset));
    }
    sent
}

fn is_full(error: &ProduceError) -> bool {
    matches!(error, ProduceError::Storage(StorageError::QuotaExceeded))
}

/// Keeps the records, where that may be of use.
fn kept<S: Storage, E: Env>(
    broker: &Broker<S, E>,
    records: &[ProducerRecord],
) -> Option<Vec<ProducerRecord>> {
    broker.has_retention().then(|| records.to_vec())
}

/// Makes room, and returns what was refused, if there is a point in sending it again.
async fn after_making_room<S: Storage, E: Env>(
    broker: &Broker<S, E>,
    kept: Option<Vec<ProducerRecord>>,
    refused: &[usize],
) -> Option<Vec<ProducerRecord>> {
    let kept = kept.filter(|_| !refused.is_empty())?;
    let applied = broker.apply_retention().await.ok()?;
    let again = || refused.iter().filter_map(|place| kept.get(*place).cloned()).collect();
    (!applied.deleted.is_empty()).then(again)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::pin::pin;
    use std::rc::Rc;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use tablog_core::env::SimEnv;
    use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
    use tablog_core::record::NewRecord;
    use tablog_core::storage::memory::MemoryStorage;

    use super::*;

    type TestBroker = Broker<MemoryStorage, Rc<SimEnv>>;

    const RECORD_BYTES: usize = 5_000;

    /// Everything here runs in memory: whatever waits can go on at once.
    fn run<T>(future: impl Future<Output = T>) -> T {
        let mut future = pin!(future);
        loop {
            if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                return value;
            }
        }
    }

    /// Opens a store that has room for some twenty records.
    async fn broker(retention_bytes: &str) -> (TestBroker, Producer<MemoryStorage, Rc<SimEnv>>) {
        let env = Rc::new(SimEnv::new(1, Timestamp::from_millis(1_000)));
        let broker = Broker::open(MemoryStorage::with_quota(100_000), env).await.unwrap();
        let topic = TopicName::parse("t").unwrap();
        let configs = [("retention.bytes".to_owned(), retention_bytes.to_owned())];
        broker.create_topic(&topic, 2, &configs).await.unwrap();
        let producer = Producer::new(broker.clone(), topic);
        (broker, producer)
    }

    fn some(partition: i32, count: usize) -> Vec<ProducerRecord> {
        let value = Some(Bytes::from(vec![b'x'; RECORD_BYTES]));
        let record = NewRecord { value, ..NewRecord::default() };
        vec![ProducerRecord { partition: Some(PartitionId::new(partition)), record }; count]
    }

    #[test]
    fn what_a_full_disk_refused_is_stored_once_after_retention_made_room() {
        run(async {
            let (broker, producer) = broker("20000").await;
            for round in 0..60 {
                let sent = send(&broker, &producer, some(0, 1)).await;
                let landed = sent[0].as_ref().unwrap();
                assert_eq!((landed.partition, landed.offset), (PartitionId::new(0), Offset::new(round)));
            }
            let sent = send_all(&broker, &producer, some(1, 3)).await;
            assert_eq!((sent.records(), sent.failed), (3, Vec::new()));
            for _ in 0..20 {
                let sent = send_all(&broker, &producer, some(1, 3)).await;
                assert_eq!((sent.records(), sent.failed), (3, Vec::new()));
            }
            let topic = TopicName::parse("t").unwrap();
            let described = broker.describe_topic(&topic).await.unwrap();
            let ends: Vec<i64> = described.partitions.iter().map(|of| of.high_watermark.value()).collect();
            assert_eq!(ends, [60, 63]);
        });
    }

    #[test]
    fn what_does_not_fit_even_so_is_reported_by_its_place_and_only_once() {
        run(async {
            let (broker, producer) = broker("1").await;
            send_all(&broker, &producer, some(0, 10)).await;
            // Partition 1 alone is more than there is room for, even without what partition 0 gives up.
            let mut both = some(1, 30);
            both.extend(some(0, 1));
            let sent = send_all(&broker, &producer, both.clone()).await;
            let failed: Vec<usize> = sent.failed.iter().flat_map(|part| part.indexes.clone()).collect();
            let places: BTreeSet<usize> = failed.iter().copied().collect();
            assert_eq!((sent.records(), places.len(), failed.len()), (0, 31, 31));
            assert!(sent.failed.iter().all(|part| is_full(&part.error)));
            let answers = send(&broker, &producer, both).await;
            assert_eq!(answers.len(), 31);
        });
    }

    #[test]
    fn where_all_is_to_be_kept_a_full_disk_stays_full() {
        run(async {
            let (broker, producer) = broker("-1").await;
            assert!(!broker.has_retention());
            send_all(&broker, &producer, some(0, 15)).await;
            let sent = send(&broker, &producer, some(0, 6)).await;
            assert!(sent.iter().all(|sent| sent.as_ref().is_err_and(is_full)), "{sent:?}");
        });
    }
}
