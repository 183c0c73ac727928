// The network goes away, and the host gets another build: the page goes on, whole.
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { App } from "../pages/app.js";
import { hashedNames, hashedNamesLoaded, makeOtherBuild } from "../support/builds.js";
import { DIST, expect, test } from "../support/fixtures.js";

/** Opens the page from a server of the test's own, and waits until the browser holds all of it. */
async function openAndKeep(page, server) {
  const app = new App(page, server.url);
  await app.open();
  await expect(app.home.promise).toBeVisible();
  await app.waitUntilOffline();
  return app;
}

test("with the network off and the host gone, a reload still shows the page and its topics", async ({ page, context, server }) => {
  const app = await openAndKeep(page, server);
  await app.createTopic("kept", { partitions: 2 });
  await server.stop();
  await context.setOffline(true);
  await page.reload();
  await expect(app.topic("kept").heading).toBeVisible();
  await app.createTopic("made-offline");
  await app.open("#/topics");
  await expect(app.topics.row("kept")).toBeVisible();
  await expect(app.topics.row("made-offline")).toBeVisible();
});

test("the browser starts again without a network, and the page is there", async ({ launch, server }) => {
  let context = await launch();
  const app = await openAndKeep(context.pages()[0], server);
  await app.createTopic("kept");
  await context.close();
  await server.stop();
  context = await launch({ offline: true });
  const again = new App(context.pages()[0], server.url);
  await again.open("#/topics");
  await expect(again.topics.row("kept")).toBeVisible();
});

test("an update waits, and the first reload into it works with the network off and mixes nothing", async ({ page, context, server, scratch }) => {
  const [oldNames, other] = [await hashedNames(DIST), join(scratch, "other")];
  await makeOtherBuild(DIST, other);
  const newNames = await hashedNames(other);
  const app = await openAndKeep(page, server);
  await app.createTopic("kept");

  server.serve(other);
  await page.reload();
  const offer = page.getByRole("status").filter({ hasText: "Update ready" });
  await expect(offer).toBeVisible();
  const before = await hashedNamesLoaded(page);
  expect(before.length).toBeGreaterThan(3);
  expect(oldNames).toEqual(expect.arrayContaining(before));

  await server.stop();
  await context.setOffline(true);
  await offer.getByRole("button", { name: "Reload" }).click();
  await expect(page.locator(`script[src*="${newNames.find((name) => name.startsWith("start-"))}"]`)).toBeAttached();
  await expect(app.topic("kept").heading).toBeVisible();
  const after = await hashedNamesLoaded(page);
  expect(after.length).toBeGreaterThan(3);
  expect(newNames).toEqual(expect.arrayContaining(after));
});

test("an update that nobody took costs the build that runs nothing when the next one is taken", async ({ page, context, server, scratch }) => {
  // The build installed last was taken for the one before: the files of open pages went.
  const [skipped, taken] = [join(scratch, "skipped"), join(scratch, "taken")];
  await makeOtherBuild(DIST, skipped);
  await makeOtherBuild(DIST, taken, (id) => id.slice(1) + id[0]);
  const app = await openAndKeep(page, server);
  await expect(app.home.promise).toBeVisible();
  const builds = () => page.evaluate(async () => (await caches.keys()).map((name) => name.split(" ").pop()));
  const [running] = await builds();
  for (const [folder, count] of [[skipped, 2], [taken, 3]]) {
    server.serve(folder);
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.getRegistration();
      await registration.update();
      const worker = registration.installing ?? registration.waiting;
      while (worker.state === "installing") await new Promise((done) => worker.addEventListener("statechange", done, { once: true }));
    });
    await expect.poll(async () => (await builds()).length).toBe(count);
  }
  const next = await context.newPage();
  const other = new App(next, server.url);
  await other.open();
  await next.getByRole("status").filter({ hasText: "Update ready" }).getByRole("button", { name: "Reload" }).click();
  await expect.poll(async () => (await builds()).length).toBe(2);
  expect(await builds()).toContain(running);
});

test("a host that sends no policy is no reason for the engine to run without one", async ({ page, server, manners }) => {
  const app = await openAndKeep(page, server);
  await page.reload();
  await app.createTopic("engine-runs");
  const [worker] = page.workers();
  // A worker does not heed what the page says of itself: the header of its own script binds it.
  expect(await worker.evaluate(() => fetch("http://127.0.0.1:1/x").then(() => "fetched", (error) => String(error)))).toContain("Failed");
  manners.take();
  const policy = await page.evaluate((address) => fetch(address).then((answer) => answer.headers.get("content-security-policy")), worker.url());
  expect(policy).toContain("default-src 'none'");
});

test("an update that is only half there is left alone: the build before goes on", async ({ page, context, server, scratch }) => {
  const other = join(scratch, "half");
  await makeOtherBuild(DIST, other);
  const missing = (await hashedNames(other)).find((name) => name.startsWith("engine_bg-"));
  await rm(join(other, missing));
  const app = await openAndKeep(page, server);
  await app.createTopic("kept");
  server.serve(other);
  // The browser looks for an update, and finds one that cannot be installed.
  const installing = page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    const ended = new Promise((resolve) => {
      registration.addEventListener("updatefound", () => {
        const worker = registration.installing;
        worker.addEventListener("statechange", () => resolve(worker.state));
      });
    });
    await registration.update().catch(() => {});
    return ended;
  });
  expect(await installing).toBe("redundant");
  await server.stop();
  await context.setOffline(true);
  await page.reload();
  await expect(app.topic("kept").heading).toBeVisible();
  expect(await hashedNames(DIST)).toEqual(expect.arrayContaining(await hashedNamesLoaded(page)));
});

test("when one of two tabs takes an update, the other goes on with its own build until its person reloads", async ({ page, context, server, scratch }) => {
  const [oldNames, other] = [await hashedNames(DIST), join(scratch, "other")];
  await makeOtherBuild(DIST, other);
  const newNames = await hashedNames(other);
  const app = await openAndKeep(page, server);
  await app.createTopic("kept");
  const second = new App(await context.newPage(), server.url);
  await second.open("#/topics");
  await expect(second.topics.row("kept")).toBeVisible();

  server.serve(other);
  await page.reload();
  await page.getByRole("status").filter({ hasText: "Update ready" }).getByRole("button", { name: "Reload" }).click();
  await expect(page.locator(`script[src*="${newNames.find((name) => name.startsWith("start-"))}"]`)).toBeAttached();
  await expect(app.topic("kept").heading).toBeVisible();

  // The second tab hears of it, and works on: also what it has not fetched yet comes from its own build.
  const offer = second.page.getByRole("status").filter({ hasText: "Update ready" });
  await expect(offer).toBeVisible();
  const [worker] = second.page.workers();
  await worker.evaluate(() => void setTimeout(() => { throw new Error("thrown by a test"); }));
  await expect(second.page.getByRole("status").filter({ hasText: "started again" })).toBeVisible({ timeout: 60_000 });
  await second.createTopic("from-the-old-build");
  const loaded = await hashedNamesLoaded(second.page);
  expect(loaded.length).toBeGreaterThan(3);
  expect(oldNames).toEqual(expect.arrayContaining(loaded));

  await offer.getByRole("button", { name: "Reload" }).click();
  await expect(second.topic("from-the-old-build").heading).toBeVisible();
  const after = await hashedNamesLoaded(second.page);
  expect(newNames).toEqual(expect.arrayContaining(after));
  await app.open("#/topics");
  await expect(app.topics.row("from-the-old-build")).toBeVisible();
});
