// A replay whose target is another topic.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

test("a topic is replayed into another one with the same keys, values, partitions and times", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("source", { partitions: 2 });
  await topic.tab("Publish");
  const records = Array.from({ length: 20 }, (_, n) => ({
    partition: n % 2,
    timestamp: 1_700_000_000_000 + n * 60_000,
    key: `k${n}`,
    value: n === 7 ? null : `v${n}`,
    headers: [["n", `${n}`]],
  }));
  await topic.publish.bulk.publish(lines(records));
  await topic.tab("Messages");
  await topic.messages.expectCount(20);
  const before = await topic.messages.readAll();
  await topic.tab("Replay");
  await topic.replay.expectShown(0, 20);
  await topic.replay.intoTopic.click();
  const dialog = page.getByRole("dialog", { name: "Replay into a topic" });
  await dialog.getByLabel("Topic name").fill("copy");
  await dialog.getByRole("button", { name: "Replay 20 records" }).click();
  await expect(dialog.getByRole("status").filter({ hasText: "20 records stored in copy" })).toBeVisible();
  await dialog.getByRole("link", { name: "Look at it" }).click();
  const copy = app.topic("copy");
  await copy.messages.expectCount(20);
  expect(await copy.messages.readAll()).toEqual(before);
});
