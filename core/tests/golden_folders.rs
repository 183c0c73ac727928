//! Data directories that Apache Kafka wrote: every file beside the logs reads as Kafka's `DumpLogSegments` prints it and comes
//! out byte for byte, every topic is one source, and verification finds fault with nothing but what is damaged.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;

use crate::corpus::{directories, files, root};
use futures_executor::block_on;
use tablog_core::ids::{Offset, Timestamp};
use tablog_core::segment::folder::{FileKind, FileState, SegmentPart};
use tablog_core::segment::format::{
    AbortedTransaction, FormatError, LeaderEpochs, MetaProperties, OffsetCheckpoint, OffsetIndex,
    PartitionMetadata, ProducerEntry, ProducerSnapshot, TimeIndex, TransactionIndex,
};
use tablog_core::segment::verify::{Check, Severity};
use tablog_core::segment::{DataDirectory, MemoryFile, PartitionLog, TopicLog, Verifier, VerifyReport};
use tablog_core::source::Source;

/// Reads what Kafka printed about a file: one map of names and values for each entry. `None` where Kafka gave up.
fn printed(path: &str) -> Option<Vec<BTreeMap<String, String>>> {
    let text = fs::read_to_string(root().join(format!("{path}.dump.txt"))).unwrap();
    if text.contains("DumpLogSegments failed") {
        return None;
    }
    let mut entries = Vec::new();
    // Between the entries stand Kafka's complaints about them.
    let starts = ["offset: ", "timestamp: ", "version: ", "producerId: "];
    for line in text.lines().filter(|line| starts.iter().any(|start| line.starts_with(start))) {
        let mut words = line.split(' ');
        let mut entry = BTreeMap::new();
        while let (Some(name), Some(value)) = (words.next(), words.next()) {
            entry.insert(name.trim_end_matches(':').to_owned(), value.to_owned());
        }
        entries.push(entry);
    }
    Some(entries)
}

/// Compares what we read with what Kafka printed, and what we write with what Kafka wrote.
fn agree<T: PartialEq + Debug>(
    path: &str,
    ours: &[T],
    kafkas: &[BTreeMap<String, String>],
    to: impl Fn(&dyn Fn(&str) -> i64) -> T,
) {
    let kafkas: Vec<T> = kafkas
        .iter()
        .map(|entry| {
            to(&|name| {
                let value = entry.get(name).map_or("-1", String::as_str);
                let value = value.trim_start_matches("OptionalLong[").trim_end_matches(']');
                if value == "OptionalLong.empty" { -1 } else { value.parse().unwrap() }
            })
        })
        .collect();
    assert_eq!(ours, kafkas, "{path}");
}

