use std::cell::RefCell;
use std::collections::BTreeSet;

use bytes::Bytes;
use futures_executor::block_on;
use proptest::prelude::*;

use super::*;
use crate::ids::TopicName;
use crate::record::{BatchBuilder, NewRecord, Record};
use crate::segment::{DataDirectory, MemoryFile, TopicLog};
use crate::source::{Fetched, Source, SourceError};

fn batch_at(base: i64, records: i64, value_bytes: usize) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(base));
    for index in 0..records {
        let value = Bytes::from(format!("{base}+{index} ").repeat(value_bytes / 8 + 1));
        let record = NewRecord { value: Some(value), ..NewRecord::default() };
        builder.try_push(&record, Timestamp::from_millis((base + index) * 10)).unwrap();
    }
    builder.build()
}

fn bytes_of(batches: &[RecordBatch]) -> Vec<u8> {
    batches.iter().flat_map(|batch| batch.bytes().to_vec()).collect()
}

fn records_of(batches: &[RecordBatch]) -> Vec<Record> {
    batches.iter().flat_map(|batch| batch.records().unwrap().map(Result::unwrap)).collect()
}

fn path(partition: i32, base: i64) -> String {
    format!("logs/orders-{partition}/{base:020}.log")
}

/// Makes a topic out of paths and bytes, and indexes it.
fn topic(files: &[(String, Vec<u8>)], log_start_offset: Option<i64>) -> TopicLog<MemoryFile> {
    let topic = not_indexed(files, log_start_offset);
    while !block_on(topic.index_step()).unwrap().done {}
    topic
}

/// What is told of a topic whose partition 0 was compacted up to an offset, by its report and by those who read it.
fn told_of(files: &[(String, Vec<u8>)], compacted_up_to: Option<i64>) -> Vec<Damage> {
    let topic = not_indexed_but(files, |log| log.compacted_up_to(compacted_up_to.map(Offset::new)));
    while !block_on(topic.index_step()).unwrap().done {}
    let told = read_all(&topic, 1).1;
    assert_eq!(topic.reports()[0].1.damage, told);
    assert_eq!(topic.damaged_places(), told.len() as u64);
    told
}

fn not_indexed(files: &[(String, Vec<u8>)], log_start_offset: Option<i64>) -> TopicLog<MemoryFile> {
    not_indexed_but(files, |log| PartitionLog { log_start_offset: log_start_offset.map(Offset::new), ..log })
}

fn not_indexed_but(
    files: &[(String, Vec<u8>)],
    change: impl Fn(PartitionLog<MemoryFile>) -> PartitionLog<MemoryFile>,
) -> TopicLog<MemoryFile> {
    let lengths = files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64));
    let directory = DataDirectory::from_files(lengths);
    let orders = &directory.topics[&TopicName::parse("orders").unwrap()];
    TopicLog::new(orders.iter().map(|(&partition, partition_files)| {
        change(PartitionLog::new(partition, partition_files, None, |file| {
            MemoryFile::new(file.path.clone(), files[file.index].1.clone())
        }))
    }))
}

const ZERO: PartitionId = PartitionId::new(0);

fn fetch(topic: &TopicLog<MemoryFile>, from: i64, bytes_max: usize) -> Result<Fetched, SourceError> {
    block_on(topic.fetch(ZERO, Offset::new(from), bytes_max))
}

/// Fetches partition 0 to its end: the records, and the damage that the fetches tell.
fn read_all(topic: &TopicLog<MemoryFile>, bytes_max: usize) -> (Vec<Record>, Vec<Damage>) {
    let bounds = block_on(topic.bounds(ZERO)).unwrap();
    let (mut records, mut damage) = (Vec::new(), Vec::new());
    let mut from = bounds.log_start_offset;
    loop {
        let fetched = block_on(topic.fetch(ZERO, from, bytes_max)).unwrap();
        records.extend(records_of(&fetched.batches));
        damage.extend(fetched.damage);
        assert!(fetched.next_offset > from || fetched.next_offset == bounds.high_watermark);
        from = fetched.next_offset;
        if from == bounds.high_watermark {
            break;
        }
    }
    let zones = block_on(topic.zones(ZERO)).unwrap();
    assert!(zones.windows(2).all(|pair| pair[0].last_offset < pair[1].base_offset), "{zones:?}");
    assert_eq!(zones.iter().map(|zone| u64::from(zone.records)).sum::<u64>(), bounds.records);
    assert_eq!(records.len() as u64, bounds.records);
    (records, damage)
}

