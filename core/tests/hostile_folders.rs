//! Every file beside the logs of the golden corpus cut off and with wrong bytes: it reads as what it says or is refused by its
//! name, and verification of its folder tells, or nothing that anybody reads by it is another.
//!
//! What nothing in the folder contradicts, and Apache Kafka does not notice either: a topic id (while the topic has one partition),
//! the version of `partition.metadata`, a leader epoch that begins later than the log (records may have been deleted), an entry of
//! an index that leads to the same records, an index that ends early, where an aborted transaction began that compaction has been
//! at, and `quorum-state`, which nothing here reads.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;

use crate::corpus::{Files, directories};
use crate::hostile::{Chance, verify};
use bytes::Bytes;
use tablog_core::record::RecordBatch;
use tablog_core::segment::DataDirectory;
use tablog_core::segment::folder::{FileKind, NodeFile, SegmentPart};
use tablog_core::segment::format::{
    FormatError, LeaderEpochs, MetaProperties, OffsetCheckpoint, OffsetIndex, PartitionMetadata,
    ProducerSnapshot, QuorumStateFile, TimeIndex, TransactionIndex,
};
use tablog_core::segment::verify::{Check, Finding};

/// Reads a file as what its name says; returns its bytes written anew. `None` for what nothing reads in this way.
fn rewritten(path: &str, bytes: &[u8]) -> Option<Result<Vec<u8>, FormatError>> {
    let kind = FileKind::parse(path.rsplit('/').next().unwrap())?;
    Some(match kind {
        FileKind::Segment { base_offset: base, part, .. } => match part {
            SegmentPart::OffsetIndex => {
                OffsetIndex::parse(path, base, bytes).map(|it| it.encode(path).unwrap())
            }
            SegmentPart::TimeIndex => TimeIndex::parse(path, base, bytes).map(|it| it.encode(path).unwrap()),
            SegmentPart::TransactionIndex => {
                TransactionIndex::parse(path, base, bytes).map(|it| it.encode(path, base).unwrap())
            }
            SegmentPart::ProducerSnapshot => ProducerSnapshot::parse(path, bytes).map(|it| it.encode()),
            SegmentPart::Log => return None,
        },
        FileKind::LeaderEpochs => LeaderEpochs::parse(path, bytes).map(|it| it.encode()),
        FileKind::PartitionMetadata => PartitionMetadata::parse(path, bytes).map(|it| it.encode()),
        FileKind::Node(NodeFile::MetaProperties) => MetaProperties::parse(path, bytes).map(|it| it.encode()),
        FileKind::Node(
            NodeFile::RecoveryPoints
            | NodeFile::LogStartOffsets
            | NodeFile::HighWatermarks
            | NodeFile::CleanerOffsets,
        ) => OffsetCheckpoint::parse(path, bytes).map(|it| it.encode()),
        _ => return None,
    })
}

/// Takes a text apart into what counts in it, without the module under test: words, and numbers however they are written.
fn words(path: &str, text: &[u8]) -> Vec<String> {
    let text = String::from_utf8(text.to_vec()).unwrap();
    if path.ends_with("meta.properties") {
        let keys = ["version=", "cluster.id=", "node.id=", "directory.id="];
        let last = |key: &&str| {
            text.lines().rev().find(|line| line.starts_with(*key)).map(|line| line.replace('\\', ""))
        };
        return keys.iter().filter_map(last).collect();
    }
    // Of a partition's metadata a broker looks at two lines.
    let lines = if path.ends_with("partition.metadata") { 2 } else { usize::MAX };
    let text = if path.ends_with("partition.metadata") { text.replace(':', ": ") } else { text };
    let words = text.lines().take(lines).flat_map(str::split_ascii_whitespace);
    words
        .map(|word| word.parse::<i64>().map_or_else(|_| word.to_owned(), |number| number.to_string()))
        .collect()
}