fn whole<T>(read: Result<T, FormatError>) -> T {
    read.unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn every_companion_file_reads_as_kafka_prints_it_and_comes_out_as_kafka_wrote_it() {
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = |what| *compared.entry(what).or_default() += 1;
    for (directory, files) in directories() {
        for (below, bytes) in files {
            let path = format!("{directory}/{below}");
            let name = path.rsplit('/').next().unwrap();
            // What is about to be deleted or to take another's place is of the same form.
            match FileKind::parse(name) {
                Some(FileKind::Segment { part: SegmentPart::Log, .. }) => {}
                Some(FileKind::Segment { base_offset, part, state }) => {
                    let Some(printed) = printed(&path) else {
                        // Kafka's tool reads an index beside its log, which is gone or ends in zeros here.
                        assert!(path.contains("preallocated-0") || path.contains("deleted-0."), "{path}");
                        continue;
                    };
                    compare(&path, base_offset, part, &bytes, &printed);
                    count(match (part, state) {
                        (_, FileState::Cleaned | FileState::Swap | FileState::Deleted) => "left over",
                        (SegmentPart::OffsetIndex, _) => "index",
                        (SegmentPart::TimeIndex, _) => "timeindex",
                        (SegmentPart::TransactionIndex, _) => "txnindex",
                        _ => "snapshot",
                    });
                }
                Some(FileKind::LeaderEpochs) => {
                    assert_eq!(whole(LeaderEpochs::parse(&path, &bytes)).encode(), bytes, "{path}");
                    count("leader epochs");
                }
                Some(FileKind::PartitionMetadata) => {
                    assert_eq!(whole(PartitionMetadata::parse(&path, &bytes)).encode(), bytes, "{path}");
                    count("partition metadata");
                }
                Some(FileKind::Node(_)) if name == "meta.properties" => {
                    let written =
                        String::from_utf8(whole(MetaProperties::parse(&path, &bytes)).encode()).unwrap();
                    let lines = String::from_utf8(bytes).unwrap();
                    // All but the comment with the time, in Kafka's order.
                    let lines: Vec<&str> =
                        lines.lines().filter(|line| !line.starts_with("#") || *line == "#").collect();
                    assert_eq!(written.lines().collect::<Vec<_>>(), lines, "{path}");
                    count("meta properties");
                }
                Some(FileKind::Node(_)) if name.ends_with("-offset-checkpoint") => {
                    let offsets = whole(OffsetCheckpoint::parse(&path, &bytes));
                    // A broker makes the file empty, and writes it when there is something to say.
                    if bytes.is_empty() {
                        assert_eq!(offsets.entries, [], "{path}");
                    } else {
                        assert_eq!(offsets.encode(), bytes, "{path}");
                    }
                    count("offset checkpoint");
                }
                _ => {}
            }
        }
    }
    let enough = [
        ("index", 100),
        ("timeindex", 100),
        ("txnindex", 20),
        ("snapshot", 100),
        ("left over", 5),
        ("leader epochs", 80),
        ("partition metadata", 80),
        ("meta properties", 4),
        ("offset checkpoint", 12),
    ];
    for (what, least) in enough {
        assert!(
            compared.get(what).is_some_and(|count| *count >= least),
            "{what}: {compared:?}; is the corpus there?"
        );
    }
}

fn compare(path: &str, base: Offset, part: SegmentPart, bytes: &[u8], printed: &[BTreeMap<String, String>]) {
    match part {
        SegmentPart::Log => {}
        SegmentPart::OffsetIndex => {
            let index = whole(OffsetIndex::parse(path, base, bytes));
            assert_eq!(index.encode(path).unwrap(), bytes, "{path}");
            let ours: Vec<(i64, i64)> = index
                .entries
                .iter()
                .map(|entry| (entry.offset.value(), entry.position_bytes.into()))
                .collect();
            // Kafka's tool takes the zeros of a preallocated index for its first entry.
            let no_zeros: Vec<_> = printed.iter().filter(|entry| entry["position"] != "0").cloned().collect();
            assert!(no_zeros.len() == printed.len() || index.preallocated_bytes > 0, "{path}");
            agree(path, &ours, &no_zeros, |field| (field("offset"), field("position")));
        }
        SegmentPart::TimeIndex => {
            let index = whole(TimeIndex::parse(path, base, bytes));
            assert_eq!(index.encode(path).unwrap(), bytes, "{path}");
            let ours: Vec<(i64, i64)> =
                index.entries.iter().map(|entry| (entry.timestamp.millis(), entry.offset.value())).collect();
            let no_zeros: Vec<_> =
                printed.iter().filter(|entry| entry["timestamp"] != "0").cloned().collect();
            assert!(no_zeros.len() == printed.len() || index.preallocated_bytes > 0, "{path}");
            agree(path, &ours, &no_zeros, |field| (field("timestamp"), field("offset")));
        }
        SegmentPart::TransactionIndex => {
            let index = whole(TransactionIndex::parse(path, base, bytes));
            assert_eq!(index.encode(path, base).unwrap(), bytes, "{path}");
            agree(path, &index.entries, printed, |field| AbortedTransaction {
                producer_id: field("producerId"),
                first_offset: Offset::new(field("firstOffset")),
                last_offset: Offset::new(field("lastOffset")),
                last_stable_offset: Offset::new(field("lastStableOffset")),
            });
        }
        SegmentPart::ProducerSnapshot => {
            let snapshot = whole(ProducerSnapshot::parse(path, bytes));
            assert_eq!(snapshot.encode(), bytes, "{path}");
            agree(path, &snapshot.producers, printed, |field| ProducerEntry {
                producer_id: field("producerId"),
                producer_epoch: i16::try_from(field("producerEpoch")).unwrap(),
                last_sequence: i32::try_from(field("lastSequence")).unwrap(),
                last_offset: field("lastOffset"),
                // Kafka prints none of a producer that wrote nothing in its epoch, and stores 0.
                offset_delta: i32::try_from(field("offsetDelta").max(0)).unwrap(),
                timestamp: Timestamp::from_millis(field("lastTimestamp")),
                coordinator_epoch: i32::try_from(field("coordinatorEpoch")).unwrap(),
                current_transaction_first_offset: Some(field("currentTxnFirstOffset"))
                    .filter(|&first| first >= 0)
                    .map(Offset::new),
            });
        }
    }
}

fn directory_of(files: &[(String, Vec<u8>)]) -> DataDirectory {
    DataDirectory::from_files(files.iter().map(|(path, bytes)| (path.clone(), bytes.len() as u64)))
}

fn verify(files: &[(String, Vec<u8>)]) -> VerifyReport {
    let readers = files.iter().map(|(path, bytes)| MemoryFile::new(path.clone(), bytes.clone()));
    let mut verifier = Verifier::new(directory_of(files), readers);
    while !block_on(verifier.step()).done {}
    verifier.report().clone()
}

#[test]
fn verification_finds_fault_with_nothing_that_kafka_left_but_with_what_was_damaged() {
    let (mut records, mut compacted) = (0, 0);
    for (name, files) in directories() {
        let report = verify(&files);
        for finding in report.findings.iter().filter(|finding| finding.check == Check::Compacted) {
            // The messages of the old formats were written with holes.
            let is_made_so = finding.file.starts_with("compacted-") || name == "old-formats";
            assert!(is_made_so, "{name}: {finding:?}");
            compacted += 1;
        }
        let told: Vec<(Check, &str)> = report
            .findings
            .iter()
            .filter(|finding| finding.severity != Severity::Note)
            .map(|finding| (finding.check, finding.file.as_str()))
            .collect();
        let expected = match name.as_str() {
            "damaged" => vec![
                (Check::BatchDamaged, "cut-off-in-a-header-0/00000000000000000000.log"),
                (Check::BatchDamaged, "cut-off-in-a-record-0/00000000000000000000.log"),
            ],
            _ => Vec::new(),
        };
        assert_eq!(told, expected, "{name}");
        let crashed = report.findings.iter().any(|finding| finding.check == Check::UncleanShutdown);
        assert_eq!(crashed, name.starts_with("killed"), "{name}");
        assert_eq!(report.not_listed, 0, "{name}");
        records += report.partitions.iter().map(|partition| partition.records).sum::<u64>();
    }
    assert!(compacted > 3, "{compacted}");
    assert!(records > 2_000, "only {records} records were verified: is the corpus there?");
}

#[test]
fn what_a_cluster_begins_with_is_whole_and_a_byte_that_is_changed_or_missing_is_told() {
    // It was known by its name, and its bytes were looked at by nobody.
    let formatted = files(&root().join("../kafka-4.0.0/formatted"));
    let told = |bytes: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut files = formatted.clone();
        files[0].1 = bytes(&files[0].1);
        let report = verify(&files);
        assert!(report.findings.iter().all(|finding| finding.file == "bootstrap.checkpoint"), "{report:?}");
        report.findings.into_iter().map(|finding| finding.check).collect::<Vec<Check>>()
    };
    assert_eq!(formatted[0].0, "bootstrap.checkpoint");
    assert_eq!(told(&<[u8]>::to_vec), []);
    for at in 0..formatted[0].1.len() {
        assert!(!told(&|bytes| bytes[..at].to_vec()).is_empty(), "cut off at byte {at}");
        let changed = told(&|bytes| {
            let mut bytes = bytes.to_vec();
            bytes[at] ^= 0x55;
            bytes
        });
        // No checksum covers the leader epoch, and the name tells none.
        let is_epoch = [0, 83, 351].iter().any(|batch| (batch + 12..batch + 16).contains(&at));
        assert_eq!(changed.is_empty(), is_epoch, "byte {at}: {changed:?}");
    }
}

