//! The verifier: a worker of its own, which the page starts when somebody wants files verified. It shares nothing with the engine,
//! so that what few people need is no part of what everybody loads first.

#[cfg(target_arch = "wasm32")]
pub mod handle;
pub mod protocol;
pub mod report;
#[cfg(target_arch = "wasm32")]
pub mod worker;
