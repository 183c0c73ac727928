// Where one begins to look: newest, oldest, an offset, a time; which partitions; and what is live.
import { App } from "../pages/app.js";
import { fileOf } from "../pages/file.js";
import { ImportDialog } from "../pages/transfer.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

const RECORDS = 3_000;
const BEGIN = 1_700_000_000_000;

/** A topic of three partitions with a record a second, each partition in its turn. */
async function filled(app, name) {
  await app.open();
  await app.createTopic(name, { partitions: 3 });
  const records = Array.from({ length: RECORDS }, (_, n) => ({ partition: n % 3, timestamp: BEGIN + n * 1_000, key: `k${n}`, value: `v${n}` }));
  // Out of a file: Chromium takes minutes to type so much into a field.
  await app.file.open(fileOf("records.jsonl", lines(records).join("\n")));
  const dialog = new ImportDialog(app.page);
  await dialog.import(name);
  await dialog.look.click();
  const topic = app.topic(name);
  await topic.messages.expectCount(RECORDS);
  return topic;
}

const inView = (topic, row) => expect(topic.messages.row(row)).toBeInViewport({ ratio: 1 });

test("a link leads to an offset, to a time, to the oldest and to the newest record", async ({ app, page }) => {
  const topic = await filled(app, "links");
  const PLACES = [
    ["?start=oldest", 0],
    ["?start=offset:1:500", 1_501],
    [`?start=time:${BEGIN + 2_000_000}`, 2_000],
    ["", RECORDS - 1],
  ];
  for (const [query, row] of PLACES) {
    await page.goto("about:blank");
    await topic.open("messages", query);
    await topic.messages.expectCount(RECORDS);
    await inView(topic, row);
    await expect(topic.messages.cell(topic.messages.row(row), "value")).toHaveText(`v${row}`);
  }
});

test("a record that is looked at is in the address, and the address opens it again in another tab", async ({ app, page, context, address }) => {
  const topic = await filled(app, "shared-link");
  await topic.messages.root.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(topic.details.title).toHaveText("0 @ 0");
  await page.keyboard.press("End");
  await expect(topic.details.title).toHaveText("2 @ 999");
  const other = new App(await context.newPage(), address);
  await other.page.goto(page.url());
  const same = other.topic("shared-link");
  await expect(same.details.title).toHaveText("2 @ 999");
  await inView(same, RECORDS - 1);
});

test("a link with chosen partitions shows those alone", async ({ app, page }) => {
  const topic = await filled(app, "parts");
  await page.goto("about:blank");
  await topic.open("messages", "?partitions=0,2");
  await topic.messages.expectCount(2_000);
  // Its first rows come a moment later.
  const seen = async () => new Set(await topic.messages.root.locator(".cell-partition .partition-tag").allTextContents());
  await expect.poll(seen).toEqual(new Set(["0", "2"]));
});

test("what another tab publishes shows while live, and is counted while one looks elsewhere", async ({ app, page, context, address }) => {
  const topic = await filled(app, "tail");
  await expect(topic.live).toHaveText("Live");
  const other = new App(await context.newPage(), address);
  const far = other.topic("tail");
  await far.open("publish");
  await far.publish.publish({ key: "new", value: "first" });
  await page.bringToFront();
  await topic.messages.expectCount(RECORDS + 1);
  await inView(topic, RECORDS);
  // Somewhere else: the grid stays there and counts.
  await topic.messages.root.focus();
  await page.keyboard.press("Home");
  await inView(topic, 0);
  await expect(topic.live).toHaveText("Paused");
  await far.publish.publish({ key: "new", value: "second" });
  await far.publish.publish({ key: "new", value: "third" });
  const more = topic.root.getByRole("button", { name: /2 new/ });
  await expect(more).toBeVisible();
  await inView(topic, 0);
  await more.click();
  await inView(topic, RECORDS + 2);
  await expect(topic.messages.cell(topic.messages.row(RECORDS + 2), "value")).toHaveText("third");
  await expect(topic.live).toHaveText("Live");
});

test("another choice of partitions leaves no row of the one before", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("two", { partitions: 2 });
  await topic.tab("Publish");
  for (let n = 0; n < 6; n += 1) await topic.publish.publish({ key: `key ${n}`, value: "v", partition: n % 2 });
  await topic.tab("Messages");
  await topic.messages.expectCount(6);
  for (const [link, count] of [["?partitions=1", 3], ["", 6], ["?partitions=0", 3]]) {
    await page.evaluate((link) => { location.hash = `#/topic/two/messages${link}`; }, link);
    await topic.messages.expectCount(count);
    await expect(topic.messages.rows).toHaveCount(count);
  }
});
