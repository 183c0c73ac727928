// Topics: made, listed, filtered, refused and deleted.
import { expect, test } from "../support/fixtures.js";

test("the first screen says that nothing leaves this machine", async ({ app }) => {
  await app.open();
  await expect(app.home.promise).toBeVisible();
});

test("a topic made with the dialog opens, and stands in the list with its partitions", async ({ app }) => {
  await app.open();
  await app.createTopic("orders", { partitions: 3 });
  await app.open("#/topics");
  await expect(app.topics.row("orders").getByRole("cell").nth(1)).toHaveText("3");
  await expect(app.topics.records("orders")).toHaveText("0");
});

test("a topic is made on the first screen with nothing but the keyboard", async ({ app, page }) => {
  await app.open();
  await app.home.topicCard.getByLabel("Topic name").focus();
  await page.keyboard.type("typed");
  await page.keyboard.press("Enter");
  await expect(app.topic("typed").heading).toBeVisible();
});

test("the list of topics is filtered as one types", async ({ app }) => {
  await app.open();
  await app.createTopic("orders");
  await app.createTopic("payments");
  await app.open("#/topics");
  await app.topics.filter.fill("PAY");
  await expect(app.topics.row("payments")).toBeVisible();
  await expect(app.topics.row("orders")).toHaveCount(0);
  await app.topics.filter.fill("nothing like it");
  await expect(app.main.getByText("No topic fits the filter").first()).toBeVisible();
});

test("an empty topic is deleted after the dialog said what goes", async ({ app }) => {
  await app.open();
  await app.createTopic("gone");
  await app.open("#/topics");
  const dialog = await app.topics.askToDelete("gone");
  await expect(dialog).toContainText("0 records");
  await dialog.getByRole("button", { name: "Delete topic" }).click();
  await expect(app.topics.row("gone")).toHaveCount(0);
  await app.page.reload();
  await expect(app.page.getByText("No topics yet").first()).toBeVisible();
});

test("an address of a topic that does not exist says so", async ({ app }) => {
  await app.open("#/topic/nowhere/messages");
  await expect(app.main.getByText("There is no topic nowhere")).toBeVisible();
});

test("a topic that is deleted and made again shows its own records", async ({ app }) => {
  // The details kept the old topic's record at the same offset.
  await app.open();
  for (const value of ["of the first topic", "of the second topic"]) {
    const topic = await app.createTopic("orders");
    await topic.tab("Publish");
    await topic.publish.publish({ value });
    await topic.tab("Messages");
    await topic.messages.row(0).click();
    await expect(topic.details.value).toContainText(value);
    await app.open("#/topics");
    const dialog = await app.topics.askToDelete("orders");
    await dialog.getByLabel("Type orders to confirm").fill("orders");
    await dialog.getByRole("button", { name: "Delete topic" }).click();
    await expect(app.topics.row("orders")).toHaveCount(0);
  }
});
