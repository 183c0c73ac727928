//! Kafka's own files, read where they lie. Nothing here does I/O of its own: a [`ReadAt`] hands over slices, so that the same
//! code reads a file dropped on a page, a file on disk and a file in a test.

pub mod export;
pub mod folder;
pub mod format;
mod index;
pub mod log_file;
mod name;
mod open;
mod partition_log;
mod producers;
pub mod read_at;
mod scan;
mod sniff;
#[cfg(test)]
mod tests;
pub mod topic_log;
pub mod verify;
mod window;

pub use folder::DataDirectory;
pub use format::FormatError;
pub use index::{Gap, LogReport};
pub use log_file::{LogFile, Progress};
pub use open::OpenLogError;
pub use partition_log::PartitionLog;
#[cfg(not(target_arch = "wasm32"))]
pub use read_at::DiskFile;
pub use read_at::{MemoryFile, ReadAt, ReadError};
pub use topic_log::TopicLog;
pub use verify::{Verifier, VerifyReport};

/// Widens a length: `usize` has at most 64 bits on every platform there is.
fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// Narrows a length for a read, which then comes out short.
fn narrow(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
