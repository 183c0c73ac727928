//! Many partitions at once: laid out and read with few questions to storage, and with the same answers as one by one.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use crate::common::{TestBroker, batch, offset, open, partition, records, text, topic};
use futures_executor::block_on;
use tablog_core::broker::Acks;
use tablog_core::ids::{Offset, PartitionId};
use tablog_core::source::{Bounds, Fetched, Source, SourceError, Span};
use tablog_core::storage::StorageError;
use tablog_core::storage::faulty::FaultyStorage;
use tablog_core::storage::memory::MemoryStorage;

const PARTITIONS: i32 = 20;

/// Three rows of two records each in every partition; and a client that knows nothing of them yet.
async fn store()
-> (TestBroker<MemoryStorage>, FaultyStorage<MemoryStorage>, TestBroker<FaultyStorage<MemoryStorage>>) {
    let storage = MemoryStorage::new();
    let writer = open(storage.clone(), 1).await;
    writer.create_topic(&topic("t"), PARTITIONS, &[]).await.unwrap();
    for _ in 0..3 {
        for id in 0..PARTITIONS {
            writer.produce(&partition("t", id), vec![batch(&["a", "b"])], Acks::All).await.unwrap();
        }
    }
    let faulty = FaultyStorage::new(storage);
    let reader = open(faulty.clone(), 2).await;
    (writer, faulty, reader)
}

fn unknown() -> Vec<(PartitionId, Option<Bounds>)> {
    (0..PARTITIONS).map(|id| (PartitionId::new(id), None)).collect()
}

fn span(id: i32, from: i64, last: i64) -> Span {
    Span { partition: PartitionId::new(id), from: offset(from), last: offset(last), bytes: 300 }
}

fn offsets(fetched: &Fetched) -> Vec<i64> {
    records(fetched, Offset::ZERO).iter().map(|record| record.offset.value()).collect()
}

#[test]
fn all_partitions_are_laid_out_with_one_question_and_only_changed_ones_anew() {
    block_on(async {
        let (writer, faulty, reader) = store().await;
        let source = reader.source(&topic("t")).await.unwrap();
        let before = faulty.reads();
        let layouts = source.layout(&unknown()).await.unwrap();
        assert_eq!(faulty.reads() - before, 1);
        let mut known = Vec::new();
        for (id, layout) in (0..PARTITIONS).map(PartitionId::new).zip(layouts) {
            assert_eq!(layout.bounds, source.bounds(id).await.unwrap());
            assert_eq!(layout.zones.unwrap(), source.zones(id).await.unwrap());
            known.push((id, Some(layout.bounds)));
        }
        writer.produce(&partition("t", 7), vec![batch(&["c"])], Acks::All).await.unwrap();
        reader.refresh().await.unwrap();
        let layouts = source.layout(&known).await.unwrap();
        let changed: Vec<usize> = (0..layouts.len()).filter(|at| layouts[*at].zones.is_some()).collect();
        assert_eq!(changed, [7]);
        assert_eq!(layouts[7].zones.as_ref().unwrap().len(), 4);
        let missing = source.layout(&[(PartitionId::new(PARTITIONS), None)]).await;
        assert!(matches!(missing, Err(SourceError::UnknownPartition { .. })), "{missing:?}");
    });
}

#[test]
fn spans_of_many_partitions_are_read_with_one_question() {
    block_on(async {
        let (_, faulty, reader) = store().await;
        let source = reader.source(&topic("t")).await.unwrap();
        source.layout(&unknown()).await.unwrap();
        let mut spans: Vec<Span> = (0..PARTITIONS).map(|id| span(id, 2, 3)).collect();
        // From within a batch into the next row; behind the end; and the same partition again.
        spans.extend([span(3, 1, 2), span(4, 6, 9), span(5, 0, 99), span(5, 4, 5)]);
        let before = faulty.reads();
        let fetched = source.fetch_spans(&spans).await.unwrap();
        assert_eq!(faulty.reads() - before, 1);
        assert_eq!(fetched.len(), spans.len());
        let found: Vec<Vec<i64>> = fetched.iter().map(offsets).collect();
        assert!(found[..20].iter().all(|found| found == &[2, 3]));
        assert_eq!(found[20..], [vec![0, 1, 2, 3], vec![], vec![0, 1, 2, 3, 4, 5], vec![4, 5]]);
        assert!(fetched.iter().all(|fetched| fetched.damage.is_empty()));
        assert_eq!(text(&records(&fetched[19], offset(3))[0]), "b");
        assert_eq!(source.fetch_spans(&[]).await, Ok(Vec::new()));
    });
}

#[test]
fn what_was_deleted_meanwhile_is_named_and_the_other_spans_are_served() {
    block_on(async {
        let (writer, faulty, reader) = store().await;
        let source = reader.source(&topic("t")).await.unwrap();
        source.layout(&unknown()).await.unwrap();
        // The reader still believes in the first rows of both.
        writer.delete_records(&partition("t", 1), offset(4)).await.unwrap();
        writer.delete_records(&partition("t", 2), offset(3)).await.unwrap();
        let spans = [span(0, 0, 3), span(1, 0, 1), span(2, 0, 5)];
        let fetched = source.fetch_spans(&spans).await.unwrap();
        assert_eq!(offsets(&fetched[0]), [0, 1, 2, 3]);
        assert_eq!((offsets(&fetched[1]), offsets(&fetched[2])), (vec![], vec![2, 3, 4, 5]));
        let lost: Vec<(i64, i64)> = fetched
            .iter()
            .flat_map(|fetched| &fetched.damage)
            .map(|damage| (damage.from.unwrap().value(), damage.to.unwrap().value()))
            .collect();
        assert_eq!(lost, [(0, 4), (0, 3)]);
        // A read that fails is an error, and not damage.
        let lost = StorageError::ConnectionLost("scripted".into());
        faulty.fail_next_read(lost.clone());
        assert_eq!(source.fetch_spans(&spans).await, Err(SourceError::Storage(lost)));
    });
}
