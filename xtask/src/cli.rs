//! What may be typed after `cargo xtask`.

use std::process::ExitCode;

use crate::bench;
use crate::build;
use crate::check;
use crate::crash;
use crate::fuzz;
use crate::golden;
use crate::ground::Ground;
use crate::serve::Server;
use crate::setup::{Need, Tools};
use crate::shell::{Context, Failure, Result, say};
use crate::test::{self, Part};

const USAGE: &str = "\
usage: cargo xtask <command>

  run [--port N]    build the app and serve it on 127.0.0.1
  test [--only S]   check, build and pass every test; S: check, native, interop, wasm, e2e or crash
  check             format, clippy (native and wasm), docs, direction rules
  build             the release in dist/, with the size of every asset
  bench             the benchmarks, in a real browser
  crash [--slow|--power|--full|--tabs|--frozen|--flood] [--runs N] [--minutes N] [--engine leveldb|sqlite] [--seed N]
                    browsers that are killed, cut off from power, out of room or frozen, N times
  fuzz [T] [--seconds N]
                    hostile bytes for each reader, or for one, under libFuzzer; 60 s each
  golden            make tests/golden anew, with Apache Kafka
  setup             bring every tool that the other commands need";

/// Runs the command that the words name.
pub fn run(words: impl Iterator<Item = String>) -> Result<ExitCode> {
    let words: Vec<String> = words.collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ground = Ground::find()?;
    match words.as_slice() {
        ["run"] => run_app(&ground, DEFAULT_PORT)?,
        ["run", "--port", port] => {
            run_app(&ground, port.parse().context(format_args!("`{port}` is no port"))?)?
        }
        ["test"] => return Ok(exit_code(test::run(&ground, Part::ALL))),
        ["test", "--only", part] => return Ok(exit_code(test::run(&ground, &[Part::parse(part)?]))),
        ["check"] => check::run(&ground, &Tools::bring(&ground, &[Need::Lints])?)?,
        ["build"] => build::run(&ground, &Tools::bring(&ground, &[Need::Trunk])?).map(drop)?,
        ["bench", words @ ..] => bench::run(&ground, words)?,
        ["crash", words @ ..] => crash::run(&ground, words)?,
        ["fuzz", words @ ..] => fuzz::run(&ground, words)?,
        ["golden"] => golden::run(&ground)?,
        ["setup"] => Tools::bring(&ground, Need::ALL).map(|_| say("every tool is here"))?,
        _ => return Err(Failure::new(USAGE)),
    }
    Ok(ExitCode::SUCCESS)
}

fn exit_code(all_passed: bool) -> ExitCode {
    if all_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The port of `run`, unless another one is asked for.
const DEFAULT_PORT: u16 = 8080;

fn run_app(ground: &Ground, port: u16) -> Result<()> {
    let dist = build::run(ground, &Tools::bring(ground, &[Need::Trunk])?)?;
    let server = Server::listen(&dist, port)?;
    say(format_args!("Tablog is at {} (Ctrl+C ends it)", server.address()?));
    server.serve()
}
