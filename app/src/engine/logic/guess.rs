//! What a file of lines seems to be, judged by some of its bytes.

use std::fmt;

use bytes::Bytes;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use tablog_core::ids::TopicName;
use tablog_core::limits::{LINE_BYTES_MAX, PARTITIONS_MAX, TOPIC_NAME_LENGTH_MAX};
use tablog_core::portable::{Format, LinesReader, OnError, PlainOptions, PortableRecord, detect};
use tablog_core::record::BatchHeader;
use tablog_core::segment::folder::{FileKind, NodeFile};

use crate::engine::protocol::{FileFormat, FileGuess};

/// Fields of an event that are offered as key or time.
const FIELDS_MAX: usize = 50;
/// The topic's name for a file whose own name gives none.
const TOPIC_DEFAULT: &str = "imported";
/// The topic whose records are in a snapshot of the cluster's metadata, whatever its folder is called.
const METADATA_TOPIC: &str = "__cluster_metadata";
/// Kafka's names for a segment have so many digits.
const SEGMENT_DIGITS: usize = 20;

/// Some of a file's bytes.
pub struct Sample {
    /// The first bytes, at least one line if there is one.
    pub head: Bytes,
    /// Whether that is the whole file.
    pub is_whole: bool,
    /// Bytes from other places, beginning and ending within lines.
    pub others: Vec<Bytes>,
}

/// Judges a file that is no log.
pub fn guess_lines(name: &str, bytes: u64, sample: &Sample) -> FileGuess {
    let head = if sample.is_whole { sample.head.clone() } else { whole_lines(&sample.head, 0) };
    let detected = detect(&head);
    let records = read(&head, detected.format);
    let none = |reason: String| FileGuess {
        name: name.to_owned(),
        bytes,
        format: None,
        reason,
        topic: topic_for(name),
        partitions: 1,
        fields: Vec::new(),
    };
    // A list over many lines may have some that are whole by chance: taking those would lose the others.
    let Some(first) = records.first().filter(|_| !opens_a_list(&head)) else {
        return none(match head.trim_ascii().first() {
            _ if bytes == 0 => "the file is empty".to_owned(),
            _ if head.is_empty() => {
                format!("its first line is longer than {LINE_BYTES_MAX} bytes, the most that are read")
            }
            None => "the file has no lines that hold anything".to_owned(),
            Some(b'[' | b'{') => "it begins like JSON, but its first lines are not: Tablog reads JSON Lines, one whole value a line".to_owned(),
            Some(_) => "it is neither a Kafka log nor JSON Lines".to_owned(),
        });
    };
    let others = sample.others.iter().flat_map(|bytes| {
        let start = bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |end| end + 1);
        read(&whole_lines(bytes, start), detected.format)
    });
    let named: Vec<i32> = records
        .iter()
        .cloned()
        .chain(others)
        .filter_map(|record| record.partition)
        .map(|p| p.value())
        .collect();
    let partitions = named.into_iter().max().map_or(1, |last| last.saturating_add(1));
    FileGuess {
        format: Some(match detected.format {
            Format::Tablog => FileFormat::JsonLines,
            Format::Kcat => FileFormat::Kcat,
            Format::Plain => FileFormat::PlainJson,
        }),
        topic: first.topic.as_ref().map_or_else(|| topic_for(name), ToString::to_string),
        partitions: partitions.clamp(1, PARTITIONS_MAX),
        fields: match (detected.format, &first.record.value) {
            (Format::Plain, Some(value)) => fields(value),
            _ => Vec::new(),
        },
        ..none(detected.reason)
    }
}

/// Says why a file can be opened as a log, by its name and its first bytes.
pub fn why_a_log(name: &str, head: &[u8]) -> &'static str {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let has_kafkas_name = file.strip_suffix(".log").is_some_and(is_segment);
    match BatchHeader::parse(head) {
        Ok(_) => "it begins with a record batch of Kafka's format 2",
        Err(_) if head.is_empty() => {
            "it has the name that Kafka gives to a log, and nothing was written to it yet"
        }
        Err(_) if has_kafkas_name => {
            "it has the name that Kafka gives to a log, but does not begin with a record batch"
        }
        Err(_) => "it does not begin with a record batch of Kafka's format 2, but holds one",
    }
}

/// Tells whether a name without its ending is a segment's: Kafka names it by its first offset.
fn is_segment(stem: &str) -> bool {
    stem.len() == SEGMENT_DIGITS && stem.bytes().all(|byte| byte.is_ascii_digit())
}

/// Tells whether the first line that holds anything is but the bracket of a list.
fn opens_a_list(head: &[u8]) -> bool {
    head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty()) == Some(b"[")
}

/// Makes a topic name out of a file's name: without folder and ending, with only what Kafka allows.
pub fn topic_for(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or(name);
    if let Some(FileKind::MetadataSnapshot { .. } | FileKind::Node(NodeFile::BootstrapMetadata)) =
        FileKind::parse(file)
    {
        return METADATA_TOPIC.to_owned();
    }
    let stem = file.split_once('.').map_or(file, |(stem, _)| stem);
    // Kafka names the folder by topic and partition.
    let is_segment = is_segment(stem);
    let folder = name.rsplit(['/', '\\']).nth(1).and_then(|folder| folder.rsplit_once('-'));
    let wanted = match folder {
        Some((topic, partition)) if is_segment && partition.parse::<u16>().is_ok() => topic,
        _ if is_segment => TOPIC_DEFAULT,
        _ => stem,
    };
    let allowed = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '-' };
    let made: String = wanted.chars().map(allowed).take(TOPIC_NAME_LENGTH_MAX).collect();
    let made = made.trim_matches('-');
    if TopicName::parse(made).is_ok() { made.to_owned() } else { TOPIC_DEFAULT.to_owned() }
}

