//! Kafka's own data directories, exported: as they are, and made anew from nothing but their batches.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::rc::Rc;

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::ids::{PartitionId, TopicId, TopicName, TopicPartition};
use tablog_core::segment::export::{Export, ExportOptions, OffsetRange, Piece};
use tablog_core::segment::folder::DataFile;
use tablog_core::segment::format::{OffsetCheckpoint, PartitionMetadata, ProducerSnapshot};
use tablog_core::segment::verify::{Check, Severity};
use tablog_core::segment::{DataDirectory, LogFile, MemoryFile, PartitionLog, TopicLog, Verifier};
use tablog_core::source::Source;

type Files = BTreeMap<String, Bytes>;

/// Reads one of the corpus' data directories, without what Kafka says of each file.
fn data_directory(case: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kafka-4.4.0").join(case);
    let mut files = Files::new();
    read_into(&mut files, &root, "");
    assert!(!files.is_empty(), "{case} is not there");
    files
}

fn read_into(files: &mut Files, folder: &Path, below: &str) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            read_into(files, &entry.path(), &format!("{path}/"));
        } else if !path.ends_with(".dump.txt") && !path.ends_with(".meaning.jsonl") {
            files.insert(path, Bytes::from(fs::read(entry.path()).unwrap()));
        }
    }
}

fn made_out(files: &Files) -> DataDirectory {
    DataDirectory::from_files(files.iter().map(|(path, bytes)| (path.as_str(), bytes.len() as u64)))
}

fn open(files: &Files, file: &DataFile) -> MemoryFile {
    MemoryFile::new(file.path.clone(), files[&file.path].clone())
}

fn gathered<S: Source>(mut export: Export<S, MemoryFile>) -> Files {
    let (mut files, mut current) = (BTreeMap::<String, Vec<u8>>::new(), String::new());
    while let Some(piece) = block_on(export.next()).unwrap() {
        match piece {
            Piece::File(path) => {
                assert!(files.insert(path.clone(), Vec::new()).is_none(), "{path} comes twice");
                current = path;
            }
            Piece::Bytes(bytes) => files.get_mut(&current).unwrap().extend_from_slice(&bytes),
        }
    }
    assert_eq!(export.summary().files, files.len() as u64);
    assert_eq!(export.summary().bytes, files.values().map(|bytes| bytes.len() as u64).sum::<u64>());
    files.into_iter().map(|(path, bytes)| (path, bytes.into())).collect()
}

fn topic_partition(topic: &TopicName, partition: PartitionId) -> TopicPartition {
    TopicPartition { topic: topic.clone(), partition }
}

/// What was deleted up to, as the node's checkpoint says.
fn log_starts(files: &Files) -> OffsetCheckpoint {
    let bytes = files.get("log-start-offset-checkpoint").cloned().unwrap_or_default();
    OffsetCheckpoint::parse("log-start-offset-checkpoint", &bytes).unwrap()
}

#[test]
fn what_was_opened_and_not_changed_comes_out_byte_identical() {
    let mut compared = 0;
    for case in ["codecs", "topics", "internal", "killed"] {
        let files = data_directory(case);
        let directory = made_out(&files);
        let starts = log_starts(&files);
        let options = ExportOptions { checkpoints: false, ..ExportOptions::default() };
        let mut export: Export<LogFile<MemoryFile>, _> = Export::new(options);
        for (topic, partitions) in &directory.topics {
            for (&partition, partition_files) in partitions {
                let start = starts.offset_of(topic, partition);
                let topic_partition = topic_partition(topic, partition);
                export.copy_partition(&topic_partition, partition_files, start, |file| open(&files, file));
            }
        }
        for (_, file) in &directory.node_files {
            export.copy_file(file.path.clone(), open(&files, file));
        }
        let exported = gathered(export);
        // What a crash left behind, or waited to be deleted, is no part of any log.
        let left: BTreeSet<&str> =
            directory.leftovers.iter().flat_map(|it| &it.files).map(|file| file.path.as_str()).collect();
        assert_eq!(left.is_empty(), ["codecs", "topics"].contains(&case), "{case}: {left:?}");
        let expected: Files = files.into_iter().filter(|(path, _)| !left.contains(path.as_str())).collect();
        assert_eq!(
            exported.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{case}: other files"
        );
        for (path, bytes) in &expected {
            assert_eq!(exported[path], *bytes, "{case}/{path}");
            compared += 1;
        }
    }
    assert!(compared > 300, "only {compared} files were compared");
}

