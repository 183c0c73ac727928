//! Sorting files into partitions and segments, by their names.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{Offset, PartitionId, TopicPartition};
use crate::segment::folder::{
    DataDirectory, DataFile, FileKind, FileState, FolderState, ForeignFile, Leftover, LeftoverKind, NodeFile,
    PartitionFiles, PartitionFolder, SegmentFiles, SegmentPart,
};
use crate::sorting::sort_by_number;

/// The folder that a broker keeps copies of tiered storage's indexes in.
pub(super) const REMOTE_INDEX_CACHE: &str = "remote-log-index-cache";

pub(super) fn gather<P: Into<String>>(files: impl IntoIterator<Item = (P, u64)>) -> DataDirectory {
    let mut by_path = BTreeMap::new();
    for (index, (path, bytes)) in files.into_iter().enumerate() {
        let path = path.into().replace('\\', "/");
        by_path.insert(path.clone(), DataFile { index, path, bytes });
    }
    let mut folders: BTreeMap<&str, Vec<&DataFile>> = BTreeMap::new();
    for file in by_path.values() {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder).or_default().push(file);
    }
    let mut directory = DataDirectory::default();
    // The one that was given first is shown, should a partition be there twice.
    let mut folders: Vec<_> = folders.into_iter().collect();
    sort_by_number(&mut folders, |(_, files)| files.iter().map(|file| file.index as u64).min().unwrap_or(0));
    for (path, files) in folders {
        take_folder(&mut directory, path, &files);
    }
    sort_by_number(&mut directory.node_files, |(_, file)| file.index as u64);
    sort_by_number(&mut directory.foreign, |foreign| foreign.file.index as u64);
    directory
}

