//! `tests/golden`: internal logs beside what `kafka-dump-log` prints of them, and every kind of record that Kafka's classes
//! write. `tests/golden/README.md` tells how they are made.

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// A record of a log.
pub struct Record {
    pub place: String,
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub is_control: bool,
    /// What the tool prints behind the record's numbers.
    pub printed: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kafka-4.4.0")
}

/// Where Kafka 4.0 put what a cluster begins with.
fn formatted() -> PathBuf {
    root().join("../kafka-4.0.0/formatted")
}

/// All records of internal topics, of their snapshots too, and all control records.
pub fn logs() -> Vec<Record> {
    let mut records = Vec::new();
    let internal = fs::read_dir(root().join("internal")).unwrap().map(|folder| folder.unwrap().path());
    for folder in internal.chain([formatted()]).filter(|folder| folder.is_dir()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        let topic = if folder == formatted() {
            "__cluster_metadata"
        } else {
            name.strip_suffix("-0").unwrap_or(name)
        };
        for file in fs::read_dir(&folder).unwrap() {
            let meaning = file.unwrap().path();
            if let Some(log) = meaning.to_str().unwrap().strip_suffix(".meaning.jsonl") {
                records.extend(log_records(topic, &meaning, Path::new(&format!("{log}.dump.txt"))));
            }
        }
    }
    records
}

fn log_records(topic: &str, meaning: &Path, dump: &Path) -> Vec<Record> {
    let dump = fs::read_to_string(dump).unwrap();
    let mut printed = dump.lines().filter(|line| line.starts_with("| offset: "));
    let mut is_control = false;
    let mut records = Vec::new();
    for line in fs::read_to_string(meaning).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(batch) = line.get("batch") {
            is_control = batch["control"].as_bool().unwrap();
            continue;
        }
        let record = &line["record"];
        let printed = printed.next().unwrap_or_else(|| panic!("the tool prints no {record}"));
        let place = format!("{topic} at offset {}", record["offset"]);
        assert!(printed.starts_with(&format!("| offset: {} ", record["offset"])), "{place}: {printed}");
        let printed = printed.split_once("headerKeys: [] ").map(|it| it.1.to_owned()).unwrap_or_default();
        let (key, value) = (bytes(&record["key"]), bytes(&record["value"]));
        if topic.starts_with("__") || is_control {
            records.push(Record { place, topic: topic.to_owned(), key, value, is_control, printed });
        }
    }
    assert_eq!(printed.next(), None, "{}: the tool prints more", meaning.display());
    records
}

fn bytes(base64: &Value) -> Option<Vec<u8>> {
    match base64 {
        Value::Null => None,
        Value::String(base64) => Some(BASE64_STANDARD.decode(base64).unwrap()),
        other => panic!("no bytes: {other}"),
    }
}

/// A record of `messages.jsonl`.
pub struct Sample {
    pub line: usize,
    pub topic: String,
    pub key: Option<Vec<u8>>,
    pub key_json: Option<String>,
    pub value: Vec<u8>,
    pub value_json: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    topic: String,
    key: Value,
    #[serde(borrow)]
    key_json: Option<&'a RawValue>,
    value: Value,
    #[serde(borrow)]
    value_json: &'a RawValue,
}

/// All kinds of records, in all versions.
pub fn samples() -> Vec<Sample> {
    let lines = fs::read_to_string(root().join("messages.jsonl")).unwrap();
    let samples = lines.lines().zip(1..).map(|(text, number)| {
        let line: Line<'_> = serde_json::from_str(text).unwrap();
        Sample {
            line: number,
            topic: line.topic,
            key: bytes(&line.key),
            key_json: line.key_json.map(|json| json.get().to_owned()),
            value: bytes(&line.value).unwrap(),
            value_json: line.value_json.get().to_owned(),
        }
    });
    samples.collect()
}