#[test]
fn segments_read_as_one_log() {
    let segments = [
        vec![batch_at(10, 3, 10), batch_at(13, 2, 10)],
        vec![],
        vec![batch_at(15, 5, 10)],
        vec![batch_at(20, 1, 10)],
    ];
    let bases = [10, 15, 15, 20];
    // An empty segment has no base offset of its own to give: two of the same name cannot be.
    let files: Vec<(String, Vec<u8>)> =
        [0, 2, 3].map(|at| (path(0, bases[at]), bytes_of(&segments[at]))).into();
    let files = [files, vec![(path(0, 21), Vec::new())]].concat();
    let topic = topic(&files, None);
    let all: Vec<RecordBatch> = segments.concat();
    for bytes_max in [1, 200, usize::MAX] {
        assert_eq!(read_all(&topic, bytes_max), (records_of(&all), Vec::new()), "{bytes_max}");
    }
    let bounds = block_on(topic.bounds(ZERO)).unwrap();
    assert_eq!((bounds.log_start_offset.value(), bounds.high_watermark.value()), (10, 21));
    assert_eq!(bounds.max_timestamp, Some(Timestamp::from_millis(200)));
    assert_eq!(fetch(&topic, 16, 1).unwrap().batches, [batch_at(15, 5, 10)]);
    assert!(matches!(fetch(&topic, 22, 1), Err(SourceError::OffsetOutOfRange { .. })));
    assert!(matches!(fetch(&topic, 9, 1), Err(SourceError::OffsetOutOfRange { .. })));
    let at = |millis| {
        let found = block_on(topic.offset_for_timestamp(ZERO, Timestamp::from_millis(millis))).unwrap();
        found.map(|(offset, _)| offset.value())
    };
    assert_eq!([at(0), at(141), at(200), at(201)], [Some(10), Some(15), Some(20), None]);
}

#[test]
fn partitions_that_were_not_dropped_are_empty() {
    let files = [(path(2, 0), bytes_of(&[batch_at(0, 2, 10)]))];
    let topic = topic(&files, None);
    assert_eq!(topic.partitions(), 3);
    assert_eq!(block_on(topic.bounds(PartitionId::new(1))).unwrap().records, 0);
    assert_eq!(block_on(topic.bounds(PartitionId::new(2))).unwrap().records, 2);
    assert!(fetch(&topic, 0, 1).unwrap().batches.is_empty());
    assert!(matches!(fetch(&topic, 1, 1), Err(SourceError::OffsetOutOfRange { .. })));
    let unknown = block_on(topic.bounds(PartitionId::new(3)));
    assert!(matches!(unknown, Err(SourceError::UnknownPartition { partitions: 3, .. })));
}

#[test]
fn a_missing_segment_is_a_hole_and_is_told_with_the_records_after_it() {
    let files =
        [(path(0, 0), bytes_of(&[batch_at(0, 3, 10)])), (path(0, 10), bytes_of(&[batch_at(10, 2, 10)]))];
    let topic = topic(&files, None);
    let (records, damage) = read_all(&topic, 1);
    assert_eq!(records, records_of(&[batch_at(0, 3, 10), batch_at(10, 2, 10)]));
    let [hole] = &damage[..] else { panic!("{damage:?}") };
    assert_eq!((hole.from, hole.to), (Some(Offset::new(3)), Some(Offset::new(10))));
    assert!(hole.cause.contains("no segment holds these offsets"), "{hole}");
    assert_eq!(topic.damaged_places(), 1);
    assert_eq!(fetch(&topic, 11, 1).unwrap().damage, []);
    // Compaction takes the last records of a segment too.
    let compacted = [
        (path(0, 0), bytes_of(&[batch_at(0, 1, 10), batch_at(2, 1, 10), batch_at(5, 1, 10)])),
        (path(0, 10), bytes_of(&[batch_at(10, 2, 10)])),
    ];
    assert_eq!(read_all(&super::tests::topic(&compacted, None), 1).1, []);
}

