//! The only door to the browser: its database, its clock, its other tabs, its files. Exists on wasm32 alone; works in a
//! window and in a dedicated worker.

pub mod env;
pub mod files;
pub mod indexeddb;
pub mod schema;
pub mod tabs;

mod answer;
mod burst;
mod commit;
mod connection;
mod file_stream;
mod journal;
mod js;
mod read;

pub use connection::ConnectionEvent;
pub use env::BrowserEnv;
pub use files::{BlobChunks, BlobFile};
pub use indexeddb::{IndexedDbStorage, delete_database, persisted};
pub use tabs::Tabs;
