// Files are dragged from the desktop and dropped anywhere on the page: the browser's own drag and drop, not a script's.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { ImportDialog } from "../pages/transfer.js";
import { batch } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

/** Drags files over the page and lets go of them there. */
async function drop(page, files, { x = 640, y = 400, before } = {}) {
  const devtools = await page.context().newCDPSession(page);
  const data = { items: [], files, dragOperationsMask: 1 };
  for (const type of ["dragEnter", "dragOver"]) await devtools.send("Input.dispatchDragEvent", { type, x, y, data });
  await before?.();
  await devtools.send("Input.dispatchDragEvent", { type: "drop", x, y, data });
}

test("JSON Lines dropped on the first screen are offered for import, and the page says that they stay here", async ({ app, page, scratch }) => {
  const file = join(scratch, "dropped.jsonl");
  await writeFile(file, lines([{ key: "a", value: "1" }, { key: "b", value: "2" }]).join("\n"));
  await app.open();
  await expect(app.home.promise).toBeVisible();
  await drop(page, [file], { before: () => expect(page.getByText("It stays on this machine")).toBeVisible() });
  const dialog = new ImportDialog(page);
  await dialog.import("dropped");
  await expect(dialog.report).toContainText("2 records stored in dropped");
});

test("a .log dropped on a topic's messages opens in place", async ({ app, page, scratch }) => {
  const file = join(scratch, "00000000000000000007.log");
  await writeFile(file, batch({ baseOffset: 7n, records: [{ timestamp: 1_700_000_000_000, key: "k", value: "from a broker" }] }));
  await app.open();
  await app.createTopic("open-before");
  await drop(page, [file]);
  await app.file.messages.expectCount(1);
  await expect(app.file.messages.cell(app.file.messages.row(0), "value")).toHaveText("from a broker");
});

test("lines dropped while one publishes are meant for that topic", async ({ app, page, scratch }) => {
  const file = join(scratch, "bulk.jsonl");
  await writeFile(file, lines([{ key: "a", value: "dropped on the drawer" }]).join("\n"));
  await app.open();
  const topic = await app.createTopic("drawer");
  await topic.tab("Publish");
  await expect(topic.publish.root).toBeVisible();
  await drop(page, [file], { x: 1_100, y: 300 });
  const dialog = new ImportDialog(page);
  await expect(dialog.topic).toHaveValue("drawer");
  await dialog.button.click();
  await expect(dialog.report).toContainText("1 record stored in drawer");
  await dialog.look.click();
  await topic.messages.expectCount(1);
});

test("a broker's folder that is dropped opens its log, and leaves the indexes beside it alone", async ({ app, page, scratch }) => {
  const folder = join(scratch, "kafka", "orders-0");
  await mkdir(folder, { recursive: true });
  const log = batch({ baseOffset: 0n, records: [{ timestamp: 1_700_000_000_000, key: "k", value: "in a folder" }] });
  await writeFile(join(folder, "00000000000000000000.log"), log);
  await writeFile(join(folder, "00000000000000000000.index"), Buffer.alloc(8));
  await app.open();
  await drop(page, [join(scratch, "kafka")]);
  await app.file.messages.expectCount(1);
  await expect(app.file.messages.cell(app.file.messages.row(0), "value")).toHaveText("in a folder");
});

test("ten thousand lines pasted into the bulk box go the way of a file, at once", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("pasted");
  await topic.tab("Publish");
  await topic.publish.bulk.unfold();
  const text = lines(Array.from({ length: 10_000 }, (_, n) => ({ key: `k${n}`, value: `v${n}` }))).join("\n");
  await topic.publish.bulk.lines.evaluate((field, text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }, text);
  const dialog = new ImportDialog(page);
  await expect(dialog.topic).toHaveValue("pasted");
  await dialog.button.click();
  await expect(dialog.report).toContainText("10,000 records stored in pasted");
});

test("what was dragged over the page and away again leaves nothing over it", async ({ app, page, scratch }) => {
  // The word stayed when the element under the pointer went away, and lay over everything until the page was loaded again.
  const file = join(scratch, "away.jsonl");
  await writeFile(file, lines([{ key: "a", value: "1" }]).join("\n"));
  await app.open();
  await expect(app.home.promise).toBeVisible();
  const devtools = await page.context().newCDPSession(page);
  const drag = (type, x) => devtools.send("Input.dispatchDragEvent", { type, x, y: 400, data: { items: [], files: [file], dragOperationsMask: 1 } });
  const word = page.getByText("It stays on this machine");
  for (const type of ["dragEnter", "dragOver"]) await drag(type, 640);
  await expect(word).toBeVisible();
  await drag("dragOver", 200);
  // What was under the pointer goes without a word.
  await page.evaluate(() => { location.hash = "#/about"; });
  await drag("dragOver", 700);
  // DevTools' own cancelling tells the page nothing; a pointer that leaves the window does, and goes nowhere in the document.
  await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["x"], "away.jsonl"));
    document.body.dispatchEvent(new DragEvent("dragleave", { dataTransfer, bubbles: true, cancelable: true, relatedTarget: null }));
  });
  await expect(word).toHaveCount(0);
});
