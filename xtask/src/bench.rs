//! `cargo xtask bench`: the benchmarks of `tests/bench`, against the release, in a real browser.

use crate::build;
use crate::ground::Ground;
use crate::serve::Server;
use crate::setup::{Need, Tools};
use crate::shell::{self, Failure, Result, say};
use crate::test::wasm;

/// Any free port will do, from here on.
const PORT: u16 = 8500;
const SCRIPT: &str = "tests/bench/run.mjs";

/// Builds the release, serves it, and runs the script of the benchmarks with the same variables as the end-to-end tests:
/// `TABLOG_URL`, `TABLOG_DIST`, `TABLOG_CHROMIUM`, `TABLOG_INTEROP`. What follows `bench` on the command line goes to the script.
pub fn run(ground: &Ground, words: &[&str]) -> Result<()> {
    let script = ground.root.join(SCRIPT);
    if !script.is_file() {
        return Err(Failure::new(format!("{SCRIPT} is not there, so there is nothing to measure")));
    }
    let tools = Tools::bring(
        ground,
        &[Need::Trunk, Need::Browser, Need::BenchPackages, Need::Kafka, Need::WasmTests],
    )?;
    let dist = build::run(ground, &tools)?;
    if !words.contains(&"import") {
        wasm::bench(ground, &tools)?;
    }
    let address = Server::listen(&dist, PORT)?.serve_in_background()?;
    say(format_args!("measuring {address}"));
    let mut node = shell::command("node");
    node.arg(script).args(words).current_dir(ground.root.join("tests/bench"));
    node.env("TABLOG_URL", address)
        .env("TABLOG_DIST", &dist)
        .env("TABLOG_CHROMIUM", &tools.browser()?.chromium)
        .env("TABLOG_INTEROP", &tools.kafka()?.arguments);
    shell::run(&mut node)
}
