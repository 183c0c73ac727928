//! Tablog in the browser: the page, and the engine that serves it from a dedicated worker.

#[cfg(target_arch = "wasm32")]
pub mod app;
pub mod engine;
pub mod model;
#[cfg(target_arch = "wasm32")]
pub mod pages;
#[cfg(target_arch = "wasm32")]
pub mod state;
#[cfg(target_arch = "wasm32")]
pub mod ui;
pub mod verifier;
