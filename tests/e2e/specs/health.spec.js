// The Health page: what is stored against what was acknowledged, verification, losses and the crash test.
import { App } from "../pages/app.js";
import { exportJsonLines } from "../pages/transfer.js";
import { damage, strangerTab, untilWitnessed } from "../support/database.js";
import { expect, test } from "../support/fixtures.js";

/** Makes a topic with three records, each in a row of its own, and waits until all of that is remembered. */
async function threeRows(app, name) {
  await app.open();
  const topic = await app.createTopic(name);
  await topic.tab("Publish");
  for (const value of ["a", "b", "c"]) await topic.publish.publish({ key: "k", value });
  await untilWitnessed(app.page, name, 3);
  return topic;
}

/** Opens the app in another tab; the one before is closed. */
async function reopened(app, context, address, hash) {
  const next = new App(await context.newPage(), address);
  await next.open(hash);
  return next;
}

test("what was acknowledged is stored, every byte is verified, and the report says so", async ({ app }) => {
  await threeRows(app, "sound");
  await app.page.getByRole("link", { name: "Health" }).click();
  const { health } = app;
  await expect(health.engine).toContainText("running");
  await expect(health.storage).toContainText(/persisted|best-effort/);
  await expect(health.storage).toContainText("Kept asideUp to 8.0 MB of what is used");
  expect(await health.topic("sound")).toEqual(["1", "3", "3", "0"]);
  await expect(health.losses).toContainText("None is known");
  await health.verify();
  await expect(health.verification).toContainText("Everything is as it should be · 1 partition · 3 records");
  const report = await health.save(app.main, "Save report");
  expect(report).toMatchObject({ engine: "running", restarts: 0, crash_test: null, stored: { losses: [], verified: { records: 3, findings: [] } } });
  expect(report.browser).toContain("Chrom");
  expect(report.stored.topics).toEqual([expect.objectContaining({ name: "sound", acknowledged: 3, stored: 3, missing: 0 })]);
  // The next visit knows how the last verification went.
  await app.page.reload();
  await expect(health.verification).toContainText("Last verification");
  await expect(health.verification).toContainText("Everything is as it should be");
});

test("a flipped bit in a stored row is found with its offset, and the other records are served", async ({ app, context, address }) => {
  const topic = await threeRows(app, "flipped");
  await app.page.goto("about:blank");
  await damage(context, address, { row: 1 });
  await app.open("#/health");
  const { health } = app;
  await expect(health.heading).toBeVisible();
  await health.verify();
  await expect(health.findings).toHaveCount(1);
  await expect(health.findings).toContainText("flipped-0 · offset 1");
  await expect(health.findings).toContainText("CRC");
  await expect(health.verification).toContainText("1 finding: 1 record cannot be read");
  await topic.open();
  await topic.messages.expectCount(3);
  await expect(topic.messages.cell(topic.messages.at(0, 2), "value")).toHaveText("c");
});

test("a last row that is gone is told with topic, partition and offset, and its offset is not given out again", async ({ app, context, address }) => {
  await threeRows(app, "shortened");
  await app.page.close();
  await damage(context, address, { row: -1, deletes: true });
  const next = await reopened(app, context, address, "#/topics");
  const alert = next.alert.filter({ hasText: "Data loss" });
  await expect(alert).toContainText("shortened-0: offset 2 is lost: they had been acknowledged");
  await alert.getByRole("link", { name: "Health" }).click();
  const { health } = next;
  await expect(health.lost).toHaveCount(1);
  await expect(health.lost).toContainText("shortened-0 · offset 2");
  await expect(health.lost).toContainText("Last known to be there");
  const losses = await health.save(health.losses, "Export report");
  expect(losses).toEqual([expect.objectContaining({ topic: "shortened", partition: 0, from: 2, to: 3 })]);
  const topic = next.topic("shortened");
  await topic.open("publish");
  expect(await topic.publish.publish({ key: "k", value: "d" })).toEqual({ partition: 0, offset: 3 });
  // Told once, and remembered.
  await next.page.reload();
  await expect(topic.heading).toBeVisible();
  await expect(alert).toHaveCount(0);
  await next.open("#/health");
  await expect(health.lost).toHaveCount(1);
});

