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

/// Runs all checks, and fails at the end with the names of those that failed.
pub fn run(ground: &Ground, tools: &Tools) -> Result<()> {
    let checks = run_each(ground, tools)?;
    let failed: Vec<&str> = checks.iter().filter(|check| !check.passed).map(|check| check.name).collect();
    if failed.is_empty() { Ok(()) } else { Err(Failure::new(format!("check failed: {}", failed.join(", ")))) }
}

/// Runs every check, the quick ones first. What is wrong is printed.
pub fn run_each(ground: &Ground, tools: &Tools) -> Result<Vec<Check>> {
    let mut checks = vec![Check { name: "rules", passed: rules_hold(ground)? }];
    for (name, mut command) in commands(ground, tools)? {
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

fn commands(ground: &Ground, tools: &Tools) -> Result<Vec<(&'static str, Command)>> {
    let native = |words: &[&str]| {
        let mut cargo = tools.cargo(ground);
        cargo.args(words);
        cargo
    };
    let mut fmt = native(&["fmt", "--all", "--check"]);
    fmt.env("CARGO_TERM_COLOR", "never");

    let mut clippy =
        native(&["clippy", "--locked", "--workspace", "--exclude", "tablog-app", "--all-targets"]);
    clippy.args(WARNINGS_ARE_ERRORS);

    let mut clippy_wasm = tools.wasm_command(ground, "cargo")?;
    clippy_wasm.args(["clippy", "--locked", "--target", "wasm32-unknown-unknown"]);
    clippy_wasm.args(["--package", "tablog-core", "--package", "tablog-inspect", "--package", "tablog-app"]);
    clippy_wasm.args(["--lib", "--bins"]).args(WARNINGS_ARE_ERRORS);

    // The engine that opens no files of Kafka's.
    let mut clippy_engine = tools.wasm_command(ground, "cargo")?;
    clippy_engine.args([
        "clippy",
        "--locked",
        "--target",
        "wasm32-unknown-unknown",
        "--package",
        "tablog-app",
    ]);
    clippy_engine.args(["--no-default-features", "--lib", "--bin", "engine"]).args(WARNINGS_ARE_ERRORS);

    let mut doc = native(&[
        "doc",
        "--locked",
        "--workspace",
        "--exclude",
        "tablog-app",
        "--no-deps",
        "--document-private-items",
    ]);
    doc.env("RUSTDOCFLAGS", "-D warnings");

    // The app is read by those who work on it only, private items and all.
    let mut doc_wasm = tools.wasm_command(ground, "cargo")?;
    doc_wasm.args([
        "doc",
        "--locked",
        "--target",
        "wasm32-unknown-unknown",
        "--no-deps",
        "--document-private-items",
    ]);
    doc_wasm
        .args(["--package", "tablog-core", "--package", "tablog-app", "--lib"])
        .env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links");

    Ok(vec![
        ("fmt", fmt),
        ("clippy", clippy),
        ("clippy-wasm", clippy_wasm),
        ("clippy-engine", clippy_engine),
        ("doc", doc),
        ("doc-wasm", doc_wasm),
    ])
}
