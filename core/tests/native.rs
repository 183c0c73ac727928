//! All tests that run natively, in one program: each program more would compile and link the core once more.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod common;
mod corpus;
mod export;
mod golden;
mod hostile;

mod acks;
mod backpressure;
mod ballast;
mod compression;
mod concurrency;
mod damage;
mod export_corpus;
mod faults;
mod golden_consumed;
mod golden_corpus;
mod golden_folders;
mod guards;
mod hostile_folders;
mod hostile_logs;
mod in_order;
mod kafka_golden;
mod kafka_protocol_oracle;
mod late_answers;
#[path = "log_model/main.rs"]
mod log_model;
mod losses;
mod lost_ends;
mod notes;
mod old_formats;
mod producer;
mod read_committed;
mod readme;
#[path = "retention/main.rs"]
mod retention;
mod samples;
mod semantics;
#[path = "simulation/main.rs"]
mod simulation;
mod spans;
mod topics;
mod upgrades;
mod wiped;

#[test]
fn no_file_of_tests_is_forgotten() {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = std::fs::read_to_string(package.join("Cargo.toml")).unwrap();
    let here = include_str!("native.rs");
    for entry in std::fs::read_dir(package.join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let is_here = here.contains(&format!("mod {name};"));
        let is_alone = manifest.contains(&format!("name = \"{name}\""));
        let is_data = path.is_dir() && !path.join("main.rs").is_file() && !path.join("mod.rs").is_file();
        assert!(is_here || is_alone || is_data || name == "browser", "{} is in no program", path.display());
    }
}
