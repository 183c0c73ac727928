//! Data directories that Apache Kafka wrote, read as its own consumer read them: every partition, in both isolation levels.
//! `X.consumed.jsonl` beside a directory `X` says which offsets the consumer got.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use futures_executor::block_on;
use serde_json::Value;
use tablog_core::ids::{Offset, PartitionId, Timestamp, TopicName};
use tablog_core::record::{Compression, RecordBatch};
use tablog_core::segment::folder::NodeFile;
use tablog_core::segment::format::OffsetCheckpoint;
use tablog_core::segment::{DataDirectory, MemoryFile, PartitionLog, TopicLog};
use tablog_core::source::{BatchStatus, ReadCommitted, Source, Span, Zone};

/// A data directory in memory.
struct Directory {
    name: String,
    files: Vec<(String, Bytes)>,
    directory: DataDirectory,
    log_starts: OffsetCheckpoint,
}

impl Directory {
    fn read(root: &Path) -> Self {
        let mut paths = Vec::new();
        find_files(root, &mut paths);
        paths.sort();
        let files: Vec<(String, Bytes)> = paths
            .iter()
            .map(|path| {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                (name, Bytes::from(fs::read(path).unwrap()))
            })
            .collect();
        let lengths = files.iter().map(|(name, bytes)| (name.clone(), u64::try_from(bytes.len()).unwrap()));
        let directory = DataDirectory::from_files(lengths);
        let starts = directory.node_file(NodeFile::LogStartOffsets).unwrap();
        let log_starts = OffsetCheckpoint::parse(&starts.path, &files[starts.index].1).unwrap();
        Self { name: root.display().to_string(), files, directory, log_starts }
    }

    fn topic(&self, name: &TopicName) -> TopicLog<MemoryFile> {
        let partitions = &self.directory.topics[name];
        let topic = TopicLog::new(partitions.iter().map(|(&partition, files)| {
            PartitionLog::new(partition, files, self.log_starts.offset_of(name, partition), |file| {
                MemoryFile::new(file.path.clone(), self.files[file.index].1.clone())
            })
        }));
        while !block_on(topic.index_step()).unwrap().done {}
        topic
    }
}

fn find_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Fetches a partition to its end, a little at a time.
fn fetch_all<S: Source>(source: &S, partition: PartitionId, bytes_max: usize) -> Vec<RecordBatch> {
    let bounds = block_on(source.bounds(partition)).unwrap();
    let (mut batches, mut from) = (Vec::new(), bounds.log_start_offset);
    while from < bounds.high_watermark {
        let fetched = block_on(source.fetch(partition, from, bytes_max)).unwrap();
        assert!(fetched.next_offset > from);
        batches.extend(fetched.batches);
        from = fetched.next_offset;
    }
    assert_eq!(from, bounds.high_watermark);
    batches
}

/// Returns the offsets of the records, as a consumer that begins at `start` gets them.
fn offsets_of<'a>(batches: impl IntoIterator<Item = &'a RecordBatch>, start: Offset) -> Vec<i64> {
    let records = batches.into_iter().flat_map(|batch| batch.records().unwrap().map(Result::unwrap));
    records.map(|record| record.offset).filter(|&offset| offset >= start).map(Offset::value).collect()
}

/// Holds what a source says of its zones and bounds to its records.
fn assert_sums<S: Source>(source: &S, partition: PartitionId, batches: &[RecordBatch], place: &str) {
    let bounds = block_on(source.bounds(partition)).unwrap();
    let zones = block_on(source.zones(partition)).unwrap();
    let mut outside: Vec<&RecordBatch> = batches.iter().collect();
    for zone in &zones {
        let of_it: Vec<&RecordBatch> = batches
            .iter()
            .filter(|batch| {
                zone.base_offset <= batch.base_offset() && batch.last_offset() <= zone.last_offset
            })
            .collect();
        outside.retain(|batch| !of_it.contains(batch));
        assert_zone(zone, &of_it, place);
        let span = Span { partition, from: zone.base_offset, last: zone.last_offset, bytes: zone.bytes };
        let fetched = block_on(source.fetch_spans(&[span])).unwrap().remove(0).batches;
        assert_eq!(fetched.iter().collect::<Vec<_>>(), of_it, "{place}");
    }
    // Of a zone that lost its records, batches may be left that compaction emptied.
    assert!(outside.iter().all(|batch| batch.header().record_count == 0), "{place}: {outside:?}");
    assert_eq!(bounds.records, zones.iter().map(|zone| u64::from(zone.records)).sum::<u64>(), "{place}");
    assert_eq!(bounds.bytes, zones.iter().map(|zone| zone.bytes).sum::<u64>(), "{place}");
    let times = batches.iter().flat_map(|batch| batch.records().unwrap().map(|it| it.unwrap().timestamp));
    assert_eq!(bounds.max_timestamp, times.max(), "{place}");
}