#[test]
fn a_lone_gap_is_told_where_one_reads_and_not_where_the_partition_shows_that_it_was_compacted() {
    // Each segment was judged by itself: one gap in each of two, as compaction leaves them, was told as damage twice.
    let holed = (path(0, 0), bytes_of(&[batch_at(0, 2, 10), batch_at(5, 2, 10)]));
    let whole = (path(0, 7), bytes_of(&[batch_at(7, 3, 10)]));
    let [gap] = &told_of(&[holed.clone(), whole.clone()], None)[..] else { panic!("one gap, told once") };
    assert_eq!((gap.from, gap.to), (Some(Offset::new(2)), Some(Offset::new(5))));
    assert_eq!(gap.position_bytes, batch_at(0, 2, 10).bytes().len() as u64);
    assert!(
        gap.cause.starts_with(
            "00000000000000000000.log: no batch holds these offsets: either compaction took them"
        ),
        "{gap}"
    );
    // What the broker wrote down of it, as far as that reaches.
    assert_eq!(told_of(&[holed.clone(), whole], Some(5)), []);
    assert_eq!(told_of(std::slice::from_ref(&holed), Some(4)).len(), 1);
    // Another gap in another segment, and a batch that lost records.
    let holed_too = (path(0, 7), bytes_of(&[batch_at(7, 1, 10), batch_at(9, 1, 10)]));
    assert_eq!(told_of(&[holed.clone(), holed_too], None), []);
    let full = batch_at(7, 3, 10);
    let mut thinned = BatchBuilder::like(full.header());
    thinned.try_push_record(&records_of(&[full])[0]).unwrap();
    assert_eq!(told_of(&[holed, (path(0, 7), bytes_of(&[thinned.build()]))], None), []);
}

#[test]
fn a_missing_segment_is_told_until_the_log_shows_that_it_was_compacted() {
    // One gap anywhere before it, which is told as a doubt itself, kept the hole from being told.
    let holed = (path(0, 0), bytes_of(&[batch_at(0, 2, 10), batch_at(5, 2, 10)]));
    let after = (path(0, 10), bytes_of(&[batch_at(10, 2, 10)]));
    let told = told_of(&[holed.clone(), after.clone()], None);
    let [gap, hole] = &told[..] else { panic!("{told:?}") };
    assert!(gap.cause.contains("no batch holds these offsets"), "{gap}");
    assert!(hole.cause.contains("no segment holds these offsets"), "{hole}");
    assert_eq!((hole.from, hole.to), (Some(Offset::new(7)), Some(Offset::new(10))));
    // The broker compacted up to here, or it shows further on.
    assert_eq!(told_of(&[holed.clone(), after.clone()], Some(10)), []);
    let shows = (path(0, 12), bytes_of(&[batch_at(12, 1, 10), batch_at(15, 1, 10)]));
    let files = [holed, after, shows];
    let topic = not_indexed(&files, None);
    let mut most = 0;
    while !block_on(topic.index_step()).unwrap().done {
        most = most.max(topic.damaged_places());
    }
    assert_eq!((most, topic.damaged_places(), read_all(&topic, 1).1), (1, 0, Vec::new()));
}

