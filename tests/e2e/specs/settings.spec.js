// A topic's settings: its partitions, its configs, and what is deleted.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

test("records before an offset are deleted, and the offsets of the rest stay", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("trimmed");
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines(Array.from({ length: 10 }, (_, n) => ({ value: `v${n}` }))));
  await topic.tab("Settings");
  await topic.root.getByLabel("First offset to keep").fill("4");
  await topic.root.getByRole("button", { name: "Delete records" }).click();
  await expect(topic.root).toContainText("Partition 0 begins at 4 now");
  await topic.tab("Messages");
  await topic.messages.expectCount(6);
  expect((await topic.messages.readAll()).map((row) => row.offset)).toEqual(["4", "5", "6", "7", "8", "9"]);
  // Deleting all of them does not begin the offsets anew.
  await topic.tab("Settings");
  await topic.root.getByLabel("First offset to keep").fill("10");
  await topic.root.getByRole("button", { name: "Delete records" }).click();
  await expect(topic.root).toContainText("Partition 0 begins at 10 now");
  await topic.page.reload();
  await topic.tab("Publish");
  expect(await topic.publish.publish({ key: "k", value: "v" })).toEqual({ partition: 0, offset: 10 });
});

test("a topic with records is deleted only once its name was typed", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("precious");
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "v" });
  await topic.tab("Settings");
  await topic.root.getByRole("button", { name: "Delete topic" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete precious?" });
  await expect(dialog).toContainText("1 record");
  const button = dialog.getByRole("button", { name: "Delete topic" });
  await expect(button).toBeDisabled();
  await dialog.getByLabel("Type precious to confirm").fill("precious");
  await button.click();
  await expect(page.getByText("No topics yet").first()).toBeVisible();
});
