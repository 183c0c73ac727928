//! What the corpus has no case for: selections, gaps, damage, and sources that change meanwhile.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_executor::block_on;

use super::*;
use crate::env::SimEnv;
use crate::ids::{PartitionId, Timestamp};
use crate::record::{BatchBuilder, NewRecord, RecordBatch};
use crate::segment::format::{LeaderEpochs, ProducerSnapshot};
use crate::segment::{MemoryFile, ReadError};
use crate::source::{Bounds, Fetched, Zone};

/// A partition that is nothing but batches.
#[derive(Debug, Default)]
struct Batches {
    start: Cell<i64>,
    end: i64,
    batches: Vec<RecordBatch>,
    damage: Vec<Damage>,
}

impl Batches {
    /// Makes batches of one leader epoch, each given by its first offset and its number of records.
    fn of(batches: &[(i64, u8)], end: i64) -> Self {
        let batches: Vec<RecordBatch> = batches.iter().map(|&(base, records)| batch(base, records)).collect();
        let start = batches.first().map_or(0, |batch| batch.base_offset().value());
        Self { start: Cell::new(start), end, batches, damage: Vec::new() }
    }
}

fn batch(base_offset: i64, records: u8) -> RecordBatch {
    let mut builder = BatchBuilder::at(Offset::new(base_offset)).leader_epoch(3);
    for record in 0..records {
        let value = Some(Bytes::from(vec![record; 100]));
        let time = Timestamp::from_millis(base_offset + i64::from(record));
        builder.try_push(&NewRecord { value, ..NewRecord::default() }, time).unwrap();
    }
    builder.build()
}

impl Source for Batches {
    fn partitions(&self) -> i32 {
        1
    }

    async fn bounds(&self, _: PartitionId) -> Result<Bounds, SourceError> {
        let (log_start_offset, high_watermark) = (Offset::new(self.start.get()), Offset::new(self.end));
        Ok(Bounds { log_start_offset, high_watermark, records: 0, bytes: 0, max_timestamp: None })
    }

    async fn zones(&self, _: PartitionId) -> Result<Vec<Zone>, SourceError> {
        Ok(Vec::new())
    }

    /// One batch at a time, so that an export has many steps.
    async fn fetch(&self, _: PartitionId, from: Offset, _: usize) -> Result<Fetched, SourceError> {
        let (start, end) = (Offset::new(self.start.get()), Offset::new(self.end));
        if from < start || from > end {
            return Err(SourceError::OffsetOutOfRange { offset: from, start, end });
        }
        let next = self.batches.iter().find(|batch| batch.last_offset() >= from).cloned();
        let next_offset = next.as_ref().map_or(end, RecordBatch::next_offset);
        let is_here = |damage: &&Damage| damage.from.is_some_and(|at| (from..next_offset).contains(&at));
        let damage = self.damage.iter().filter(is_here).cloned().collect();
        Ok(Fetched { batches: next.into_iter().collect(), next_offset, damage })
    }

    async fn offset_for_timestamp(
        &self,
        _: PartitionId,
        _: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        Ok(None)
    }
}

type Exporting<S = Batches, R = MemoryFile> = Export<S, R>;

fn orders() -> TopicPartition {
    TopicPartition { topic: TopicName::parse("orders").unwrap(), partition: PartitionId::new(0) }
}

fn files(export: &mut Exporting) -> BTreeMap<String, Vec<u8>> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    while let Some(piece) = block_on(export.next()).unwrap() {
        match piece {
            Piece::File(path) => files.push((path, Vec::new())),
            // Who came late does not know the file's name.
            Piece::Bytes(bytes) => files.last_mut().into_iter().for_each(|it| it.1.extend_from_slice(&bytes)),
        }
    }
    files.into_iter().collect()
}

fn made(source: Batches, range: OffsetRange, options: ExportOptions) -> BTreeMap<String, Vec<u8>> {
    let mut export = Exporting::new(options);
    export.make_partition(Rc::new(source), orders(), TopicId::new(7), range);
    files(&mut export)
}

/// The logs by their base offsets, each with its batches' first offsets.
fn logs(files: &BTreeMap<String, Vec<u8>>) -> Vec<(i64, Vec<i64>)> {
    let logs = files.iter().filter_map(|(path, bytes)| {
        let base = path.strip_prefix("orders-0/")?.strip_suffix(".log")?.parse().unwrap();
        let batches = RecordBatch::parse_all(Bytes::from(bytes.clone())).unwrap();
        Some((base, batches.iter().map(|batch| batch.base_offset().value()).collect()))
    });
    logs.collect()
}

fn range(from: i64, to: i64) -> OffsetRange {
    OffsetRange { from: Some(Offset::new(from)), to: Some(Offset::new(to)) }
}

fn text<'a>(files: &'a BTreeMap<String, Vec<u8>>, path: &str) -> Option<&'a str> {
    files.get(path).map(|bytes| std::str::from_utf8(bytes).unwrap())
}

