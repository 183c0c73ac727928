// What consumers see of transactions: at each isolation level, exactly what Kafka's own consumer got of the same files.
import { copyFile } from "node:fs/promises";
import { join } from "node:path";

import { BOOTSTRAP, consumed, copyOf, meaning, openFolder, showTopic } from "../support/golden.js";
import { expect, test } from "../support/fixtures.js";
import { exportJsonLines } from "../pages/transfer.js";

const offsetsOf = (rows) => rows.map((row) => Number(row.offset.replaceAll(",", ""))).sort((a, b) => a - b);
const isMarker = (row) => / marker of producer /.test(row.value);

test("read_committed shows what Kafka's consumer got, read_uncommitted what is in the log, and aborted records say so", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("codecs", scratch));
  const { messages } = app.file;
  for (const topic of ["java-lz4-mixed", "librdkafka-none-aborted"]) {
    const committed = await consumed("codecs", topic, "read_committed");
    const uncommitted = await consumed("codecs", topic, "read_uncommitted");
    expect(committed.length).toBeLessThan(uncommitted.length);
    await showTopic(page, topic);
    const level = page.getByRole("radiogroup", { name: "Isolation level" });
    await expect(level.getByRole("radio", { name: "read_uncommitted" })).toBeChecked();
    const all = await messages.readAll();
    expect(offsetsOf(all.filter((row) => !isMarker(row)))).toEqual(uncommitted);
    const flagged = all.filter((row) => /^(aborted|open)/.test(row.value));
    // What lies behind an open transaction waits with it, and is of none itself.
    const open = offsetsOf(all.filter((row) => row.value.startsWith("open")));
    const hidden = uncommitted.filter((offset) => !committed.includes(offset));
    const waits = hidden.filter((offset) => !open.includes(offset) && offset > Math.min(...open));
    expect(offsetsOf(flagged)).toEqual(hidden.filter((offset) => !waits.includes(offset)));
    expect(flagged.length).toBeGreaterThan(2);

    await level.getByRole("radio", { name: "read_committed" }).check();
    await messages.expectCount(committed.length);
    expect(offsetsOf(await messages.readAll())).toEqual(committed);
    await expect(page).toHaveURL(/isolation=read_committed/);
    const lines = (await exportJsonLines(page)).split("\n").filter(Boolean).map((line) => JSON.parse(line));
    expect(lines.map((line) => line.offset)).toEqual(committed);

    // The replay shows the same.
    await page.getByRole("tab", { name: "Replay" }).click();
    await expect(level.getByRole("radio", { name: "read_committed" })).toBeChecked();
    await page.getByRole("tab", { name: "Messages" }).click();
    await level.getByRole("radio", { name: "read_uncommitted" }).check();
    await messages.expectCount(all.length);
  }
});

test("a record's details say how its transaction ended, and a column does for all", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("codecs", scratch));
  await showTopic(page, "java-none-mixed");
  const committed = await consumed("codecs", "java-none-mixed", "read_committed");
  const uncommitted = await consumed("codecs", "java-none-mixed", "read_uncommitted");
  const aborted = uncommitted.find((offset) => !committed.includes(offset));
  await app.file.messages.root.evaluate((grid) => { grid.scrollTop = 0; });
  await app.file.messages.at(0, aborted).click();
  await app.file.details.face("Metadata");
  await expect(app.file.details.fact("Transaction")).toHaveText("aborted");
  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("checkbox", { name: "Transaction" }).check();
  await page.keyboard.press("Escape");
  await expect(app.file.messages.at(0, aborted).getByRole("gridcell").nth(6)).toHaveText("aborted");
});

test("where nothing is transactional, there is no level to choose", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("plain");
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "v" });
  await topic.tab("Messages");
  await topic.messages.expectCount(1);
  await expect(page.getByRole("radiogroup", { name: "Isolation level" })).toHaveCount(0);
});

