use proptest::prelude::*;

use super::*;

fn directory(paths: &[&str]) -> DataDirectory {
    DataDirectory::from_files(paths.iter().map(|path| (*path, 7)))
}

fn partition<'a>(directory: &'a DataDirectory, topic: &str, partition: i32) -> &'a PartitionFiles {
    &directory.topics[&TopicName::parse(topic).unwrap()][&PartitionId::new(partition)]
}

fn left(directory: &DataDirectory) -> Vec<(LeftoverKind, Vec<&str>)> {
    let files = |leftover: &'_ Leftover| leftover.kind;
    let leftover = directory.leftovers.iter();
    leftover.map(|l| (files(l), l.files.iter().map(|file| name_of(&file.path)).collect())).collect()
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[test]
fn a_directory_is_made_out_by_its_names() {
    let directory = directory(&[
        "kafka-logs/meta.properties",
        "kafka-logs/recovery-point-offset-checkpoint",
        "kafka-logs/.kafka_cleanshutdown",
        "kafka-logs/my.or-ders-1/00000000000000000100.log",
        "kafka-logs/my.or-ders-1/00000000000000000000.log",
        "kafka-logs/my.or-ders-1/00000000000000000000.index",
        "kafka-logs/my.or-ders-1/00000000000000000000.timeindex",
        "kafka-logs/my.or-ders-1/00000000000000000100.txnindex",
        "kafka-logs/my.or-ders-1/00000000000000000100.snapshot",
        "kafka-logs/my.or-ders-1/00000000000000000140.snapshot",
        "kafka-logs/my.or-ders-1/leader-epoch-checkpoint",
        "kafka-logs/my.or-ders-1/partition.metadata",
        "kafka-logs/my.or-ders-0/partition.metadata",
        "kafka-logs/__cluster_metadata-0/00000000000000000123-0000000001.checkpoint",
        "kafka-logs/__cluster_metadata-0/quorum-state",
        "kafka-logs/remote-log-index-cache/1_abc.index",
        "kafka-logs/readme.txt",
        "kafka-logs/my.or-ders-1/.DS_Store",
        "kafka-logs/my.or-ders-1/meta.properties",
        "00000000000000000000.log",
        "kafka-logs/backup/00000000000000000000.log",
        "kafka-logs/big-1000/00000000000000000000.log",
    ]);
    let orders = partition(&directory, "my.or-ders", 1);
    assert_eq!(orders.folder, "kafka-logs/my.or-ders-1");
    let [first, second] = &orders.segments[..] else { panic!("{orders:?}") };
    assert_eq!((first.base_offset.value(), first.log.index, first.is_swap), (0, 4, false));
    assert!(first.offset_index.is_some() && first.time_index.is_some() && first.transaction_index.is_none());
    assert_eq!((second.base_offset.value(), second.log.bytes), (100, 7));
    assert!(second.offset_index.is_none() && second.transaction_index.is_some());
    assert_eq!(orders.producer_snapshots.keys().map(|o| o.value()).collect::<Vec<_>>(), [100, 140]);
    assert!(orders.leader_epochs.is_some() && orders.metadata.is_some());
    assert_eq!(partition(&directory, "my.or-ders", 0).segments, []);
    let metadata = partition(&directory, "__cluster_metadata", 0);
    assert!(
        metadata.quorum_state.is_some() && metadata.metadata_snapshots.contains_key(&(Offset::new(123), 1))
    );
    let kinds: Vec<NodeFile> = directory.node_files.iter().map(|(kind, _)| *kind).collect();
    use NodeFile::{CleanShutdown, MetaProperties, RecoveryPoints, RemoteIndexCache};
    assert_eq!(kinds, [MetaProperties, RecoveryPoints, CleanShutdown, RemoteIndexCache]);
    assert_eq!(directory.node_file(CleanShutdown).unwrap().index, 2);
    assert_eq!(directory.leftovers, []);
    let foreign: Vec<(usize, &str)> =
        directory.foreign.iter().map(|foreign| (foreign.file.index, foreign.reason.as_str())).collect();
    let [text, ds_store, meta, no_folder, backup, big] = foreign[..] else { panic!("{foreign:?}") };
    assert_eq!((text, ds_store), ((16, "not one of Kafka's files"), (17, "not one of Kafka's files")));
    assert_eq!(meta, (18, "a file of the whole directory, in a partition's folder"));
    assert!(no_folder.1.contains("without its folder") && backup.1.contains("\"backup\""), "{foreign:?}");
    assert!(big.1.contains("partition 1000 is not shown: at most 1000"), "{foreign:?}");
}

#[test]
fn what_a_crash_left_behind_is_told_apart_from_the_log() {
    let directory = directory(&[
        "d/a-0/00000000000000000000.log",
        "d/a-0/00000000000000000000.log.deleted",
        "d/a-0/00000000000000000000.snapshot.deleted",
        "d/a-0/00000000000000000050.index",
        "d/a-0/leader-epoch-checkpoint.tmp",
        "d/a-0/00000000000000000000.log.swap",
        "d/a-0/00000000000000000060.log.cleaned",
        "d/a-1.0123-delete/00000000000000000000.log",
        "d/a-2.0123-future/00000000000000000000.log",
        "d/a-3.0123-stray/00000000000000000000.log",
        "d/log-start-offset-checkpoint.tmp",
        "e/a-0/00000000000000000000.log",
    ]);
    assert_eq!(partition(&directory, "a", 0).segments.len(), 1);
    let topics: Vec<Vec<i32>> =
        directory.topics.values().map(|p| p.keys().map(|id| id.value()).collect()).collect();
    assert_eq!(topics, [[0]]);
    assert_eq!(
        left(&directory),
        [
            (
                LeftoverKind::Deleted,
                vec!["00000000000000000000.log.deleted", "00000000000000000000.snapshot.deleted"]
            ),
            (LeftoverKind::Cleaned, vec!["00000000000000000060.log.cleaned"]),
            (LeftoverKind::Swap, vec!["00000000000000000000.log.swap"]),
            (LeftoverKind::Orphan, vec!["00000000000000000050.index"]),
            (LeftoverKind::Unfinished, vec!["leader-epoch-checkpoint.tmp"]),
            (LeftoverKind::DeletedFolder, vec!["00000000000000000000.log"]),
            (LeftoverKind::FutureFolder, vec!["00000000000000000000.log"]),
            (LeftoverKind::StrayFolder, vec!["00000000000000000000.log"]),
            (LeftoverKind::Unfinished, vec!["log-start-offset-checkpoint.tmp"]),
            (LeftoverKind::SecondFolder, vec!["00000000000000000000.log"]),
        ]
    );
    assert!(directory.leftovers.iter().all(|leftover| leftover.kind.meaning().ends_with('.')));
}

#[test]
fn a_swap_is_read_where_its_segment_is_gone_and_no_cleaned_file_forbids_it() {
    let gone = directory(&["a-0/00000000000000000005.log.swap", "a-0/00000000000000000005.index"]);
    let segments = &partition(&gone, "a", 0).segments;
    assert!(segments[0].is_swap && segments[0].offset_index.is_some() && gone.leftovers.is_empty());
    let before = directory(&["a-0/00000000000000000005.log.swap", "a-0/00000000000000000006.log.cleaned"]);
    assert_eq!(partition(&before, "a", 0).segments.len(), 1);
    let forbidden = directory(&["a-0/00000000000000000005.log.swap", "a-0/00000000000000000005.log.cleaned"]);
    assert_eq!(partition(&forbidden, "a", 0).segments, []);
    assert_eq!(left(&forbidden).len(), 2);
}

#[test]
fn a_path_that_is_there_twice_counts_once() {
    let twice = directory(&["a-0\\00000000000000000000.log", "a-0/00000000000000000000.log"]);
    assert_eq!(partition(&twice, "a", 0).segments[0].log.index, 1);
    assert_eq!((twice.leftovers.len(), twice.foreign.len()), (0, 0));
}

proptest! {
    #[test]
    fn every_file_is_told_once_whatever_the_names(
        paths in proptest::collection::btree_set(
            "(d/)?(a-0|a-1|b-c-0|a-0\\.1-delete|a-1\\.1-future|x|a-5000)/(0000000000000000000[0-3]\\.(log|index|txnindex|snapshot|timeindex)(|\\.deleted|\\.swap|\\.cleaned|\\.x)|leader-epoch-checkpoint(|\\.tmp)|.{0,3})",
            0..40,
        ),
    ) {
        let directory = DataDirectory::from_files(paths.iter().map(|path| (path.clone(), 1)));
        let mut seen: Vec<usize> = Vec::new();
        for partition in directory.topics.values().flat_map(BTreeMap::values) {
            for segment in &partition.segments {
                seen.push(segment.log.index);
                let parts = [&segment.offset_index, &segment.time_index, &segment.transaction_index];
                seen.extend(parts.into_iter().flatten().map(|file| file.index));
            }
            seen.extend(partition.producer_snapshots.values().map(|file| file.index));
            seen.extend(partition.leader_epochs.iter().map(|file| file.index));
            prop_assert!(partition.segments.is_sorted_by_key(|segment| segment.base_offset));
        }
        seen.extend(directory.leftovers.iter().flat_map(|leftover| &leftover.files).map(|file| file.index));
        seen.extend(directory.foreign.iter().map(|foreign| foreign.file.index));
        seen.extend(directory.node_files.iter().map(|(_, file)| file.index));
        seen.sort_unstable();
        let distinct: std::collections::BTreeSet<String> = paths.iter().map(|path| path.replace('\\', "/")).collect();
        prop_assert_eq!(seen.len(), distinct.len(), "{:?}", directory);
        seen.dedup();
        prop_assert_eq!(seen.len(), distinct.len());
    }
}