/// Holds what was read of hostile bytes to the bytes; tells whether they were refused.
fn is_refused(path: &str, bytes: &[u8], place: &str) -> bool {
    let written = match rewritten(path, bytes).unwrap() {
        Ok(written) => written,
        Err(error) => {
            assert_eq!(error.file, path, "{place}");
            assert!(
                error.position_bytes <= bytes.len() as u64 && !error.cause.is_empty(),
                "{place}: {error}"
            );
            return true;
        }
    };
    if path.ends_with("-checkpoint") && bytes.split(|&byte| byte == b'\n').count() < 3 {
        // A checkpoint that ends within its first two lines is one without entries, as for Kafka; verification tells.
        assert_eq!(written, b"0\n0\n", "{place}");
    } else if path.ends_with("meta.properties") && bytes.contains(&b'\\') {
        // A byte has become a backslash: what Java's escapes mean is tested beside the reader of properties.
    } else if std::str::from_utf8(bytes).is_ok() && (path.ends_with("-checkpoint") || !path.contains("/00")) {
        let (mut ours, theirs) = (words(path, &written), words(path, bytes));
        // Properties that name no version are of version 0, and a key alone has an empty value.
        ours.retain(|word| !(word == "version=0" || word.ends_with('=')) || theirs.contains(word));
        assert_eq!(ours, theirs, "{place}");
    } else {
        assert_eq!(written, bytes, "{place}");
    }
    false
}

#[test]
fn a_file_beside_a_log_reads_as_what_it_says_or_is_refused_by_its_name() {
    let mut chance = Chance::from_seed("files");
    let (mut tried, mut refused) = (BTreeMap::<String, usize>::new(), 0);
    for (directory, files) in directories() {
        for (path, bytes) in files {
            if rewritten(&path, &bytes).is_none() {
                continue;
            }
            assert!(!is_refused(&path, &bytes, &path), "{directory}/{path}");
            let kind = path.rsplit(['/', '.']).next().unwrap().to_owned();
            let tried = tried.entry(kind).or_default();
            let is_snapshot = path.contains(".snapshot");
            for length in chance.places(bytes.len(), 100, []) {
                let place = format!("{directory}/{path} cut at {length}");
                let is_told = is_refused(&path, &bytes[..length], &place);
                *tried += 1;
                assert!(is_told || !is_snapshot, "{place}");
                refused += usize::from(is_told);
            }
            for at in chance.places(bytes.len(), 100, []) {
                for mask in [0x01, 0x10, 0x55, 0x80] {
                    let mut bytes = bytes.clone();
                    bytes[at] ^= mask;
                    let place = format!("{directory}/{path}, byte {at} ^ {mask:02x}");
                    let is_told = is_refused(&path, &bytes, &place);
                    *tried += 1;
                    assert!(is_told || !is_snapshot, "{place}");
                    refused += usize::from(is_told);
                }
            }
        }
    }
    println!("{refused} refused of {tried:?}");
    for kind in
        ["index", "timeindex", "txnindex", "snapshot", "metadata", "properties", "leader-epoch-checkpoint"]
    {
        assert!(tried.get(kind).is_some_and(|&tried| tried > 500), "{kind}: {tried:?}");
    }
}

/// The partitions of a directory, each with its own files only.
fn partitions(files: Files) -> BTreeMap<String, Files> {
    let mut found = BTreeMap::<String, Files>::new();
    for (path, bytes) in files {
        if let Some((folder, _)) = path.split_once('/') {
            found.entry(folder.to_owned()).or_default().push((path, bytes));
        }
    }
    found
}

/// Returns the batches of the segment that an index is of, with their positions.
fn batches(files: &Files, index: &str) -> Vec<(u32, RecordBatch)> {
    let stem = &index[..index.rfind('/').unwrap() + 21];
    let log = files.iter().find(|(path, _)| path.starts_with(stem) && path.contains(".log"));
    let (mut rest, mut position) = (Bytes::from(log.unwrap().1.clone()), 0);
    let mut found = Vec::new();
    while let Ok(batch) = RecordBatch::parse_any(rest.clone(), position) {
        rest = rest.split_off(batch.stored_bytes());
        found.push((u32::try_from(position).unwrap(), batch.clone()));
        position += batch.stored_bytes() as u64;
    }
    found
}

