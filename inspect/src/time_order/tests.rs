use proptest::prelude::*;

use tablog_core::record::{Compression, RecordBatch};

use super::*;
use crate::test_source::{TestPartition, TestSource, batch, block_on};

type Records = Vec<(i64, i64)>;

/// Sorts as the definition says: merges by heads.
fn naive(partitions: &[Records]) -> Vec<(i64, i32, i64, i64)> {
    let mut rows = Vec::new();
    for (id, records) in (0..).zip(partitions) {
        let mut max = i64::MIN;
        for &(offset, timestamp) in records {
            max = max.max(timestamp);
            rows.push((max, id, offset, timestamp));
        }
    }
    rows.sort_unstable();
    rows
}

fn any_records() -> impl Strategy<Value = Records> {
    let timestamp = prop_oneof![8 => 0_i64..40, 4 => 1_000_i64..1_010, 1 => -1_i64..1, 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
    let start = 0_i64..5;
    (start, proptest::collection::vec((1_i64..3, timestamp), 0..60)).prop_map(|(start, steps)| {
        let mut offset = start - 1;
        let place = |(gap, timestamp)| {
            offset += gap;
            (offset, timestamp)
        };
        steps.into_iter().map(place).collect()
    })
}

fn any_partitions() -> impl Strategy<Value = Vec<(Records, usize, usize, usize)>> {
    let partition =
        (any_records(), 1_usize..8, 1_usize..5, prop_oneof![2 => Just(0_usize), 1 => 0_usize..70]);
    proptest::collection::vec(partition, 1..6)
}

/// Makes a source, and the records that are left in it once each log start has moved.
fn build(parts: Vec<(Records, usize, usize, usize)>) -> (TestSource, Vec<Records>) {
    let (mut partitions, mut left) = (Vec::new(), Vec::new());
    for (mut records, per_batch, per_zone, deleted) in parts {
        let mut partition = TestPartition::new(&records, per_batch, per_zone);
        if let Some(&(offset, _)) = records.get(deleted) {
            partition.log_start = offset;
            records.drain(..deleted);
        }
        partitions.push(partition);
        left.push(records);
    }
    (TestSource::new(partitions), left)
}

fn found(rows: &[Row]) -> Vec<(i32, i64, i64)> {
    let found = |row: &Row| {
        let RowContent::Record { record, .. } = &row.content else { panic!("unreadable: {row:?}") };
        let value = format!("{}@{}", record.offset, record.timestamp);
        assert_eq!(record.value.as_deref(), Some(value.as_bytes()));
        (row.partition.value(), row.offset.value(), row.timestamp.millis())
    };
    rows.iter().map(found).collect()
}

fn expected(rows: &[(i64, i32, i64, i64)]) -> Vec<(i32, i64, i64)> {
    rows.iter().map(|&(_, id, offset, timestamp)| (id, offset, timestamp)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_window_is_what_a_sort_of_everything_gives(
        parts in any_partitions(),
        windows in proptest::collection::vec((0_u64..320, 0_usize..80), 1..12),
        join in 0_u32..30,
    ) {
        let (source, records) = build(parts);
        let rows = naive(&records);
        let order = block_on(TimeOrder::open_joining(source, None, join)).unwrap();
        prop_assert_eq!(order.rows(), rows.len() as u64);
        for (first, count) in windows {
            // Cold and warm, after a search and after merging on.
            if first % 3 == 0 {
                order.cuts.borrow_mut().clear();
            }
            let window = block_on(order.window(first, count)).unwrap();
            let from = (first as usize).min(rows.len());
            let to = (from + count).min(rows.len());
            prop_assert_eq!(found(&window), expected(&rows[from..to]));
            prop_assert!(window.iter().map(|row| row.row).eq(from as u64..to as u64));
        }
    }

    #[test]
    fn every_start_is_what_a_sort_of_everything_gives(parts in any_partitions(), join in 0_u32..30) {
        let (source, records) = build(parts);
        let rows = naive(&records);
        let order = block_on(TimeOrder::open_joining(source, None, join)).unwrap();
        let row_at = |start| block_on(order.row_at(start)).unwrap();
        prop_assert_eq!(row_at(Start::Oldest), 0);
        prop_assert_eq!(row_at(Start::Newest), (rows.len() as u64).saturating_sub(1));
        for time in (-2..45).chain(998..1_012).chain([i64::MIN, i64::MAX]) {
            let first = rows.iter().position(|row| row.3 >= time).unwrap_or(rows.len());
            prop_assert_eq!(row_at(Start::Time(Timestamp::from_millis(time))), first as u64, "time {}", time);
        }
        for (id, records) in (0..).zip(&records) {
            for offset in 0..records.last().map_or(2, |last| last.0 + 2) {
                let next = records.iter().find(|record| record.0 >= offset);
                let first = next.and_then(|next| rows.iter().position(|row| (row.1, row.2) == (id, next.0)));
                let start = Start::Offset { partition: PartitionId::new(id), offset: Offset::new(offset) };
                prop_assert_eq!(row_at(start), first.unwrap_or(rows.len()) as u64, "{:?}", start);
            }
        }
    }

    #[test]
    fn a_refresh_tells_from_where_on_rows_may_have_moved(
        parts in any_partitions(),
        added in proptest::collection::vec(proptest::collection::vec(0_i64..45, 0..6), 6),
        window in (0_u64..300, 1_usize..40),
        join in 0_u32..30,
    ) {
        let (source, mut records) = build(parts);
        let before = naive(&records);
        let order = block_on(TimeOrder::open_joining(source, None, join)).unwrap();
        block_on(order.window(window.0, window.1)).unwrap();
        for ((partition, records), added) in
            order.source().partitions.borrow_mut().iter_mut().zip(&mut records).zip(added)
        {
            let end = partition.zones.last().and_then(|zone| zone.last());
            let from = end.map_or(partition.log_start, |last| last.next_offset().value());
            let added: Records = (from..).zip(added).collect();
            for (index, added) in added.chunks(2).enumerate() {
                // Half of it makes the last zone longer, half makes zones of its own.
                match partition.zones.last_mut() {
                    Some(last) if index % 2 == 0 => last.push(batch(added)),
                    _ => partition.zones.push(vec![batch(added)]),
                }
            }
            records.extend(added);
        }
        let after = naive(&records);
        let refreshed = block_on(order.refresh()).unwrap();
        prop_assert_eq!((refreshed.rows_before, refreshed.rows), (before.len() as u64, after.len() as u64));
        let same = usize::try_from(refreshed.first_changed_row).unwrap();
        prop_assert_eq!(expected(&before[..same]), expected(&after[..same]));
        let rows = block_on(order.window(window.0, window.1)).unwrap();
        let from = (window.0 as usize).min(after.len());
        let to = (from + window.1).min(after.len());
        prop_assert_eq!(found(&rows), expected(&after[from..to]));
    }
}

async fn open_unjoined(
    source: TestSource,
    partitions: Option<&[PartitionId]>,
) -> Result<TimeOrder<TestSource>, SourceError> {
    TimeOrder::open_joining(source, partitions, 0).await
}

#[test]
fn records_appended_at_the_end_leave_all_rows_before_where_they_were() {
    let partition = |from: i64| TestPartition::new(&[(0, from), (1, from + 10), (2, from + 20)], 1, 1);
    let order = block_on(open_unjoined(TestSource::new(vec![partition(0), partition(5)]), None)).unwrap();
    order.source().partitions.borrow_mut()[1].zones.push(vec![batch(&[(3, 40)])]);
    let refreshed = block_on(order.refresh()).unwrap();
    assert_eq!(refreshed, Refreshed { rows_before: 6, rows: 7, first_changed_row: 6 });
}

#[test]
fn a_damaged_batch_keeps_its_rows_and_says_why_they_cannot_be_read() {
    let records: Records = (0..40).map(|offset| (offset, offset * 10)).collect();
    let source = TestSource::new(vec![TestPartition::new(&records, 5, 4), TestPartition::default()]);
    source.damaged.borrow_mut().extend([(0, 10), (0, 35)]);
    let order = block_on(open_unjoined(source, None)).unwrap();
    let rows = block_on(order.window(0, 100)).unwrap();
    assert_eq!(rows.len(), 40);
    for (row, offset) in rows.iter().zip(0..) {
        assert_eq!((row.row, row.offset.value()), (offset as u64, offset));
        match &row.content {
            RowContent::Record { record, .. } => {
                assert!(!matches!(offset, 10..15 | 35..));
                assert_eq!(record.timestamp.millis(), offset * 10);
            }
            RowContent::Unreadable { cause } => {
                assert!(matches!(offset, 10..15 | 35..));
                assert!(cause.contains("a flipped bit") && cause.contains("partition 0"), "{cause}");
            }
        }
    }
    let start = Start::Offset { partition: PartitionId::new(0), offset: Offset::new(12) };
    assert_eq!(block_on(order.row_at(start)).unwrap(), 12);
}

#[test]
fn compressed_batches_are_read_as_others_are() {
    let plain: Records = (0..60).map(|offset| (offset, 1_000 - offset % 7)).collect();
    let packed = |codec| {
        let part = TestPartition::new(&plain, 7, 2);
        let pack = |batch: RecordBatch| batch.with_compression(codec).unwrap();
        let zones = part.zones.into_iter().map(|zone| zone.into_iter().map(pack).collect()).collect();
        // The partition starts within a batch.
        let source = TestSource::new(vec![TestPartition { zones, log_start: 3 }]);
        let order = block_on(open_unjoined(source, None)).unwrap();
        let rows = block_on(order.window(0, 100)).unwrap();
        let start = Start::Offset { partition: PartitionId::new(0), offset: Offset::new(30) };
        (found(&rows), block_on(order.row_at(start)).unwrap())
    };
    let expected = packed(Compression::None);
    assert_eq!(expected.0.len(), 57);
    for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
        assert_eq!(packed(codec), expected, "{codec}");
    }
}

#[test]
fn a_batch_that_cannot_be_unpacked_keeps_its_rows_and_names_its_codec() {
    // Attributes lie at byte 21; codec 3 is lz4, which the records are not packed with. Nothing checks the CRC here.
    let mut bytes = batch(&[(0, 1), (1, 2), (2, 3)]).bytes().to_vec();
    bytes[22] = 3;
    let compressed = RecordBatch::parse(bytes.into()).unwrap();
    let zones = vec![vec![compressed, batch(&[(3, 4)])]];
    let source = TestSource::new(vec![TestPartition { zones, log_start: 0 }]);
    let order = block_on(open_unjoined(source, None)).unwrap();
    let rows = block_on(order.window(0, 10)).unwrap();
    assert!(rows.iter().map(|row| row.offset.value()).eq(0..4));
    let RowContent::Unreadable { cause } = &rows[2].content else { panic!("{:?}", rows[2]) };
    assert!(cause.contains("lz4"), "{cause}");
    assert!(matches!(rows[3].content, RowContent::Record { .. }));
}

#[test]
fn chosen_partitions_only_and_in_any_order_of_choosing() {
    let parts = |n: i64| TestPartition::new(&[(0, n), (1, 10 + n)], 1, 1);
    let source = TestSource::new((0..4).map(parts).collect());
    let ids = |ids: &[i32]| ids.iter().copied().map(PartitionId::new).collect::<Vec<_>>();
    let order = block_on(open_unjoined(source, Some(&ids(&[3, 1, 3])))).unwrap();
    let rows = |order: &TimeOrder<_>| found(&block_on(order.window(0, 10)).unwrap());
    assert_eq!(rows(&order), [(1, 0, 1), (3, 0, 3), (1, 1, 11), (3, 1, 13)]);
    assert!(block_on(order.choose(Some(&ids(&[2, 9])))).is_err());
    assert_eq!(order.rows(), 4);
    block_on(order.choose(None)).unwrap();
    assert_eq!(order.rows(), 8);
    let not_there = Start::Offset { partition: PartitionId::new(4), offset: Offset::ZERO };
    assert!(matches!(block_on(order.row_at(not_there)), Err(SourceError::UnknownPartition { .. })));
}

#[test]
fn the_ends_of_a_thousand_partitions_need_few_zones() {
    let partition = |id: i64| {
        let records: Records = (0..200).map(|offset| (offset, offset * 1_000 + id)).collect();
        TestPartition::new(&records, 10, 5)
    };
    let order = block_on(open_unjoined(TestSource::new((0..1_000).map(partition).collect()), None)).unwrap();
    let window = block_on(order.window(order.rows() - 100, 100)).unwrap();
    assert!(window.iter().map(|row| row.partition.value()).eq(900..1_000));
    // One fetch for each of the last hundred partitions, and a few more where a bound is not enough.
    assert!(order.source().fetches.get() <= 110, "{} fetches", order.source().fetches.get());
    assert!(order.source().calls.get() <= 5, "{} calls", order.source().calls.get());
}

#[test]
fn records_published_one_by_one_are_read_together_and_only_the_new_ones_again() {
    let records: Records = (0..2_500).map(|offset| (offset, offset)).collect();
    let source = TestSource::new(vec![TestPartition::new(&records, 1, 1)]);
    let order = block_on(TimeOrder::open(source, None)).unwrap();
    let last = |order: &TimeOrder<TestSource>| {
        let window = block_on(order.window(order.rows() - 200, 200)).unwrap();
        assert_eq!(window.len(), 200);
        found(&window)[199]
    };
    assert_eq!(last(&order), (0, 2_499, 2_499));
    assert_eq!(order.source().calls.replace(0), 1);
    order.source().fetches.set(0);
    for offset in 2_500..2_600 {
        order.source().partitions.borrow_mut()[0].zones.push(vec![batch(&[(offset, 7)])]);
        block_on(order.refresh()).unwrap();
        assert_eq!(last(&order), (0, offset, 7));
        let asked = (order.source().calls.replace(0), order.source().fetches.replace(0));
        assert_eq!(asked, (1, 1), "offset {offset}");
    }
    assert_eq!(order.source().bytes.get(), batch(&[(2_599, 7)]).bytes().len());
}

/// A thousand partitions whose records interleave, `records` in each, ten to a batch as small commits leave them.
fn interleaved(records: i64) -> TestSource {
    let partition = |id: i64| {
        let records: Records =
            (0..records).map(|offset| (offset, offset * 1_000 + id * 7_919 % 1_000)).collect();
        TestPartition::new(&records, 10, 1)
    };
    TestSource::new((0..1_000).map(partition).collect())
}

#[test]
fn a_jump_into_a_thousand_interleaved_partitions_reads_one_small_zone_of_each_and_asks_few_times() {
    // It read the whole topic, one zone of 256 KiB and one question for each partition.
    let order = block_on(TimeOrder::open(interleaved(500), None)).unwrap();
    let window = block_on(order.window(250_000, 200)).unwrap();
    assert!(window.iter().map(|row| row.timestamp.millis()).eq(250_000..250_200));
    let source = order.source();
    let (calls, bytes) = (source.calls.get(), source.bytes_in_all.get());
    let topic_bytes: usize = source
        .partitions
        .borrow()
        .iter()
        .flat_map(|p| p.zones.iter().flatten())
        .map(|b| b.bytes().len())
        .sum();
    assert!(calls <= 10, "{calls} calls");
    assert!(bytes * 6 < topic_bytes, "{bytes} of {topic_bytes} bytes");
    // Its neighbours on either side need little more.
    for first in [250_200, 249_800, 249_600, 250_400] {
        let window = block_on(order.window(first, 200)).unwrap();
        assert!(window.iter().map(|row| row.timestamp.millis()).eq(first as i64..first as i64 + 200));
    }
    let more = (source.calls.get() - calls, source.bytes_in_all.get() - bytes);
    assert!(more.0 <= 12 && more.1 * 20 < topic_bytes, "{more:?}");
    let time = Start::Time(Timestamp::from_millis(100_000));
    source.calls.set(0);
    assert_eq!(block_on(order.row_at(time)).unwrap(), 100_000);
    assert!(source.calls.get() <= 5, "{} calls", source.calls.get());
}

#[test]
fn pages_asked_for_together_are_found_by_one_search() {
    // A screen asks for two or three pages at once: each searched for itself, and read the same zones.
    let [one, three] = [1, 3].map(|pages| {
        let order = block_on(TimeOrder::open(interleaved(100), None)).unwrap();
        let windows = (0..pages).map(|page| order.window(50_000 + page * 100, 100));
        let windows = block_on(futures_util::future::try_join_all(windows)).unwrap();
        let times = windows.iter().flatten().map(|row| row.timestamp.millis());
        assert!(times.eq(50_000..50_000 + pages as i64 * 100));
        order.source().fetches.get()
    });
    assert!(three < one + one / 4, "{one} zones for one page, {three} for three");
}

#[test]
fn a_refresh_keeps_the_places_before_what_changed_and_asks_for_changed_zones_only() {
    // Every refresh forgot all places, even with nothing new, and copied the zones of every partition.
    let partition =
        |id: i64| TestPartition::new(&(0..50).map(|n| (n, n * 10 + id)).collect::<Records>(), 5, 1);
    let order = block_on(open_unjoined(TestSource::new((0..8).map(partition).collect()), None)).unwrap();
    block_on(order.window(100, 50)).unwrap();
    let places = || order.cuts.borrow().iter().map(|cut| cut.row).collect::<Vec<_>>();
    assert_eq!(places(), [100, 150]);
    order.source().laid_out.set(0);
    let refreshed = block_on(order.refresh()).unwrap();
    assert_eq!(refreshed, Refreshed { rows_before: 400, rows: 400, first_changed_row: 400 });
    assert_eq!((places(), order.source().laid_out.get()), (vec![100, 150], 0));
    // One record that comes late, and takes its place before the last rows.
    order.source().partitions.borrow_mut()[3].zones.push(vec![batch(&[(50, 7)])]);
    let refreshed = block_on(order.refresh()).unwrap();
    assert!((150..400).contains(&refreshed.first_changed_row), "{refreshed:?}");
    assert_eq!((places(), order.source().laid_out.get()), (vec![100, 150], 1));
    block_on(order.choose(Some(&[PartitionId::new(1)]))).unwrap();
    assert!(places().is_empty());
}

#[test]
fn of_two_refreshes_at_once_the_one_that_began_last_stands() {
    // The older one could land last, and rows that had been shown were gone again.
    let source = TestSource::new(vec![TestPartition::new(&[(0, 1)], 1, 1)]);
    let order = block_on(TimeOrder::open(source, None)).unwrap();
    let source = order.source();
    source.layout_turns.replace(vec![1, 9]);
    let append = |offset: i64| source.partitions.borrow_mut()[0].zones.push(vec![batch(&[(offset, offset)])]);
    append(1);
    let older = order.refresh();
    let newer = async {
        append(2);
        order.refresh().await
    };
    let (older, newer) = block_on(futures_util::future::join(older, newer));
    assert_eq!(newer.unwrap(), Refreshed { rows_before: 1, rows: 3, first_changed_row: 1 });
    assert_eq!(older.unwrap(), Refreshed { rows_before: 3, rows: 3, first_changed_row: 3 });
    assert_eq!(order.rows(), 3);
}