#[test]
fn where_segments_overlap_the_later_ones_records_count() {
    let late = [batch_at(5, 2, 30), batch_at(7, 4, 30)];
    let early = [batch_at(0, 3, 10), batch_at(3, 4, 10), batch_at(7, 1, 10)];
    let files = [(path(0, 0), bytes_of(&early)), (path(0, 5), bytes_of(&late))];
    let topic = topic(&files, None);
    for bytes_max in [1, usize::MAX] {
        let (records, damage) = read_all(&topic, bytes_max);
        assert_eq!(records, records_of(&[&early[..1], &late[..]].concat()));
        let [overlap] = &damage[..] else { panic!("{damage:?}") };
        assert!(
            overlap.cause.contains("00000000000000000000.log: 2 batches with offsets from 3 up to 8"),
            "{overlap}"
        );
        assert_eq!(overlap.position_bytes, early[0].bytes().len() as u64);
        assert_eq!((overlap.from, overlap.to), (Some(Offset::new(3)), Some(Offset::new(5))));
    }
    // A base offset in the name that the first batch does not begin with takes nothing from the segment before.
    let files = [(path(0, 0), bytes_of(&early)), (path(0, 5), bytes_of(&[batch_at(8, 1, 10)]))];
    let topic = super::tests::topic(&files, None);
    let (records, damage) = read_all(&topic, 1);
    assert_eq!(records, records_of(&[&early[..], &[batch_at(8, 1, 10)]].concat()));
    assert!(damage.iter().all(|damage| !damage.cause.contains("overlap")), "{damage:?}");
}

#[test]
fn batches_before_the_log_start_offset_are_left_out_without_a_word() {
    let batches = [batch_at(0, 3, 10), batch_at(3, 4, 10), batch_at(7, 1, 10)];
    let files = [(path(0, 0), bytes_of(&batches))];
    let topic = topic(&files, Some(4));
    assert_eq!(read_all(&topic, 1), (records_of(&batches[1..]), Vec::new()));
    assert_eq!(block_on(topic.bounds(ZERO)).unwrap().log_start_offset.value(), 3);
    let all_gone = super::tests::topic(&files, Some(8));
    let bounds = block_on(all_gone.bounds(ZERO)).unwrap();
    assert_eq!((bounds.log_start_offset.value(), bounds.high_watermark.value(), bounds.records), (8, 8, 0));
}

#[test]
fn damage_names_its_segment_and_costs_the_others_nothing() {
    let first = [batch_at(0, 3, 10), batch_at(3, 4, 10)];
    let mut cut = bytes_of(&first);
    cut.truncate(cut.len() - 5);
    let files = [
        (path(0, 0), cut),
        (path(0, 7), b"{\"not\":\"a log\"}\n".repeat(20)),
        (path(0, 9), bytes_of(&[batch_at(9, 2, 10)])),
    ];
    let topic = topic(&files, None);
    let (records, damage) = read_all(&topic, usize::MAX);
    assert_eq!(records, records_of(&[batch_at(0, 3, 10), batch_at(9, 2, 10)]));
    let [end, json] = &damage[..] else { panic!("{damage:?}") };
    assert!(end.cause.contains("00000000000000000000.log: the batch at offset 3 is cut off"), "{end}");
    assert!(json.cause.contains("00000000000000000007.log is no Kafka log: it is JSON"), "{json}");
    assert_eq!((json.from, json.to), (Some(Offset::new(7)), Some(Offset::new(9))));
    assert_eq!(topic.reports()[0].1.damage, damage);
    assert_eq!(topic.damaged_places(), 2);
    // Nothing but damage is told too, and is no endless loop.
    let only = super::tests::topic(&[(path(0, 7), b"{\"not\":\"a log\"}\n".repeat(20))], None);
    let bounds = block_on(only.bounds(ZERO)).unwrap();
    assert_eq!(bounds.log_start_offset, bounds.high_watermark);
    assert_eq!(fetch(&only, bounds.high_watermark.value(), 1).unwrap().damage.len(), 1);
}

/// Counts which files are read, and how much of each is asked for at once.
struct Counted {
    inner: MemoryFile,
    touched: std::rc::Rc<RefCell<BTreeSet<String>>>,
}

impl ReadAt for Counted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn len_bytes(&self) -> u64 {
        self.inner.len_bytes()
    }

    async fn read_at(&self, position: u64, bytes_len: usize) -> Result<Bytes, ReadError> {
        self.touched.borrow_mut().insert(self.name().to_owned());
        self.inner.read_at(position, bytes_len).await
    }
}

