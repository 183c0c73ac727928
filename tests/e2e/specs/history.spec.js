// The browser's own buttons.
import { expect, test } from "../support/fixtures.js";

test("back and forward walk through the places one has been to", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("walk");
  await topic.tab("Replay");
  await page.goBack();
  await expect(topic.messages.root).toBeVisible();
  await page.goForward();
  await expect(topic.replay.play).toBeVisible();
});