fn assert_zone(zone: &Zone, batches: &[&RecordBatch], place: &str) {
    let records = batches.iter().map(|batch| batch.header().record_count).sum::<i32>();
    assert_eq!(i64::from(zone.records), i64::from(records), "{place}: {zone:?}");
    let bytes: usize = batches.iter().map(|batch| batch.bytes().len()).sum();
    assert_eq!(zone.bytes, u64::try_from(bytes).unwrap(), "{place}: {zone:?}");
    assert_eq!(Some(zone.base_offset), batches.first().map(|batch| batch.base_offset()), "{place}");
    assert_eq!(Some(zone.last_offset), batches.last().map(|batch| batch.last_offset()), "{place}");
    let times: Vec<Timestamp> =
        batches.iter().flat_map(|batch| batch.records().unwrap().map(|it| it.unwrap().timestamp)).collect();
    assert_eq!(zone.max_timestamp, times.iter().copied().max().unwrap_or(Timestamp::NONE), "{place}");
    // The smallest time of compressed records is not known without unpacking them.
    let is_known = batches.iter().all(|batch| batch.compression() == Compression::None);
    assert!(!is_known || times.iter().all(|&time| zone.min_timestamp <= time), "{place}: {zone:?}");
}

/// Looks every record up by its time: what is found is the first that is late enough.
fn assert_times<S: Source>(source: &S, partition: PartitionId, batches: &[RecordBatch], place: &str) {
    let records: Vec<_> =
        batches.iter().flat_map(|batch| batch.records().unwrap().map(Result::unwrap)).collect();
    let times: BTreeSet<i64> = records.iter().map(|record| record.timestamp.millis()).collect();
    for time in times.iter().map(|&time| Timestamp::from_millis(time)) {
        let first =
            records.iter().find(|record| record.timestamp >= time).map(|it| (it.offset, it.timestamp));
        let found = block_on(source.offset_for_timestamp(partition, time)).unwrap();
        assert_eq!(found, first, "{place}, time {time}");
    }
}

#[test]
fn every_partition_is_read_as_kafkas_consumer_reads_it_in_both_isolation_levels() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kafka-4.4.0");
    let mut compared = [0; 2];
    let mut statuses = BTreeSet::new();
    for case in ["codecs", "internal", "topics"] {
        let directory = Directory::read(&root.join(case));
        let consumed = fs::read_to_string(root.join(format!("{case}.consumed.jsonl"))).unwrap();
        for line in consumed.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let name = TopicName::parse(line["topic"].as_str().unwrap()).unwrap();
            let partition = PartitionId::new(i32::try_from(line["partition"].as_i64().unwrap()).unwrap());
            let kafkas: Vec<i64> =
                line["offsets"].as_array().unwrap().iter().map(|offset| offset.as_i64().unwrap()).collect();
            let isolation = line["isolation"].as_str().unwrap();
            let place = format!("{}: {name}-{partition}, {isolation}", directory.name);
            let start = directory.log_starts.offset_of(&name, partition).unwrap_or_default();
            let topic = directory.topic(&name);
            if isolation == "read_committed" {
                let committed = ReadCommitted::new(topic);
                for bytes_max in [1, 300, 1 << 20] {
                    let batches = fetch_all(&committed, partition, bytes_max);
                    assert_eq!(offsets_of(&batches, start), kafkas, "{place}");
                    assert_sums(&committed, partition, &batches, &place);
                    assert_times(&committed, partition, &batches, &place);
                }
                compared[1] += kafkas.len();
            } else {
                let batches = fetch_all(&topic, partition, 1 << 20);
                let transactions = block_on(topic.transactions(partition)).unwrap();
                let status = |batch: &&RecordBatch| {
                    let status = transactions.status_of(batch);
                    statuses.insert(format!("{status:?}"));
                    !matches!(status, BatchStatus::Control(_))
                };
                assert_eq!(offsets_of(batches.iter().filter(status), start), kafkas, "{place}");
                compared[0] += kafkas.len();
            }
        }
    }
    assert!(compared[0] > compared[1] && compared[1] > 500, "only {compared:?} offsets were compared");
    let all = ["Aborted", "Control(Abort)", "Control(Commit)", "Data", "Open"];
    assert_eq!(statuses.into_iter().collect::<Vec<_>>(), all);
}
