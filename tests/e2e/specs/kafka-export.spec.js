// Exports as a broker's data directory: what Kafka wrote comes out byte-identical, what was published here as files that open again.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

import { copyOf, openFolder, showTopic } from "../support/golden.js";
import { expect, test } from "../support/fixtures.js";
import { unzipped } from "../support/zip.js";

/** Opens the dialog of the topic that is shown. */
async function exportDialog(page) {
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Export Kafka data directory" }).click();
  const dialog = page.getByRole("dialog", { name: /^Export/ });
  await expect(dialog.getByRole("radio", { name: "Kafka data directory" })).toBeChecked();
  return dialog;
}

/** Exports as the dialog says, and returns the files of the zip. */
async function exportZip(page, dialog) {
  const saved = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  return unzipped(await readFile(await (await saved).path()));
}

/** Reads a folder of a data directory. */
async function folderOf(root, folder) {
  const names = await readdir(join(root, folder));
  return new Map(await Promise.all(names.map(async (name) => [`${folder}/${name}`, await readFile(join(root, folder, name))])));
}

/** Chooses, when the page asks for a folder, one of the origin's own: the system's dialog is nothing that a browser acts out. */
async function chooseOwnFolder(page) {
  await page.evaluate(() => {
    window.showDirectoryPicker = async ({ mode }) => {
      if (mode !== "readwrite") throw new Error(`the mode is ${mode}`);
      const root = await navigator.storage.getDirectory();
      return root.getDirectoryHandle("exported", { create: true });
    };
  });
}

/** Reads that folder: path and bytes in hex. */
async function ownFolder(page) {
  const entries = await page.evaluate(async () => {
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("exported");
    const found = [];
    const walk = async (folder, path) => {
      for await (const [name, entry] of folder.entries()) {
        if (entry.kind === "directory") await walk(entry, `${path}${name}/`);
        else found.push([path + name, Array.from(new Uint8Array(await (await entry.getFile()).arrayBuffer()))]);
      }
    };
    await walk(root, "");
    return found;
  });
  return new Map(entries.map(([path, bytes]) => [path, Buffer.from(bytes)]));
}

test("a topic of a broker's directory comes out byte-identical, as a zip and in a folder", async ({ app, page, scratch }) => {
  const root = await copyOf("topics", scratch);
  await openFolder(app, page, root);
  await showTopic(page, "segments");
  const there = await folderOf(root, "segments-0");
  expect(there.size).toBeGreaterThan(8);
  const dialog = await exportDialog(page);
  expect(await exportZip(page, dialog)).toEqual(there);
  await expect(dialog.getByRole("status")).toContainText(`${there.size} files`);

  await chooseOwnFolder(page);
  await dialog.getByRole("button", { name: "Into a folder…" }).click();
  await expect(dialog.getByRole("status")).toContainText("exported ·");
  expect(await ownFolder(page)).toEqual(there);
  // Nothing is written over.
  await dialog.getByRole("button", { name: "Into a folder…" }).click();
  await expect(dialog.getByRole("alert")).toContainText('The folder "exported" holds segments-0 already');
  expect(await ownFolder(page)).toEqual(there);
});

test("chosen offsets of a file are made anew, with their indexes, and begin with the batch that holds the first", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("topics", scratch));
  await showTopic(page, "segments");
  const dialog = await exportDialog(page);
  await dialog.getByLabel("From offset").fill("10");
  await dialog.getByLabel("To offset").fill("9");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog.getByText("Nothing lies before it")).toBeVisible();
  await dialog.getByLabel("To offset").fill("20");
  const files = await exportZip(page, dialog);
  const logs = [...files.keys()].filter((path) => path.endsWith(".log"));
  expect(logs.length).toBe(1);
  expect([...files.keys()].filter((path) => path.startsWith("segments-0/")).length).toBeGreaterThan(4);
  const base = Number(files.get(logs[0]).readBigInt64BE(0));
  expect(base).toBeLessThanOrEqual(10);
  expect(logs[0]).toContain(`${base}.log`);
});

test("a topic that was published here opens as a broker's directory, whole, and verification finds nothing wrong", async ({ app, page, scratch }) => {
  await app.open();
  const topic = await app.createTopic("home-made", { partitions: 3, configs: { "compression.type": "lz4" } });
  await topic.tab("Publish");
  for (let n = 0; n < 6; n += 1) await topic.publish.publish({ key: `key ${n}`, value: `{"n":${n}}` });
  await topic.tab("Messages");
  await topic.messages.expectCount(6);
  const written = (await topic.messages.readAll()).map(({ partition, offset, key, value }) => [partition, offset, key, value]);
  const files = await exportZip(page, await exportDialog(page));
  expect([...files.keys()].filter((path) => path.endsWith("/partition.metadata")).sort()).toEqual(
    [0, 1, 2].map((partition) => `home-made-${partition}/partition.metadata`),
  );
  await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();

  const root = join(scratch, "broker");
  for (const [path, bytes] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), bytes);
  }
  const chosen = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open folder" }).first().click();
  await (await chosen).setFiles(root);
  await expect(page).toHaveURL(/#\/file\//);
  await app.file.messages.expectCount(6);
  expect((await app.file.messages.readAll()).map(({ partition, offset, key, value }) => [partition, offset, key, value])).toEqual(written);
  await page.getByRole("tab", { name: "Verify" }).click();
  await expect(page.getByRole("region", { name: "Verification" }).getByRole("status")).toHaveText(/Everything/);
});

test("only the partitions that are chosen are exported, and one that is not there is said to be none", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("three", { partitions: 3 });
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "v" });
  await topic.tab("Messages");
  const dialog = await exportDialog(page);
  await dialog.getByLabel("Partitions").fill("0, 2");
  const files = await exportZip(page, dialog);
  expect(new Set([...files.keys()].map((path) => path.split("/")[0]))).toEqual(new Set(["three-0", "three-2"]));
  await dialog.getByLabel("Partitions").fill("7");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog.getByRole("alert")).toContainText("None of the chosen partitions");
  await dialog.getByLabel("Partitions").fill("some");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog.getByText('"some" names no partitions')).toBeVisible();
});
