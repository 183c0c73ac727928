//! End-to-end tests: the release behind our own server, Chromium, Playwright.

use std::path::Path;

use crate::ground::Ground;
use crate::serve::Server;
use crate::setup::Tools;
use crate::shell::{self, Result};
use crate::test::run_suite;
use crate::test::totals::{self, Totals};

/// Any free port will do, from here on.
const PORT: u16 = 8300;

/// Serves `dist` and runs `tests/e2e` against it. The tests find in their environment: `TABLOG_URL`, the address;
/// `TABLOG_DIST`, the folder; `TABLOG_CHROMIUM`, the browser; `TABLOG_INTEROP`, the options for `java` by which Kafka is found. The server ends with this program.
pub fn run(ground: &Ground, tools: &Tools, dist: &Path) -> Result<Totals> {
    let address = Server::listen(dist, PORT)?.serve_in_background()?;
    let folder = ground.root.join("tests/e2e");
    let report = ground.log("e2e-report")?.with_extension("json");
    shell::write(&report, "")?;
    let mut playwright = shell::command("node");
    playwright
        .args(["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"])
        .current_dir(folder)
        .env("TABLOG_URL", address)
        .env("TABLOG_DIST", dist)
        .env("TABLOG_CHROMIUM", &tools.browser()?.chromium)
        .env("TABLOG_INTEROP", &tools.kafka()?.arguments)
        .env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report)
        .env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    run_suite("e2e", &mut playwright, &ground.log("e2e")?, |_| {
        totals::of_playwright(&shell::read_text(&report).ok()?)
    })
}
