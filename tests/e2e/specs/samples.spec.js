// The samples that come with the page.
import { App } from "../pages/app.js";
import { expect, test } from "../support/fixtures.js";

test("a sample opens, is browsed and replayed with the network off", async ({ page, context, server }) => {
  const app = new App(page, server.url);
  await app.open();
  await app.waitUntilOffline();
  // The samples are fetched when the page is at rest.
  await expect.poll(() => page.evaluate(async () => (await caches.match("samples/earthquakes.jsonl")) !== undefined)).toBe(true);
  await server.stop();
  await context.setOffline(true);
  await page.reload();
  await app.home.sample("Earthquakes").click();
  const topic = app.topic("earthquakes");
  await expect(topic.replay.play).toBeVisible();
  await topic.replay.toEnd.click();
  await topic.replay.expectShown(1_707, 1_707);
  await topic.tab("Messages");
  await topic.messages.expectCount(1_707);
  await page.reload();
  await topic.messages.expectCount(1_707);
});
