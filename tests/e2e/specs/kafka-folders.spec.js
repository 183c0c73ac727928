// Data directories that Apache Kafka wrote (tests/golden), opened in place: every topic, every record, and what verification says.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { expect, test } from "../support/fixtures.js";
import { copyOf, meaning, openFolder, showTopic } from "../support/golden.js";

const text = (base64) => Buffer.from(base64, "base64").toString("utf8");

test("a data directory that Kafka wrote opens: its topics in every codec, and each record as Kafka has it", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("codecs", scratch));
  for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
    const topic = `java-${codec}-mixed`;
    const records = await meaning("codecs", `${topic}-0`);
    await showTopic(page, topic);
    await app.file.messages.expectCount(records.length);
    const rows = await app.file.messages.readAll();
    // Transactions' markers are told in words.
    expect(rows.filter((row) => /^(commit|abort) marker of producer \d+, epoch \d+$/.test(row.value)).length).toBe(4);
    const ours = rows.map((row) => Number(row.offset.replaceAll(",", ""))).sort((a, b) => a - b);
    expect(ours).toEqual(records.map((record) => record.offset));
    // Those that are plain text on both sides, word by word.
    const byOffset = new Map(rows.map((row) => [Number(row.offset.replaceAll(",", "")), row]));
    const plain = records.filter((record) => /^\{.*\}$/.test(text(record.value ?? "")) && text(record.value).length < 60);
    expect(plain.length).toBeGreaterThan(5);
    for (const record of plain) expect(byOffset.get(record.offset).value.replace(/^(aborted|open)/, "")).toBe(text(record.value));
  }
});

test("verification finds nothing wrong with what Kafka wrote, segments and transactions and all", async ({ app, page, scratch }) => {
  await openFolder(app, page, await copyOf("topics", scratch));
  await showTopic(page, "segments");
  await page.getByRole("tab", { name: "Verify" }).click();
  const verification = page.getByRole("region", { name: "Verification" });
  await expect(verification.getByRole("status")).not.toContainText("error");
  await expect(verification).toContainText("1 partition");
  await expect(verification.getByRole("row").nth(1).getByRole("cell").first()).toHaveText("0");
});

test("verification names the file, the byte and the offsets of what was damaged, and its report can be saved", async ({ app, page, scratch }) => {
  const folder = await copyOf("codecs", scratch);
  const log = join(folder, "java-none-plain-0/00000000000000000000.log");
  const bytes = await readFile(log);
  bytes[100] ^= 0x10;
  await writeFile(log, bytes);
  await openFolder(app, page, folder);
  await showTopic(page, "java-none-plain");
  await page.getByRole("tab", { name: "Verify" }).click();
  const verification = page.getByRole("region", { name: "Verification" });
  await expect(verification.getByRole("status")).toContainText("error");
  const finding = verification.getByRole("listitem").filter({ hasText: "CRC" }).first();
  await expect(finding).toContainText("java-none-plain-0/00000000000000000000.log");
  await expect(finding).toContainText("byte 0");
  const saved = page.waitForEvent("download");
  await verification.getByRole("button", { name: "Save as JSON" }).click();
  const report = JSON.parse(await readFile(await (await saved).path(), "utf8"));
  expect(report.errors).toBeGreaterThan(0);
  expect(report.findings[0].file).toContain("java-none-plain-0/");
});
