// The samples that come with the page.
import { App } from "../pages/app.js";
import { expect, test } from "../support/fixtures.js";

test("a sample opens, is browsed and replayed with the network off", async ({ page, context, server }) => {
  const app = new App(page, server.url);
  await app.open();
  await app.waitUntilOffline();
  // The samples are fetched when the page is at rest.
  await expect.poll(() => page.evaluate(async () => (await caches.match("samples/earthquakes.jsonl")) !== undefined)).toBe(true);
  await server.stop();
  await context.setOffline(true);
  await page.reload();
  await app.home.sample("Earthquakes").click();
  const topic = app.topic("earthquakes");
  await expect(topic.replay.play).toBeVisible();
  await topic.replay.toEnd.click();
  await topic.replay.expectShown(1_707, 1_707);
  await topic.tab("Messages");
  await topic.messages.expectCount(1_707);
  await page.reload();
  await topic.messages.expectCount(1_707);
});

test("a sample says where it comes from, and who may use it", async ({ app }) => {
  await app.open();
  await expect(app.home.samples).toContainText("USGS Earthquake Hazards Program");
  await expect(app.home.sample("Earthquakes")).toHaveAccessibleDescription(/Licence: U\.S\. public domain/);
});

test("a topic that is no whole sample is not opened as one", async ({ app }) => {
  await app.open();
  await app.createTopic("earthquakes");
  await app.open("#/");
  await app.home.sample("Earthquakes").click();
  await expect(app.home.sampleProblem).toContainText("0 of the sample’s 1,707 records");
  await expect(app.home.promise).toBeVisible();
});

test("a sample drags nobody back who went elsewhere meanwhile", async ({ app, page }) => {
  await app.open();
  await app.home.sample("Earthquakes").evaluate((button) => {
    button.click();
    location.hash = "#/about";
  });
  await expect(app.main.getByRole("heading", { name: "Tablog" })).toBeVisible();
  await expect(page.getByText(/^Earthquakes .*is ready/)).toBeVisible();
  await expect(page).toHaveURL(/#\/about$/);
});