/// Cuts off what follows the last line end.
fn whole_lines(bytes: &Bytes, start: usize) -> Bytes {
    let end = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    if start < end { bytes.slice(start..end) } else { Bytes::new() }
}

fn read(lines: &Bytes, format: Format) -> Vec<PortableRecord> {
    let mut reader = LinesReader::new(Some(format), PlainOptions::default(), OnError::Skip);
    reader.push(lines.clone());
    reader.finish();
    let mut records = Vec::new();
    while let Some(Ok(record)) = reader.next_record() {
        records.push(record);
    }
    records
}

/// Lists the names of an object's members, in their order; none for anything else.
fn fields(json: &[u8]) -> Vec<String> {
    serde_json::from_slice::<Names>(json).map_or_else(|_| Vec::new(), |names| names.0)
}

struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
        let mut names: Vec<String> = Vec::new();
        while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
            if names.len() < FIELDS_MAX && !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(Names(names))
    }
}

#[cfg(test)]
mod tests {
    use tablog_core::ids::Offset;
    use tablog_core::record::BatchBuilder;

    use super::*;

    fn whole(text: &str) -> Sample {
        Sample { head: Bytes::copy_from_slice(text.as_bytes()), is_whole: true, others: Vec::new() }
    }

    fn tablog_line(partition: i32) -> String {
        format!(
            "{{\"topic\":\"bills\",\"partition\":{partition},\"offset\":0,\"timestamp\":1,\"value\":\"v\"}}\n"
        )
    }

    #[test]
    fn plain_json_offers_its_fields_in_their_order() {
        let guess = guess_lines("shop/orders.jsonl", 9, &whole("{\"time\":1,\"id\":\"a\",\"id\":2}\n{}"));
        assert_eq!(guess.format, Some(FileFormat::PlainJson));
        assert_eq!(guess.fields, ["time", "id"]);
        assert_eq!((guess.topic.as_str(), guess.partitions), ("orders", 1));
    }

    #[test]
    fn an_export_names_its_topic_and_partitions_even_far_from_its_beginning() {
        let (first, last) = (tablog_line(0), tablog_line(6));
        let sample = Sample {
            head: Bytes::from(format!("{first}{{\"cut")),
            is_whole: false,
            others: vec![Bytes::from(format!("rest of a line\n{last}{{\"cut"))],
        };
        let guess = guess_lines("x.json", 9_000, &sample);
        assert_eq!(guess.format, Some(FileFormat::JsonLines));
        assert_eq!((guess.topic.as_str(), guess.partitions), ("bills", 7));
        assert!(guess.fields.is_empty());
    }

    #[test]
    fn what_cannot_be_opened_is_told_why() {
        let reason = |text: &str| {
            let guess = guess_lines("a.txt", text.len() as u64, &whole(text));
            assert_eq!(guess.format, None);
            guess.reason
        };
        assert_eq!(reason(""), "the file is empty");
        assert!(reason("\n\n").contains("no lines"));
        assert!(reason("[\n{\"a\":1},\n{\"a\":2}\n]").contains("one whole value a line"));
        assert!(reason("Dear diary").contains("neither"));
    }

    #[test]
    fn a_first_line_that_does_not_end_is_not_called_nothing() {
        // A line that was not read to its end counted as none: "the file has no lines that hold anything".
        let head = Bytes::from_static(b"{\"a\":\"and so on");
        let guess = guess_lines("a.jsonl", 9_000, &Sample { head, is_whole: false, others: Vec::new() });
        assert_eq!(guess.format, None);
        assert_eq!(guess.reason, "its first line is longer than 67108864 bytes, the most that are read");
    }

    #[test]
    fn a_log_is_called_what_it_is_even_when_it_is_empty_or_begins_with_noise() {
        // Each was said to begin with a record batch.
        let kafkas = "orders-1/00000000000000000042.log";
        assert!(why_a_log(kafkas, b"").contains("nothing was written to it yet"));
        assert!(why_a_log(kafkas, &[7; 61]).contains("but does not begin with a record batch"));
        assert!(why_a_log("renamed.bin", &[7; 61]).contains("but holds one"));
        let head = BatchBuilder::at(Offset::ZERO).build();
        assert_eq!(
            why_a_log("renamed.bin", head.bytes()),
            "it begins with a record batch of Kafka's format 2"
        );
    }

    #[test]
    fn a_snapshot_of_the_metadata_holds_the_metadatas_records() {
        // It was a topic of the snapshot's name, whose records nothing decodes.
        assert_eq!(topic_for("00000000000000000062-0000000001.checkpoint"), "__cluster_metadata");
        assert_eq!(topic_for("copy/00000000000000000062-0000000001.checkpoint"), "__cluster_metadata");
        assert_eq!(topic_for("bootstrap.checkpoint"), "__cluster_metadata");
        assert_eq!(topic_for("a.checkpoint"), "a");
        assert_eq!(topic_for("orders-1/00000000000000000042.log"), "orders");
    }

    #[test]
    fn a_bad_first_line_does_not_hide_the_others() {
        let guess = guess_lines("a.jsonl", 20, &whole("oops\n{\"a\":1}\n"));
        assert_eq!(guess.format, Some(FileFormat::PlainJson));
        assert_eq!(guess.fields, ["a"]);
    }

    #[test]
    fn topics_are_named_after_files() {
        let names = [
            ("my orders (1).jsonl", "my-orders--1"),
            ("logs/orders-3/00000000000000000042.log", "orders"),
            ("00000000000000000042.log", "imported"),
            ("größe", "gr--e"),
            ("….json", "imported"),
            (".hidden", "imported"),
        ];
        for (file, topic) in names {
            assert_eq!(topic_for(file), topic, "{file}");
        }
    }
}
