//! Up to where the broker compacted each partition: what `cleaner-offset-checkpoint` says, which only the log cleaner writes, and
//! only of topics with `cleanup.policy=compact` (`org.apache.kafka.storage.internals.log.LogCleanerManager`).

use std::collections::BTreeMap;
use std::rc::Rc;

use super::finding::Findings;
use super::place::Place;
use super::small::read_small;
use crate::ids::{Offset, TopicPartition};
use crate::segment::ReadAt;
use crate::segment::folder::{DataDirectory, NodeFile};
use crate::segment::format::OffsetCheckpoint;

/// Up to where partitions were compacted, by the folder that the checkpoint lies in.
#[derive(Debug, Default)]
pub(super) struct Cleaned(BTreeMap<String, BTreeMap<TopicPartition, Offset>>);

impl Cleaned {
    /// Reads the checkpoints that there are. One that cannot be read says nothing here: it is reported with the node's files.
    pub(super) async fn read<R: ReadAt>(directory: &DataDirectory, open: &[Rc<R>]) -> Self {
        let mut cleaned = Self::default();
        for (_, file) in directory.node_files.iter().filter(|(kind, _)| *kind == NodeFile::CleanerOffsets) {
            let place = Place { topic_partition: None, file: file.path.clone() };
            let Some(bytes) = read_small(file, open, &place, &mut Findings::default()).await else {
                continue;
            };
            let Ok(offsets) = OffsetCheckpoint::parse(&file.path, &bytes) else { continue };
            let entries = offsets.entries.into_iter().map(|entry| {
                (TopicPartition { topic: entry.topic, partition: entry.partition }, entry.offset)
            });
            cleaned.0.entry(folder_of(&file.path).to_owned()).or_default().extend(entries);
        }
        cleaned
    }

    /// Tells up to which offset the partition in a folder was compacted, by the checkpoint in the folder above it.
    pub(super) fn up_to(&self, folder: &str, topic_partition: &TopicPartition) -> Option<Offset> {
        self.0.get(folder_of(folder))?.get(topic_partition).copied()
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
