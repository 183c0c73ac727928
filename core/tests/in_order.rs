//! Reading in order brings what fetching one after the other brings, and asks for what follows before the last is looked at.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::common::{batch, offset, open, partition, records, topic};
use futures_executor::block_on;
use proptest::prelude::*;
use tablog_core::broker::Acks;
use tablog_core::ids::PartitionId;
use tablog_core::limits::READS_UNDER_WAY;
use tablog_core::source::{InOrder, Source};
use tablog_core::storage::faulty::FaultyStorage;
use tablog_core::storage::memory::MemoryStorage;

const PARTITION: PartitionId = PartitionId::new(0);

/// A topic whose rows hold three records of a few hundred bytes each.
async fn store(rows: i64) -> FaultyStorage<MemoryStorage> {
    let storage = FaultyStorage::new(MemoryStorage::new());
    let broker = open(storage.clone(), 1).await;
    broker.create_topic(&topic("t"), 1, &[]).await.unwrap();
    let value = "x".repeat(100_000);
    for _ in 0..rows {
        broker.produce(&partition("t", 0), vec![batch(&[&value, "b", "c"])], Acks::Leader).await.unwrap();
    }
    storage
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_record_of_the_wanted_offsets_comes_once_and_in_order(
        rows in 0_i64..12, from in 0_i64..40, to in 0_i64..40, bytes_max in 1_usize..1_000_000,
    ) {
        block_on(async {
            let broker = open(store(rows).await, 2).await;
            let source = broker.source(&topic("t")).await.unwrap();
            let end = rows * 3;
            let (from, to) = (from.min(end), to.min(end));
            let mut fetches = InOrder::new(&source, PARTITION, offset(from)..offset(to), bytes_max);
            let mut seen = Vec::new();
            while let Some(fetched) = fetches.next().await.unwrap() {
                seen.extend(records(&fetched, offset(0)).iter().map(|record| record.offset.value()));
            }
            prop_assert!(fetches.next().await.unwrap().is_none());
            // Batches come whole.
            let whole = if from < to { from / 3 * 3..(to + 2) / 3 * 3 } else { 0..0 };
            let wanted: Vec<i64> = seen.iter().copied().filter(|offset| whole.contains(offset)).collect();
            prop_assert_eq!(wanted, whole.collect::<Vec<i64>>());
            prop_assert!(seen.is_sorted_by(|a, b| a < b), "{:?}", seen);
            Ok(())
        })?;
    }
}

#[test]
fn what_follows_is_asked_for_before_what_came_is_looked_at() {
    // A scan waited for each answer with nothing under way, while storage waited for the next question.
    block_on(async {
        let storage = store(8).await;
        let broker = open(storage.clone(), 2).await;
        let source = broker.source(&topic("t")).await.unwrap();
        let end = source.bounds(PARTITION).await.unwrap().high_watermark;
        let before = storage.reads();
        let mut fetches = InOrder::new(&source, PARTITION, offset(0)..end, 1);
        fetches.next().await.unwrap().unwrap();
        let asked = 1 + READS_UNDER_WAY as u64;
        assert_eq!(storage.reads() - before, asked);
        // And nothing when nobody comes for the rest.
        drop(fetches);
        assert_eq!(storage.reads() - before, asked);
    });
}
