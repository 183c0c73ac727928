//! Hostile bytes for every reader of Tablog. A target takes any bytes and panics when a promise is broken: what is read comes out
//! as it was, what is refused is refused by name, and nothing is read without end or without bound.
//!
//! The bodies are plain functions, so that libFuzzer (`fuzz/libfuzzer`, run by `cargo xtask fuzz`) and an ordinary test
//! (`fuzz/tests/short.rs`, part of `cargo xtask test`) run the very same ones.
#![allow(clippy::unwrap_used, reason = "a target fails by panicking")]

pub mod mutate;
pub mod seeds;
pub mod targets;

pub use targets::{TARGETS, Target};
