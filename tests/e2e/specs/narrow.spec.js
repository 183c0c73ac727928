// On a phone.
import { App } from "../pages/app.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

const TOUCH_PX = 44;

/** Starts on a screen of 390 pixels. */
async function onAPhone(launch, address) {
  const context = await launch({ viewport: { width: 390, height: 844 } });
  const app = new App(context.pages()[0] ?? (await context.newPage()), address);
  await app.open();
  return app;
}

test("the sheet of topics goes when one goes elsewhere, whichever link leads there", async ({ launch, address }) => {
  const app = await onAPhone(launch, address);
  const topic = await app.createTopic("small");
  const open = () => app.page.getByRole("button", { name: "Topics", exact: true }).click();
  await open();
  await app.topicsSheet().getByRole("link", { name: "Topics" }).click();
  await expect(app.topics.heading).toBeVisible();
  await expect(app.topicsSheet()).toHaveCount(0);
  await open();
  await app.topicsSheet().getByRole("link", { name: /^small/ }).click();
  await expect(topic.heading).toBeVisible();
  await expect(app.topicsSheet()).toHaveCount(0);
  // The link to the page that is shown already.
  await open();
  await app.topicsSheet().getByRole("link", { name: /^small/ }).click();
  await expect(app.topicsSheet()).toHaveCount(0);
});

test("what one touches is as high as a finger needs", async ({ launch, address }) => {
  const app = await onAPhone(launch, address);
  const topic = await app.createTopic("touched", { partitions: 2 });
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines([{ value: "a" }, { value: "b" }]));
  // Whole pixels: a border of a pixel is not one to the browser.
  const heightOf = async (locator) => Math.round((await locator.boundingBox()).height);
  expect(await heightOf(topic.publish.root.locator("summary"))).toBeGreaterThanOrEqual(TOUCH_PX);
  await topic.tab("Messages");
  expect(await heightOf(topic.messages.row(0))).toBeGreaterThanOrEqual(TOUCH_PX);
  await topic.root.getByRole("button", { name: /^Partitions/ }).click();
  expect(await heightOf(topic.root.locator(".picker__choice").first())).toBeGreaterThanOrEqual(TOUCH_PX);
  await app.page.keyboard.press("Escape");
  await topic.tab("Replay");
  expect(await heightOf(topic.replay.position)).toBeGreaterThanOrEqual(TOUCH_PX);
  expect(await heightOf(topic.root.locator(".timeline"))).toBeGreaterThanOrEqual(TOUCH_PX);
});

test("what the drawer covers is out of reach", async ({ launch, address }) => {
  const app = await onAPhone(launch, address);
  const topic = await app.createTopic("covered");
  await topic.tab("Publish");
  await expect(topic.publish.root).toBeVisible();
  await expect(topic.root.locator(".source__covered")).toHaveAttribute("inert", "");
  await app.page.keyboard.press("Escape");
  await expect(topic.messages.root).toBeFocused();
});

test("what the details cover is out of reach, and in reach again once they are closed", async ({ launch, address }) => {
  const app = await onAPhone(launch, address);
  const topic = await app.createTopic("behind");
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines([{ value: "a" }, { value: "b" }]));
  await topic.tab("Messages");
  const behind = topic.root.locator(".messages__grid");
  await expect(behind).not.toHaveAttribute("inert");
  await topic.messages.row(1).click();
  await expect(topic.details.root).toBeVisible();
  await expect(behind).toHaveAttribute("inert", "");
  await app.page.keyboard.press("Escape");
  await expect(topic.details.root).toHaveCount(0);
  await expect(behind).not.toHaveAttribute("inert");
  await expect(topic.messages.root).toBeFocused();
});
