// Everything without a mouse.
import { fileOf } from "../pages/file.js";
import { batch } from "../support/batch.js";
import { expect, test } from "../support/fixtures.js";

test("a topic is made, filled and read with nothing but the keyboard", async ({ app, page }) => {
  await app.open("#/topics");
  await expect(app.topics.heading).toBeVisible();
  await page.keyboard.press("n");
  await expect(app.newTopicDialog().getByLabel("Topic name")).toBeFocused();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  const topic = app.topic("typed");
  await expect(topic.heading).toBeVisible();

  await page.keyboard.press("p");
  await expect(topic.publish.root).toBeVisible();
  await topic.publish.key.focus();
  for (const word of ["one", "two", "three"]) {
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type(word);
    const before = await topic.publish.landed.textContent();
    await page.keyboard.press("Control+Enter");
    await expect(topic.publish.landed).not.toHaveText(before);
  }
  await page.keyboard.press("Escape");
  await expect(topic.publish.root).toHaveCount(0);

  await topic.messages.expectCount(3);
  await topic.messages.root.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  await page.keyboard.press("Enter");
  await expect(topic.details.title).toHaveText("0 @ 1");
  await page.keyboard.press("j");
  await expect(topic.details.title).toHaveText("0 @ 2");
  await page.keyboard.press("Escape");
  await expect(topic.details.root).toHaveCount(0);
});

test("j comes to the records from anywhere, and the keys of the tabs keep what is looked at", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("anywhere");
  await topic.tab("Publish");
  for (const value of ["a", "b"]) await topic.publish.publish({ key: "k", value });
  await topic.open("messages", "?start=oldest");
  await topic.messages.expectCount(2);
  await page.keyboard.press("j");
  await expect(topic.messages.root).toBeFocused();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect(topic.details.title).toHaveText("0 @ 0");
  await page.keyboard.press("p");
  await expect(topic.publish.root).toBeVisible();
  await expect(page).toHaveURL(/publish\?.*record=0:0/);
  await page.keyboard.press("Escape");
  await expect(topic.details.title).toHaveText("0 @ 0");
});

test("the keys of the tabs work on an opened file, as far as it has them", async ({ app, page }) => {
  await app.open();
  const bytes = batch({ records: [{ timestamp: 1_700_000_000_000, key: "k", value: "v" }] });
  await app.file.open(fileOf("00000000000000000000.log", bytes));
  await app.file.messages.expectCount(1);
  await page.keyboard.press("g");
  await page.keyboard.press("r");
  await expect(page.getByRole("toolbar", { name: "Replay controls" })).toBeVisible();
  await page.keyboard.press("p");
  await page.keyboard.press("g");
  await page.keyboard.press("m");
  await app.file.messages.expectCount(1);
});

test("the question mark lists the keys", async ({ app, page }) => {
  await app.open("#/topics");
  await expect(app.topics.heading).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog")).toContainText("Publish what the form holds");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("letters typed into a field are no commands", async ({ app, page }) => {
  await app.open("#/topics");
  await app.topics.filter.fill("");
  await app.topics.filter.focus();
  await page.keyboard.type("n?gh");
  await expect(app.topics.filter).toHaveValue("n?gh");
  await expect(page.getByRole("dialog")).toHaveCount(0);
});