#[test]
fn a_selection_has_whole_batches_and_begins_where_the_checkpoint_says() {
    let source = || Batches::of(&[(10, 5), (15, 5), (20, 5), (25, 5)], 30);
    let files = made(source(), range(17, 22), ExportOptions::default());
    assert_eq!(logs(&files), [(15, vec![15, 20])]);
    assert_eq!(text(&files, "log-start-offset-checkpoint"), Some("0\n1\norders 0 17\n"));
    assert_eq!(text(&files, "orders-0/leader-epoch-checkpoint"), Some("0\n1\n3 17\n"));
    assert!(files.contains_key("orders-0/00000000000000000025.snapshot"), "{:?}", files.keys());
    // Where a batch begins, nothing is left to say.
    let files = made(source(), range(15, 20), ExportOptions::default());
    assert_eq!((logs(&files), text(&files, "log-start-offset-checkpoint")), (vec![(15, vec![15])], None));
    let options = ExportOptions { log_starts: false, ..ExportOptions::default() };
    assert_eq!(text(&made(source(), range(17, 22), options), "log-start-offset-checkpoint"), None);
    // What lies outside of the log is no part of it.
    assert_eq!(logs(&made(source(), range(0, 99), ExportOptions::default())), [(10, vec![10, 15, 20, 25])]);
    assert_eq!(logs(&made(source(), range(99, 0), ExportOptions::default())), [(10, vec![])]);
}

#[test]
fn an_empty_partition_is_an_empty_segment_and_its_offset_survives() {
    let mut source = Batches::of(&[], 40);
    source.start = Cell::new(40);
    let files = made(source, OffsetRange::default(), ExportOptions::default());
    let names: Vec<&str> = files.keys().map(|path| path.trim_start_matches("orders-0/")).collect();
    let stem = "00000000000000000040";
    let of_segment = [".index", ".log", ".timeindex"].map(|suffix| format!("{stem}{suffix}"));
    assert_eq!(names[..3], of_segment.each_ref().map(String::as_str));
    assert_eq!(names[3..], ["leader-epoch-checkpoint", "partition.metadata"]);
    assert_eq!(text(&files, "orders-0/leader-epoch-checkpoint"), Some("0\n0\n"));
    assert_eq!(
        text(&files, "orders-0/partition.metadata"),
        Some("version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAABw")
    );
}

#[test]
fn offsets_without_batches_stay_without() {
    // Before the first batch, between two, farther than an index reaches, and at the end.
    let far = 20 + (1 << 31);
    let mut source = Batches::of(&[(10, 1), (20, 1), (far, 1)], far + 100);
    source.start = Cell::new(5);
    let files = made(source, OffsetRange::default(), ExportOptions::default());
    assert_eq!(logs(&files), [(5, vec![10, 20]), (far, vec![far]), (far + 100, vec![])]);
    assert_eq!(text(&files, "log-start-offset-checkpoint"), None);
    assert!(files.contains_key(&format!("orders-0/{:020}.snapshot", far + 100)));
    // Up to an offset within the gap, the log may end where its batches do.
    let source = Batches::of(&[(10, 1), (20, 1)], 50);
    assert_eq!(logs(&made(source, range(10, 30), ExportOptions::default())), [(10, vec![10, 20])]);
}

#[test]
fn segments_are_closed_before_they_grow_too_long() {
    let bytes = u32::try_from(batch(0, 2).bytes().len()).unwrap();
    let source = || Batches::of(&[(0, 2), (2, 2), (4, 9), (13, 2)], 15);
    let sized = |segment_bytes| {
        let options = ExportOptions { segment_bytes, ..ExportOptions::default() };
        logs(&made(source(), OffsetRange::default(), options))
    };
    assert_eq!(sized(2 * bytes), [(0, vec![0, 2]), (4, vec![4]), (13, vec![13])]);
    assert_eq!(sized(2 * bytes - 1), [(0, vec![0]), (2, vec![2]), (4, vec![4]), (13, vec![13])]);
    assert_eq!(sized(0).len(), 4);
    assert_eq!(sized(u32::MAX).len(), 1);
}

#[test]
fn what_cannot_be_read_is_told_and_left_out() {
    let mut source = Batches::of(&[(0, 5), (10, 5)], 15);
    let (from, to) = (Some(Offset::new(5)), Some(Offset::new(10)));
    let cause = "its CRC does not fit".to_owned();
    let lost = Damage { partition: PartitionId::new(0), from, to, position_bytes: 600, cause };
    source.damage = vec![lost.clone()];
    let mut export = Exporting::new(ExportOptions::default());
    export.make_partition(Rc::new(source), orders(), TopicId::new(7), OffsetRange::default());
    let files = files(&mut export);
    assert_eq!(logs(&files), [(0, vec![0, 10])]);
    let summary = export.summary();
    assert_eq!((summary.batches, summary.damaged_places), (2, 1));
    assert_eq!(summary.damage, [(orders().topic, lost)]);
    assert_eq!(summary.files, files.len() as u64);
}

