// The engine's worker dies: the page says so, starts another one, and nothing acknowledged is lost.
import { cp, rm } from "node:fs/promises";
import { join } from "node:path";

import { App } from "../pages/app.js";
import { fileOf } from "../pages/file.js";
import { exportJsonLines, ImportDialog } from "../pages/transfer.js";
import { log } from "../support/batches.js";
import { hashedNames } from "../support/builds.js";
import { DIST, expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

const DEATHS = [
  ["ends without a word", () => self.close()],
  ["throws", () => void setTimeout(() => { throw new Error("thrown by a test"); })],
];

for (const [how, die] of DEATHS) {
  test(`an engine that ${how} is replaced, and what was made is still there`, async ({ app, page }) => {
    await app.open();
    const topic = await app.createTopic("before");
    await topic.tab("Publish");
    await topic.publish.publish({ key: "k", value: "acknowledged" });
    const [worker] = page.workers();
    await worker.evaluate(die);
    await expect(page.getByRole("status").filter({ hasText: "started again" })).toBeVisible({ timeout: 60_000 });
    await app.createTopic("after");
    await app.open("#/topics");
    await expect(app.topics.records("before")).toHaveText("1");
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

test("an engine that dies in the middle of an import has stored a beginning of the file, and no more than it has", async ({ app, page }) => {
  const RECORDS = 200_000;
  const written = lines(Array.from({ length: RECORDS }, (_, n) => ({ key: `k${n}`, value: `v${n} ${"x".repeat(100)}` })));
  await app.open();
  await app.file.open(fileOf("long.jsonl", written.join("\n")));
  const dialog = new ImportDialog(page);
  await dialog.topic.fill("long");
  const [worker] = page.workers();
  // Something is acknowledged, and more is to come: a commit holds less than a third of the file, however fast the machine is.
  await worker.evaluate(() => {
    const { commit } = IDBTransaction.prototype;
    IDBTransaction.prototype.commit = function () {
      const holdsRecords = this.mode === "readwrite" && this.objectStoreNames.contains("chunks");
      if (holdsRecords) this.addEventListener("complete", () => setTimeout(() => { throw new Error("thrown by a test"); }));
      return commit.call(this);
    };
  });
  await dialog.button.click();
  await expect(page.getByText("started again").first()).toBeAttached({ timeout: 60_000 });
  await page.reload();
  const topic = app.topic("long");
  await topic.open();
  await expect.poll(() => topic.messages.count()).toBeGreaterThan(0);
  const stored = await topic.messages.count();
  console.log(`${stored} of ${RECORDS} records were stored when the engine died`);
  expect(stored).toBeLessThan(RECORDS);
  const records = (await exportJsonLines(page)).trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(records.map(({ offset, key }) => [offset, key])).toEqual(Array.from({ length: stored }, (_, n) => [n, `k${n}`]));
});

test("when the engine of Kafka's files dies, they are opened again, and the topics are not concerned", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("kept");
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "acknowledged" });
  await app.file.open(fileOf("00000000000000000000.log", log()));
  await app.file.messages.expectCount(4);
  // The first worker is the one that every page has.
  await expect.poll(() => page.workers().length).toBe(2);
  const [, files] = page.workers();
  await files.evaluate(() => void setTimeout(() => { throw new Error("thrown by a test"); }));
  await expect(page.getByRole("status").filter({ hasText: "started again" })).toBeVisible({ timeout: 60_000 });
  await app.file.messages.expectCount(4);
  await expect(app.file.messages.row(0)).toContainText("v");
  await topic.open();
  await topic.messages.expectCount(1);
});
