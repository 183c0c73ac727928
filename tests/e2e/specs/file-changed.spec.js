// A file that changes on the disk while it is open: the browser refuses to read it from then on, and nobody is shown old bytes.
import { appendFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { batch } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";

const BATCHES = 400;
const RECORDS = 10;

/** Writes a log of 400 batches with 10 records of 20 kB each, a second apart: more than the engine keeps in memory. */
async function writeLog(folder) {
  const path = join(folder, "00000000000000000000.log");
  const value = "x".repeat(20_000);
  const batches = Array.from({ length: BATCHES }, (_, index) =>
    batch({
      baseOffset: index * RECORDS,
      records: Array.from({ length: RECORDS }, (_, n) => ({
        timestamp: 1_700_000_000_000 + (index * RECORDS + n) * 1_000,
        key: `key-${index * RECORDS + n}`,
        value,
        headers: [],
      })),
    }),
  );
  await writeFile(path, Buffer.concat(batches));
  // A whole second: what puts it back later knows no finer time.
  await utimes(path, new Date(1_700_000_000_000), new Date(1_700_000_000_000));
  return path;
}

/** Changes a file; what it returns puts it back as it was. */
async function change(path) {
  const before = await stat(path);
  await appendFile(path, "more");
  await utimes(path, before.atime, new Date(before.mtimeMs + 60_000));
  return async () => {
    await truncate(path, before.size);
    await utimes(path, before.atime, before.mtime);
  };
}

async function openLog(app, scratch) {
  const path = await writeLog(scratch);
  await app.open();
  await app.file.open(path);
  await app.file.messages.expectCount(BATCHES * RECORDS);
  await expect(app.main).not.toContainText("Indexing");
  return path;
}

test("rows of a file that has changed are not shown, the page says why, and Try again shows them once it is back", async ({ app, page, scratch }) => {
  const path = await openLog(app, scratch);
  const putBack = await change(path);
  const { messages } = app.file;
  const pending = messages.rows.filter({ has: page.locator(".cell-pending") });
  const alert = app.alert.filter({ hasText: "cannot be read" });
  // What the engine keeps in memory shows all the same: look around until somewhere is not.
  await expect(async () => {
    await messages.root.evaluate((grid) => {
      grid.scrollTop = grid.scrollHeight * Math.random();
    });
    await expect(alert).toContainText("00000000000000000000.log", { timeout: 1_000 });
    await expect(pending.first()).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
  const index = Number(await pending.first().getAttribute("aria-rowindex"));
  await putBack();
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(messages.cell(messages.row(index - 2), "key")).toHaveText(`key-${index - 2}`);
  await expect(alert).toBeHidden();
});

test("a replay into a topic from a file that has changed says which file, and why", async ({ app, page, scratch, manners }) => {
  const path = await openLog(app, scratch);
  await page.getByRole("tab", { name: "Replay" }).click();
  const { replay } = app.topic("00000000000000000000.log");
  await replay.expectShown(0, BATCHES * RECORDS);
  const dialog = await replay.askForTopic();
  await dialog.topic.fill("copy");
  await change(path);
  await dialog.button.click();
  await expect(dialog.root).toContainText("cannot be read");
  await expect(dialog.root).toContainText("00000000000000000000.log");
  // The replay on the screen may just have read on, and has noted it, too.
  for (const breach of manners.take()) expect(breach).toContain("cannot be read");
});

test("an export of a file that has changed fails with its name, and no file pretends to be whole", async ({ app, page, scratch }) => {
  const path = await openLog(app, scratch);
  await change(path);
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Export JSON Lines" }).click();
  const dialog = page.getByRole("dialog", { name: /^Export/ });
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog).toContainText("cannot be read");
  await expect(dialog).toContainText("00000000000000000000.log");
});
