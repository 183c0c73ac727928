//! Cargo's own tools: wasm-bindgen at the version that Cargo.lock names, and trunk and cargo-fuzz at those we know to work.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ground::{Ground, find_program};
use crate::shell::{self, Failure, Result, read_text, say};

/// 0.22 needs a newer Rust than `rust-version` names.
const TRUNK_VERSION: &str = "0.21.14";
/// The newest at the time of writing.
const CARGO_FUZZ_VERSION: &str = "0.13.2";

/// Finds or installs `wasm-bindgen` and its test runner; returns their folder.
pub fn bring_wasm_bindgen(ground: &Ground) -> Result<PathBuf> {
    let lock = read_text(&ground.root.join("Cargo.lock"))?;
    let version = locked_version(&lock, "wasm-bindgen")
        .ok_or_else(|| Failure::new("Cargo.lock names no version of wasm-bindgen"))?;
    bring(
        ground,
        &CargoTool { krate: "wasm-bindgen-cli", program: "wasm-bindgen", version: &version, minutes: 3 },
    )
}

/// Finds or installs `trunk`; returns its folder.
pub fn bring_trunk(ground: &Ground) -> Result<PathBuf> {
    bring(ground, &CargoTool { krate: "trunk", program: "trunk", version: TRUNK_VERSION, minutes: 6 })
}

/// Finds or installs `cargo-fuzz`; returns its folder.
pub fn bring_cargo_fuzz(ground: &Ground) -> Result<PathBuf> {
    let tool =
        CargoTool { krate: "cargo-fuzz", program: "cargo-fuzz", version: CARGO_FUZZ_VERSION, minutes: 1 };
    bring(ground, &tool)
}

struct CargoTool<'a> {
    krate: &'a str,
    program: &'a str,
    version: &'a str,
    minutes: u32,
}

fn bring(ground: &Ground, tool: &CargoTool) -> Result<PathBuf> {
    if let Some(program) = find_program(tool.program).filter(|program| has_version(program, tool.version)) {
        return Ok(program.parent().unwrap_or(Path::new("/")).to_owned());
    }
    let home = ground.cache.join(format!("{}-{}", tool.krate, tool.version));
    let folder = home.join("bin");
    if has_version(&folder.join(tool.program), tool.version) {
        return Ok(folder);
    }
    let CargoTool { krate, version, minutes, .. } = tool;
    say(format_args!("building {krate} {version} (once per machine, about {minutes} min on 2 cores)"));
    shell::make_folder(&home)?;
    shell::run(&mut install_command(tool, &home))?;
    shell::remove_folder(&home.join("target"))?;
    if has_version(&folder.join(tool.program), tool.version) {
        Ok(folder)
    } else {
        Err(Failure::new(format!("{krate} {version} was built, but {} does not say so", folder.display())))
    }
}

fn install_command(tool: &CargoTool, home: &Path) -> Command {
    let mut cargo = shell::command("cargo");
    // Fast to build beats fast to run: these tools run for seconds.
    cargo
        .current_dir(home)
        .args(["install", "--quiet", "--locked", "--force", tool.krate, "--version", tool.version, "--root"])
        .arg(home)
        .env("CARGO_TARGET_DIR", home.join("target"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    cargo
}

fn has_version(program: &Path, version: &str) -> bool {
    shell::read(shell::command(program).arg("--version")).is_ok_and(|said| says_version(&said, version))
}

/// Both tools print their name and version: `trunk 0.21.14`.
fn says_version(said: &str, version: &str) -> bool {
    said.split_whitespace().nth(1) == Some(version)
}

/// Finds the version of a package in the text of a Cargo.lock.
fn locked_version(lock: &str, package: &str) -> Option<String> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    let version = lines.nth(1)?.strip_prefix("version = \"")?.strip_suffix('"')?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-cli\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen").as_deref(), Some("0.2.126"));
        assert_eq!(locked_version(lock, "leptos"), None);
    }

    #[test]
    fn a_tool_of_another_version_is_not_taken() {
        assert!(says_version("trunk 0.21.14", "0.21.14"));
        assert!(!says_version("trunk 0.21.1", "0.21.14"));
        assert!(!says_version("", "0.21.14"));
    }
}
