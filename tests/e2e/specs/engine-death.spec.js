// The engine's worker dies: the page says so, starts another one, and nothing acknowledged is lost.
import { expect, test } from "../support/fixtures.js";

const DEATHS = [
  ["ends without a word", () => self.close()],
  ["throws", () => void setTimeout(() => { throw new Error("thrown by a test"); })],
];

for (const [how, die] of DEATHS) {
  test(`an engine that ${how} is replaced, and what was made is still there`, async ({ app, page }) => {
    await app.open();
    await app.createTopic("before");
    const [worker] = page.workers();
    await worker.evaluate(die);
    await expect(page.getByRole("status").filter({ hasText: "started again" })).toBeVisible({ timeout: 60_000 });
    await app.createTopic("after");
    await app.open("#/topics");
    await expect(app.topics.row("before")).toBeVisible();
    await expect(app.topics.row("after")).toBeVisible();
  });
}
