// The room that the browser gives runs out.
import { randomBytes } from "node:crypto";

import { fileOf } from "../pages/file.js";
import { ImportDialog } from "../pages/transfer.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

test("when the room runs out in the middle of an import, what was acknowledged stays and the rest is reported", async ({ app, page, context, address }) => {
  await app.open();
  await expect(app.home.promise).toBeVisible();
  // Bytes of chance: what can be compressed takes no room.
  const records = lines(Array.from({ length: 24_000 }, (_, n) => ({ key: `k${n}`, value: randomBytes(750).toString("base64") })));
  const devtools = await context.newCDPSession(page);
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(address).origin, quotaSize: 14_000_000 });
  await app.file.open(fileOf("much.jsonl", records.join("\n")));
  const dialog = new ImportDialog(page);
  await dialog.import("much");
  const report = await dialog.report.textContent();
  const stored = Number(/([\d,]+) records? stored/.exec(report)[1].replaceAll(",", ""));
  expect(stored).toBeLessThan(24_000);
  await expect(dialog.root).toContainText(new RegExp(`line ${(stored + 1).toLocaleString("en-GB")}`, "i"));
  await devtools.send("Storage.overrideQuotaForOrigin", { origin: new URL(address).origin });
  await page.reload();
  await app.open("#/topics");
  await expect(app.topics.records("much")).toHaveText(stored.toLocaleString("en-GB"));
});
