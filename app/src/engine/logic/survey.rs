//! What a lot of dropped files is, by their names: topics of a broker's data directory, and the rest.

use std::collections::BTreeMap;

use tablog_core::ids::TopicName;
use tablog_core::segment::DataDirectory;
use tablog_core::segment::folder::{DataFile, Leftover, NodeFile, PartitionFiles};

use crate::engine::protocol::{Survey, SurveyedTopic};

/// Endings of the files that may hold records although Kafka's directories have no place for them.
const RECORD_ENDINGS: [&str; 5] = [".log", ".jsonl", ".ndjson", ".json", ".checkpoint"];

/// Snapshots of the metadata that are opened of one folder, the newest: each has all that the ones before had, and a controller
/// keeps those of a week. Any other opens when it is dropped by itself.
const METADATA_SNAPSHOTS_MAX: usize = 4;

/// Sorts files by their paths.
pub fn survey(files: Vec<(String, u64)>) -> Survey {
    let count = files.len();
    if cfg!(not(feature = "files")) {
        // The page asks the other engine when there may be a topic among them.
        let others = (0..u32::try_from(count).unwrap_or(u32::MAX)).collect();
        return Survey { others, ..Survey::default() };
    }
    let directory = DataDirectory::from_files(files);
    let mut topics: BTreeMap<&TopicName, SurveyedTopic> = BTreeMap::new();
    for (name, partitions) in &directory.topics {
        let mut files: Vec<u32> = partitions.values().flat_map(files_of).map(index).collect();
        files.extend(directory.node_files.iter().map(|(_, file)| index(file)));
        let partitions = u32::try_from(partitions.len()).unwrap_or(u32::MAX);
        topics.insert(name, SurveyedTopic { name: name.to_string(), files, partitions });
    }
    let mut notes = Vec::new();
    for leftover in &directory.leftovers {
        let of = leftover.topic_partition.as_ref().and_then(|of| topics.get_mut(&of.topic));
        match of {
            Some(topic) => topic.files.extend(leftover.files.iter().map(index)),
            None => notes.push((name_of(leftover), leftover.kind.meaning().to_owned())),
        }
    }
    let has_topics = !topics.is_empty();
    // They hold records of the metadata's topic at offsets of their own, so they are no part of its log.
    let mut others = metadata_snapshots(&directory);
    let is_anything_shown = has_topics || !others.is_empty();
    for foreign in &directory.foreign {
        let may_hold_records = RECORD_ENDINGS.iter().any(|end| foreign.file.path.ends_with(end));
        // A single file without a folder is looked at whatever it is called.
        if may_hold_records || !has_topics && (count == 1 || !foreign.file.path.contains('/')) {
            others.push(index(&foreign.file));
        } else if !has_topics {
            notes.push((foreign.file.path.clone(), foreign.reason.clone()));
        }
    }
    if !is_anything_shown {
        let told = "says something of a broker, and no topic's folder was dropped with it";
        notes.extend(directory.node_files.iter().map(|(_, file)| (file.path.clone(), told.to_owned())));
    }
    Survey { topics: topics.into_values().collect(), others, notes }
}

/// Finds the metadata that a cluster began with, and the newest snapshots of what came of it.
fn metadata_snapshots(directory: &DataDirectory) -> Vec<u32> {
    let bootstrap = directory.node_files.iter().filter(|(kind, _)| *kind == NodeFile::BootstrapMetadata);
    let partitions = directory.topics.values().flat_map(BTreeMap::values);
    let newest = partitions.flat_map(|it| it.metadata_snapshots.values().rev().take(METADATA_SNAPSHOTS_MAX));
    bootstrap.map(|(_, file)| file).chain(newest).map(index).collect()
}

