// The engine's worker dies: the page says so, starts another one, and nothing acknowledged is lost.
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";

import { App } from "../pages/app.js";
import { hashedNames } from "../support/builds.js";
import { DIST, expect, test } from "../support/fixtures.js";

const DEATHS = [
  ["ends without a word", () => self.close()],
  ["throws", () => void setTimeout(() => { throw new Error("thrown by a test"); })],
];

for (const [how, die] of DEATHS) {
  test(`an engine that ${how} is replaced, and what was made is still there`, async ({ app, page }) => {
    await app.open();
    await app.createTopic("before");
    const [worker] = page.workers();
    await worker.evaluate(die);
    await expect(page.getByRole("status").filter({ hasText: "started again" })).toBeVisible({ timeout: 60_000 });
    await app.createTopic("after");
    await app.open("#/topics");
    await expect(app.topics.row("before")).toBeVisible();
    await expect(app.topics.row("after")).toBeVisible();
  });
}

test("an engine whose WebAssembly is not there is given up within seconds, with the reason", async ({ page, server, scratch }) => {
  // A worker's rejected promise told the page nothing: it said "Starting" for a minute, and then again and again.
  const half = join(scratch, "half");
  await cp(DIST, half, { recursive: true });
  const missing = (await hashedNames(half)).find((name) => name.startsWith("engine_bg-"));
  await rm(join(half, missing));
  server.serve(half);
  const app = new App(page, server.url);
  await app.open();
  await expect(app.alert.filter({ hasText: "to no avail" })).toBeVisible({ timeout: 15_000 });
});