#[test]
fn records_that_are_deleted_meanwhile_are_told() {
    let source = Rc::new(Batches::of(&[(0, 5), (5, 5), (10, 5)], 15));
    let mut export = Exporting::new(ExportOptions::default());
    export.make_partition(Rc::clone(&source), orders(), TopicId::new(7), OffsetRange::default());
    while !matches!(block_on(export.next()).unwrap(), Some(Piece::Bytes(bytes)) if bytes.len() > 200) {}
    source.start.set(12);
    let files = files(&mut export);
    assert!(files.contains_key("orders-0/00000000000000000015.snapshot"));
    let causes: Vec<String> = export.summary().damage.iter().map(|(_, damage)| damage.to_string()).collect();
    assert_eq!(
        causes,
        [
            "partition 0, offsets 5 up to 12 (not included), byte 0: the records before offset 12 were deleted meanwhile"
        ]
    );
}

/// A source that promises more than it gives.
#[derive(Debug)]
struct Stuck(Batches);

impl Source for Stuck {
    fn partitions(&self) -> i32 {
        1
    }

    async fn bounds(&self, partition: PartitionId) -> Result<Bounds, SourceError> {
        self.0.bounds(partition).await
    }

    async fn zones(&self, partition: PartitionId) -> Result<Vec<Zone>, SourceError> {
        self.0.zones(partition).await
    }

    async fn fetch(&self, _: PartitionId, from: Offset, _: usize) -> Result<Fetched, SourceError> {
        Ok(Fetched { batches: Vec::new(), next_offset: from, damage: Vec::new() })
    }

    async fn offset_for_timestamp(
        &self,
        partition: PartitionId,
        timestamp: Timestamp,
    ) -> Result<Option<(Offset, Timestamp)>, SourceError> {
        self.0.offset_for_timestamp(partition, timestamp).await
    }
}

#[test]
fn a_source_that_gives_nothing_ends_the_export() {
    let mut export: Export<_, MemoryFile> = Export::new(ExportOptions::default());
    let source = Rc::new(Stuck(Batches::of(&[(0, 5)], 5)));
    export.make_partition(source, orders(), TopicId::new(7), OffsetRange::default());
    let error = loop {
        if let Err(error) = block_on(export.next()) {
            break error;
        }
    };
    assert_eq!(
        error.to_string(),
        "orders-0 cannot be exported: nothing comes after offset 0, and the log ends at 5"
    );
}

/// A file that shrank after it was opened.
#[derive(Debug)]
struct Shrunk;

impl ReadAt for Shrunk {
    fn name(&self) -> &str {
        "orders-0/00000000000000000000.log"
    }

    fn len_bytes(&self) -> u64 {
        10
    }

    async fn read_at(&self, _: u64, _: usize) -> Result<Bytes, ReadError> {
        Ok(Bytes::from_static(b"1234"))
    }
}

#[test]
fn a_file_that_changed_is_not_copied() {
    let mut export: Export<Batches, Shrunk> = Export::new(ExportOptions::default());
    export.copy_file("orders-0/00000000000000000000.log", Shrunk);
    assert!(matches!(block_on(export.next()), Ok(Some(Piece::File(_)))));
    assert_eq!(
        block_on(export.next()).unwrap_err().to_string(),
        "orders-0/00000000000000000000.log has changed since it was opened: it had 10 bytes, and now ends at byte 4"
    );
}

#[test]
fn a_directory_that_stands_for_itself_says_whose_it_is_and_where_its_logs_end() {
    let meta_properties = Some(MetaProperties {
        version: 1,
        cluster_id: Some("c".into()),
        node_id: Some(1),
        directory_id: None,
    });
    let options = ExportOptions { meta_properties, ..ExportOptions::default() };
    let files = made(Batches::of(&[(0, 5)], 5), OffsetRange::default(), options);
    assert_eq!(text(&files, "recovery-point-offset-checkpoint"), Some("0\n1\norders 0 5\n"));
    assert!(text(&files, "meta.properties").unwrap().contains("node.id=1\n"));
    let epochs = LeaderEpochs::parse("", &files["orders-0/leader-epoch-checkpoint"]).unwrap();
    assert_eq!(epochs.entries.len(), 1);
    let snapshot = &files["orders-0/00000000000000000005.snapshot"];
    assert_eq!(ProducerSnapshot::parse("", snapshot).unwrap().producers, []);
}

#[test]
fn topic_ids_are_uuids_of_version_4_that_begin_with_no_dash() {
    for seed in 0..2_000 {
        let id = random_topic_id(&SimEnv::new(seed, Timestamp::from_millis(0))).value();
        assert_eq!(((id >> 76) & 15, (id >> 62) & 3), (4, 2), "{id:032x}");
        assert!(!crate::segment::format::partition_metadata::encode_uuid(id).starts_with('-'), "{id:032x}");
    }
}
