//! `cargo xtask bench`: the benchmarks of `tests/bench`, in a real browser.

use std::process::Command;

use crate::build;
use crate::ground::Ground;
use crate::harness::{self, Profile};
use crate::serve::Server;
use crate::setup::{Need, Tools};
use crate::shell::{self, Failure, Result, say};
use crate::test::wasm;

/// Any free port will do, from here on.
const PORT: u16 = 8500;
const SCRIPT: &str = "tests/bench/run.mjs";

/// What the words ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wanted {
    /// The page's release, beside Dexie and kafka-dump-log.
    page: bool,
    /// CRC-32C in WebAssembly.
    crc: bool,
    /// The log itself, beside its peers.
    peers: bool,
    /// Apache Kafka.
    kafka: bool,
}

impl Wanted {
    fn by(words: &[&str]) -> Wanted {
        let has = |word: &str| words.contains(&word);
        if has("--report-again") {
            return Wanted { page: false, crc: false, peers: false, kafka: false };
        }
        if has("--quick") {
            return Wanted { page: false, crc: false, peers: true, kafka: false };
        }
        let only = |part: &str| has(part) || !has("--only");
        if has("profile") {
            return Wanted { page: false, crc: false, peers: true, kafka: false };
        }
        let page = only("import") || only("segments");
        Wanted { page, crc: only("segments"), peers: only("peers"), kafka: only("segments") || only("peers") }
    }

    fn needs(self) -> Vec<Need> {
        let mut needs = vec![Need::BenchPackages];
        needs.extend((self.page || self.peers).then_some(Need::Browser));
        needs.extend((self.crc || self.peers).then_some(Need::WasmTests));
        needs.extend(self.page.then_some(Need::Trunk));
        needs.extend(self.kafka.then_some(Need::Kafka));
        needs
    }
}

/// Builds what is measured, serves the page, and runs the script of the benchmarks with the same variables as the end-to-end
/// tests: `TABLOG_URL`, `TABLOG_DIST`, `TABLOG_CHROMIUM`, `TABLOG_INTEROP`; and with `TABLOG_HARNESS`, the folder of the log for
/// JavaScript, and `TABLOG_TARGET`, where what was measured is kept. What follows `bench` on the command line goes to the script.
pub fn run(ground: &Ground, words: &[&str]) -> Result<()> {
    let script = ground.root.join(SCRIPT);
    if !script.is_file() {
        return Err(Failure::new(format!("{SCRIPT} is not there, so there is nothing to measure")));
    }
    let wanted = Wanted::by(words);
    let tools = Tools::bring(ground, &wanted.needs())?;
    let mut node = shell::command("node");
    node.arg(script).args(words).current_dir(ground.root.join("tests/bench"));
    node.env("TABLOG_TARGET", &ground.target);
    if wanted.page || wanted.peers {
        node.env("TABLOG_CHROMIUM", &tools.browser()?.chromium);
    }
    if wanted.kafka {
        node.env("TABLOG_INTEROP", &tools.kafka()?.arguments);
    }
    if wanted.crc {
        wasm::bench(ground, &tools)?;
    }
    if wanted.peers {
        node.env("TABLOG_HARNESS", harness::build(ground, &tools, Profile::Release)?);
    }
    if wanted.page {
        serve_page(ground, &tools, &mut node)?;
    }
    shell::run(&mut node)
}

fn serve_page(ground: &Ground, tools: &Tools, node: &mut Command) -> Result<()> {
    let dist = build::run(ground, tools)?;
    let address = Server::listen(&dist, PORT)?.serve_in_background()?;
    say(format_args!("measuring {address}"));
    node.env("TABLOG_URL", address).env("TABLOG_DIST", &dist);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_measured_is_built() {
        let everything = Wanted { page: true, crc: true, peers: true, kafka: true };
        assert_eq!(Wanted::by(&["--rounds", "1"]), everything);
        let peers = Wanted { page: false, crc: false, peers: true, kafka: true };
        assert_eq!(Wanted::by(&["--only", "peers"]), peers);
        assert_eq!(Wanted::by(&["--quick"]), Wanted { kafka: false, ..peers });
        assert_eq!(Wanted::by(&["--only", "profile"]), Wanted { kafka: false, ..peers });
        let import = Wanted { page: true, crc: false, peers: false, kafka: false };
        assert_eq!(Wanted::by(&["--only", "import"]), import);
        assert!(!Wanted::by(&["--report-again"]).needs().contains(&Need::Trunk));
    }

    #[test]
    fn the_page_needs_trunk_and_its_peers_do_not() {
        assert!(Wanted::by(&["--only", "segments"]).needs().contains(&Need::Trunk));
        assert!(!Wanted::by(&["--only", "peers"]).needs().contains(&Need::Trunk));
    }
}