test("what is written as lines at read_uncommitted says how much of it is not committed", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("codecs", scratch));
  await showTopic(page, "java-none-aborted");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Export JSON Lines" }).click();
  const dialog = page.getByRole("dialog", { name: /^Export/ });
  const hidden = (await consumed("codecs", "java-none-aborted", "read_uncommitted")).length - (await consumed("codecs", "java-none-aborted", "read_committed")).length;
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog.getByRole("status")).toContainText(`${hidden} records of aborted or open transactions written`);
  // Of a batch that is cut by the choice of offsets, only what is written counts.
  await dialog.getByLabel("To offset").fill("1");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog.getByRole("status")).toContainText("1 record of aborted or open transactions written");
});

test("records of Kafka's internal topics are shown as fields, in the grid and in the details", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("internal", scratch));
  // What was about to be deleted is told of.
  await expect(page.getByRole("dialog")).toContainText("-delete");
  await page.keyboard.press("Escape");
  await showTopic(page, "__consumer_offsets");
  const { messages, details } = app.file;
  const rows = await messages.readAll();
  const commit = rows.findLast((row) => /orders/.test(row.key + row.value));
  expect(commit, JSON.stringify(rows.slice(0, 5))).toBeTruthy();
  await messages.at(0, Number(commit.offset.replaceAll(",", ""))).click();
  await expect(details.root.getByRole("radio", { name: "Fields" })).toBeChecked();
  await expect(details.value).toContainText('"version"');
  await details.form("Hex");
  await expect(details.value).toContainText("00000000");

  await showTopic(page, "__cluster_metadata");
  await expect.poll(async () => (await messages.readAll()).some((row) => /orders/.test(row.value))).toBe(true);
});

test("snapshots of the metadata open beside its log, from header to footer, with their records as fields", async ({ app, page, scratch }) => {
  const data = await copyOf("internal", scratch);
  await copyFile(BOOTSTRAP, join(data, "bootstrap.checkpoint"));
  await openFolder(app, page, data);
  await expect(page.getByRole("dialog")).toContainText("-delete");
  await page.keyboard.press("Escape");
  const { messages, details } = app.file;
  const snapshots = [["__cluster_metadata-0/00000000000000000062-0000000001.checkpoint", /orders/], ["internal/bootstrap.checkpoint", /alice/]];
  for (const [name, word] of snapshots) {
    await page.getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(name);
    await expect.poll(async () => (await messages.readAll()).map((row) => row.value).filter((value) => /^snapshot|orders|alice/.test(value)))
      .toEqual(expect.arrayContaining(["snapshot header", expect.stringMatching(word), "snapshot footer"]));
    await messages.root.evaluate((grid) => { grid.scrollTop = 0; });
    await messages.at(0, 1).click();
    await expect(details.root.getByRole("radio", { name: "Fields" })).toBeChecked();
    await expect(details.value).toContainText("FEATURE_LEVEL_RECORD");
  }
  await page.getByRole("tab", { name: "Verify" }).click();
  await expect(page.getByRole("region", { name: "Verification" }).getByRole("status")).toHaveText("Everything is as it should be");
});

test("messages of the old formats tell their magic and their own checksum", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("old-formats", scratch));
  await showTopic(page, "v1-gzip");
  const [first] = await meaning("old-formats", "v1-gzip-0");
  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("checkbox", { name: "Magic" }).check();
  await page.getByRole("checkbox", { name: "Compression" }).check();
  await page.keyboard.press("Escape");
  await app.file.messages.root.evaluate((grid) => { grid.scrollTop = 0; });
  const row = app.file.messages.at(0, first.offset);
  await expect(row.getByRole("gridcell").nth(6)).toHaveText("gzip");
  await expect(row.getByRole("gridcell").nth(7)).toHaveText("1");
  await row.click();
  await app.file.details.face("Metadata");
  await expect(app.file.details.fact("Format")).toHaveText("message, magic 1");
  await expect(app.file.details.fact("CRC-32")).toHaveText(/^[0-9a-f]{8}$/);
});
