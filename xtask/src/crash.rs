//! `cargo xtask crash`: browsers that are killed, cut off from power, out of room and frozen, and what is left of the log then.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ground::Ground;
use crate::harness::{self, Profile};
use crate::setup::{Need, Tools};
use crate::shell::{self, Result};
use crate::test::totals::{self, Totals};
use crate::test::{run_suite, test_files};

/// What it needs beyond cargo itself.
pub const NEEDS: &[Need] = &[Need::WasmTests, Need::Browser, Need::Node];

/// Builds the harness and runs `tests/crash/run.mjs`, which gets what follows `crash` on the command line.
pub fn run(ground: &Ground, words: &[&str]) -> Result<()> {
    if words.iter().any(|word| ["--help", "-h"].contains(word)) {
        // Says how, and needs nothing for it.
        return shell::run(shell::command("node").current_dir(folder(ground)).args(["run.mjs", "--help"]));
    }
    let tools = Tools::bring(ground, NEEDS)?;
    let harness = harness::build(ground, &tools, Profile::Release)?;
    let mut node = node(ground, &tools, &harness)?;
    shell::run(node.arg("run.mjs").args(words))
}

/// Runs a few of each kind with the harness that was built before, as part of the tests.
pub fn test(ground: &Ground, tools: &Tools) -> Result<Totals> {
    let mut node = node(ground, tools, &harness::folder(ground))?;
    node.args(["--test", "--test-reporter=tap", "--test-concurrency=1"]);
    node.args(test_files(&folder(ground).join("suite"))?);
    run_suite("crash", &mut node, &ground.log("crash")?, totals::of_node)
}

fn folder(ground: &Ground) -> PathBuf {
    ground.root.join("tests/crash")
}

/// Prepares Node with what the scripts find in their environment: `TABLOG_HARNESS`, the folder of the harness, and
/// `TABLOG_CHROMIUM`, the browser.
fn node(ground: &Ground, tools: &Tools, harness: &Path) -> Result<Command> {
    let mut node = shell::command("node");
    node.current_dir(folder(ground))
        .env("TABLOG_HARNESS", harness)
        .env("TABLOG_CHROMIUM", &tools.browser()?.chromium);
    Ok(node)
}
