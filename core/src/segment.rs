//! Kafka's own files, read where they lie. Nothing here does I/O of its own: a [`ReadAt`] hands over slices, so that the same
//! code reads a file dropped on a page, a file on disk and a file in a test.

pub mod read_at;

#[cfg(not(target_arch = "wasm32"))]
pub use read_at::DiskFile;
pub use read_at::{MemoryFile, ReadAt, ReadError};
