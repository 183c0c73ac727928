//! The golden corpus as data directories: what Kafka wrote, without the words that stand beside it.

use std::fs;
use std::path::{Path, PathBuf};

/// Files of one data directory: their paths in it, and their bytes.
pub type Files = Vec<(String, Vec<u8>)>;

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/golden/kafka-4.4.0")
}

/// Returns the data directories with their names, in the order of these.
pub fn directories() -> Vec<(String, Files)> {
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders.iter().map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), files(path))).collect()
}

/// Returns the files that Kafka wrote into a folder and those below it, by their paths there.
pub fn files(folder: &Path) -> Files {
    let mut found = Vec::new();
    gather(folder, folder, &mut found);
    found.sort();
    found
}

fn gather(root: &Path, folder: &Path, found: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_str().unwrap();
        if path.is_dir() {
            gather(root, &path, found);
        } else if !name.ends_with(".dump.txt") && !name.ends_with(".jsonl") {
            let below = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            found.push((below, fs::read(&path).unwrap()));
        }
    }
}
