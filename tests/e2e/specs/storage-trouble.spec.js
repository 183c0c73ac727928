// The database is refused, older, newer or in another tab's hands: a sentence says which, and nothing hangs.
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { App } from "../pages/app.js";
import { fileOf } from "../pages/file.js";
import { batch } from "../support/batch.js";
import { strangerTab } from "../support/database.js";
import { expect, firstPage, test } from "../support/fixtures.js";

/** The newest layout that no build of ours has: what a later version of the page would leave behind. */
const LATER_LAYOUT = 99;

/** Opens the app's database at a layout and keeps it open, deaf to those who ask to let go. */
async function holdDatabase(page, layout) {
  await page.evaluate(
    (layout) =>
      new Promise((done, failed) => {
        const request = indexedDB.open("tablog", layout);
        request.onupgradeneeded = () => {
          for (const name of ["chunks", "meta", "guards"].slice(0, layout)) {
            if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name);
          }
        };
        request.onerror = () => failed(request.error);
        request.onsuccess = () => {
          globalThis.held = request.result;
          done();
        };
      }),
    layout,
  );
}

test("a second tab with an older version open is named, and once it is closed the page goes on", async ({ context, address }) => {
  const stranger = await strangerTab(context, address);
  await holdDatabase(stranger, 1);
  const app = new App(await firstPage(context), address);
  await app.open();
  await expect(app.alert.filter({ hasText: "older version of Tablog open" }).first()).toBeVisible();
  await stranger.close();
  await app.createTopic("after-all");
});

test("a tab whose database was brought to a newer version says so, and never writes to it", async ({ app, context, address }) => {
  await app.open();
  const topic = await app.createTopic("old-page");
  const stranger = await strangerTab(context, address);
  // Comes through at once: the page lets go of the database.
  await holdDatabase(stranger, LATER_LAYOUT);
  await expect(app.alert.filter({ hasText: "newer version of Tablog: reload this page" })).toBeVisible();
  await topic.tab("Publish");
  await topic.publish.fill({ key: "k", value: "v" });
  await topic.publish.button.click();
  // Nothing was stored, and that is what it says: not that it is not known.
  await expect(topic.publish.problem).toContainText(`layout ${LATER_LAYOUT}`);
  await expect(topic.publish.problem).not.toContainText("not known");
  const rows = (table) =>
    stranger.evaluate((table) => new Promise((done) => {
      globalThis.held.transaction(table).objectStore(table).count().onsuccess = ({ target }) => done(target.result);
    }), table);
  expect(await rows("chunks")).toBe(0);
  await app.page.reload();
  await expect(app.alert.filter({ hasText: `layout ${LATER_LAYOUT}` })).toBeVisible();
});

/** Starts a browser that lets nobody store anything. */
async function openWithoutStorage(scratch, launch, address) {
  // A file stands where Chromium keeps its databases: every attempt to open one fails, as on a disk that refuses.
  await mkdir(join(scratch, "profile", "Default"), { recursive: true });
  await writeFile(join(scratch, "profile", "Default", "IndexedDB"), "in the way");
  const app = new App(await firstPage(await launch()), address);
  await app.open();
  return app;
}

test("where the browser lets nobody store anything, records live in memory, and the page says so", async ({ scratch, launch, address }) => {
  const app = await openWithoutStorage(scratch, launch, address);
  await expect(app.alert.or(app.page.getByRole("status")).filter({ hasText: "only in memory" })).toBeVisible();
  const topic = await app.createTopic("fleeting");
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "seen for a while" });
  await topic.tab("Messages");
  await topic.messages.expectCount(1);
});

test("what needs topics and Kafka's files together is refused with the way round it while records are only in memory", async ({ scratch, launch, address }) => {
  const app = await openWithoutStorage(scratch, launch, address);
  const { page } = app;
  await app.createTopic("fleeting");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Export Kafka data directory" }).click();
  const dialog = page.getByRole("dialog", { name: /^Export/ });
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  await expect(dialog).toContainText("go through an export as JSON Lines");
  await page.keyboard.press("Escape");

  const records = [{ timestamp: 1_700_000_000_000, key: "k", value: "v", headers: [] }];
  await app.file.open(fileOf("00000000000000000000.log", batch({ baseOffset: 0, records })));
  await app.file.messages.expectCount(1);
  await page.getByRole("tab", { name: "Replay" }).click();
  const into = await app.topic("00000000000000000000.log").replay.askForTopic();
  await into.topic.fill("fleeting");
  await into.button.click();
  await expect(into.root).toContainText("go through an export as JSON Lines");
});

test("the browser is asked to keep the records when there is a first topic, and not before", async ({ app, page }) => {
  await page.addInitScript(() => {
    window.asked = 0;
    const { persist } = StorageManager.prototype;
    StorageManager.prototype.persist = function () {
      window.asked += 1;
      return persist.call(this);
    };
  });
  await app.open();
  await expect(app.home.promise).toBeVisible();
  expect(await page.evaluate(() => window.asked)).toBe(0);
  await app.createTopic("precious");
  await expect.poll(() => page.evaluate(() => window.asked)).toBe(1);
  await app.createTopic("more");
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => window.asked)).toBe(1);
});
