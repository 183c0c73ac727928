//! What may be typed after `cargo xtask`.

use crate::build;
use crate::check;
use crate::ground::Ground;
use crate::serve::Server;
use crate::setup::{Need, Tools};
use crate::shell::{Context, Failure, Result, say};

const USAGE: &str = "\
usage: cargo xtask <command>

  run [--port N]    build the app and serve it on 127.0.0.1
  test [--only S]   check, build and pass every test; S: check, native, wasm or e2e
  check             format, clippy (native and wasm), docs, direction rules
  build             the release in dist/, with the size of every asset
  bench             the benchmarks, in a real browser
  setup             bring every tool that the other commands need";

/// Runs the command that the words name.
pub fn run(words: impl Iterator<Item = String>) -> Result<()> {
    let words: Vec<String> = words.collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ground = Ground::find()?;
    match words.as_slice() {
        ["check"] => check::run(&ground, &Tools::bring(&ground, &[Need::Lints])?),
        ["build"] => build::run(&ground, &Tools::bring(&ground, &[Need::Trunk])?).map(|_| ()),
        ["run"] => run_app(&ground, DEFAULT_PORT),
        ["run", "--port", port] => {
            run_app(&ground, port.parse().context(format_args!("`{port}` is no port"))?)
        }
        ["setup"] => {
            let tools = Tools::bring(&ground, Need::ALL)?;
            let browser = tools.browser()?;
            say(format_args!(
                "every tool is here; the browser: {}, its driver: {}",
                browser.chromium.display(),
                browser.driver.display()
            ));
            Ok(())
        }
        _ => Err(Failure::new(USAGE)),
    }
}

/// The port of `run`, unless another one is asked for.
const DEFAULT_PORT: u16 = 8080;

fn run_app(ground: &Ground, port: u16) -> Result<()> {
    let dist = build::run(ground, &Tools::bring(ground, &[Need::Trunk])?)?;
    let server = Server::listen(&dist, port)?;
    say(format_args!("Tablog is at {} (Ctrl+C ends it)", server.address()?));
    server.serve()
}
