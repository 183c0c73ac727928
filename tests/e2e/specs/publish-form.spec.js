// The publish drawer: its focus, its keys, and what it keeps.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

test("the drawer takes the focus, and gives it to the grid when it closes", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("focus");
  await page.keyboard.press("p");
  await expect(topic.publish.key).toBeFocused();
  // Letters went to the page: "n" opened another dialog.
  await page.keyboard.type("n");
  await expect(topic.publish.key).toHaveValue("n");
  await page.keyboard.press("Escape");
  await expect(topic.publish.root).toHaveCount(0);
  await expect(topic.messages.root).toBeFocused();
});

test("whoever walks along the tabs with the arrow keys comes past the drawer", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("walk");
  await topic.root.getByRole("tab", { name: "Messages" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(topic.publish.root).toBeVisible();
  await page.keyboard.press("ArrowRight");
  await expect(topic.replay.play).toBeVisible();
});

test("Esc closes the drawer from the grid, too", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("outside");
  await topic.tab("Publish");
  await topic.messages.root.focus();
  await page.keyboard.press("Escape");
  await expect(topic.publish.root).toHaveCount(0);
});

test("Enter in a field publishes nothing, and the button keeps the focus when pressed", async ({ app, page }) => {
  await app.open();
  const topic = await app.createTopic("enter");
  await topic.tab("Publish");
  await topic.publish.key.fill("k");
  await topic.publish.key.press("Enter");
  await topic.publish.addHeader.click();
  await topic.publish.headerName(1).press("Enter");
  expect(await topic.publish.publish({ key: "k", value: "v" })).toEqual({ partition: 0, offset: 0 });
  await expect(topic.publish.button).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(topic.publish.landed).toContainText("0 @ 1");
  await expect(topic.publish.button).toBeFocused();
});

test("where the last record landed is not said beside an error", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("small", { configs: { "max.message.bytes": "500" } });
  await topic.tab("Publish");
  await topic.publish.publish({ key: "k", value: "v" });
  await topic.publish.value.fill("x".repeat(600));
  await topic.publish.button.click();
  await expect(topic.publish.problem).toContainText("500");
  await expect(topic.publish.landed).toHaveText("");
});

test("headers are numbered as they stand, whichever was taken out", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("headers");
  await topic.tab("Publish");
  const { publish } = topic;
  for (const name of ["first", "second"]) {
    await publish.addHeader.click();
    await publish.root.getByRole("textbox", { name: /name$/ }).last().fill(name);
  }
  await publish.removeHeader(1);
  await publish.addHeader.click();
  await expect(publish.headerName(1)).toHaveValue("second");
  await expect(publish.headerName(2)).toHaveValue("");
});

test("a key that is no hexadecimal goes to no partition", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("hex", { partitions: 3 });
  await topic.tab("Publish");
  const automatic = topic.publish.partition.getByRole("option").first();
  await topic.publish.key.fill("ff");
  await topic.publish.keyForm.selectOption("hex");
  await expect(automatic).toHaveText(/→ \d/);
  await topic.publish.key.fill("fx");
  await expect(automatic).toHaveText("automatic");
});

test("the grid stays in view beside the drawer", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("beside");
  await topic.tab("Publish");
  const [grid, drawer] = await Promise.all([topic.messages.root.boundingBox(), topic.publish.root.boundingBox()]);
  expect(grid.x + grid.width).toBeLessThanOrEqual(drawer.x + 1);
  expect(grid.width).toBeGreaterThan(400);
});

test("what was pasted, and the report, are there when the drawer opens again", async ({ app }) => {
  await app.open();
  const topic = await app.createTopic("pasted");
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines([{ value: "a" }, { value: "b" }]));
  await expect(topic.publish.bulk.report).toContainText("partition 0: 0 to 1");
  await topic.tab("Messages");
  await topic.tab("Publish");
  await expect(topic.publish.bulk.report).toContainText("2 records stored in pasted");
  await expect(topic.publish.bulk.lines).toHaveValue(/"value":"b"/);
});
