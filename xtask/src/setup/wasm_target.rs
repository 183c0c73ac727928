//! The wasm target and the lints: by rustup where it can download, else from Debian's packages.

use std::path::PathBuf;
use std::time::Duration;

use crate::ground::Ground;
use crate::setup::{Toolchain, apt, wasm_std};
use crate::shell::{self, Failure, Result, say};

const TARGET: &str = "wasm32-unknown-unknown";
/// Under this name rustup knows Debian's Rust.
const DEBIANS: &str = "system";
/// A download that is slower than this is taken for a network that swallows everything.
const DOWNLOAD_SECONDS_MAX: u64 = 600;

/// Finds a toolchain that can build for wasm, or makes one.
pub fn bring(ground: &Ground) -> Result<Toolchain> {
    let active = Toolchain::default();
    if can_build_wasm(ground, &active) {
        return Ok(active);
    }
    let debians = Toolchain::named(DEBIANS);
    if can_build_wasm(ground, &debians) {
        return Ok(debians);
    }
    say(format_args!("installing the target {TARGET} by rustup"));
    match rustup(&["target", "add", TARGET]) {
        Ok(()) if can_build_wasm(ground, &active) => return Ok(active),
        Ok(()) => say(format_args!(
            "rustup has {TARGET}, but it does not build; building it from Debian's sources instead"
        )),
        Err(failure) => say(format_args!("{failure}; building {TARGET} from Debian's sources instead")),
    }
    apt::bring(&["rustc-web", "cargo-web", "rust-web-src"], "for the wasm target")?;
    wasm_std::build(ground, &wasm_std::Compiler::of_debian()?)?;
    let sysroot = shell::read(shell::command(wasm_std::DEBIANS_RUSTC).args(["--print", "sysroot"]))?;
    rustup(&["toolchain", "link", DEBIANS, &sysroot])?;
    if can_build_wasm(ground, &debians) {
        Ok(debians)
    } else {
        let why = probe(ground, &debians).err().map_or_else(String::new, |failure| failure.to_string());
        Err(Failure::new(format!(
            "the wasm target was built from Debian's sources and still does not work: {why}"
        )))
    }
}

/// Brings rustfmt and clippy of a toolchain; returns the toolchain to use for them.
pub fn bring_lints(toolchain: &Toolchain) -> Result<Toolchain> {
    if has_lints(toolchain) {
        return Ok(toolchain.clone());
    }
    let debians = Toolchain::named(DEBIANS);
    if *toolchain != debians {
        say("installing rustfmt and clippy by rustup");
        match rustup(&["component", "add", "rustfmt", "clippy"]) {
            Ok(()) if has_lints(toolchain) => return Ok(toolchain.clone()),
            Ok(()) => say("rustup has rustfmt and clippy, but they do not run; taking Debian's"),
            Err(failure) => say(format_args!("{failure}; taking Debian's")),
        }
    }
    apt::bring(&["rust-web-clippy", "rustfmt-web"], "for the lints")?;
    if has_lints(&debians) {
        return Ok(debians);
    }
    Err(Failure::new("neither rustup nor Debian has a rustfmt and a clippy that run"))
}

fn has_lints(toolchain: &Toolchain) -> bool {
    ["fmt", "clippy"].iter().all(|it| shell::read(toolchain.command("cargo").args([it, "--version"])).is_ok())
}

fn rustup(words: &[&str]) -> Result<()> {
    let mut rustup = shell::command("rustup");
    shell::run_within(
        rustup.args(words).env("RUST_BACKTRACE", "0"),
        Duration::from_secs(DOWNLOAD_SECONDS_MAX),
    )
}

/// Asks the compiler itself: it notices a missing library, one of another compiler's making, and a missing linker.
fn can_build_wasm(ground: &Ground, toolchain: &Toolchain) -> bool {
    probe(ground, toolchain).is_ok()
}

fn probe(ground: &Ground, toolchain: &Toolchain) -> Result<()> {
    let folder = ground.wasm_target.join("probe");
    shell::make_folder(&folder)?;
    let source: PathBuf = folder.join("probe.rs");
    shell::write(&source, "#[unsafe(no_mangle)] pub extern \"C\" fn probe() -> usize { vec![1].len() }\n")?;
    let mut rustc = toolchain.command("rustc");
    rustc.args(["--edition=2024", "--crate-type=cdylib", "-Cpanic=abort", "--target", TARGET, "-o"]);
    shell::read(rustc.arg(folder.join("probe.wasm")).arg(source)).map(|_| ())
}