fn take_folder(directory: &mut DataDirectory, path: &str, files: &[&DataFile]) {
    if path.split('/').any(|part| part == REMOTE_INDEX_CACHE) {
        let kind = NodeFile::RemoteIndexCache;
        directory.node_files.extend(files.iter().map(|&file| (kind, file.clone())));
        return;
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    match PartitionFolder::parse(name) {
        Some(folder) => take_partition_folder(directory, path, &folder, files),
        None => files.iter().for_each(|&file| take_other_file(directory, name, file)),
    }
}

/// Sorts in a file that lies in no partition's folder.
fn take_other_file(directory: &mut DataDirectory, folder: &str, file: &DataFile) {
    let reason = match FileKind::parse(file_name(file)) {
        Some(FileKind::Node(kind)) => {
            directory.node_files.push((kind, file.clone()));
            return;
        }
        Some(FileKind::Temporary) => {
            let files = vec![file.clone()];
            directory.leftovers.push(Leftover {
                kind: LeftoverKind::Unfinished,
                topic_partition: None,
                files,
            });
            return;
        }
        Some(_) if folder.is_empty() => {
            "a partition's file without its folder: the folder's name tells the topic and the partition"
                .to_owned()
        }
        Some(_) => format!(
            "a partition's file in a folder that is not named like one (topic-partition): \"{folder}\""
        ),
        None => "not one of Kafka's files".to_owned(),
    };
    directory.foreign.push(ForeignFile { file: file.clone(), reason });
}

fn take_partition_folder(
    directory: &mut DataDirectory,
    path: &str,
    folder: &PartitionFolder,
    files: &[&DataFile],
) {
    let topic_partition = TopicPartition { topic: folder.topic.clone(), partition: folder.partition };
    if !folder.is_within_limits() {
        let reason = format!(
            "partition {} is not shown: at most {} partitions of a topic are",
            folder.partition,
            crate::limits::PARTITIONS_MAX
        );
        let foreign = |&file: &&DataFile| ForeignFile { file: file.clone(), reason: reason.clone() };
        directory.foreign.extend(files.iter().map(foreign));
        return;
    }
    let is_taken =
        |partitions: &BTreeMap<PartitionId, PartitionFiles>| partitions.contains_key(&folder.partition);
    let whole_folder = match folder.state {
        FolderState::Deleted => Some(LeftoverKind::DeletedFolder),
        FolderState::Future => Some(LeftoverKind::FutureFolder),
        FolderState::Stray => Some(LeftoverKind::StrayFolder),
        FolderState::Current if directory.topics.get(&folder.topic).is_some_and(is_taken) => {
            Some(LeftoverKind::SecondFolder)
        }
        FolderState::Current => None,
    };
    if let Some(kind) = whole_folder {
        let files = files.iter().map(|&file| file.clone()).collect();
        directory.leftovers.push(Leftover { kind, topic_partition: Some(topic_partition), files });
        return;
    }
    let mut sorting = Sorting {
        topic_partition,
        partition: PartitionFiles { folder: path.to_owned(), ..PartitionFiles::default() },
        parts: BTreeMap::new(),
        left: BTreeMap::new(),
        foreign: Vec::new(),
    };
    files.iter().for_each(|&file| sorting.take(file));
    sorting.settle_swaps();
    sorting.finish(directory);
}

/// The state in which a part of a segment is there, with the file.
type Part = (Offset, SegmentPart, FileState);

/// What is known of a partition's folder while its files are sorted in.
struct Sorting {
    topic_partition: TopicPartition,
    partition: PartitionFiles,
    parts: BTreeMap<Part, DataFile>,
    left: BTreeMap<LeftoverKind, Vec<DataFile>>,
    foreign: Vec<ForeignFile>,
}

impl Sorting {
    fn take(&mut self, file: &DataFile) {
        let Some(kind) = FileKind::parse(file_name(file)) else {
            let reason = "not one of Kafka's files".to_owned();
            self.foreign.push(ForeignFile { file: file.clone(), reason });
            return;
        };
        match kind {
            FileKind::Segment { state: FileState::Deleted, .. }
            | FileKind::MetadataSnapshot { state: FileState::Deleted, .. } => {
                self.leave(LeftoverKind::Deleted, file.clone());
            }
            FileKind::Segment { base_offset, part, state } => {
                self.parts.insert((base_offset, part, state), file.clone());
            }
            FileKind::MetadataSnapshot { end_offset, epoch, state: FileState::InUse } => {
                self.partition.metadata_snapshots.insert((end_offset, epoch), file.clone());
            }
            FileKind::MetadataSnapshot { .. } | FileKind::Temporary => {
                self.leave(LeftoverKind::Unfinished, file.clone());
            }
            FileKind::LeaderEpochs => self.partition.leader_epochs = Some(file.clone()),
            FileKind::PartitionMetadata => self.partition.metadata = Some(file.clone()),
            FileKind::QuorumState => self.partition.quorum_state = Some(file.clone()),
            FileKind::Node(_) => {
                let reason = "a file of the whole directory, in a partition's folder".to_owned();
                self.foreign.push(ForeignFile { file: file.clone(), reason });
            }
        }
    }

    fn leave(&mut self, kind: LeftoverKind, file: DataFile) {
        self.left.entry(kind).or_default().push(file);
    }

    /// Tells which `.swap` files count as the broker would have it (`LogLoader`): those before the first `.cleaned` offset. One
    /// of them is read in its segment's stead only where that segment is gone already: else the segments that it was made from
    /// are there, and hold all that it holds.
    fn settle_swaps(&mut self) {
        let cleaned = |(offset, _, state): &Part| (*state == FileState::Cleaned).then_some(*offset);
        let first_cleaned = self.parts.keys().filter_map(cleaned).min();
        let has_log: BTreeSet<Offset> = self
            .parts
            .keys()
            .filter(|(_, part, state)| (*part, *state) == (SegmentPart::Log, FileState::InUse))
            .map(|(offset, ..)| *offset)
            .collect();
        let (parts, mut kept) = (std::mem::take(&mut self.parts), BTreeMap::new());
        for (part, file) in parts {
            let (offset, _, state) = part;
            let counts = first_cleaned.is_none_or(|first| offset < first) && !has_log.contains(&offset);
            match state {
                FileState::Cleaned => self.leave(LeftoverKind::Cleaned, file),
                FileState::Swap if !counts => self.leave(LeftoverKind::Swap, file),
                _ => {
                    kept.insert(part, file);
                }
            }
        }
        self.parts = kept;
    }

    fn finish(mut self, directory: &mut DataDirectory) {
        let mut parts = std::mem::take(&mut self.parts);
        let bases: BTreeSet<Offset> = parts.keys().map(|(offset, ..)| *offset).collect();
        for base_offset in bases {
            // A broker that was renaming may have come half way: each part counts under either name.
            let mut take = |part| {
                let in_use = parts.remove(&(base_offset, part, FileState::InUse));
                let swap = parts.remove(&(base_offset, part, FileState::Swap));
                (
                    in_use.clone().or_else(|| swap.clone()),
                    in_use.is_none() && swap.is_some(),
                    in_use.and(swap),
                )
            };
            let (snapshot, _, first) = take(SegmentPart::ProducerSnapshot);
            let (log, is_swap, _) = take(SegmentPart::Log);
            let (offset_index, _, second) = take(SegmentPart::OffsetIndex);
            let (time_index, _, third) = take(SegmentPart::TimeIndex);
            let (transaction_index, _, fourth) = take(SegmentPart::TransactionIndex);
            if let Some(snapshot) = snapshot {
                self.partition.producer_snapshots.insert(base_offset, snapshot);
            }
            for double in [first, second, third, fourth].into_iter().flatten() {
                self.leave(LeftoverKind::Swap, double);
            }
            let Some(log) = log else {
                for orphan in [offset_index, time_index, transaction_index].into_iter().flatten() {
                    self.leave(LeftoverKind::Orphan, orphan);
                }
                continue;
            };
            let segment =
                SegmentFiles { base_offset, log, is_swap, offset_index, time_index, transaction_index };
            self.partition.segments.push(segment);
        }
        let TopicPartition { topic, partition } = self.topic_partition.clone();
        directory.topics.entry(topic).or_default().insert(partition, self.partition);
        for (kind, mut files) in self.left {
            sort_by_number(&mut files, |file| file.index as u64);
            let topic_partition = Some(self.topic_partition.clone());
            directory.leftovers.push(Leftover { kind, topic_partition, files });
        }
        directory.foreign.extend(self.foreign);
    }
}

fn file_name(file: &DataFile) -> &str {
    file.path.rsplit('/').next().unwrap_or(&file.path)
}
