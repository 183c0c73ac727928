//! A data directory that we made, under a real broker: Apache Kafka starts with it, finds nothing to repair, and its consumer
//! and librdkafka's read back what was in it. `cargo xtask test --only interop` brings Kafka and runs this; the program behind
//! it is described in `tests/interop/README.md`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../export/mod.rs"]
mod export;
mod kafka;
mod read_back;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use export::{Files, data_directory, made_out, remade_directory};
use kafka::{Broker, interop, temporary_folder};
use tablog_core::ids::{TopicId, TopicName};
use tablog_core::segment::export::ExportOptions;
use tablog_core::segment::format::PartitionMetadata;

/// Made anew from the corpus' batches: one segment a partition with a broker's own settings, and many small ones.
fn cases() -> Vec<(&'static str, ExportOptions)> {
    let small = ExportOptions { segment_bytes: 1_200, index_interval_bytes: 1, ..ExportOptions::default() };
    vec![("codecs", ExportOptions::default()), ("topics", small)]
}

/// Each topic with the number of its partitions.
fn topics_of(files: &Files) -> BTreeMap<TopicName, usize> {
    let directory = made_out(files);
    let topics = directory.topics.into_iter().filter(|(topic, _)| !topic.as_str().starts_with("__"));
    topics.map(|(topic, partitions)| (topic, partitions.len())).collect()
}

/// The id that the cluster gave a topic.
fn topic_id(data: &Path, topic: &TopicName) -> TopicId {
    let path = data.join(format!("{topic}-0/partition.metadata"));
    let name = path.display().to_string();
    let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    PartitionMetadata::parse(&name, &bytes).unwrap().topic_id
}

/// Puts an export in place of what the stopped broker has of its topics.
fn replace(data: &Path, exported: &Files) {
    for (path, bytes) in exported {
        let Some((folder, _)) = path.split_once('/') else {
            assert_eq!(path, "log-start-offset-checkpoint", "the broker has its own of these files");
            // The broker's own one is empty: nothing was deleted from it.
            fs::write(data.join(path), bytes).unwrap();
            continue;
        };
        if path.ends_with("/partition.metadata") {
            assert_eq!(fs::read(data.join(path)).unwrap(), bytes.as_ref(), "{path}");
            fs::remove_dir_all(data.join(folder)).unwrap();
            fs::create_dir(data.join(folder)).unwrap();
        }
    }
    for (path, bytes) in exported.iter().filter(|(path, _)| path.contains('/')) {
        fs::write(data.join(path), bytes).unwrap();
    }
}

#[test]
fn a_broker_serves_what_was_exported_and_finds_nothing_wrong_with_it() {
    let data = temporary_folder("kafka-broker").join("data");
    let cases: Vec<_> =
        cases().into_iter().map(|(case, options)| (case, options, data_directory(case))).collect();
    let topics: BTreeMap<TopicName, usize> =
        cases.iter().flat_map(|(_, _, files)| topics_of(files)).collect();
    assert!(topics.len() > 60, "only {} topics: is the corpus there?", topics.len());

    let broker = Broker::start(&data);
    let wanted = topics.iter().map(|(topic, partitions)| format!("{topic}:{partitions}"));
    interop(&["topics", broker.address()], wanted);
    broker.stop();

    let mut exported = Files::new();
    for (_, options, files) in cases {
        let wanted = files.into_iter().filter(|(path, _)| !path.starts_with("__")).collect();
        exported.extend(remade_directory(&wanted, options, |topic, _| topic_id(&data, topic)));
    }
    replace(&data, &exported);
    check_by_dump_log_segments(&data, &exported);

    let broker = Broker::start(&data);
    read_back::by_kafkas_consumer(broker.address(), &topics);
    read_back::by_kcat(broker.address(), &topics);
    let log = broker.stop();
    complaints_about(&log, &topics);
    // It made nothing anew. Leader epochs are its own business: it began one when it became the leader.
    for (path, bytes) in exported.iter().filter(|(path, _)| !path.ends_with("checkpoint")) {
        let now = fs::read(data.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert!(now == bytes.as_ref(), "the broker changed {path}: it has {} bytes now", now.len());
    }
}

/// What a broker says of a log that it had to repair, and whatever it warns of.
fn complaints_about(log: &str, topics: &BTreeMap<TopicName, usize>) {
    let loaded = log.lines().filter(|line| line.contains("Loading producer state till offset"));
    let loaded = loaded.filter(|line| topics.keys().any(|topic| line.contains(&format!("{topic}-"))));
    assert!(loaded.count() >= topics.len(), "the broker did not say how it loaded the logs:\n{log}");
    // Words of LogLoader and LogSegment when a file is missing or wrong.
    let repairs = ["corrupt", "ecovering", "rebuilding index", "Rebuilding", "runcat", "could not find"];
    let complaints = log
        .lines()
        .filter(|line| topics.keys().any(|topic| line.contains(&format!("{topic}-"))))
        .filter(|line| {
            line.contains("WARN") || line.contains("ERROR") || repairs.iter().any(|it| line.contains(it))
        });
    // Both come from what this cluster knew of its empty topics: its replication-offset-checkpoint has the offset 0, before the
    // first that there is now, and it counts a topic's leader epochs from 0, where the batches were written in the sixth.
    let known = [
        ("deleted-records-0", "Non-monotonic update of high watermark"),
        ("leader-epochs-0", "caused truncation of conflicting entries"),
    ];
    let is_known = |line: &&str| known.iter().any(|(of, what)| line.contains(of) && line.contains(what));
    assert_eq!(complaints.filter(|line| !is_known(line)).collect::<Vec<_>>(), Vec::<&str>::new());
}

/// Lets `kafka-dump-log` look at each file. Of offsets it says that the first one of every segment but the log's first follows
/// on -1, and whatever compaction took it misses, rightly.
fn check_by_dump_log_segments(data: &Path, exported: &Files) {
    let known =
        ["Dumping ", "Log starting offset: ", "baseOffset: ", "| offset: ", "producerId: ", "version: "];
    let ends = [".log", "index", ".snapshot"];
    let checked = exported.keys().filter(|path| ends.iter().any(|end| path.ends_with(end)));
    let paths: Vec<PathBuf> = checked.map(|path| data.join(path)).collect();
    let printed = interop(&["check"], paths.iter().map(|path| path.display().to_string()));
    let (mut dumped, mut sane, mut compacted) = (0, 0, false);
    for line in printed.lines() {
        dumped += usize::from(line.starts_with("Dumping "));
        if known.iter().any(|start| line.starts_with(start)) {
            continue;
        }
        if let Some(path) = line.strip_prefix("Non-consecutive offsets in ") {
            compacted = path.contains("/compacted-");
            continue;
        }
        if line.starts_with("  ") && line.contains(" is followed by ") {
            assert!(
                compacted || line.starts_with("  -1 is followed by "),
                "kafka-dump-log complains: {line}"
            );
            continue;
        }
        // An index without an entry, beside a log that is shorter than the interval, is empty to it.
        let is_sane = line.ends_with(" passed sanity check.") || line.ends_with("index is empty.");
        assert!(is_sane, "kafka-dump-log complains: {line}");
        sane += 1;
    }
    let indexes = paths.iter().filter(|path| path.to_str().unwrap().ends_with("index")).count();
    assert_eq!(dumped, paths.len() + indexes, "files that kafka-dump-log looked at");
    assert!(sane > 100, "only {sane} indexes passed the sanity check");
}
