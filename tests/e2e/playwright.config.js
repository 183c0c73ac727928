// Runs against a built page that somebody serves: TABLOG_URL is its address, TABLOG_DIST its folder (tests that stop or
// change the server serve it themselves), TABLOG_CHROMIUM the browser. `cargo xtask test` sets all three.
import { defineConfig } from "@playwright/test";

for (const name of ["TABLOG_URL", "TABLOG_DIST"]) {
  if (!process.env[name]) throw new Error(`${name} is not set: run "cargo xtask test", or see tests/e2e/README.md`);
}

export default defineConfig({
  testDir: "./specs",
  outputDir: "./test-results",
  // One at a time, since times are told in some of them, and a browser alone keeps two cores busy; and no second chance: a test
  // that passes only now and then has found something.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 120_000,
  expect: { timeout: 20_000 },
  reporter: "list",
});
