// A broker's folders are dropped on the page: Kafka tells topic and partition by the folder's name alone.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { batch } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";

const SEGMENT = "00000000000000000000.log";

/** Drags folders over the page and lets go of them there. */
async function drop(page, files) {
  // The page hears of drops once it is there.
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver", "drop"]) {
    await devtools.send("Input.dispatchDragEvent", { type, x: 640, y: 400, data });
  }
}

/** Makes a partition's folder with one record in its one segment. */
async function partitionFolder(scratch, name, value) {
  const folder = join(scratch, "kafka", name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, SEGMENT), batch({ baseOffset: 0n, records: [{ timestamp: 1_700_000_000_000, key: "k", value }] }));
  await writeFile(join(folder, "00000000000000000000.index"), Buffer.alloc(8));
  return folder;
}

test("a partition's folder that is dropped shows its partition and its topic", async ({ app, page, scratch }) => {
  const folder = await partitionFolder(scratch, "orders-7", "in a folder");
  await app.open();
  await drop(page, [folder]);
  await app.file.messages.expectCount(1);
  const [row] = await app.file.messages.readAll();
  expect(row).toMatchObject({ partition: "7", offset: "0" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("orders");
});

test("the partitions of a broker's folder are one topic, and its topics stand side by side", async ({ app, page, scratch }) => {
  for (const name of ["orders-0", "orders-1", "payments-0"]) await partitionFolder(scratch, name, name);
  await app.open();
  await drop(page, [join(scratch, "kafka")]);
  for (const [topic, folders] of [["orders", ["orders-0", "orders-1"]], ["payments", ["payments-0"]]]) {
    await page.getByRole("link", { name: new RegExp(`^${topic}`) }).click();
    await app.file.messages.expectCount(folders.length);
    const rows = await app.file.messages.readAll();
    expect(rows.map((row) => row.value)).toEqual(folders);
  }
});

test("a chosen folder opens like a dropped one, segments in their order, and further folders join their topic", async ({ app, page, scratch }) => {
  const folder = await partitionFolder(scratch, "orders-0", "first");
  const second = batch({ baseOffset: 1n, records: [{ timestamp: 1_700_000_001_000, key: "k", value: "second" }] });
  await writeFile(join(folder, "00000000000000000001.log"), second);
  await app.open();
  const chosen = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open folder" }).first().click();
  await (await chosen).setFiles(join(scratch, "kafka"));
  await app.file.messages.expectCount(2);
  expect((await app.file.messages.readAll()).map((row) => row.value)).toEqual(["first", "second"]);
  await expect(app.file.damage).toHaveCount(0);

  await drop(page, [await partitionFolder(scratch, "orders-2", "third")]);
  await app.file.messages.expectCount(3);
  const rows = await app.file.messages.readAll();
  expect(rows.map((row) => [row.partition, row.value])).toEqual([["0", "first"], ["2", "third"], ["0", "second"]]);
  await expect(page.getByRole("listitem").filter({ hasText: "orders" })).toHaveCount(1);
});

test("a hole between two segments is named, and both are readable", async ({ app, page, scratch }) => {
  const folder = await partitionFolder(scratch, "orders-0", "first");
  const later = batch({ baseOffset: 40n, records: [{ timestamp: 1_700_000_001_000, key: "k", value: "later" }] });
  await writeFile(join(folder, "00000000000000000040.log"), later);
  await app.open();
  await drop(page, [folder]);
  await app.file.messages.expectCount(2);
  await app.file.damage.click();
  await expect(app.file.damage).toContainText("offsets 1 up to 40");
});

test("offsets that are missing within a segment are named, unless the broker wrote down that it compacted them", async ({ app, page, scratch }) => {
  const folder = await partitionFolder(scratch, "orders-0", "first");
  const record = (value) => [{ timestamp: 1_700_000_000_000, key: "k", value }];
  const holed = [batch({ baseOffset: 0n, records: record("first") }), batch({ baseOffset: 7n, records: record("seventh") })];
  await writeFile(join(folder, SEGMENT), Buffer.concat(holed));
  await app.open();
  await drop(page, [join(scratch, "kafka")]);
  await app.file.messages.expectCount(2);
  await app.file.damage.click();
  await expect(app.file.damage).toContainText("offsets 1 up to 7");
  await writeFile(join(scratch, "kafka", "cleaner-offset-checkpoint"), "0\n1\norders 0 7\n");
  await drop(page, [join(scratch, "kafka")]);
  // Not only while it is opened anew.
  await expect(app.file.damage).toHaveCount(0);
  await app.file.messages.expectCount(2);
  await expect(app.file.damage).toHaveCount(0);
});

test("a folder with nothing in it that can be opened says so", async ({ app, page, scratch }) => {
  const folder = join(scratch, "holiday");
  await mkdir(folder);
  await writeFile(join(folder, "cat.png"), "no records");
  await app.open();
  await drop(page, [folder]);
  const dialog = page.getByRole("dialog", { name: "Nothing here can be opened" });
  await expect(dialog).toContainText("holiday");
  await expect(dialog).toContainText("no file of Kafka's in it");
});
