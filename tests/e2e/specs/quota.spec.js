// The room that the browser gives runs out.
import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { App } from "../pages/app.js";
import { ImportDialog } from "../pages/transfer.js";
import { expect, firstPage, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

const RECORDS = 60_000;
/** Beside what is imported lie the page itself, for days without a network, and ballast for a full disk: some 8 MB each. */
const QUOTA_BYTES = 32_000_000;

test("when the room runs out in the middle of an import, what was acknowledged stays, the rest is reported, and deleting makes room", async ({ launch, address, scratch }) => {
  // A browser of its own: what tests before left in a shared one may count for a while, and the room is small.
  const context = await launch();
  const page = await firstPage(context);
  const app = new App(page, address);
  const devtools = await context.newCDPSession(page);
  const origin = new URL(address).origin;
  // Before anything is written: the browser keeps in mind for half a minute how much room there was.
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: QUOTA_BYTES });
  await app.open();
  await expect(app.home.promise).toBeVisible();
  // Bytes of chance: what can be compressed takes no room. Several times the quota, since the browser may count in arrears. What
  // it estimates for pages says nothing of this quota: Chromium shows all of them the same made-up one.
  const noise = () => randomBytes(750).toString("base64");
  const records = lines(Array.from({ length: RECORDS }, (_, n) => ({ key: `k${n}`, value: noise() })));
  const path = join(scratch, "much.jsonl");
  await writeFile(path, records.join("\n"));
  await app.file.open(path);
  const dialog = new ImportDialog(page);
  await dialog.import("much");
  const report = await dialog.report.textContent();
  const stored = Number(/([\d,]+) records? stored/.exec(report)[1].replaceAll(",", ""));
  console.log(`quota of ${QUOTA_BYTES} bytes: ${stored} of ${RECORDS} records of 1 kB were stored`);
  expect(stored).toBeGreaterThan(0);
  expect(stored).toBeLessThan(RECORDS);
  await expect(dialog.root).toContainText(new RegExp(`line ${(stored + 1).toLocaleString("en-GB")}`, "i"));
  // On the full disk room can be made: what that writes itself is let through, and so is what comes afterwards.
  const topic = app.topic("much");
  await dialog.look.click();
  await topic.tab("Settings");
  const kept = Math.ceil(stored / 2);
  await topic.root.getByLabel("First offset to keep").fill(`${stored - kept}`);
  await topic.root.getByRole("button", { name: "Delete records" }).click();
  await expect(topic.root).toContainText(`Partition 0 begins at ${(stored - kept).toLocaleString("en-GB")} now`);
  await topic.tab("Publish");
  expect(await topic.publish.publish({ key: "after", value: "v" })).toEqual({ partition: 0, offset: stored });
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  await page.reload();
  await app.open("#/topics");
  await expect(app.topics.records("much")).toHaveText((kept + 1).toLocaleString("en-GB"));
});
