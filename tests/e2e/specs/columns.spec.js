// What a batch says of itself, as columns; and batches of every codec, which Kafka's own client compressed.
import { fileOf } from "../pages/file.js";
import { ImportDialog } from "../pages/transfer.js";
import { COMPRESSED, log } from "../support/batches.js";
import { expect, test } from "../support/fixtures.js";

test("batches of every codec are read, and the columns that one adds say which", async ({ app, page }) => {
  await app.open();
  await app.file.open(fileOf("00000000000000000000.log", log()));
  await app.file.messages.expectCount(4);
  const rows = await app.file.messages.readAll();
  expect(rows.map((row) => [row.offset, row.key, row.value])).toEqual([0, 1, 2, 3].map((offset) => [`${offset}`, "k", "v"]));

  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("checkbox", { name: "CRC" }).check();
  await page.getByRole("checkbox", { name: "Compression" }).check();
  await page.keyboard.press("Escape");
  const { root } = app.file.messages;
  await expect(root.getByRole("columnheader")).toHaveText([
    "Time (UTC)", "Partition", "Offset", "Key", "Value", "Headers", "Compression", "CRC",
  ]);
  await expect(root).toHaveAttribute("aria-colcount", "8");
  const cells = (row) => app.file.messages.row(row).getByRole("gridcell");
  for (const [row, codec] of Object.keys(COMPRESSED).entries()) {
    await expect(cells(row).nth(6)).toHaveText(codec);
    await expect(cells(row).nth(7)).toHaveText(COMPRESSED[codec].slice(34, 42));
  }
  await expect(page).toHaveURL(/columns=compression,crc/);
});

test("the columns that one added are there after a reload, in the replay, and go when one takes them away", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("wide", { configs: { "compression.type": "zstd" } });
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "a value that is long enough" });
  await topic.tab("Messages");
  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("checkbox", { name: "Compression" }).check();
  await page.getByRole("checkbox", { name: "Value size" }).check();
  await page.keyboard.press("Escape");
  await page.reload();
  const cells = topic.messages.row(0).getByRole("gridcell");
  await expect(cells.nth(6)).toHaveText("zstd");
  await expect(cells.nth(7)).toHaveText("27 B");
  await topic.tab("Replay");
  await topic.replay.stepForward.click();
  await expect(topic.replay.grid.row(0).getByRole("gridcell").nth(6)).toHaveText("zstd");
  await page.getByRole("button", { name: /^Columns/ }).click();
  await page.getByRole("checkbox", { name: "Compression" }).uncheck();
  await expect(topic.replay.grid.root.getByRole("columnheader")).toHaveCount(7);
});

test("imported lines are stored with lz4, unless the topic says otherwise", async ({ app, page }) => {
  const lines = Array.from({ length: 200 }, (_, id) => `{"partition":0,"offset":${id},"timestamp":${id},"key":null,"value":"{\\"id\\":${id},\\"status\\":\\"created\\"}"}\n`);
  await app.open();
  await app.createTopic("plain", { configs: { "compression.type": "uncompressed" } });
  for (const [topic, codec] of [["packed", "lz4"], ["plain", "none"]]) {
    await app.file.open(fileOf(`${topic}.jsonl`, lines.join("")));
    const dialog = new ImportDialog(page);
    await dialog.import(topic);
    await expect(dialog.report).toContainText(`200 records stored in ${topic}`);
    await dialog.look.click();
    const { messages } = app.topic(topic);
    await messages.expectCount(200);
    await page.getByRole("button", { name: /^Columns/ }).click();
    await page.getByRole("checkbox", { name: "Compression" }).check();
    await page.keyboard.press("Escape");
    await expect(messages.row(199).getByRole("gridcell").nth(6)).toHaveText(codec);
  }
});
