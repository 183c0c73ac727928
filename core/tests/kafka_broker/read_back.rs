//! What clients read from the broker, beside what Kafka's own classes once read from the corpus' files.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tablog_core::ids::TopicName;

use crate::kafka::interop;

const ISOLATIONS: [&str; 2] = ["read_uncommitted", "read_committed"];

/// The records of one partition by offset, as `{"offset", "timestamp", "key", "value", "headers"}`.
type Records = BTreeMap<i64, Value>;

fn corpus() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kafka-4.4.0")
}

fn case_of(topic: &str) -> &'static str {
    if corpus().join("codecs").join(format!("{topic}-0")).is_dir() { "codecs" } else { "topics" }
}

/// What a consumer should get of a partition: the offsets that Kafka's consumer got from the broker that wrote it, and each
/// record as it was read from the files.
fn expected(topic: &str, partition: usize, isolation: &str) -> Records {
    let case = case_of(topic);
    let mut all = Records::new();
    for entry in fs::read_dir(corpus().join(case).join(format!("{topic}-{partition}"))).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with(".log.meaning.jsonl") {
            for line in fs::read_to_string(path).unwrap().lines() {
                let mut line: Value = serde_json::from_str(line).unwrap();
                let record = line["record"].take();
                if let Some(offset) = record["offset"].as_i64() {
                    all.insert(offset, record);
                }
            }
        }
    }
    let consumed = fs::read_to_string(corpus().join(format!("{case}.consumed.jsonl"))).unwrap();
    let consumed = consumed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut consumed = consumed
        .filter(|it| it["topic"] == topic && it["partition"] == partition && it["isolation"] == isolation);
    let offsets = consumed.next().unwrap_or_else(|| panic!("{topic}-{partition} was not consumed"));
    let offsets = offsets["offsets"].as_array().unwrap().iter().map(|offset| offset.as_i64().unwrap());
    offsets.map(|offset| (offset, all[&offset].clone())).collect()
}

pub fn by_kafkas_consumer(address: &str, topics: &BTreeMap<TopicName, usize>) {
    let names: Vec<&str> = topics.keys().map(TopicName::as_str).collect();
    for isolation in ISOLATIONS {
        let printed = interop(&["consume", address, &names.join(","), isolation], std::iter::empty());
        let mut read = BTreeMap::<(String, usize), Records>::new();
        for line in printed.lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            let place = (
                line["topic"].as_str().unwrap().to_owned(),
                usize::try_from(line["partition"].as_i64().unwrap()).unwrap(),
            );
            let fields = line.as_object_mut().unwrap();
            fields.remove("topic");
            fields.remove("partition");
            read.entry(place).or_default().insert(line["offset"].as_i64().unwrap(), line);
        }
        let mut records = 0;
        for (topic, &partitions) in topics {
            for partition in 0..partitions {
                let ours = read.remove(&(topic.as_str().to_owned(), partition)).unwrap_or_default();
                let expected = expected(topic.as_str(), partition, isolation);
                assert_eq!(ours.len(), expected.len(), "{topic}-{partition}, {isolation}");
                for (offset, mut record) in expected {
                    // The corpus leaves them out where there are none.
                    if record["headers"].is_null() {
                        record["headers"] = json!([]);
                    }
                    assert_eq!(ours.get(&offset), Some(&record), "{topic}-{partition}, {isolation}");
                    records += 1;
                }
            }
        }
        assert!(records > 1_000, "only {records} records were read with {isolation}");
        assert!(read.is_empty(), "{:?}", read.keys());
    }
}

/// The topics that `kcat` reads: it is started for each, so not all.
fn is_for_kcat(topic: &TopicName) -> bool {
    let topic = topic.as_str();
    case_of(topic) == "topics" || topic.ends_with("-mixed") || topic.ends_with("-none-log-append-time")
}

pub fn by_kcat(address: &str, topics: &BTreeMap<TopicName, usize>) {
    let mut records = 0;
    for (topic, &partitions) in topics.iter().filter(|(topic, _)| is_for_kcat(topic)) {
        for (partition, isolation) in
            (0..partitions).flat_map(|it| ISOLATIONS.map(|isolation| (it, isolation)))
        {
            let printed = kcat(address, topic.as_str(), partition, isolation);
            let mut rest = printed.as_slice();
            for record in expected(topic.as_str(), partition, isolation).values() {
                let line = in_kcats_form(record, rest);
                let (ours, after) = rest.split_at(line.len().min(rest.len()));
                assert!(
                    ours == line,
                    "{topic}-{partition}, {isolation}: kcat read {:?} instead of {:?}",
                    String::from_utf8_lossy(ours),
                    String::from_utf8_lossy(&line)
                );
                rest = after;
                records += 1;
            }
            assert!(rest.is_empty(), "{topic}-{partition}, {isolation}: {}", String::from_utf8_lossy(rest));
        }
    }
    assert!(records > 500, "kcat read only {records} records");
}

fn kcat(address: &str, topic: &str, partition: usize, isolation: &str) -> Vec<u8> {
    let mut kcat = Command::new("kcat");
    kcat.args([
        "-C",
        "-e",
        "-q",
        "-o",
        "beginning",
        "-f",
        "%o %T %K %S %k%s %h\n",
        "-b",
        address,
        "-t",
        topic,
    ]);
    kcat.args(["-p", &partition.to_string(), "-X", &format!("isolation.level={isolation}")]);
    kcat.args(["-X", "fetch.wait.max.ms=10", "-X", "broker.address.family=v4"]);
    let output = kcat.output().unwrap();
    assert!(output.status.success(), "{topic}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What `kcat` prints of a record: its lengths are -1 for null. The corpus tells long values by length and SHA-256, so that a
/// long one is taken from what was printed, if it is the one.
fn in_kcats_form(record: &Value, printed: &[u8]) -> Vec<u8> {
    let bytes = |value: &Value| value.as_str().map(|text| BASE64_STANDARD.decode(text).unwrap());
    let length = |value: &Value| match value {
        Value::Object(long) => long["length"].to_string(),
        short => bytes(short).map_or("-1".to_owned(), |it| it.len().to_string()),
    };
    let (key, value) = (&record["key"], &record["value"]);
    let numbers = format!("{} {}", record["offset"], record["timestamp"]);
    let mut out = format!("{numbers} {} {} ", length(key), length(value)).into_bytes();
    out.extend(bytes(key).unwrap_or_default());
    match value {
        Value::Object(long) => {
            let length = usize::try_from(long["length"].as_u64().unwrap()).unwrap();
            let found = printed.get(out.len()..out.len() + length).unwrap_or_default();
            let sha256: String = Sha256::digest(found).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(long["sha256"], sha256, "the value at {numbers}");
            out.extend(found);
        }
        short => out.extend(bytes(short).unwrap_or_default()),
    }
    out.push(b' ');
    for (at, header) in record["headers"].as_array().into_iter().flatten().enumerate() {
        out.extend(if at > 0 { &b","[..] } else { b"" });
        out.extend(format!("{}=", header["key"].as_str().unwrap()).bytes());
        out.extend(bytes(&header["value"]).unwrap_or_else(|| b"NULL".to_vec()));
    }
    out.push(b'\n');
    out
}
