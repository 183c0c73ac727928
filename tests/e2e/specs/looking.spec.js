// Looking at records: where the grid stands, what is open beside it, which partitions it shows.
import { fileOf } from "../pages/file.js";
import { batch } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

/** Numbered records a second apart, in as many partitions. */
function numbered(count, partitions = 1) {
  return lines(
    Array.from({ length: count }, (_, n) => ({
      timestamp: 1_700_000_000_000 + n * 1_000,
      partition: n % partitions,
      offset: Math.floor(n / partitions),
      value: `{"number":${n}}`,
    })),
  );
}

/** Makes a topic with numbered records and shows its messages. */
async function topicOf(app, name, count, { partitions = 1, empty = 0 } = {}) {
  await app.open();
  const topic = await app.createTopic(name, { partitions: partitions + empty });
  await topic.tab("Publish");
  await topic.publish.bulk.publish(numbered(count, partitions));
  await topic.tab("Messages");
  await topic.messages.expectCount(count);
  return topic;
}

test("the newest record is in view when a topic is opened, and stays there while records come", async ({ app }) => {
  const topic = await topicOf(app, "newest", 300);
  // The timeline comes in above the grid and takes some of its height.
  await app.page.reload();
  await expect(topic.timeline).toBeVisible();
  await expect(topic.messages.row(299)).toBeInViewport({ ratio: 0.9 });
  await expect(topic.live).toHaveText("Live");
  await topic.tab("Publish");
  for (let n = 0; n < 5; n += 1) {
    await topic.publish.publish({ value: `late ${n}` });
    await expect(topic.messages.row(300 + n)).toBeInViewport({ ratio: 0.9 });
  }
  await expect(topic.live).toHaveText("Live");
});

test("going to the oldest record goes there as often as one wants to", async ({ app, page }) => {
  const topic = await topicOf(app, "oldest", 300);
  for (let round = 0; round < 2; round += 1) {
    await topic.goTo("Oldest");
    await expect(topic.messages.row(0)).toBeInViewport();
    await topic.messages.root.focus();
    await page.keyboard.press("End");
    await expect(topic.messages.row(299)).toBeInViewport();
  }
  await topic.messages.root.focus();
  await page.keyboard.press("Home");
  await expect(topic.live).toHaveText("Paused");
  await topic.live.click();
  await expect(topic.messages.row(299)).toBeInViewport();
  await expect(page).not.toHaveURL(/start=/);
});

test("the left arrow goes back over an hour in which nothing happened", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("gaps");
  await topic.tab("Publish");
  // Two bursts at the ends of an hour: every step of the timeline in between leads to the second one.
  const burst = (from) => Array.from({ length: 60 }, (_, n) => ({ timestamp: from + n, value: `${n}` }));
  await topic.publish.bulk.publish(lines([...burst(1_700_000_000_000), ...burst(1_700_003_600_000)]));
  await topic.tab("Messages");
  await topic.messages.expectCount(120);
  await topic.timeline.focus();
  for (let step = 0; step < 70; step += 1) await page.keyboard.press("ArrowLeft");
  await expect(topic.messages.row(0)).toBeInViewport();
});

test("open details go along to a record that was never in view, and keep what they show", async ({ app, page }) => {
  const topic = await topicOf(app, "along", 2_000);
  await topic.goTo("Oldest");
  await topic.messages.row(0).click();
  await expect(topic.details.title).toHaveText("0 @ 0");
  await topic.details.form("Text");
  await topic.messages.root.focus();
  await page.keyboard.press("End");
  await expect(topic.details.title).toHaveText("0 @ 1,999");
  await expect(topic.messages.row(1_999)).toHaveAttribute("aria-selected", "true");
  await expect(topic.details.root.getByRole("radio", { name: "Text", exact: true })).toBeChecked();
  await topic.details.face("Metadata");
  await page.keyboard.press("Escape");
  await expect(topic.details.root).toHaveCount(0);
  await expect(topic.messages.root).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(topic.details.fact("Offset")).toHaveText("1,999");
});

