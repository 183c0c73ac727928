// Two tabs of the same browser at work at once.
import { App } from "../pages/app.js";
import { exportJsonLines } from "../pages/transfer.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

/** Opens the same place in another tab. */
async function otherTab(context, address) {
  const app = new App(await context.newPage(), address);
  await app.open();
  return app;
}

test("two tabs publish 1,000 records each at once: 2,000 records, dense offsets, none twice", async ({ app, context, address }) => {
  const COUNT = 1_000;
  await app.open();
  const topic = await app.createTopic("shared", { partitions: 2 });
  const other = await otherTab(context, address);
  const otherTopic = other.topic("shared");
  await otherTopic.open("publish");
  await topic.tab("Publish");
  const recordsOf = (name) => lines(Array.from({ length: COUNT }, (_, n) => ({ partition: n % 2, key: `${name}-${n}`, value: `${n}` })));
  await topic.publish.bulk.paste(recordsOf("one"));
  await otherTopic.publish.bulk.paste(recordsOf("two"));
  await Promise.all([topic, otherTopic].map((it) => it.publish.bulk.button.dispatchEvent("click")));
  await expect(topic.publish.bulk.report).toContainText("1,000 records stored");
  await expect(otherTopic.publish.bulk.report).toContainText("1,000 records stored");

  // Each tab knows of all records, whoever wrote them.
  for (const [tab, seen] of [[app, topic], [other, otherTopic]]) {
    await tab.page.bringToFront();
    await seen.tab("Messages");
    await seen.messages.expectCount(2 * COUNT);
  }
  const written = (await exportJsonLines(other.page)).trimEnd().split("\n").map((line) => JSON.parse(line));
  expect(written.length).toBe(2 * COUNT);
  expect(new Set(written.map(({ key }) => key)).size).toBe(2 * COUNT);
  for (const partition of [0, 1]) {
    const offsets = written.filter((record) => record.partition === partition).map(({ offset }) => offset);
    expect(offsets).toEqual(Array.from({ length: COUNT }, (_, n) => n));
  }
});

test("a record published in one tab shows in another at once", async ({ app, context, address }, testInfo) => {
  await app.open();
  const topic = await app.createTopic("live");
  const other = await otherTab(context, address);
  const watched = other.topic("live");
  await watched.open();
  await watched.messages.expectCount(0);
  await topic.open("publish");
  const spans = [];
  for (let n = 0; n < 10; n += 1) {
    // Both pages live in one browser on one machine: their clocks are the same. Frames do not count, a hidden tab has none.
    const seen = other.page.evaluate(
      ([wanted]) =>
        new Promise((resolve) => {
          const grid = document.querySelector("[role=grid]");
          const look = () => Number(grid.getAttribute("aria-rowcount")) === wanted && resolve(performance.timeOrigin + performance.now());
          new MutationObserver(look).observe(grid, { attributes: true, attributeFilter: ["aria-rowcount"] });
          look();
        }),
      [n + 2],
    );
    await topic.publish.fill({ key: `k${n}`, value: `v${n}` });
    const began = await topic.publish.button.evaluate((button) => {
      button.click();
      return performance.timeOrigin + performance.now();
    });
    spans.push(Math.round((await seen) - began));
    await expect(topic.publish.button).toBeEnabled();
  }
  spans.sort((a, b) => a - b);
  const median = spans[Math.floor(spans.length / 2)];
  testInfo.annotations.push({ type: "milliseconds from click to the other tab", description: spans.join(", ") });
  console.log(`from a click in one tab to the grid of another: ${spans.join(", ")} ms, median ${median} ms`);
  // The target is 200 ms. The bound here is wider: machines that test are busy.
  expect(median).toBeLessThan(1_000);
});
