//! What mutation begins with: the golden corpus, cut into what each target takes, and the findings of earlier runs.

use std::fs;
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use bytes::Bytes;
use tablog_core::ids::{PartitionId, TopicName};
use tablog_core::portable::{write_kcat, write_tablog};
use tablog_core::record::{Compression, RecordBatch, TimestampType};

/// Larger seeds make each run slow, and hold nothing that smaller ones do not.
pub const SEED_BYTES_MAX: usize = 8 * 1024;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Returns the files below a folder, in the order of their paths. A folder that is not there has none.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Returns the golden files whose names pass, with their paths, but for those that are too large.
pub fn golden(passes: impl Fn(&str) -> bool) -> Vec<(String, Vec<u8>)> {
    let is_kafkas = |path: &String| !path.ends_with(".dump.txt") && !path.ends_with(".meaning.jsonl");
    let paths = files(&root().join("tests/golden/kafka-4.4.0"));
    let paths = paths.into_iter().map(|path| path.to_str().unwrap().replace('\\', "/"));
    let read = paths.filter(is_kafkas).filter(|path| passes(path)).map(|path| {
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    });
    read.filter(|(_, bytes)| bytes.len() <= SEED_BYTES_MAX).collect()
}

/// Returns the golden files whose names pass.
pub fn golden_bytes(passes: impl Fn(&str) -> bool) -> Vec<Vec<u8>> {
    golden(passes).into_iter().map(|(_, bytes)| bytes).collect()
}

/// Returns what earlier runs found for a target, with the files' names. Each was a defect once.
pub fn findings(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = files(&root().join("fuzz/findings").join(target));
    files.into_iter().map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect()
}

/// Tells whether a path is that of a log, whatever was to become of it.
pub fn is_log(path: &str) -> bool {
    path.contains(".log") || path.ends_with(".checkpoint")
}

/// Returns every batch v2 of the corpus.
pub fn batches() -> Vec<RecordBatch> {
    let mut batches = Vec::new();
    for (_, bytes) in golden(is_log) {
        let mut rest = Bytes::from(bytes);
        while let Ok(batch) = RecordBatch::parse(rest.clone()) {
            rest = rest.split_off(batch.bytes().len());
            batches.push(batch);
        }
    }
    batches
}

/// Returns what a codec packed, of batches and of old messages' wrappers.
pub fn packed(codec: Compression) -> Vec<Vec<u8>> {
    let packed = batches().into_iter().filter(|batch| batch.compression() == codec);
    let mut seeds: Vec<Vec<u8>> = packed.map(|batch| batch.bytes()[61..].to_vec()).collect();
    seeds.push(codec.compress(&b"a b a b a b ".repeat(40)).unwrap());
    seeds.push(codec.compress(&[]).unwrap());
    // Much that takes little: more than the targets' limit, where the codec packs it that well.
    seeds.push(codec.compress(&vec![0; 4 * 1024 * 1024]).unwrap());
    seeds.retain(|seed| seed.len() <= SEED_BYTES_MAX);
    seeds
}

/// Returns one uncompressed batch's records each, behind their number.
pub fn records() -> Vec<Vec<u8>> {
    let plain = batches().into_iter().filter(|batch| batch.compression() == Compression::None);
    plain
        .map(|batch| {
            let count = u8::try_from(batch.header().record_count).unwrap_or(u8::MAX);
            [&[count], &batch.bytes()[61..]].concat()
        })
        .collect()
}

/// Returns files of lines in each format, behind two bytes of options.
pub fn lines() -> Vec<Vec<u8>> {
    let topic = TopicName::parse("orders").unwrap();
    let mut seeds =
        vec![b"\x10\x00{\"n\":1}\nwhat?\n\n{\"at\":\"2026-11-25T19:03:04.5+01:00\"}\r\n[1, -2.5e3]".to_vec()];
    for batches in batches().chunks(4).take(40) {
        let (mut own, mut kcat) = (vec![3, 1], vec![7, 2]);
        for record in batches.iter().flat_map(|batch| batch.records().unwrap().map(Result::unwrap)).take(8) {
            let (partition, by) = (PartitionId::new(3), TimestampType::CreateTime);
            write_tablog(&mut own, &topic, partition, by, &record);
            // Bytes that are no text have no line in kcat's envelope.
            drop(write_kcat(&mut kcat, &topic, partition, by, &record));
        }
        seeds.extend([own, kcat]);
    }
    seeds
}

/// Returns the records of the internal topics as [`targets::internal_topics`](crate::targets::internal_topics) takes them: topic,
/// the key's length, key, value.
pub fn internal() -> Vec<Vec<u8>> {
    let text = fs::read_to_string(root().join("tests/golden/kafka-4.4.0/messages.jsonl")).unwrap();
    let sample = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let bytes = |field: &str| BASE64_STANDARD.decode(line[field].as_str().unwrap_or_default()).unwrap();
        let topics =
            ["__consumer_offsets", "__transaction_state", "__share_group_state", "__cluster_metadata"];
        let topic = topics.iter().position(|topic| line["topic"] == *topic).unwrap_or(topics.len());
        let (key, value) = (bytes("key"), bytes("value"));
        let length = u8::try_from(key.len()).ok()?;
        Some([&[u8::try_from(topic).unwrap(), length], &key[..], &value].concat())
    };
    text.lines().filter_map(sample).filter(|seed| seed.len() <= SEED_BYTES_MAX).collect()
}

/// Returns partitions of the corpus as [`targets::folder`](crate::targets::folder) takes them.
pub fn folders() -> Vec<Vec<u8>> {
    // What lies above the folder, and says that it was compacted in part.
    let cleaned = crate::targets::pack_file("../cleaner-offset-checkpoint", b"0\n1\nt 0 6\n").unwrap();
    let mut seeds: Vec<(String, Vec<u8>)> = Vec::new();
    for (path, bytes) in golden(|path| path.contains("-0/")) {
        let (folder, name) = path.rsplit_once('/').unwrap();
        let Some(packed) = crate::targets::pack_file(name, &bytes) else { continue };
        // The files of a large folder go into several seeds.
        let fits = |seed: &[u8]| seed.len() + packed.len() + cleaned.len() <= SEED_BYTES_MAX;
        match seeds.last_mut().filter(|(last, seed)| last == folder && fits(seed)) {
            Some((_, seed)) => seed.extend(packed),
            None => seeds.push((folder.to_owned(), [&[1], &packed[..]].concat())),
        }
    }
    let seeds = seeds.into_iter().map(|(_, seed)| [seed, cleaned.clone()].concat());
    seeds.filter(|seed| seed.len() <= SEED_BYTES_MAX).collect()
}

/// Returns the paths of each data directory, a line each.
pub fn paths() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    let all = golden(|_| true);
    for (path, _) in &all {
        let below = path.rsplit("kafka-4.4.0/").next().unwrap();
        match seeds.last_mut().filter(|seed| seed.len() < 1_500) {
            Some(seed) => seed.extend([below.as_bytes(), b"\n"].concat()),
            None => seeds.push([below.as_bytes(), b"\n"].concat()),
        }
    }
    seeds.push(
        b"t-0.0123456789abcdef0123456789abcdef-future/00000000000000000009.log\nremote-log-index-cache/x\n"
            .to_vec(),
    );
    seeds
}
