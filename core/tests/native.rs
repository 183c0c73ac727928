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