test("a last row that goes while the page is open is told, the others are served, and its offset is not given out again", async ({ app, context, address }) => {
  // The page said that the topic was being changed all the time.
  const topic = await threeRows(app, "shrunk");
  await damage(context, address, { row: -1, deletes: true });
  // What is in view is not read again; an export reads everything.
  const exported = await exportJsonLines(app.page);
  expect(exported.trimEnd().split("\n").map((line) => JSON.parse(line).value)).toEqual(["a", "b"]);
  await expect(app.alert.filter({ hasText: "shrunk-0: offset 2 is lost: they had been acknowledged" })).toBeVisible();
  expect(await topic.publish.publish({ key: "k", value: "d" })).toEqual({ partition: 0, offset: 3 });
});

test("a database that is gone while the browser kept the rest is told topic by topic", async ({ app, page, context, address }) => {
  await threeRows(app, "evicted");
  const stranger = await strangerTab(context, address);
  await page.close();
  const devtools = await context.newCDPSession(stranger);
  await devtools.send("Storage.clearDataForOrigin", { origin: new URL(address).origin, storageTypes: "indexeddb" });
  const next = await reopened(app, context, address, "#/health");
  await expect(next.alert.filter({ hasText: "evicted-0: offsets 0 to 2 are lost: the whole database was gone" })).toBeVisible();
  await expect(next.health.lost).toContainText("evicted-0 · offsets 0 to 2");
});

test("where everything was cleared, and where a topic was deleted, nothing is called lost", async ({ app, page, context, address }) => {
  await threeRows(app, "deleted");
  const before = await page.evaluate(() => localStorage.getItem("tablog.witness"));
  await app.open("#/topics");
  const dialog = await app.topics.askToDelete("deleted");
  await dialog.getByLabel("Type deleted to confirm").fill("deleted");
  await dialog.getByRole("button", { name: "Delete topic" }).click();
  await expect(page.getByText("No topics yet").first()).toBeVisible();
  await page.close();
  // The browser ended before it was noted that the topic is gone.
  const stranger = await strangerTab(context, address);
  await stranger.evaluate((text) => localStorage.setItem("tablog.witness", text), before);
  const next = await reopened(app, context, address, "#/health");
  await expect(next.health.losses).toContainText("None is known");
  await expect(next.alert.filter({ hasText: "Data loss" })).toHaveCount(0);
  await threeRows(next, "cleared");
  await next.page.close();
  const devtools = await context.newCDPSession(stranger);
  const storageTypes = "indexeddb,local_storage";
  await devtools.send("Storage.clearDataForOrigin", { origin: new URL(address).origin, storageTypes });
  const last = await reopened(next, context, address, "#/health");
  await expect(last.health.losses).toContainText("None is known");
});

test("the crash test on this device finds every acknowledged record, and leaves nothing behind", async ({ app, page }) => {
  await app.open();
  await expect(app.home.promise).toBeVisible();
  // By keyboard alone.
  await page.keyboard.press("Control+k");
  await app.switcher().getByRole("combobox").fill("health");
  await page.keyboard.press("Enter");
  const { crashTest } = app.health;
  await crashTest.getByRole("button", { name: "Run the crash test" }).focus();
  await page.keyboard.press("Enter");
  await expect(crashTest.getByRole("progressbar")).toBeVisible();
  await expect(crashTest.getByRole("status")).toContainText("acknowledged records are there after 10 kills", { timeout: 60_000 });
  const result = await app.health.save(crashTest, "Save result");
  expect(result).toMatchObject({ kills: 10, missing: 0, wrong: 0, twice: 0, lost_offsets: 0, is_removed: true });
  expect(result.acknowledged).toBeGreaterThan(0);
  expect(result.stored).toBeGreaterThanOrEqual(result.acknowledged);
  console.log(`crash test: ${result.acknowledged} acknowledged, ${result.stored} stored`);
  const databases = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name));
  expect((await databases()).filter((name) => name.includes("crash"))).toEqual([]);
  // One that is stopped leaves nothing either.
  await crashTest.getByRole("button", { name: "Run the crash test" }).click();
  await expect(crashTest.getByRole("group")).toContainText(/[1-9] of 10 kills/);
  await crashTest.getByRole("button", { name: "Cancel" }).click();
  await expect(crashTest.getByRole("alert")).toContainText("stopped");
  await expect.poll(async () => (await databases()).filter((name) => name.includes("crash"))).toEqual([]);
});
