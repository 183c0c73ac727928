//! The engine: everything that touches storage, files or whole records. It lives in a dedicated worker; the page holds a
//! [`handle`] to it and never waits for a disk.

pub mod handle;
#[cfg(target_arch = "wasm32")]
pub mod host;
#[cfg(any(test, target_arch = "wasm32"))]
mod logic;
pub mod protocol;
pub mod wire;
