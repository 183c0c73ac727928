//! A broker's data directory, from nothing but its files' names and sizes: which topics it holds, and what a crash left behind.
//!
//! ```text
//! kafka-logs/                                     the node's files: meta.properties, the checkpoints
//! ├── orders-0/                                   a partition
//! │   ├── 00000000000000000000.log  .index  .timeindex  (.txnindex)      a segment, by its base offset
//! │   ├── 00000000000000004711.log  .index  .timeindex  .snapshot
//! │   ├── leader-epoch-checkpoint  partition.metadata
//! │   └── 00000000000000000000.log.deleted        what a crash left behind
//! └── orders-1.2f0f6c…-delete/                    a partition that was to be deleted
//! ```

mod gather;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::ids::{Offset, PartitionId, TopicName};
pub use crate::segment::name::{FileKind, FileState, FolderState, NodeFile, PartitionFolder, SegmentPart};

/// One file of those that a directory was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataFile {
    /// Its place among the files that were given.
    pub index: usize,
    /// Its path, with `/` between folders.
    pub path: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// The files of one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentFiles {
    /// The first offset that it may hold, by its name.
    pub base_offset: Offset,
    /// The batches.
    pub log: DataFile,
    /// Whether the log is a `.swap`: a broker puts it in its place when it starts.
    pub is_swap: bool,
    /// Where offsets lie. A broker makes it anew when it is missing.
    pub offset_index: Option<DataFile>,
    /// Where times lie. A broker makes it anew when it is missing.
    pub time_index: Option<DataFile>,
    /// What was aborted; only there if something was.
    pub transaction_index: Option<DataFile>,
}

/// The files of one partition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartitionFiles {
    /// The folder's path; empty when the files lie in none.
    pub folder: String,
    /// The segments by base offset.
    pub segments: Vec<SegmentFiles>,
    /// Producer snapshots by their offset.
    pub producer_snapshots: BTreeMap<Offset, DataFile>,
    /// `leader-epoch-checkpoint`.
    pub leader_epochs: Option<DataFile>,
    /// `partition.metadata`.
    pub metadata: Option<DataFile>,
    /// Snapshots of the cluster's metadata by end offset and epoch: in `__cluster_metadata` only.
    pub metadata_snapshots: BTreeMap<(Offset, i32), DataFile>,
    /// `quorum-state`: in `__cluster_metadata` only.
    pub quorum_state: Option<DataFile>,
}

impl PartitionFiles {
    /// Returns every file of the partition, segment by segment.
    pub fn all(&self) -> impl Iterator<Item = &DataFile> {
        let segments = self.segments.iter().flat_map(|segment| {
            let beside = [&segment.offset_index, &segment.time_index, &segment.transaction_index];
            std::iter::once(&segment.log).chain(beside.into_iter().flatten())
        });
        let single = [&self.leader_epochs, &self.metadata, &self.quorum_state].into_iter().flatten();
        segments.chain(self.producer_snapshots.values()).chain(self.metadata_snapshots.values()).chain(single)
    }
}

/// Why files are there that are no part of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum LeftoverKind {
    /// `.deleted` files.
    Deleted,
    /// `.cleaned` files.
    Cleaned,
    /// `.swap` files beside the segment that they replace, or beside `.cleaned` ones.
    Swap,
    /// An index without its `.log`.
    Orphan,
    /// `.tmp` files, and metadata snapshots that were not finished.
    Unfinished,
    /// A `-delete` folder.
    DeletedFolder,
    /// A `-future` folder.
    FutureFolder,
    /// A `-stray` folder.
    StrayFolder,
    /// A second folder of the same partition.
    SecondFolder,
}

impl LeftoverKind {
    /// Says in words what it means, and what a broker does with it when it starts.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Deleted => {
                "Retention, compaction or a truncation was done with these files, and the broker stopped before it deleted \
                 them. It deletes them when it starts."
            }
            Self::Cleaned => {
                "Compaction was writing these files when the broker stopped. It deletes them when it starts; the segments \
                 they were made from are still there."
            }
            Self::Swap => {
                "Compaction had written these files, and they were about to take the place of older segments. When the \
                 broker starts, it deletes the segments whose offsets they cover and renames them; it deletes them instead \
                 if files ending in .cleaned from the same offset or before are there too."
            }
            Self::Orphan => {
                "The .log of this segment is missing. The broker deletes its indexes when it starts."
            }
            Self::Unfinished => {
                "A new version of a file was being written when the broker stopped. The old version counts."
            }
            Self::DeletedFolder => {
                "The partition was deleted, or moved elsewhere, and the broker stopped before its files were gone. It \
                 deletes them some time after it starts."
            }
            Self::FutureFolder => {
                "A copy that the broker was making in order to move the partition to another directory. It goes on with the \
                 copy when it starts."
            }
            Self::StrayFolder => {
                "The broker found that the cluster knows no such replica here, and put the folder aside. It does not serve it."
            }
            Self::SecondFolder => {
                "Two directories hold the same partition. A broker that has both does not start until one is removed; here \
                 the first one is shown."
            }
        }
    }
}

/// Files that are no part of a log, and why they are there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Leftover {
    /// Why they are there.
    pub kind: LeftoverKind,
    /// The partition that they were of.
    pub topic_partition: Option<crate::ids::TopicPartition>,
    /// The files.
    pub files: Vec<DataFile>,
}

/// A file that a broker's data directory should not have, or that cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ForeignFile {
    /// The file.
    pub file: DataFile,
    /// Why it is left out.
    pub reason: String,
}

/// A broker's data directory, or several, or some folders of one.
///
/// ```
/// use tablog_core::ids::{PartitionId, TopicName};
/// use tablog_core::segment::DataDirectory;
///
/// let directory = DataDirectory::from_files([
///     ("kafka-logs/orders-0/00000000000000000042.log", 1_000),
///     ("kafka-logs/orders-0/00000000000000000042.index", 8),
///     ("kafka-logs/meta.properties", 100),
/// ]);
/// let orders = &directory.topics[&TopicName::parse("orders")?];
/// let segment = &orders[&PartitionId::new(0)].segments[0];
/// assert_eq!((segment.base_offset.value(), segment.log.bytes), (42, 1_000));
/// assert!(segment.offset_index.is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataDirectory {
    /// The topics with their partitions.
    pub topics: BTreeMap<TopicName, BTreeMap<PartitionId, PartitionFiles>>,
    /// Files of the node, in the given order.
    pub node_files: Vec<(NodeFile, DataFile)>,
    /// What a crash left behind.
    pub leftovers: Vec<Leftover>,
    /// What does not belong here, or cannot be shown.
    pub foreign: Vec<ForeignFile>,
}

/// Tells whether a path is that of a file which a broker writes.
pub fn is_kafkas(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    FileKind::parse(name).is_some() || folder.split('/').any(|part| part == gather::REMOTE_INDEX_CACHE)
}

impl DataDirectory {
    /// Makes out a directory from its files' paths and lengths; a file's place in the list becomes its
    /// [`index`](DataFile::index). A path may begin anywhere: with the directory's own name, above it, or within it. A path that
    /// is there twice counts once, as the later one says.
    pub fn from_files<P: Into<String>>(files: impl IntoIterator<Item = (P, u64)>) -> Self {
        gather::gather(files)
    }

    /// Finds the first of the node's files of a kind.
    pub fn node_file(&self, kind: NodeFile) -> Option<&DataFile> {
        self.node_files.iter().find(|(found, _)| *found == kind).map(|(_, file)| file)
    }
}
