//! Tablog in the browser: the page, and the engine that serves it from a dedicated worker.

#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod app;
pub mod engine;
pub mod model;
#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod pages;
#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod state;
#[cfg(all(target_arch = "wasm32", feature = "page"))]
pub mod ui;
pub mod verifier;
