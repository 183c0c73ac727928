// What happens to other topics is no reason to disturb the one that is looked at.
import { App } from "../pages/app.js";
import { expect, test } from "../support/fixtures.js";

test("the last topic deleted in one tab goes from the list of another", async ({ app, context, address }) => {
  await app.open();
  await app.createTopic("doomed");
  const other = new App(await context.newPage(), address);
  await other.open("#/topics");
  await expect(other.topics.row("doomed")).toBeVisible();
  await app.open("#/topics");
  const dialog = await app.topics.askToDelete("doomed");
  await dialog.getByRole("button", { name: "Delete topic" }).click();
  await expect(other.topics.row("doomed")).toHaveCount(0);
});

test("a topic made in another tab leaves an open dialog and what was typed in it alone", async ({ app, page, context, address }) => {
  await app.open();
  const topic = await app.createTopic("looked-at");
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "v" });
  await topic.tab("Replay");
  await topic.replay.expectShown(0, 1);
  await topic.replay.stepForward.click();
  await topic.replay.expectShown(1, 1);
  await topic.replay.intoTopic.click();
  const dialog = page.getByRole("dialog", { name: "Replay into a topic" });
  await dialog.getByLabel("Topic name").fill("half-typed");
  const other = new App(await context.newPage(), address);
  await other.open();
  await other.createTopic("another");
  await page.bringToFront();
  // The list beside the page has heard of it.
  await expect(page.getByRole("link", { name: /^another/, includeHidden: true })).toBeAttached();
  await expect(dialog.getByLabel("Topic name")).toHaveValue("half-typed");
  await topic.replay.expectShown(1, 1);
});
