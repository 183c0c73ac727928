// Data directories that Apache Kafka wrote, and what Kafka says of them (tests/golden).
import { cp, readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect } from "@playwright/test";

const GOLDEN = join(dirname(fileURLToPath(import.meta.url)), "../../golden/kafka-4.4.0");

/** What a cluster of Kafka 4.0 begins with. */
export const BOOTSTRAP = join(GOLDEN, "../kafka-4.0.0/formatted/bootstrap.checkpoint");

/** Copies a directory without what was written beside Kafka's files. */
export async function copyOf(name, scratch) {
  const to = join(scratch, name);
  await cp(join(GOLDEN, name), to, { recursive: true, filter: (path) => !/\.(dump\.txt|meaning\.jsonl)$/.test(path) });
  return to;
}

const jsonLines = async (file) => (await readFile(file, "utf8")).trim().split("\n").map((line) => JSON.parse(line));

/** What Kafka itself says that a partition holds. */
export async function meaning(directory, partition) {
  const folder = join(GOLDEN, directory, partition);
  const names = (await readdir(folder)).filter((name) => name.endsWith(".log.meaning.jsonl")).sort();
  const lines = await Promise.all(names.map((name) => jsonLines(join(folder, name))));
  return lines.flat().filter((line) => line.record).map((line) => line.record);
}

/** Which offsets Kafka's own consumer got of partition 0 of a topic, at an isolation level. */
export async function consumed(directory, topic, isolation) {
  const all = await jsonLines(join(GOLDEN, `${directory}.consumed.jsonl`));
  return all.find((line) => line.topic === topic && line.partition === 0 && line.isolation === isolation).offsets;
}

/** Opens a data directory with the button. */
export async function openFolder(app, page, folder) {
  await app.open();
  const chosen = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Open folder" }).first().click();
  await (await chosen).setFiles(folder);
}

/** Shows a topic of an opened directory. Topics that are alike have grids that are alike: nobody may look at the one before. */
export async function showTopic(page, topic) {
  await page.getByRole("link", { name: new RegExp(`^${topic} `) }).click();
  await expect(page.getByRole("heading", { level: 1, name: topic, exact: true })).toBeVisible();
}
