//! A log with Kafka's semantics and Kafka's bytes, for browsers and for native tests.

pub mod broker;
#[cfg(target_arch = "wasm32")]
pub mod browser;
pub mod client;
pub mod config;
pub mod env;
pub mod error;
pub mod ids;
pub mod limits;
pub mod log;
pub mod partitioner;
pub mod portable;
pub mod record;
pub mod segment;
pub mod sorting;
pub mod source;
pub mod storage;
pub mod witness;
