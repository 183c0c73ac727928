//! Holds docs/SEMANTICS.md to its word: every test that it names is there.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_test_that_the_semantics_name_is_there() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    rust_files(&core.join("src"), &mut files);
    rust_files(&core.join("tests"), &mut files);
    let sources: String = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let semantics = fs::read_to_string(core.join("../docs/SEMANTICS.md")).unwrap();
    let mut named = 0;
    for line in semantics.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| Behaviour")) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", _, here, test, ""] = columns[..] else { panic!("docs/SEMANTICS.md, three columns: {line}") };
        if test.is_empty() {
            // Such a line was passed over, whatever it promised.
            let promises = !here.starts_with("absent");
            assert!(!promises, "docs/SEMANTICS.md promises what no test proves: {line}");
            continue;
        }
        let name = test.strip_prefix('`').and_then(|test| test.strip_suffix('`'));
        let name = name.unwrap_or_else(|| panic!("docs/SEMANTICS.md, one test in backticks: {line}"));
        // What takes a browser has a file of its own.
        let is_there = match name.ends_with(".spec.js") {
            true => core.join("../tests/e2e/specs").join(name).is_file(),
            false => sources.contains(&format!("fn {name}(")),
        };
        assert!(is_there, "docs/SEMANTICS.md names a test that is not there: {name}");
        named += 1;
    }
    assert!(named > 30, "only {named} lines name a test: is the table read right?");
}
