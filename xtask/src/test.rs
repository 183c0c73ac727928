//! `cargo xtask test`: the checks, the build and every test, and one line of totals at the end.

mod e2e;
mod lanes;
pub mod totals;
pub mod wasm;

use std::path::Path;
use std::process::Command;

use crate::crates::Crates;
use crate::ground::Ground;
use crate::setup::Tools;
use crate::shell::{self, Failure, Result, say};
use lanes::Step;
use totals::Totals;

/// A part of the tests that can be run alone, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Format, lints, docs and rules.
    Check,
    /// Tests that run on this machine: Rust's, and Node's for the samples.
    Native,
    /// Apache Kafka with what we wrote.
    Interop,
    /// The storage and the browser's doors, in Chromium, on both of its IndexedDB engines.
    Wasm,
    /// The release in Chromium, driven by Playwright.
    E2e,
    /// Browsers that are killed in the middle of appends.
    Crash,
}

impl Part {
    /// All parts that a change has to pass, in the order in which they run: what fails fast comes first.
    pub const ALL: &[Part] = &[Part::Check, Part::Native, Part::Interop, Part::Wasm, Part::Crash, Part::E2e];

    /// Finds a part by its name.
    pub fn parse(name: &str) -> Result<Part> {
        match name {
            "check" => Ok(Part::Check),
            "native" => Ok(Part::Native),
            "interop" => Ok(Part::Interop),
            "wasm" => Ok(Part::Wasm),
            "e2e" => Ok(Part::E2e),
            "crash" => Ok(Part::Crash),
            _ => Err(Failure::new(format!(
                "`{name}` is no part of the tests; there are check, native, interop, wasm, e2e and crash"
            ))),
        }
    }

    fn steps(self) -> &'static [Step] {
        match self {
            Part::Check => &[Step::CheckNative, Step::CheckWasm],
            Part::Native => &[Step::Native],
            Part::Interop => &[Step::Interop],
            Part::Wasm => &[Step::Wasm],
            Part::E2e => &[Step::Build, Step::E2e],
            Part::Crash => &[Step::Harness, Step::Crash],
        }
    }
}

/// Runs the parts and tells whether everything passed. The last line that it prints holds the totals.
pub fn run(ground: &Ground, parts: &[Part]) -> bool {
    let steps: Vec<Step> = parts.iter().flat_map(|part| part.steps()).copied().collect();
    // Without them it takes longer, and that is all.
    let crates = Tools::bring(ground, &[]).and_then(|tools| Crates::lend(ground, &tools));
    let totals = lanes::run(ground, &steps);
    let is_whole = parts == Part::ALL && totals.all_passed();
    if let Err(failure) = crates.and_then(|crates| if is_whole { crates.keep(ground) } else { Ok(()) }) {
        say(format_args!("no compiled crates from clone to clone: {failure}"));
    }
    say("done");
    println!("{totals}");
    totals.all_passed()
}

fn run_native(ground: &Ground, tools: &Tools) -> Result<Totals> {
    let mut cargo = tools.cargo(ground);
    cargo.args(["test", "--locked", "--workspace", "--no-fail-fast"]);
    run_suite("native", &mut cargo, &ground.log("native")?, totals::of_cargo)
}

fn run_interop(ground: &Ground, tools: &Tools) -> Result<Totals> {
    let mut cargo = tools.cargo(ground);
    cargo.args([
        "test",
        "--locked",
        "--package",
        "tablog-core",
        "--features",
        "interop",
        "--test",
        "kafka_broker",
    ]);
    cargo.env("TABLOG_INTEROP", &tools.kafka()?.arguments);
    run_suite("interop", &mut cargo, &ground.log("interop")?, totals::of_cargo)
}

fn run_node(ground: &Ground) -> Result<Totals> {
    let mut node = shell::command("node");
    node.args(["--test", "--test-reporter=tap"]).args(node_tests(&ground.root)?).current_dir(&ground.root);
    run_suite("node", &mut node, &ground.log("node")?, totals::of_node)
}

/// Finds `tests/*/*.test.mjs`.
fn node_tests(root: &Path) -> Result<Vec<String>> {
    let folders = shell::list(&root.join("tests"))?.into_iter().filter(|path| path.is_dir());
    let files: Result<Vec<Vec<String>>> = folders.map(|folder| test_files(&folder)).collect();
    Ok(files?.concat())
}

/// Finds the tests for Node in a folder: newer versions of Node take no folder.
pub fn test_files(folder: &Path) -> Result<Vec<String>> {
    let files = shell::list(folder)?.into_iter().map(|path| path.to_string_lossy().into_owned());
    Ok(files.filter(|path| path.ends_with(".test.mjs")).collect())
}

/// Runs a command that is a suite, and reads its totals out of what it printed.
///
/// A suite that printed no result has failed, and so has one that ends badly without naming a failed test.
pub fn run_suite(
    name: &str,
    command: &mut Command,
    log: &Path,
    read: impl Fn(&str) -> Option<Totals>,
) -> Result<Totals> {
    say(format_args!("{name}: {}", shell::line_of(command)));
    let (status, printed) = shell::run_logged(command, log)?;
    let totals = totals::judged(read(&printed), status.success());
    if !totals.all_passed() {
        println!("{}", shell::tail(&printed, 80));
    }
    for skipped in &totals.skipped {
        println!("skipped: {skipped}");
    }
    say(format_args!("{name}: {totals} (log: {})", log.display()));
    Ok(totals)
}
