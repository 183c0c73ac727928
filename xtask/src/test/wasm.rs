//! Wasm tests in headless Chromium, once on each of its IndexedDB engines.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::ground::Ground;
use crate::setup::{Browser, Tools};
use crate::shell::{self, Failure, Result};
use crate::test::run_suite;
use crate::test::totals::{self, Totals};

/// One of Chromium's IndexedDB engines.
struct Engine {
    name: &'static str,
    arguments: &'static [&'static str],
    /// What this engine's files are called in a profile.
    leaves: fn(&str) -> bool,
}

const ENGINES: &[Engine] = &[
    Engine { name: "leveldb", arguments: &[], leaves: |name| name.ends_with(".indexeddb.leveldb") },
    Engine {
        name: "sqlite",
        arguments: &["--enable-features=IdbSqliteBackingStore,IdbSqliteOnDiskRollout"],
        leaves: |name| !name.ends_with(".indexeddb.leveldb") && !name.ends_with(".indexeddb.blob"),
    },
];

/// Headless, quiet, and without a sandbox: containers and root have none.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// So long may all tests of one binary take.
const BINARY_SECONDS_MAX: &str = "300";

/// Runs the `browser_*` tests of every crate that has some, on both engines.
pub fn run(ground: &Ground, tools: &Tools) -> Result<Totals> {
    let mut totals = Totals::default();
    for engine in ENGINES {
        totals = totals.and(run_on(engine, ground, tools)?);
    }
    Ok(totals)
}

/// Measures what `core/tests/bench_*.rs` measure, optimised as the release is.
pub fn bench(ground: &Ground, tools: &Tools) -> Result<()> {
    let (mut cargo, _) = cargo_test(&ENGINES[0], ground, tools)?;
    cargo.args(["--release", "--package", "tablog-core", "--test", "bench_*", "--", "--nocapture"]);
    let (status, printed) = shell::run_logged(&mut cargo, &ground.log("bench-wasm")?)?;
    let figures: Vec<&str> = printed.lines().map(str::trim).filter(|line| line.contains("(goal: ")).collect();
    if !status.success() || figures.is_empty() {
        return Err(Failure::new(format!("nothing was measured:\n{}", shell::tail(&printed, 40))));
    }
    figures.iter().for_each(|figure| println!("{figure}"));
    Ok(())
}

fn run_on(engine: &Engine, ground: &Ground, tools: &Tools) -> Result<Totals> {
    let (mut cargo, profile) = cargo_test(engine, ground, tools)?;
    cargo.args(["--no-fail-fast", "--test", "browser_*"]);
    for package in packages_with_browser_tests(&ground.root)? {
        cargo.args(["--package", &package]);
    }
    let name = suite_name(engine);
    let totals = run_suite(&name, &mut cargo, &ground.log(&name)?, totals::of_cargo)?;
    if !engine_was_used(engine, &profile)? {
        return Err(Failure::new(format!(
            "{name}: the profile shows no trace of this engine: {}",
            profile.display()
        )));
    }
    Ok(totals)
}

fn suite_name(engine: &Engine) -> String {
    format!("wasm-{}", engine.name)
}

/// Prepares `cargo test` for a fresh profile of the browser; returns that, too.
fn cargo_test(engine: &Engine, ground: &Ground, tools: &Tools) -> Result<(Command, PathBuf)> {
    let folder = ground.wasm_target.join(suite_name(engine));
    shell::remove_folder(&folder)?;
    let profile = folder.join("profile");
    shell::make_folder(&profile)?;
    let capabilities = folder.join("webdriver.json");
    shell::write(&capabilities, capabilities_of(engine, tools.browser()?, &profile))?;
    let mut cargo = tools.wasm_command(ground, "cargo")?;
    cargo
        .args(["test", "--locked", "--target", "wasm32-unknown-unknown"])
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("CHROMEDRIVER", &tools.browser()?.driver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", &capabilities)
        .env("WASM_BINDGEN_TEST_TIMEOUT", BINARY_SECONDS_MAX);
    Ok((cargo, profile))
}

fn capabilities_of(engine: &Engine, browser: &Browser, profile: &Path) -> String {
    let profile = format!("--user-data-dir={}", profile.display());
    let arguments: Vec<&str> =
        ARGUMENTS.iter().chain(engine.arguments).copied().chain([profile.as_str()]).collect();
    json!({ "goog:chromeOptions": { "binary": browser.chromium, "args": arguments } }).to_string()
}

/// Looks into the profile: a test that runs on another engine than it says proves nothing.
fn engine_was_used(engine: &Engine, profile: &Path) -> Result<bool> {
    let folder = profile.join("Default/IndexedDB");
    if !folder.is_dir() {
        return Ok(false);
    }
    Ok(shell::list(&folder)?
        .iter()
        .filter_map(|path| path.file_name())
        .any(|name| (engine.leaves)(&name.to_string_lossy())))
}

/// Finds the packages whose `tests` folder has a `browser_*.rs`.
fn packages_with_browser_tests(root: &Path) -> Result<Vec<String>> {
    let mut packages = Vec::new();
    for krate in ["core", "inspect", "app"] {
        let folder = root.join(krate).join("tests");
        let files = if folder.is_dir() { shell::list(&folder)? } else { Vec::new() };
        let names = files.iter().filter_map(|path| path.file_name());
        if names.into_iter().any(|name| name.to_string_lossy().starts_with("browser_")) {
            packages.push(format!("tablog-{krate}"));
        }
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn each_engine_gets_its_own_arguments_and_the_profile() {
        let browser = Browser { chromium: "/chromium".into(), driver: "/driver".into() };
        let of = |index: usize| capabilities_of(&ENGINES[index], &browser, Path::new("/profile"));
        assert!(!of(0).contains("IdbSqlite") && of(1).contains("IdbSqliteBackingStore"));
        assert!(of(0).contains("--user-data-dir=/profile") && of(0).contains("\"binary\":\"/chromium\""));
    }

    #[test]
    fn an_empty_profile_is_no_trace_of_an_engine() {
        let profile = std::env::temp_dir().join(format!("tablog-profile-{}", std::process::id()));
        let databases = profile.join("Default/IndexedDB");
        fs::create_dir_all(&databases).unwrap();
        assert!(!ENGINES.iter().any(|engine| engine_was_used(engine, &profile).unwrap()));
        fs::create_dir(databases.join("http_127.0.0.1_1.indexeddb.leveldb")).unwrap();
        assert!(engine_was_used(&ENGINES[0], &profile).unwrap());
        assert!(!engine_was_used(&ENGINES[1], &profile).unwrap());
        fs::remove_dir_all(profile).unwrap();
    }
}
