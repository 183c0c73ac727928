//! The golden corpus of `tests/golden`: the files, and their meaning as Kafka's own classes told it.

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// One log file (or a snapshot of the metadata log, which is of the same form), and what Kafka says is in it.
pub struct GoldenLog {
    /// Its path below `tests/golden`.
    pub name: String,
    pub bytes: Bytes,
    pub batches: Vec<GoldenBatch>,
    /// Where Kafka stops reading before the end, if it does.
    pub stops_at: Option<usize>,
}

/// A batch, or a message of the old formats, with its records. Both as in the line of JSON.
pub struct GoldenBatch {
    pub fields: Value,
    pub records: Vec<Value>,
}

impl GoldenBatch {
    pub fn int(&self, field: &str) -> i64 {
        int(&self.fields, field)
    }

    pub fn text(&self, field: &str) -> &str {
        self.fields[field].as_str().unwrap_or_else(|| panic!("{field} of {}", self.fields))
    }

    pub fn flag(&self, field: &str) -> bool {
        self.fields[field].as_bool().unwrap_or_else(|| panic!("{field} of {}", self.fields))
    }
}

pub fn int(object: &Value, field: &str) -> i64 {
    object[field].as_i64().unwrap_or_else(|| panic!("{field} of {object}"))
}

/// Reads all logs of the corpus, by name.
pub fn logs() -> Vec<GoldenLog> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden");
    let mut meanings = Vec::new();
    find(&root, ".meaning.jsonl", &mut meanings);
    meanings.sort();
    meanings.iter().map(|meaning| log(&root, meaning)).collect()
}

fn find(folder: &Path, suffix: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, suffix, found);
        } else if path.to_str().unwrap().ends_with(suffix) {
            found.push(path);
        }
    }
}

fn log(root: &Path, meaning: &Path) -> GoldenLog {
    let path = PathBuf::from(meaning.to_str().unwrap().strip_suffix(".meaning.jsonl").unwrap());
    let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    let bytes = Bytes::from(fs::read(&path).unwrap_or_else(|error| panic!("{name}: {error}")));
    let mut log = GoldenLog { name, bytes, batches: Vec::new(), stops_at: None };
    for line in fs::read_to_string(meaning).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if let Some(fields) = line.get("batch") {
            log.batches.push(GoldenBatch { fields: fields.clone(), records: Vec::new() });
        } else if let Some(record) = line.get("record") {
            log.batches.last_mut().unwrap().records.push(record.clone());
        } else {
            log.stops_at = Some(usize::try_from(int(&line["stop"], "position")).unwrap());
        }
    }
    log
}

/// Compares bytes, or their absence, with how the corpus tells them: null, base64, or length and SHA-256.
pub fn assert_bytes(ours: Option<&Bytes>, kafkas: &Value, place: &str) {
    match (ours, kafkas) {
        (None, Value::Null) => {}
        (Some(ours), Value::String(base64)) => {
            assert_eq!(ours.as_ref(), BASE64_STANDARD.decode(base64).unwrap(), "{place}");
        }
        (Some(ours), Value::Object(_)) => {
            assert_eq!(i64::try_from(ours.len()).unwrap(), int(kafkas, "length"), "{place}");
            let sha256: String = Sha256::digest(ours).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(Some(sha256.as_str()), kafkas["sha256"].as_str(), "{place}");
        }
        (ours, kafkas) => panic!("{place}: Kafka says {kafkas}, and we read {ours:?}"),
    }
}
