// Records that would harm a careless page, and lines that are no records.
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

/** Makes a topic and opens its publish drawer. */
async function drawerOf(app, name, options) {
  await app.open();
  const topic = await app.createTopic(name, options);
  await topic.tab("Publish");
  return topic;
}

test("a record that holds a script shows it as text, in the grid and in the details", async ({ app, page }) => {
  const evil = '<script>document.title="injected"</script><img src=x onerror="document.title=1">';
  const topic = await drawerOf(app, "evil");
  await topic.publish.publish({ key: evil, value: evil, headers: [[evil, evil]] });
  await topic.tab("Messages");
  await expect(topic.messages.cell(topic.messages.row(0), "value")).toHaveText(evil);
  await expect(topic.messages.cell(topic.messages.row(0), "key")).toHaveText(evil);
  await topic.messages.row(0).click();
  await expect(topic.details.value).toContainText(evil);
  await topic.details.face("Headers");
  await expect(topic.details.table).toContainText(evil);
  await expect(page).not.toHaveTitle(/injected|^1$/);
  await expect(topic.root.locator("script, img")).toHaveCount(0);
});

test("right-to-left marks of a record are shown as what they are, and turn nothing around", async ({ app }) => {
  const topic = await drawerOf(app, "bidi");
  await topic.publish.publish({ key: "k", value: "\u202eabc\u2067 שלום" });
  await topic.tab("Messages");
  const value = topic.messages.cell(topic.messages.row(0), "value");
  await expect(value).toHaveText("\\u202eabc\\u2067 שלום");
  // Letters that run from right to left are isolated from what stands beside them.
  await expect(value.locator("bdi")).toHaveCount(1);
});

test("half a character in the form is named by line and column, and is not published", async ({ app, page }) => {
  const topic = await drawerOf(app, "half");
  await topic.publish.value.evaluate((field) => {
    field.value = "first line\nab\ud800c";
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await expect(topic.publish.value).toHaveAccessibleDescription(/Line 2, column 3/);
  await expect(topic.publish.button).toBeDisabled();
  // The field wrote U+FFFD back, and from the next key on nothing told it from what was typed: it was published.
  await topic.publish.value.press("End");
  await page.keyboard.type("d");
  await expect(topic.publish.value).toHaveAccessibleDescription(/Line 2, column 3/);
  await expect(topic.publish.button).toBeDisabled();
  const units = () => topic.publish.value.evaluate((field) => [...field.value].map((letter) => letter.codePointAt(0)));
  expect(await units()).toContain(0xd800);
  // Closing the drawer and opening it again changes none of it.
  await topic.tab("Messages");
  await topic.tab("Publish");
  await expect(topic.publish.button).toBeDisabled();
  await expect.poll(units).toContain(0xd800);
  await topic.publish.value.fill("whole");
  await expect(topic.publish.button).toBeEnabled();
});

test("lone surrogates in JSON are kept as they are written", async ({ app }) => {
  const topic = await drawerOf(app, "surrogates");
  const value = '{"half":"\\ud800","other":"\\udc00\\ud800"}';
  await topic.publish.publish({ key: "k", value });
  await topic.tab("Messages");
  await expect(topic.messages.cell(topic.messages.row(0), "value")).toHaveText(value);
  await topic.messages.row(0).click();
  await topic.details.form("Text");
  await expect(topic.details.value).toContainText(value);
});

test("a record over max.message.bytes is refused in words, and one just below is taken", async ({ app }) => {
  const topic = await drawerOf(app, "small", { configs: { "max.message.bytes": "500" } });
  await topic.publish.fill({ key: "k", value: "x".repeat(600) });
  await topic.publish.button.click();
  await expect(topic.publish.problem).toContainText("500");
  await topic.publish.publish({ key: "k", value: "x".repeat(400) });
  await topic.tab("Messages");
  await topic.messages.expectCount(1);
});

test("1 MB on one line is published, and its details open", async ({ app }) => {
  const topic = await drawerOf(app, "long", { configs: { "max.message.bytes": "2000000" } });
  const text = "0123456789abcdef".repeat(65_536);
  await topic.publish.bulk.publish(lines([{ key: "long", value: text }]));
  await expect(topic.publish.bulk.report).toContainText("1 record stored");
  await topic.tab("Messages");
  await topic.messages.expectCount(1);
  await topic.messages.row(0).click();
  await expect(topic.details.root).toContainText("1.0 MB");
  await expect(topic.details.value).toContainText("0123456789abcdef");
});

const GOOD = (n) => lines([{ key: `k${n}`, value: `v${n}` }])[0];

test("broken lines stop an import: what is before stays, line and column are named", async ({ app }) => {
  const topic = await drawerOf(app, "stops", { partitions: 1 });
  await topic.publish.bulk.publish([GOOD(1), GOOD(2), '{"key":"k","value":tru}', GOOD(4)]);
  await expect(topic.publish.bulk.report).toContainText("2 records stored");
  await expect(topic.publish.bulk.report).toContainText(/line 3, column \d+/i);
  await topic.tab("Messages");
  await topic.messages.expectCount(2);
});

test("broken lines are left out when one says so, and each is named", async ({ app }) => {
  const topic = await drawerOf(app, "skips");
  await topic.publish.bulk.paste([GOOD(1), "{", GOOD(3), '{"key":1 2}', GOOD(5)]);
  await topic.publish.bulk.onError("Leave it out");
  await topic.publish.bulk.button.click();
  const { report } = topic.publish.bulk;
  await expect(report).toContainText("3 records stored");
  await expect(report).toContainText("2 lines left out");
  await expect(report).toContainText(/line 2, column \d+/i);
  await expect(report).toContainText(/line 4, column \d+/i);
  await topic.tab("Messages");
  await topic.messages.expectCount(3);
});
