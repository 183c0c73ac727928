// Retention: what a topic does not ask to keep goes by itself.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

test("with retention.ms set, records of years ago are gone once the page is opened again, and the others keep their offsets", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("short-lived");
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines(Array.from({ length: 5 }, (_, n) => ({ value: `of 2023, ${n}` }))));
  expect(await topic.publish.publish({ key: "k", value: "of today" })).toEqual({ partition: 0, offset: 5 });
  await topic.tab("Settings");
  const retention = topic.root.getByLabel("retention.ms", { exact: true });
  const save = topic.root.getByRole("button", { name: "Save" });
  await retention.fill("one day");
  await expect(topic.root).toContainText("=one day is not possible: allowed is a number of milliseconds");
  await expect(save).toBeDisabled();
  await retention.fill(String(24 * 60 * 60 * 1000));
  await save.click();
  await expect(topic.root.getByRole("button", { name: "Use default" })).toBeVisible();
  // Nothing goes at once: who mistyped has a few minutes.
  await topic.tab("Messages");
  await topic.messages.expectCount(6);
  await topic.page.reload();
  await topic.messages.expectCount(1);
  expect((await topic.messages.readAll()).map((row) => row.offset)).toEqual(["5"]);
  await topic.tab("Publish");
  expect(await topic.publish.publish({ key: "k", value: "after" })).toEqual({ partition: 0, offset: 6 });
  await topic.tab("Messages");
  await topic.messages.expectCount(2);
});
