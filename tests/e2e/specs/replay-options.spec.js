// How a replay plays: the recorded gaps, gaps cut short, over and over, and places to begin from.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

const BEGIN = 1_700_000_000_000;

/** Makes a topic with a record at each of these times, in milliseconds from the beginning, and opens its replay. */
async function replayOf(app, name, times) {
  await app.open();
  const topic = await app.createTopic(name);
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines(times.map((time, n) => ({ timestamp: BEGIN + time, value: `v${n}` }))));
  await topic.tab("Replay");
  await topic.replay.expectShown(0, times.length);
  return topic.replay;
}

test("a long gap is skipped when one says so, and a replay without that waits", async ({ app }) => {
  const replay = await replayOf(app, "gaps", [0, 100, 3_600_100, 3_600_200]);
  await replay.play.click();
  await replay.expectShown(2, 4);
  // An hour to wait: nothing more comes by itself.
  await expect(replay.pause).toBeVisible();
  await replay.gaps.selectOption({ label: "> 1.0 s" });
  await replay.expectShown(4, 4);
});

test("a looped replay begins again after its last record, until it is paused", async ({ app, page }) => {
  const replay = await replayOf(app, "loop", [0, 20, 40]);
  await page.evaluate(() => {
    globalThis.countsSeen = [];
    const grid = document.querySelector("[role=grid]");
    const note = () => globalThis.countsSeen.push(Number(grid.getAttribute("aria-rowcount")) - 1);
    new MutationObserver(note).observe(grid, { attributes: true, attributeFilter: ["aria-rowcount"] });
  });
  await replay.loop.check();
  await replay.play.click();
  // All three were shown, then fewer, then all three again.
  await page.waitForFunction(() => {
    const seen = globalThis.countsSeen;
    const first = seen.indexOf(3);
    const again = seen.findIndex((count, at) => at > first && count < 3);
    return first >= 0 && again > 0 && seen.indexOf(3, again) > 0;
  });
  await replay.pause.click();
  await expect(replay.play).toBeVisible();
});

test("at the recorded speed the recorded gaps are kept", async ({ app, page }) => {
  const GAP = 200;
  const replay = await replayOf(app, "pace", Array.from({ length: 11 }, (_, n) => n * GAP));
  await page.evaluate(() => {
    globalThis.shownAt = [];
    const grid = document.querySelector("[role=grid]");
    const note = () => globalThis.shownAt.push(performance.now());
    new MutationObserver(note).observe(grid, { attributes: true, attributeFilter: ["aria-rowcount"] });
  });
  await replay.play.click();
  await replay.expectShown(11, 11);
  const shownAt = await page.evaluate(() => globalThis.shownAt);
  expect(shownAt.length).toBe(11);
  const late = shownAt.map((at, n) => at - shownAt[0] - n * GAP);
  console.log(`at 1x, off the recorded pace by: ${late.map((ms) => ms.toFixed(1)).join(", ")} ms`);
  const sorted = late.map(Math.abs).sort((a, b) => a - b);
  // The target is 20 ms. The middle one is held to it; machines that test are busy now and then.
  expect(sorted[5]).toBeLessThan(20);
});

test("the seek bar leads to a place by keyboard", async ({ app, page }) => {
  const replay = await replayOf(app, "seek", Array.from({ length: 100 }, (_, n) => n * 1_000));
  await replay.position.focus();
  await page.keyboard.press("End");
  await replay.expectShown(100, 100);
  await page.keyboard.press("ArrowLeft");
  await replay.expectShown(99, 100);
  await page.keyboard.press("Home");
  await replay.expectShown(0, 100);
});
