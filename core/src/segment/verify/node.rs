//! The files of the directory as a whole, and what they say of the partitions.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::finding::{Check, Finding, Findings};
use super::metadata::MetadataSnapshotCheck;
use super::place::Place;
use super::small::{check_text_end, read_small};
use crate::ids::{Offset, TopicPartition};
use crate::segment::ReadAt;
use crate::segment::folder::{DataDirectory, DataFile, NodeFile};
use crate::segment::format::checkpoint::CHECKPOINT_LINES_MIN;
use crate::segment::format::{MetaProperties, OffsetCheckpoint};

/// Looks at the node's files; `ends` are the partitions' log ends, as far as they are sure.
pub(super) async fn check_node<R: ReadAt>(
    directory: &DataDirectory,
    open: &[Rc<R>],
    ends: &BTreeMap<TopicPartition, Offset>,
    findings: &mut Findings,
) {
    for (kind, file) in &directory.node_files {
        let place = Place { topic_partition: None, file: file.path.clone() };
        match kind {
            NodeFile::MetaProperties => {
                let Some(bytes) = read_small(file, open, &place, findings).await else { continue };
                match MetaProperties::parse(&file.path, &bytes) {
                    Ok(MetaProperties { node_id: None, cluster_id: None, .. }) => {
                        let what =
                            "the file says neither which node nor which cluster the directory belongs to";
                        findings.push(place.finding(Check::NodeFileDamaged, what));
                    }
                    Ok(_) => check_text_end(&bytes, 1, &place, findings),
                    Err(error) => {
                        let finding = place.finding(Check::NodeFileDamaged, error.cause);
                        findings.push(finding.at(error.position_bytes));
                    }
                }
            }
            NodeFile::RecoveryPoints
            | NodeFile::LogStartOffsets
            | NodeFile::HighWatermarks
            | NodeFile::CleanerOffsets => check_offsets(*kind, file, open, ends, &place, findings).await,
            NodeFile::BootstrapMetadata => {
                // What `kafka-storage format` writes: small, and in the form of a snapshot.
                let snapshot = MetadataSnapshotCheck::open(file, place, None, open, findings);
                if let Some(mut snapshot) = snapshot {
                    while !snapshot.step(findings).await {}
                }
            }
            NodeFile::CleanShutdown | NodeFile::Lock | NodeFile::RemoteIndexCache => {}
        }
    }
    check_shutdown(directory, findings);
    for leftover in &directory.leftovers {
        let Some(first) = leftover.files.first() else { continue };
        let place = Place { topic_partition: leftover.topic_partition.clone(), file: first.path.clone() };
        let what = match leftover.files.len() {
            1 => "the file is no part of the log".to_owned(),
            count => format!("{count} files are no part of the log, of which this is the first"),
        };
        findings.push(Finding { broker: leftover.kind.meaning(), ..place.finding(Check::Leftover, what) });
    }
    for foreign in &directory.foreign {
        let place = Place { topic_partition: None, file: foreign.file.path.clone() };
        findings.push(place.finding(Check::Foreign, foreign.reason.clone()));
    }
}

/// A directory that a broker ran on without stopping in order lacks one file. Whether one ever ran on it tell the others.
fn check_shutdown(directory: &DataDirectory, findings: &mut Findings) {
    let Some(file) = directory.node_file(NodeFile::RecoveryPoints) else { return };
    if directory.node_file(NodeFile::CleanShutdown).is_none() {
        let what = "there is no .kafka_cleanshutdown beside this file: the broker crashed, still runs, or has the file in a \
                    copy that leaves hidden files out";
        let place = Place { topic_partition: None, file: file.path.clone() };
        findings.push(place.finding(Check::UncleanShutdown, what));
    }
}

async fn check_offsets<R: ReadAt>(
    kind: NodeFile,
    file: &DataFile,
    open: &[Rc<R>],
    ends: &BTreeMap<TopicPartition, Offset>,
    place: &Place,
    findings: &mut Findings,
) {
    let Some(bytes) = read_small(file, open, place, findings).await else { return };
    let offsets = match OffsetCheckpoint::parse(&file.path, &bytes) {
        Ok(offsets) => offsets,
        Err(error) => {
            findings.push(place.finding(Check::NodeFileDamaged, error.cause).at(error.position_bytes));
            return;
        }
    };
    check_text_end(&bytes, CHECKPOINT_LINES_MIN, place, findings);
    for entry in offsets.entries {
        let topic_partition = TopicPartition { topic: entry.topic, partition: entry.partition };
        let Some(end) = ends.get(&topic_partition).filter(|&&end| entry.offset > end) else { continue };
        let (check, name) = match kind {
            NodeFile::LogStartOffsets => (Check::LogStartBeyondEnd, "log start offset"),
            NodeFile::RecoveryPoints => (Check::CheckpointBeyondEnd, "recovery point"),
            NodeFile::HighWatermarks => (Check::CheckpointBeyondEnd, "high watermark"),
            _ => (Check::CheckpointBeyondEnd, "cleaner offset"),
        };
        let what = format!("the {name} of {topic_partition} is {}, and its log ends at {end}", entry.offset);
        let place = Place { topic_partition: Some(topic_partition), ..place.clone() };
        findings.push(place.finding(check, what).offset(entry.offset));
    }
}
