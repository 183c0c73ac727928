// Looking at a replay while it plays: the grid, the keys, the address.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

/** Makes a topic with a record every second, in the past, and opens its replay. */
async function replayOf(app, name, count) {
  await app.open();
  const topic = await app.createTopic(name);
  await topic.tab("Publish");
  const records = Array.from({ length: count }, (_, n) => ({ timestamp: 1_700_000_000_000 + n * 1_000, value: `${n}` }));
  await topic.publish.bulk.publish(lines(records));
  await topic.tab("Replay");
  await topic.replay.expectShown(0, count);
  return topic;
}

test("the keys play and step after a press on the tab and on a button, and rest under a dialog", async ({ app, page }) => {
  const { replay } = await replayOf(app, "keys", 60);
  // The tab still has the focus.
  await page.keyboard.press("Space");
  await expect(replay.pause).toBeVisible();
  await page.keyboard.press("Space");
  await expect(replay.play).toBeVisible();
  await replay.toStart.click();
  await replay.expectShown(0, 60);
  await page.keyboard.press(".");
  await page.keyboard.press(".");
  await replay.expectShown(2, 60);
  await page.keyboard.press(",");
  await replay.expectShown(1, 60);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.keyboard.press(".");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await replay.expectShown(1, 60);
});

test("whoever scrolls up in a replay that plays stays there, and the newest record is a press away", async ({ app, page }) => {
  const topic = await replayOf(app, "up", 400);
  const { replay } = topic;
  await replay.position.fill("300");
  await replay.expectShown(300, 400);
  await replay.speed.selectOption({ label: "2×" });
  await replay.play.click();
  await expect(replay.grid.row(302)).toBeInViewport();
  await replay.grid.root.hover();
  await page.mouse.wheel(0, -20_000);
  await expect(replay.grid.row(0)).toBeInViewport();
  const before = await replay.grid.count();
  await expect.poll(() => replay.grid.count()).toBeGreaterThan(before + 2);
  await expect(replay.grid.row(0)).toBeInViewport();
  await page.getByRole("button", { name: /^↓ .* new$/ }).click();
  await expect(replay.grid.row(0)).toHaveCount(0);
  await replay.pause.click();
  const last = (await replay.grid.count()) - 1;
  await expect(replay.grid.row(last)).toBeInViewport({ ratio: 0.9 });
});

test("at the end of a fast replay the newest record is in view", async ({ app }) => {
  const { replay } = await replayOf(app, "fast", 1_000);
  await replay.speed.selectOption({ label: "1,000×" });
  await replay.play.click();
  await replay.expectShown(1_000, 1_000);
  await expect(replay.grid.row(999)).toBeInViewport({ ratio: 0.9 });
});

test("loaded again, a replay stands where it stood and plays as it was told to", async ({ app, page }) => {
  const { replay } = await replayOf(app, "address", 60);
  await replay.position.fill("20");
  await replay.expectShown(20, 60);
  // Quick changes do not undo each other.
  await replay.speed.selectOption({ label: "5×" });
  await replay.gaps.selectOption("2000");
  await replay.loop.check();
  await expect(page).toHaveURL(/at=1700000019001&speed=5&gaps=2000&loop=on/);
  await page.reload();
  await replay.expectShown(20, 60);
  await expect(replay.speed).toHaveValue("5×");
  await expect(replay.gaps).toHaveValue("2000");
  await expect(replay.loop).toBeChecked();
});