#[test]
fn any_byte_of_a_companion_file_that_is_changed_is_told_or_changes_nothing() {
    // One partition of many segments with transactions over them; the small ones in the unit tests have every bit flipped.
    let mut files = files(&root().join("topics"));
    files.retain(|(path, _)| path.starts_with("segments-0/"));
    let (mut changed, mut silent) = (0, Vec::new());
    for file in 0..files.len() {
        let path = files[file].0.clone();
        if path.ends_with(".log") || path.ends_with("partition.metadata") {
            continue;
        }
        for at in 0..files[file].1.len() {
            let before = files[file].1[at];
            files[file].1[at] ^= 0x55;
            let report = verify(&files);
            let is_told = report.errors + report.warnings > 0;
            assert_eq!(report.partitions[0].records, 90, "{path}, byte {at}");
            changed += 1;
            if !is_told {
                silent.push((path.clone(), at));
            }
            files[file].1[at] = before;
        }
    }
    assert!(changed > 1_000, "{changed}");
    assert_eq!(silent, []);
}

#[test]
fn every_topic_is_one_source_with_all_of_its_records() {
    let mut segments = 0;
    for (name, files) in
        directories().into_iter().filter(|(name, _)| name != "old-formats" && name != "damaged")
    {
        let report = verify(&files);
        let directory = directory_of(&files);
        let cleaned = files.iter().find(|(path, _)| path == "cleaner-offset-checkpoint");
        let cleaned = cleaned.map(|(path, bytes)| whole(OffsetCheckpoint::parse(path, bytes)));
        for (topic, partitions) in &directory.topics {
            let logs = partitions.iter().map(|(&partition, partition_files)| {
                segments += partition_files.segments.len();
                let log = PartitionLog::new(partition, partition_files, None, |file| {
                    MemoryFile::new(file.path.clone(), files[file.index].1.clone())
                });
                log.compacted_up_to(cleaned.as_ref().and_then(|cleaned| cleaned.offset_of(topic, partition)))
            });
            let log = TopicLog::new(logs);
            while !block_on(log.index_step()).unwrap().done {}
            // As verification finds: what is missing was compacted.
            let told: Vec<String> =
                log.reports().iter().flat_map(|(_, it)| &it.damage).map(ToString::to_string).collect();
            assert_eq!(told, [""; 0], "{name}/{topic}");
            for &partition in partitions.keys() {
                let verified = report
                    .partitions
                    .iter()
                    .find(|it| it.topic == topic.as_str() && it.partition == partition.value())
                    .unwrap();
                let bounds = block_on(log.bounds(partition)).unwrap();
                let place = format!("{name}/{topic}-{partition}");
                assert_eq!(bounds.records, verified.records, "{place}");
                assert_eq!(bounds.high_watermark, verified.log_end_offset, "{place}");
                let mut from = bounds.log_start_offset;
                let mut read = 0;
                while from < bounds.high_watermark {
                    let fetched = block_on(log.fetch(partition, from, 1)).unwrap();
                    read += fetched
                        .batches
                        .iter()
                        .map(|it| u64::try_from(it.header().record_count).unwrap())
                        .sum::<u64>();
                    assert!(fetched.next_offset > from, "{place}");
                    from = fetched.next_offset;
                }
                assert_eq!(read, verified.records, "{place}");
            }
        }
    }
    assert!(segments > 80, "{segments} segments: is the corpus there?");
}
