//! The harness: the log for JavaScript, as the crash tests and the benchmarks load it.

use std::path::PathBuf;

use crate::build;
use crate::ground::Ground;
use crate::setup::Tools;
use crate::shell::{self, Result, say};

/// Returns where the harness lies once it is built.
pub fn folder(ground: &Ground) -> PathBuf {
    ground.wasm_target.join("harness")
}

/// How much the compiler does for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// As little as for the tests in the browser, with which it shares what is compiled.
    Dev,
    /// As much as for the page.
    Release,
}

/// Builds `harness/` for a page or a worker; returns the folder with `harness.js` and `harness_bg.wasm`. Needs what
/// [`Need::WasmTests`](crate::setup::Need::WasmTests) brings.
pub fn build(ground: &Ground, tools: &Tools, profile: Profile) -> Result<PathBuf> {
    say("building the harness");
    let mut cargo = tools.wasm_command(ground, "cargo")?;
    cargo.args(["build", "--locked", "--target", "wasm32-unknown-unknown"]);
    let built = match profile {
        Profile::Dev => "debug",
        Profile::Release => {
            cargo.arg("--release");
            "release"
        }
    };
    shell::run(cargo.args(["--package", "tablog-harness", "--lib"]))?;
    let folder = folder(ground);
    shell::remove_folder(&folder)?;
    let mut bindgen = tools.wasm_command(ground, "wasm-bindgen")?;
    bindgen.args(["--target", "web", "--no-typescript", "--out-name", "harness", "--out-dir"]).arg(&folder);
    let folder_of_profile = ground.wasm_target.join("wasm32-unknown-unknown").join(built);
    bindgen.arg(folder_of_profile.join("tablog_harness.wasm"));
    shell::run(&mut bindgen)?;
    build::fold_snippets_in(&folder)?;
    Ok(folder)
}