/// Asserts of a file that verification said nothing about that whoever reads by it finds what there is.
fn assert_harmless(files: &Files, file: usize, original: &[u8], place: &str) {
    let (path, bytes) = &files[file];
    let FileKind::Segment { base_offset: base, part, .. } =
        FileKind::parse(path.rsplit('/').next().unwrap()).unwrap()
    else {
        if path.ends_with("leader-epoch-checkpoint") {
            let epochs = LeaderEpochs::parse(path, bytes).unwrap();
            let logs = files.iter().filter(|(path, _)| path.ends_with(".log"));
            for (_, batch) in logs.flat_map(|(path, _)| batches(files, path)) {
                let epoch = epochs.epoch_of(batch.base_offset()).map(|entry| entry.epoch);
                let is_before_the_first = epoch.is_none();
                assert!(
                    is_before_the_first || epoch == Some(batch.header().partition_leader_epoch),
                    "{place}"
                );
            }
            return;
        }
        assert!(path.ends_with("partition.metadata"), "{place}: nothing was told");
        PartitionMetadata::parse(path, bytes).unwrap();
        return;
    };
    let batches = batches(files, path);
    match part {
        SegmentPart::OffsetIndex => {
            for entry in OffsetIndex::parse(path, base, bytes).unwrap().entries {
                let led_to = batches.iter().find(|(position, _)| *position == entry.position_bytes);
                let (_, led_to) = led_to.unwrap_or_else(|| panic!("{place}: {entry:?} leads to no batch"));
                assert!(led_to.base_offset() <= entry.offset, "{place}: {entry:?} leads past its records");
            }
        }
        SegmentPart::TimeIndex => {
            for entry in TimeIndex::parse(path, base, bytes).unwrap().entries {
                let before = batches.iter().filter(|(_, batch)| batch.last_offset() < entry.offset);
                let latest = before.map(|(_, batch)| batch.header().max_timestamp).max();
                assert!(latest <= Some(entry.timestamp), "{place}: {entry:?} leads past {latest:?}");
            }
        }
        SegmentPart::TransactionIndex => {
            for entry in TransactionIndex::parse(path, base, bytes).unwrap().entries {
                let marker = batches.iter().find(|(_, batch)| batch.base_offset() == entry.last_offset);
                let producer = marker.map_or(entry.producer_id, |(_, marker)| marker.header().producer_id);
                assert_eq!(entry.producer_id, producer, "{place}");
            }
        }
        SegmentPart::ProducerSnapshot | SegmentPart::Log => panic!("{place}: nothing was told"),
    }
    // An index that ends early is one that is used less; a byte that is wrong leaves its length.
    assert!(original.starts_with(bytes) || bytes.len() == original.len(), "{place}");
}

#[test]
fn verification_tells_of_every_wrong_byte_and_cut_that_would_mislead_a_reader() {
    let mut chance = Chance::from_seed("verification");
    let (mut told, mut harmless) = (0, BTreeMap::<String, usize>::new());
    for (directory, files) in directories() {
        for (_, mut files) in partitions(files) {
            let before: Vec<Finding> = verify(&files).findings;
            let counted = DataDirectory::from_files(files.iter().map(|(path, _)| (path.clone(), 1)));
            let counted = counted.topics.values().flat_map(|partitions| partitions.values());
            let counted: Vec<usize> = counted.flat_map(|it| it.all()).map(|file| file.index).collect();
            for file in 0..files.len() {
                let (path, original) = files[file].clone();
                let is_read = rewritten(&path, &original).is_some() && !path.ends_with("quorum-state");
                // What a crash left behind is named as such, and read by nobody.
                if !is_read || !counted.contains(&file) {
                    continue;
                }
                let cuts = chance
                    .places(original.len(), 8, [])
                    .into_iter()
                    .map(|length| original[..length].to_vec());
                let mut hostile: Vec<(String, Vec<u8>)> =
                    cuts.map(|cut| (format!("cut at {}", cut.len()), cut)).collect();
                for at in chance.places(original.len(), 10, []) {
                    let mut bytes = original.clone();
                    let mask = [0x01, 0x80, 0x55][chance.below(3)];
                    bytes[at] ^= mask;
                    hostile.push((format!("byte {at} ^ {mask:02x}"), bytes));
                }
                for (what, bytes) in hostile {
                    files[file].1 = bytes;
                    let place = format!("{directory}/{path}, {what}");
                    let after = verify(&files).findings;
                    if after == before {
                        assert_harmless(&files, file, &original, &place);
                        *harmless.entry(path.rsplit(['/', '.']).next().unwrap().to_owned()).or_default() += 1;
                        continue;
                    }
                    let new: Vec<&Finding> =
                        after.iter().filter(|finding| !before.contains(finding)).collect();
                    let is_named = |finding: &&Finding| finding.file == path && !finding.what.is_empty();
                    // A snapshot that is gone, or an epoch, may be missed elsewhere; but the file itself is named, too.
                    assert!(new.is_empty() || new.iter().any(is_named), "{place}: {new:?}");
                    told += 1;
                }
                files[file].1 = original;
            }
        }
    }
    println!("{told} told; harmless: {harmless:?}");
    assert!(told > 3_000, "{told}");
}

