//! Kafka's own data directories, exported: as they are, and made anew from nothing but their batches.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::export::{
    Files, data_directory, gathered, log_starts, made_out, open, remade_directory, topic_partition,
};
use bytes::Bytes;
use futures_executor::block_on;
use tablog_core::ids::{TopicId, TopicName};
use tablog_core::segment::export::{Export, ExportOptions, OffsetRange};
use tablog_core::segment::folder::PartitionFiles;
use tablog_core::segment::format::{LeaderEpochs, PartitionMetadata, ProducerEntry, ProducerSnapshot};
use tablog_core::segment::verify::{Check, Severity};
use tablog_core::segment::{LogFile, MemoryFile, ReadAt, Verifier};

#[test]
fn what_was_opened_and_not_changed_comes_out_byte_identical() {
    let mut compared = 0;
    for case in ["codecs", "topics", "internal", "killed"] {
        let files = data_directory(case);
        let directory = made_out(&files);
        let starts = log_starts(&files);
        let options = ExportOptions { log_starts: false, ..ExportOptions::default() };
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

#[test]
fn copies_can_be_handed_on_without_being_read() {
    let files = data_directory("topics");
    let directory = made_out(&files);
    let partitions = &directory.topics[&TopicName::parse("segments").unwrap()];
    let (&partition, partition_files) = partitions.first_key_value().unwrap();
    let mut export: Export<LogFile<MemoryFile>, _> = Export::new(ExportOptions::default());
    let topic_partition = topic_partition(&TopicName::parse("segments").unwrap(), partition);
    export.copy_partition(&topic_partition, partition_files, None, |file| open(&files, file));
    let copies = export.take_copies();
    assert!(copies.len() > 8, "{}", copies.len());
    for (path, file) in &copies {
        assert_eq!(block_on(file.read_at(0, usize::MAX)).unwrap(), files[path], "{path}");
    }
    assert!(export.take_copies().is_empty());
    assert!(gathered(export).is_empty(), "nothing is left to be brought");
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

/// The topic's id as its folder has it; a made-up one if it has none.
fn id_of(files: &Files) -> impl Fn(&TopicName, &PartitionFiles) -> TopicId {
    |_, partition| {
        let metadata = partition.metadata.as_ref();
        let metadata = metadata.map(|file| PartitionMetadata::parse(&file.path, &files[&file.path]).unwrap());
        metadata.map_or(TopicId::new(1), |metadata| metadata.topic_id)
    }
}

fn verified(files: &Files) -> Vec<(Check, Severity, String)> {
    let directory = made_out(files);
    let opened = files.iter().map(|(path, bytes)| MemoryFile::new(path.clone(), bytes.clone()));
    let mut verifier = Verifier::new(directory, opened);
    while !block_on(verifier.step()).done {}
    let findings = verifier.report().findings.iter();
    findings.map(|it| (it.check, it.severity, format!("{}: {}", it.file, it.what))).collect()
}

/// What verification says of batches, and not of the files beside them.
const OF_THE_RECORDS: &[Check] = &[Check::TimeBackwards, Check::OpenTransaction, Check::Compacted];

#[test]
fn a_directory_that_was_made_anew_is_verified_without_a_finding() {
    for case in ["codecs", "topics", "internal"] {
        let files = data_directory(case);
        // Many small segments with an index entry a batch, and large ones with few.
        for (segment_bytes, index_interval_bytes) in [(1, 1), (1_200, 1), (2_000, 300), (1 << 30, 4_096)] {
            let options = ExportOptions { segment_bytes, index_interval_bytes, ..ExportOptions::default() };
            let remade = remade_directory(&files, options, id_of(&files));
            let findings = verified(&remade).into_iter().filter(|it| !OF_THE_RECORDS.contains(&it.0));
            assert_eq!(findings.collect::<Vec<_>>(), [], "{case}, segments of {segment_bytes} bytes");
        }
    }
}

#[test]
fn a_partition_that_was_made_anew_is_the_brokers_in_what_its_log_decides() {
    let mut differing = Vec::new();
    // As the corpus' topics are set; the second case has those with small segments, and batches larger than one.
    for (case, segment_bytes) in [("codecs", 1 << 30), ("topics", 1_200)] {
        let files = data_directory(case);
        let options = ExportOptions { segment_bytes, index_interval_bytes: 1, ..ExportOptions::default() };
        let remade = remade_directory(&files, options, id_of(&files));
        let is_whole = |path: &str| !path.starts_with("compacted-") && !path.starts_with("deleted-records-");
        for (path, kafkas) in files.iter().filter(|(path, _)| path.contains('/') && is_whole(path)) {
            let same = match remade.get(path) {
                None => false,
                Some(ours) if path.ends_with(".snapshot") => producers(path, ours) == producers(path, kafkas),
                Some(ours) if path.ends_with("/leader-epoch-checkpoint") => {
                    // A leader that wrote nothing stands in the broker's.
                    let epochs = LeaderEpochs::parse(path, ours).unwrap().entries;
                    LeaderEpochs::parse(path, kafkas).unwrap().entries.starts_with(&epochs)
                }
                Some(ours) => ours == kafkas,
            };
            if !same {
                differing.push(path.clone());
            }
        }
    }
    // Four brokers wrote this log one after the other. Each counted the index's interval from its own start, left a snapshot
    // when it stopped, and forgot the producers that had been silent for a day.
    let of_restarts =
        ["00000000000000000000.index", "00000000000000000006.snapshot", "00000000000000000008.snapshot"];
    assert_eq!(differing, of_restarts.map(|file| format!("leader-epochs-0/{file}")));
}

/// The producers of a snapshot, whose order means nothing.
fn producers(path: &str, bytes: &[u8]) -> BTreeMap<i64, ProducerEntry> {
    let snapshot = ProducerSnapshot::parse(path, bytes).unwrap();
    snapshot.producers.into_iter().map(|entry| (entry.producer_id, entry)).collect()
}
