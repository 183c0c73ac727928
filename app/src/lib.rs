//! Tablog in the browser: the page, and the engine that serves it from a dedicated worker.

pub mod engine;
