//! `cargo xtask check`: everything that can be said about the sources without running them.

mod code;
mod layers;
mod rules;
mod sources;
mod styles;

use crate::ground::Ground;
use crate::setup::Tools;
use crate::shell::{self, Failure, Result, say};

use std::process::Command;

/// One check and how it ended.
pub struct Check {
    name: &'static str,
    /// Whether there is nothing to complain about.
    pub passed: bool,
}

/// Half of the checks: those that compile for this machine, and those that compile for the browser. Each half keeps to a target folder
/// of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Rules and format, too.
    Native,
    /// What is WebAssembly.
    Wasm,
}

/// Runs all checks, and fails at the end with the names of those that failed.
pub fn run(ground: &Ground, tools: &Tools) -> Result<()> {
    let mut checks = run_half(ground, tools, Half::Native)?;
    checks.extend(run_half(ground, tools, Half::Wasm)?);
    let failed: Vec<&str> = checks.iter().filter(|check| !check.passed).map(|check| check.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("check failed: {}", failed.join(", ")))) }
}

/// Runs half of the checks, the quick ones first. What is wrong is printed.
pub fn run_half(ground: &Ground, tools: &Tools, half: Half) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    if half == Half::Native {
        checks.push(Check { name: "rules", passed: rules_hold(ground)? });
    }
    let commands = match half {
        Half::Native => native_commands(ground, tools),
        Half::Wasm => wasm_commands(ground, tools)?,
    };
    for (name, mut command) in commands {
        say(format_args!("check: {name}"));
        let log = ground.log(&format!("check-{name}"))?;
        let (status, printed) = shell::run_logged(&mut command, &log)?;
        if !status.success() {
            println!("{}", shell::tail(&printed, 120));
            say(format_args!("check: {name} failed: `{}`", shell::line_of(&command)));
        }
        checks.push(Check { name, passed: status.success() });
    }
    Ok(checks)
}

fn rules_hold(ground: &Ground) -> Result<bool> {
    say("check: rules");
    let sources = sources::read_all(&ground.root)?;
    let mut complaints = rules::complaints(&sources);
    complaints.extend(layers::complaints(&sources));
    complaints.extend(styles::complaints(&sources));
    complaints.sort();
    for complaint in &complaints {
        println!("{complaint}");
    }
    Ok(complaints.is_empty())
}

const WARNINGS_ARE_ERRORS: [&str; 3] = ["--", "-D", "warnings"];

fn native_commands(ground: &Ground, tools: &Tools) -> Vec<(&'static str, Command)> {
    let native = |words: &[&str]| {
        let mut cargo = tools.cargo(ground);
        cargo.args(words);
        cargo
    };
    let mut fmt = native(&["fmt", "--all", "--check"]);
    fmt.env("CARGO_TERM_COLOR", "never");

    let workspace = ["--locked", "--workspace", "--exclude", "tablog-app"];
    let mut clippy = native(&["clippy"]);
    clippy.args(workspace).arg("--all-targets").args(WARNINGS_ARE_ERRORS);

    let mut doc = native(&["doc", "--no-deps", "--document-private-items"]);
    doc.args(workspace).env("RUSTDOCFLAGS", "-D warnings");

    vec![("fmt", fmt), ("clippy", clippy), ("doc", doc)]
}

fn wasm_commands(ground: &Ground, tools: &Tools) -> Result<Vec<(&'static str, Command)>> {
    let wasm = |word: &str| -> Result<Command> {
        let mut cargo = tools.wasm_command(ground, "cargo")?;
        cargo.args([word, "--locked", "--target", "wasm32-unknown-unknown"]);
        Ok(cargo)
    };
    let mut clippy = wasm("clippy")?;
    for package in ["tablog-core", "tablog-inspect", "tablog-app", "tablog-harness"] {
        clippy.args(["--package", package]);
    }
    clippy.args(["--lib", "--bins"]).args(WARNINGS_ARE_ERRORS);

    // The engine that opens no files of Kafka's.
    let mut clippy_engine = wasm("clippy")?;
    clippy_engine.args(["--package", "tablog-app", "--no-default-features", "--lib", "--bin", "engine"]);
    clippy_engine.args(WARNINGS_ARE_ERRORS);

    // The app is read by those who work on it only, private items and all.
    let mut doc = wasm("doc")?;
    doc.args(["--no-deps", "--document-private-items"]);
    doc.args(["--package", "tablog-core", "--package", "tablog-app", "--package", "tablog-harness", "--lib"])
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links");

    Ok(vec![("clippy-wasm", clippy), ("clippy-engine", clippy_engine), ("doc-wasm", doc)])
}
