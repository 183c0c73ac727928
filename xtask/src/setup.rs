//! Brings the tools that a command needs: finds each, or installs it, or names the one command that does.
//! A tool that is there costs a look, not a download. Nothing is skipped: what cannot be had is a failure.

mod apt;
mod browser;
mod kafka;
mod node;
mod tools;
mod wasm_std;
mod wasm_target;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use crate::ground::Ground;
use crate::shell::{self, Context, Result};

pub use browser::Browser;
pub use kafka::Kafka;

/// What a command may need beyond cargo itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// rustfmt and clippy, for this machine and for wasm.
    Lints,
    /// trunk and wasm-bindgen.
    Trunk,
    /// The runner of wasm tests.
    WasmTests,
    /// Chromium with its driver.
    Browser,
    /// Node.js.
    Node,
    /// The packages of `tests/e2e`, and Node.js.
    E2ePackages,
    /// The packages of `tests/bench`, and Node.js.
    BenchPackages,
    /// Apache Kafka with a JDK to run it, and kcat.
    Kafka,
    /// cargo-fuzz.
    Fuzz,
}

impl Need {
    /// Everything that a person who works on the project needs.
    pub const ALL: &[Need] = &[Need::Lints, Need::Trunk, Need::WasmTests, Need::Browser, Need::E2ePackages];
}

/// The tools, found.
pub struct Tools {
    native: Toolchain,
    wasm: Toolchain,
    folders: Vec<PathBuf>,
    browser: Option<Browser>,
    kafka: Option<Kafka>,
}

/// A Rust toolchain: the one that is active, or one that rustup knows by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Toolchain {
    name: Option<String>,
}

impl Toolchain {
    /// Names a toolchain of rustup's.
    pub fn named(name: &str) -> Toolchain {
        Toolchain { name: Some(name.to_owned()) }
    }

    /// Starts a command with one of the toolchain's programs.
    pub fn command(&self, program: &str) -> Command {
        let mut command = shell::command(program);
        if let Some(name) = &self.name {
            command.env("RUSTUP_TOOLCHAIN", name);
        }
        command
    }
}

impl Tools {
    /// Finds or installs what `needs` name, and the wasm target, which everything needs.
    pub fn bring(ground: &Ground, needs: &[Need]) -> Result<Tools> {
        shell::make_folder(&ground.wasm_target)?;
        let mut tools = Tools {
            native: Toolchain::default(),
            wasm: wasm_target::bring(ground)?,
            folders: Vec::new(),
            browser: None,
            kafka: None,
        };
        for need in needs {
            match need {
                Need::Lints => {
                    tools.native = wasm_target::bring_lints(&tools.native)?;
                    tools.wasm = wasm_target::bring_lints(&tools.wasm)?;
                }
                Need::Trunk => {
                    tools.folders.push(tools::bring_wasm_bindgen(ground)?);
                    tools.folders.push(tools::bring_trunk(ground)?);
                }
                Need::WasmTests => tools.folders.push(tools::bring_wasm_bindgen(ground)?),
                Need::Browser => tools.browser = Some(browser::bring()?),
                Need::Node => node::bring()?,
                Need::E2ePackages => node::bring_packages(&ground.root.join("tests/e2e"))?,
                Need::BenchPackages => node::bring_packages(&ground.root.join("tests/bench"))?,
                Need::Fuzz => tools.folders.push(tools::bring_cargo_fuzz(ground)?),
                Need::Kafka => tools.kafka = Some(kafka::bring(ground)?),
            }
        }
        Ok(tools)
    }

    /// Starts one of the toolchain's programs for this machine.
    pub fn native_command(&self, program: &str) -> Command {
        self.native.command(program)
    }

    /// Starts a cargo command for this machine.
    pub fn cargo(&self, ground: &Ground) -> Command {
        let mut cargo = self.native.command("cargo");
        cargo.current_dir(&ground.root).env("CARGO_TARGET_DIR", &ground.target);
        cargo
    }

    /// Starts a program for this machine with our tools on its path.
    pub fn command_with_tools(&self, program: &str) -> Result<Command> {
        let mut command = self.native.command(program);
        command.env("PATH", self.path()?);
        Ok(command)
    }

    /// Starts a program that builds for wasm (cargo or trunk), with its own target folder and our tools on its path.
    pub fn wasm_command(&self, ground: &Ground, program: &str) -> Result<Command> {
        let mut command = self.wasm.command(program);
        command
            .current_dir(&ground.root)
            .env("CARGO_TARGET_DIR", &ground.wasm_target)
            .env("PATH", self.path()?);
        Ok(command)
    }

    /// The browser that [`Need::Browser`] brought.
    pub fn browser(&self) -> Result<&Browser> {
        self.browser.as_ref().ok_or_else(|| shell::Failure::new("the browser was not asked for"))
    }

    /// Apache Kafka, that [`Need::Kafka`] brought.
    pub fn kafka(&self) -> Result<&Kafka> {
        self.kafka.as_ref().ok_or_else(|| shell::Failure::new("Kafka was not asked for"))
    }

    fn path(&self) -> Result<OsString> {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(std::env::split_paths(&inherited));
        std::env::join_paths(folders).context("cannot put the tools on PATH")
    }
}
