//! The harness: the log for JavaScript, as the crash tests and the benchmarks load it.

use std::path::PathBuf;

use crate::ground::Ground;
use crate::setup::Tools;
use crate::shell::{self, Result, say};

/// Returns where the harness lies once it is built.
pub fn folder(ground: &Ground) -> PathBuf {
    ground.wasm_target.join("harness")
}

/// Builds `harness/` for a page or a worker; returns the folder with `harness.js` and `harness_bg.wasm`. Needs what
/// [`Need::WasmTests`](crate::setup::Need::WasmTests) brings.
pub fn build(ground: &Ground, tools: &Tools) -> Result<PathBuf> {
    say("building the harness");
    let mut cargo = tools.wasm_command(ground, "cargo")?;
    cargo.args(["build", "--locked", "--release", "--target", "wasm32-unknown-unknown"]);
    shell::run(cargo.args(["--package", "tablog-harness", "--lib"]))?;
    let folder = folder(ground);
    shell::remove_folder(&folder)?;
    let mut bindgen = tools.wasm_command(ground, "wasm-bindgen")?;
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", "harness", "--out-dir"]).arg(&folder);
    bindgen.arg(ground.wasm_target.join("wasm32-unknown-unknown/release/tablog_harness.wasm"));
    shell::run(&mut bindgen)?;
    Ok(folder)
}