/// Makes the files of one log anew, as if it were the only segment.
fn remade_segment(path: &str, bytes: &Bytes, options: ExportOptions) -> Files {
    let log = block_on(LogFile::open(MemoryFile::new(path, bytes.clone()))).unwrap();
    while !block_on(log.index_step()).unwrap().done {}
    let folder = path.split('/').next().unwrap();
    let (topic, _) = folder.rsplit_once('-').unwrap();
    let topic_partition = topic_partition(&TopicName::parse(topic).unwrap(), log.partition());
    let mut export: Export<_, MemoryFile> = Export::new(options);
    export.make_partition(Rc::new(log), topic_partition, TopicId::new(1), OffsetRange::default());
    gathered(export)
}

/// Batches are appended one by one, and every interval is set: what a broker does then is decided by the log alone.
#[test]
fn indexes_made_from_a_log_are_the_brokers_byte_for_byte() {
    let (mut compared, mut differing) = (0, Vec::new());
    for case in ["codecs", "topics", "internal"] {
        let files = data_directory(case);
        let directory = made_out(&files);
        let segments = directory.topics.values().flat_map(BTreeMap::values).flat_map(|it| &it.segments);
        for segment in segments.filter(|segment| segment.offset_index.is_some()) {
            // As the corpus' topics are set, and the internal ones by default.
            let index_interval_bytes = if segment.log.path.starts_with("__") { 4_096 } else { 1 };
            let options = ExportOptions { index_interval_bytes, ..ExportOptions::default() };
            let remade = remade_segment(&segment.log.path, &files[&segment.log.path], options);
            for file in [Some(&segment.log), segment.offset_index.as_ref(), segment.time_index.as_ref()] {
                let path = &file.unwrap().path;
                if files[path] != remade[path] {
                    differing.push(format!("{case}/{path}"));
                }
                compared += 1;
            }
        }
    }
    assert!(compared > 300, "only {compared} files were compared");
    // A broker that starts anew counts the interval from there: this log was written by four of them.
    assert_eq!(differing, ["topics/leader-epochs-0/00000000000000000000.index"]);
}

/// Opens a topic in place, all of it.
fn topic_log(files: &Files, directory: &DataDirectory, topic: &TopicName) -> TopicLog<MemoryFile> {
    let starts = log_starts(files);
    let log = TopicLog::new(directory.topics[topic].iter().map(|(&partition, partition_files)| {
        let start = starts.offset_of(topic, partition);
        PartitionLog::new(partition, partition_files, start, |file| open(files, file))
    }));
    while !block_on(log.index_step()).unwrap().done {}
    log
}

/// Makes every partition of a directory anew.
fn remade_directory(files: &Files, options: ExportOptions) -> Files {
    let directory = made_out(files);
    let mut export: Export<_, MemoryFile> = Export::new(options);
    for (topic, partitions) in &directory.topics {
        let log = Rc::new(topic_log(files, &directory, topic));
        for (&partition, partition_files) in partitions {
            let metadata = partition_files.metadata.as_ref();
            let metadata = metadata.map(|file| PartitionMetadata::parse(&file.path, &files[&file.path]).unwrap());
            let topic_id = metadata.map_or(TopicId::new(1), |metadata| metadata.topic_id);
            let topic_partition = topic_partition(topic, partition);
            export.make_partition(Rc::clone(&log), topic_partition, topic_id, OffsetRange::default());
        }
    }
    gathered(export)
}

fn verified(files: &Files) -> Vec<(Check, Severity, String)> {
    let directory = made_out(files);
    let opened = files.iter().map(|(path, bytes)| MemoryFile::new(path.clone(), bytes.clone()));
    let mut verifier = Verifier::new(directory, opened);
    while !block_on(verifier.step()).done {}
    let findings = verifier.report().findings.iter();
    findings.map(|it| (it.check, it.severity, format!("{}: {}", it.file, it.what))).collect()
}

#[test]
fn zz_look() {
    for case in ["codecs", "topics", "internal"] {
        let files = data_directory(case);
        let options = ExportOptions { segment_bytes: 1200, index_interval_bytes: 1, ..ExportOptions::default() };
        let remade = remade_directory(&files, options);
        println!("--- {case}");
        for finding in verified(&remade) { println!("{finding:?}"); }
        println!("--- golden {case}");
        for finding in verified(&files) { println!("{finding:?}"); }
        for (path, kafkas) in &files {
            match remade.get(path) {
                Some(ours) if ours == kafkas => {}
                Some(_) => println!("differs {path}"),
                None => println!("missing {path}"),
            }
        }
        for path in remade.keys() { if !files.contains_key(path) { println!("added {path}"); } }
    }
}