fn files_of(partition: &PartitionFiles) -> Vec<&DataFile> {
    let mut files: Vec<&DataFile> = Vec::new();
    for segment in &partition.segments {
        files.push(&segment.log);
        files.extend(
            [&segment.offset_index, &segment.time_index, &segment.transaction_index].into_iter().flatten(),
        );
    }
    files.extend(partition.producer_snapshots.values());
    files.extend(partition.metadata_snapshots.values());
    files.extend(
        [&partition.leader_epochs, &partition.metadata, &partition.quorum_state].into_iter().flatten(),
    );
    files
}

fn name_of(leftover: &Leftover) -> String {
    let first = leftover.files.first().map_or("", |file| file.path.as_str());
    match leftover.files.len() {
        0 | 1 => first.to_owned(),
        count => format!("{first} and {} more", count - 1),
    }
}

fn index(file: &DataFile) -> u32 {
    u32::try_from(file.index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str]) -> Survey {
        survey(paths.iter().map(|path| ((*path).to_owned(), 10)).collect())
    }

    #[test]
    fn folders_are_topics_with_all_that_belongs_to_them() {
        let found = of(&[
            "d/meta.properties",
            "d/orders-0/00000000000000000000.log",
            "d/orders-0/00000000000000000000.index",
            "d/orders-0/00000000000000000000.log.deleted",
            "d/orders-1/00000000000000000007.log",
            "d/orders-1/leader-epoch-checkpoint",
            "d/__consumer_offsets-3/00000000000000000000.log",
            "d/notes.jsonl",
            "d/.DS_Store",
        ]);
        let topics: Vec<(&str, u32)> =
            found.topics.iter().map(|topic| (topic.name.as_str(), topic.partitions)).collect();
        assert_eq!(topics, [("__consumer_offsets", 1), ("orders", 2)]);
        let mut of_orders = found.topics[1].files.clone();
        of_orders.sort_unstable();
        assert_eq!(of_orders, [0, 1, 2, 3, 4, 5], "the node's file and what a crash left, too");
        assert_eq!((found.others, found.notes), (vec![7], Vec::new()));
    }

    #[test]
    fn snapshots_of_the_metadata_are_opened_beside_its_log_the_newest_first() {
        // They lay hidden in their topic: no offset of its log is theirs.
        let paths: Vec<String> = [3, 1, 2, 5, 4]
            .map(|end| format!("d/__cluster_metadata-0/{end:020}-0000000001.checkpoint"))
            .into_iter()
            .chain(
                ["__cluster_metadata-0/00000000000000000000.log", "bootstrap.checkpoint", "meta.properties"]
                    .map(|path| format!("d/{path}")),
            )
            .collect();
        let found = of(&paths.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((found.others, found.notes), (vec![6, 3, 4, 0, 2], Vec::new()));
        assert_eq!(found.topics[0].files.len(), paths.len(), "an export has all of them");
        // A directory that was formatted, and never started.
        let formatted = of(&["d/bootstrap.checkpoint", "d/meta.properties"]);
        assert_eq!((formatted.others, formatted.notes), (vec![0], Vec::new()));
        // One that was copied away.
        let copied = of(&["copies/00000000000000000009-0000000001.checkpoint"]);
        assert_eq!((copied.others, copied.notes), (vec![0], Vec::new()));
    }

    #[test]
    fn files_without_a_folder_are_looked_at_one_by_one() {
        let found = of(&["00000000000000000000.log", "events.txt", "a.jsonl"]);
        assert_eq!((found.topics, found.others, found.notes), (Vec::new(), vec![0, 1, 2], Vec::new()));
    }

    #[test]
    fn what_has_no_topic_is_named_with_its_reason() {
        let found = of(&[
            "d/a-1.0123456789abcdef0123456789abcdef-delete/00000000000000000000.log",
            "d/meta.properties",
        ]);
        assert_eq!((found.topics.len(), found.others.len()), (0, 0));
        let [(folder, meaning), (meta, reason)] = &found.notes[..] else { panic!("{:?}", found.notes) };
        assert!(folder.ends_with("00000000000000000000.log") && meaning.contains("was deleted"), "{meaning}");
        assert!(meta == "d/meta.properties" && reason.contains("no topic's folder"), "{reason}");
    }
}
