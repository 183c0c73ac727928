//! The corpus' data directories, exported.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::ids::{PartitionId, TopicId, TopicName, TopicPartition};
use tablog_core::segment::export::{Export, ExportOptions, OffsetRange, Piece};
use tablog_core::segment::folder::{DataFile, PartitionFiles};
use tablog_core::segment::format::OffsetCheckpoint;
use tablog_core::segment::{DataDirectory, MemoryFile, PartitionLog, TopicLog};
use tablog_core::source::Source;

/// A directory's files by their paths in it.
pub type Files = BTreeMap<String, Bytes>;

/// Reads one of the corpus' data directories, without what Kafka says of each file.
pub fn data_directory(case: &str) -> Files {
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

pub fn made_out(files: &Files) -> DataDirectory {
    DataDirectory::from_files(files.iter().map(|(path, bytes)| (path.as_str(), bytes.len() as u64)))
}

pub fn open(files: &Files, file: &DataFile) -> MemoryFile {
    MemoryFile::new(file.path.clone(), files[&file.path].clone())
}

pub fn gathered<S: Source>(mut export: Export<S, MemoryFile>) -> Files {
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

pub fn topic_partition(topic: &TopicName, partition: PartitionId) -> TopicPartition {
    TopicPartition { topic: topic.clone(), partition }
}

/// What was deleted up to, as the node's checkpoint says.
pub fn log_starts(files: &Files) -> OffsetCheckpoint {
    let bytes = files.get("log-start-offset-checkpoint").cloned().unwrap_or_default();
    OffsetCheckpoint::parse("log-start-offset-checkpoint", &bytes).unwrap()
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
pub fn remade_directory(
    files: &Files,
    options: ExportOptions,
    topic_id: impl Fn(&TopicName, &PartitionFiles) -> TopicId,
) -> Files {
    let directory = made_out(files);
    let starts = log_starts(files);
    let mut export: Export<_, MemoryFile> = Export::new(options);
    for (topic, partitions) in &directory.topics {
        let log = Rc::new(topic_log(files, &directory, topic));
        for (&partition, partition_files) in partitions {
            let topic_id = topic_id(topic, partition_files);
            let topic_partition = topic_partition(topic, partition);
            let range = OffsetRange { from: starts.offset_of(topic, partition), to: None };
            export.make_partition(Rc::clone(&log), topic_partition, topic_id, range);
        }
    }
    gathered(export)
}
