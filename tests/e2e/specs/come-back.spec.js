// The browser is closed and started again on the same profile.
import { App } from "../pages/app.js";
import { expect, test } from "../support/fixtures.js";

test("after the browser was closed, everything is still there", async ({ launch, address }) => {
  let context = await launch();
  let app = new App(context.pages()[0], address);
  await app.open();
  let topic = await app.createTopic("kept", { partitions: 2, configs: { "max.message.bytes": "5000" } });
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "first", headers: [["h", "1"]], partition: 0 });
  await topic.publish.publish({ key: "k", value: null, partition: 1 });
  await topic.tab("Messages");
  await topic.messages.expectCount(2);
  const before = await topic.messages.readAll();
  await context.close();

  context = await launch();
  app = new App(context.pages()[0], address);
  topic = app.topic("kept");
  await topic.open();
  await topic.messages.expectCount(2);
  expect(await topic.messages.readAll()).toEqual(before);
  // The log goes on where it ended.
  await topic.tab("Publish");
  expect(await topic.publish.publish({ key: "k", value: "third", partition: 0 })).toEqual({ partition: 0, offset: 1 });
});

test("a reload right after the acknowledgement loses nothing", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("hasty");
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "acknowledged" });
  await page.reload();
  await topic.tab("Messages");
  await topic.messages.expectCount(1);
  await expect(topic.messages.cell(topic.messages.row(0), "value")).toHaveText("acknowledged");
});