test("the record whose details are open stands out wherever late records move it", async ({ app }) => {
  const topic = await topicOf(app, "moved", 20, { partitions: 1, empty: 1 });
  await topic.messages.row(10).click();
  await topic.tab("Publish");
  // In a partition of its own: within one, the offsets' order stands whatever the time.
  await topic.publish.bulk.publish(lines([{ partition: 1, timestamp: 1_600_000_000_000, value: "late" }]));
  await topic.tab("Messages");
  await topic.messages.expectCount(21);
  await expect(topic.messages.row(11)).toHaveAttribute("aria-selected", "true");
  await expect(topic.messages.row(10)).toHaveAttribute("aria-selected", "false");
});

test("several partitions are chosen at once, and a choice that cannot be is undone", async ({ app }) => {
  const topic = await topicOf(app, "parts", 40, { partitions: 4 });
  await topic.partitions.click();
  await topic.tick([0, 2], false);
  await topic.root.getByRole("button", { name: "Show", exact: true }).click();
  await topic.messages.expectCount(20);
  await expect(topic.partitions).toContainText("1, 3");
  await topic.open("messages", "?partitions=7");
  const showAll = topic.root.getByRole("alert").getByRole("button", { name: "Show all partitions" });
  await showAll.click();
  await topic.messages.expectCount(40);
  await expect(showAll).toHaveCount(0);
});

test("a folded value of a hundred thousand lines shows what stands behind the fold", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("folded");
  await topic.tab("Publish");
  const numbers = Array.from({ length: 100_000 }, (_, n) => n);
  await topic.publish.publish({ value: JSON.stringify({ numbers, last: "behind the fold" }) });
  await topic.tab("Messages");
  await topic.messages.row(0).click();
  await expect(topic.details.value).toContainText('"numbers"');
  // The whole value must be laid out before it is known where the array ends.
  await expect(topic.details.value.getByRole("button", { name: "Fold", exact: true })).toHaveCount(2);
  await topic.details.value.focus();
  // The first press goes to the first line, the second to the array.
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(topic.details.value).toContainText("behind the fold");
  await expect(topic.details.value).toContainText('"numbers"');
});

test("a long header is shown whole, and many headers are shown by the hundred", async ({ app }) => {
  const long = `${"x".repeat(300)} the end`;
  const headers = [["long", long], ...Array.from({ length: 149 }, (_, n) => [`h${n}`, `${n}`])];
  const bytes = batch({ records: [{ timestamp: -1, value: "v", headers }] });
  await app.open();
  await app.file.open(fileOf("00000000000000000000.log", bytes));
  await app.file.messages.expectCount(1);
  await expect(app.file.messages.cell(app.file.messages.row(0), "time")).toHaveText("none");
  await app.file.messages.row(0).click();
  const { details } = app.file;
  await details.face("Headers");
  await expect(details.table.getByRole("row")).toHaveCount(100);
  await details.root.getByRole("button", { name: "Show more" }).click();
  await expect(details.table.getByRole("row")).toHaveCount(150);
  await details.root.getByRole("button", { name: "Show the whole value of long" }).click();
  await expect(details.header).toContainText("the end");
  await details.root.getByRole("button", { name: "All headers" }).click();
  await expect(details.table.getByRole("row")).toHaveCount(150);
});

test("what was typed into the publish form is there after the engine was started again", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("typed");
  await topic.tab("Publish");
  await topic.publish.fill({ key: "half a", value: "record" });
  const [worker] = page.workers();
  await worker.evaluate(() => void setTimeout(() => { throw new Error("thrown by a test"); }));
  await expect(page.getByRole("status").filter({ hasText: "started again" })).toBeVisible({ timeout: 60_000 });
  await expect(topic.publish.key).toHaveValue("half a");
  await expect(topic.publish.value).toHaveValue("record");
  await topic.publish.button.click();
  await expect(topic.publish.landed).toContainText("0 @ 0");
  await topic.messages.expectCount(1);
});
