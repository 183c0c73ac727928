// A broker's folders are dropped on the page: Kafka tells topic and partition by the folder's name alone.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { batch } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";

const SEGMENT = "00000000000000000000.log";

/** Drags folders over the page and lets go of them there. */
async function drop(page, files) {
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
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`orders-7/${SEGMENT}`);
});

test("the partitions of a broker's folder have names that tell them apart", async ({ app, page, scratch }) => {
  for (const name of ["orders-0", "orders-1"]) await partitionFolder(scratch, name, name);
  await app.open();
  await drop(page, [join(scratch, "kafka")]);
  await app.file.messages.expectCount(1);
  for (const name of ["orders-0", "orders-1"]) {
    await page.getByRole("link", { name: `${name}/${SEGMENT}` }).click();
    await app.file.messages.expectCount(1);
    await expect(app.file.messages.cell(app.file.messages.row(0), "value")).toHaveText(name);
  }
});

test("a folder with nothing in it that can be opened says so", async ({ app, page, scratch }) => {
  const folder = join(scratch, "holiday");
  await mkdir(folder);
  await writeFile(join(folder, "cat.png"), "no records");
  await app.open();
  await drop(page, [folder]);
  const dialog = page.getByRole("dialog", { name: "Nothing here can be opened" });
  await expect(dialog).toContainText("holiday");
  await expect(dialog).toContainText("no .log, .jsonl, .ndjson or .json file");
});
