// What one looks at is in the address, and the address works on any static host, in any folder.
import { App } from "../pages/app.js";
import { DIST, expect, test } from "../support/fixtures.js";
import { StaticServer } from "../support/static-server.js";

test("in a subfolder of a host, the page works, and a deep link opens the same place in another tab", async ({ page, context, manners }) => {
  const server = new StaticServer(DIST, { prefix: "/some/folder/" });
  await server.start();
  manners.allow(server.url);
  try {
    const app = new App(page, server.url);
    await app.open();
    const topic = await app.createTopic("deep", { partitions: 3 });
    await topic.tab("Replay");
    await expect(page).toHaveURL(`${server.url}#/topic/deep/replay`);
    const other = new App(await context.newPage(), server.url);
    await other.page.goto(page.url());
    await expect(other.topic("deep").replay.play).toBeVisible();
  } finally {
    await server.stop();
  }
});