#[test]
fn a_wrong_byte_or_cut_of_the_metadatas_snapshots_and_quorum_state_is_told() {
    let mut chance = Chance::from_seed("metadata");
    let internal = directories().into_iter().find(|(name, _)| name == "internal").unwrap().1;
    let mut files = partitions(internal).remove("__cluster_metadata-0").unwrap();
    let before = verify(&files);
    assert_eq!(before.errors + before.warnings, 0, "{before:?}");
    let (mut told, mut believed) = (0, 0);
    for file in 0..files.len() {
        let (path, original) = files[file].clone();
        let is_snapshot = path.ends_with(".checkpoint");
        if !is_snapshot && !path.ends_with("quorum-state") {
            continue;
        }
        for at in chance.places(original.len(), 200, []) {
            files[file].1 = original[..at].to_vec();
            let report = verify(&files);
            assert!(report.findings.iter().any(|it| it.file == path), "{path} cut at {at}: {report:?}");
            assert!(report.errors > 0, "{path} cut at {at}: {report:?}");
            files[file].1 = original.clone();
            files[file].1[at] ^= [0x01, 0x80, 0x55][at % 3];
            let report = verify(&files);
            if report.findings == before.findings {
                // Kafka writes no checksum: another name of the cluster, or a later epoch, may as well be right.
                let read = QuorumStateFile::parse(&path, &files[file].1);
                assert!(!is_snapshot && matches!(read, Ok(QuorumStateFile::Known(_))), "{path}, byte {at}");
                believed += 1;
                continue;
            }
            assert!(
                report.findings.iter().any(|it| it.file == path && !it.what.is_empty()),
                "{path}, byte {at}"
            );
            told += 1;
        }
        files[file].1 = original;
    }
    assert!(told > 400 && believed < 5, "{told} told, {believed} believed");
}

#[test]
fn a_checkpoint_or_properties_cut_off_anywhere_are_told() {
    // Kafka reads a file without its last line's end, and so do we: its last number was another one, and nobody said so.
    let mut cuts = 0;
    for (directory, files) in directories() {
        for (path, bytes) in files.into_iter().filter(|(path, _)| !path.contains('/')) {
            if rewritten(&path, &bytes).is_none() {
                continue;
            }
            for length in 1..bytes.len() {
                let findings = verify(&[(path.clone(), bytes[..length].to_vec())]).findings;
                let told = [Check::NodeFileDamaged, Check::TextCutOff];
                let is_told =
                    findings.iter().any(|finding| told.contains(&finding.check) && finding.file == path);
                assert!(is_told, "{directory}/{path} cut at {length}: {findings:?}");
                cuts += 1;
            }
        }
    }
    assert!(cuts > 1_000, "{cuts}");
    let epochs = |text: &str| {
        let files = vec![("t-0/leader-epoch-checkpoint".to_owned(), text.as_bytes().to_vec())];
        verify(&files).findings.iter().map(|finding| finding.check).collect::<Vec<_>>()
    };
    assert!(epochs("0\n1\n0 4").contains(&Check::TextCutOff));
    assert!(epochs("0\n").contains(&Check::TextCutOff));
    assert!(!epochs("").contains(&Check::TextCutOff) && !epochs("0\n1\n0 0\n").contains(&Check::TextCutOff));
}
