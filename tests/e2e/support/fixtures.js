// What every test gets: a browser with a profile on disk and no data of the page in it. Ordinary Playwright contexts keep
// IndexedDB in memory; people's browsers do not.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, expect, test as base } from "@playwright/test";

import { App } from "../pages/app.js";
import { Manners } from "./manners.js";
import { Resident } from "./resident.js";
import { StaticServer } from "./static-server.js";
import { testimony } from "./witness.js";

export { expect };

const ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Starts Chromium on a folder with a profile. */
function start(profile, options = {}) {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.TABLOG_CHROMIUM || "/usr/bin/chromium",
    args: ARGS,
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    acceptDownloads: true,
    ...options,
  });
}

/** The folder with the built page. */
export const DIST = process.env.TABLOG_DIST;

export const test = base.extend({
  /** A folder that is there for this test only. */
  scratch: async ({}, use) => {
    const folder = await mkdtemp(join(tmpdir(), "tablog-e2e-"));
    await use(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  },

  /** The address of the page. */
  address: async ({}, use) => use(process.env.TABLOG_URL),

  manners: async ({ address }, use) => {
    const manners = new Manners();
    manners.allow(address);
    await use(manners);
    expect(manners.breaches).toEqual([]);
  },

  /** Starts a browser of the test's own, on a fresh profile; always on the same one, so that starting again is coming back. */
  launch: async ({ scratch, manners }, use) => {
    const opened = new Set();
    await use(async (options = {}) => {
      const context = await start(join(scratch, "profile"), options);
      opened.add(context);
      context.on("close", () => opened.delete(context));
      manners.watch(context);
      return context;
    });
    for (const context of opened) await context.close();
  },

  resident: [async ({}, use) => {
    const resident = new Resident(start);
    await use(resident);
    await resident.end();
  }, { scope: "worker" }],

  /** The browser that most tests share, one after the other. */
  context: async ({ resident, manners, address }, use, testInfo) => {
    const context = await resident.lend();
    const unwatch = manners.watch(context);
    await use(context);
    if (testInfo.status !== testInfo.expectedStatus) console.log(await testimony(context));
    await resident.takeBack(address, manners.originsBut(address));
    unwatch();
  },

  page: async ({ context }, use) => use(await context.newPage()),

  /** The page under test, not opened yet. */
  app: async ({ page, address }, use) => use(new App(page, address)),

  /** A server of the test's own, started, with the built page. */
  server: async ({ manners }, use) => {
    const server = new StaticServer(DIST);
    await server.start();
    manners.allow(server.url);
    await use(server);
    await server.stop();
  },
});

/** Returns the page that a browser starts with. */
export async function firstPage(context) {
  return context.pages()[0] ?? (await context.newPage());
}