#[test]
fn rows_are_there_after_two_steps_however_many_segments_there_are() {
    let segment: Vec<u8> = bytes_of(&(0..10).map(|at| batch_at(at * 5, 5, 100)).collect::<Vec<_>>());
    let paths: Vec<(String, u64)> = (0..500).map(|at| (path(0, at * 50), segment.len() as u64)).collect();
    let directory = DataDirectory::from_files(paths.clone());
    let touched = std::rc::Rc::new(RefCell::default());
    let files = &directory.topics[&TopicName::parse("orders").unwrap()][&ZERO];
    let log = PartitionLog::new(ZERO, files, None, |file| Counted {
        inner: MemoryFile::new(file.path.clone(), segment.clone()),
        touched: std::rc::Rc::clone(&touched),
    });
    block_on(log.index_step()).unwrap();
    block_on(log.index_step()).unwrap();
    assert_eq!(log.bounds().records, 50);
    assert_eq!(touched.borrow().len(), 2, "the first, and the head of the next");
}

#[test]
fn every_partition_has_rows_before_one_is_finished_and_old_rows_never_move() {
    let batches: Vec<RecordBatch> = (0..100).map(|at| batch_at(at * 20, 20, 2_000)).collect();
    let bytes = bytes_of(&batches);
    assert!(bytes.len() > 3 * crate::limits::FILE_WINDOW_BYTES);
    let files: Vec<(String, Vec<u8>)> = (0..4).map(|partition| (path(partition, 0), bytes.clone())).collect();
    let topic = not_indexed(&files, None);
    let records = |partition| block_on(topic.bounds(PartitionId::new(partition))).unwrap().records;
    let mut shown: Vec<Vec<Zone>> = vec![Vec::new(); 4];
    for step in 0..1_000 {
        let progress = block_on(topic.index_step()).unwrap();
        for (at, before) in shown.iter_mut().enumerate() {
            let now = block_on(topic.zones(PartitionId::new(i32::try_from(at).unwrap()))).unwrap();
            let whole = before.len().saturating_sub(1);
            assert_eq!(before[..whole], now[..whole], "step {step}");
            *before = now;
        }
        if step == 7 {
            assert!((0..4).all(|partition| records(partition) > 0), "eight steps: open and index each");
            assert!((0..4).all(|partition| records(partition) < 2_000));
        }
        if progress.done {
            assert_eq!(progress.bytes_done, progress.bytes_total);
            assert!((0..4).all(|partition| records(partition) == 2_000));
            return;
        }
    }
    panic!("never done");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_segments_under_any_names_never_give_an_offset_twice_and_never_hang(
        segments in proptest::collection::vec((0_i64..40, proptest::collection::vec((0_i64..8, 1_i64..5), 0..5)), 1..5),
        start in proptest::option::of(0_i64..40),
        junk in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
    ) {
        let mut files: Vec<(String, Vec<u8>)> = Vec::new();
        for (base, batches) in segments {
            let mut next = base;
            let mut bytes = Vec::new();
            for (gap, records) in batches {
                next += gap;
                bytes.extend(batch_at(next, records, 10).bytes());
                next += records;
            }
            files.push((path(0, base), bytes));
        }
        if let Some((at, byte)) = junk
            && let Some((_, bytes)) = files.iter_mut().find(|(_, bytes)| !bytes.is_empty())
        {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let topic = topic(&files, start);
        for bytes_max in [1, usize::MAX] {
            let (records, _) = read_all(&topic, bytes_max);
            prop_assert!(records.is_sorted_by(|a, b| a.offset < b.offset));
            // Whoever takes them while they are indexed gets the same.
            let followed = not_indexed(&files, start);
            let log = followed.partition(ZERO).unwrap();
            let mut taken = Vec::new();
            while !log.progress().done {
                taken.extend(records_of(&block_on(log.index_and_read()).unwrap()));
            }
            prop_assert_eq!(taken, records);
            prop_assert_eq!(followed.reports(), topic.reports());
        }
    }
}
