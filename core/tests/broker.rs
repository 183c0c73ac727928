//! What a broker promises, over the memory backend.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::rc::Rc;

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::broker::{Acks, Broker};
use tablog_core::env::SimEnv;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName, TopicPartition};
use tablog_core::record::{BatchBuilder, NewRecord, RecordBatch};
use tablog_core::storage::memory::MemoryStorage;

fn batch(values: &[&str]) -> RecordBatch {
    let mut builder = BatchBuilder::new();
    for value in values {
        let record =
            NewRecord { value: Some(Bytes::copy_from_slice(value.as_bytes())), ..NewRecord::default() };
        builder.try_push(&record, Timestamp::from_millis(5)).unwrap();
    }
    builder.build()
}

#[test]
fn what_is_produced_is_fetched_by_another_client() {
    block_on(async {
        let storage = MemoryStorage::new();
        let env = Rc::new(SimEnv::new(1, Timestamp::from_millis(1_000)));
        let a = Broker::open(storage.clone(), Rc::clone(&env)).await.unwrap();
        let b = Broker::open(storage, env).await.unwrap();
        let name = TopicName::parse("orders").unwrap();
        let made = a.create_topic(&name, 3, &[]).await.unwrap();
        assert_eq!(made.partitions.len(), 3);
        let p = TopicPartition { topic: name.clone(), partition: PartitionId::new(1) };
        let ack = a.produce(&p, vec![batch(&["x", "y"]), batch(&["z"])], Acks::All).await.unwrap();
        assert_eq!((ack.base_offset, ack.last_offset), (Offset::new(0), Offset::new(2)));
        let ack = b.produce(&p, vec![batch(&["w"])], Acks::Leader).await.unwrap();
        assert_eq!(ack.base_offset, Offset::new(3));
        a.refresh().await.unwrap();
        let got = a.fetch(&p, Offset::new(1), 1 << 20).await.unwrap();
        let values: Vec<_> = got
            .batches
            .iter()
            .flat_map(|b| b.records().unwrap())
            .map(|r| r.unwrap().value.unwrap())
            .collect();
        assert_eq!(values, ["x", "y", "z", "w"]);
        assert_eq!(got.next_offset, Offset::new(4));
        assert!(got.damage.is_empty());
    });
}
