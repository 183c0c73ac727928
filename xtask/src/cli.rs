//! What may be typed after `cargo xtask`.

use crate::check;
use crate::ground::Ground;
use crate::setup::{Need, Tools};
use crate::shell::{Failure, Result, say};

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
