// Names and numbers that no topic can have: refused in the field, in words, before anything is made.
import { App } from "../pages/app.js";
import { expect, test } from "../support/fixtures.js";

const BAD_NAMES = [
  ["no name at all", "", "at least one character"],
  ["a blank", "a b", "' ' at position 2"],
  ["two dots", "..", "not allowed"],
  ["a letter beyond ASCII", "größe", "'ö' at position 3"],
  ["250 characters", "x".repeat(250), "249"],
];

for (const [what, name, words] of BAD_NAMES) {
  test(`a topic name with ${what} is refused beside its field`, async ({ app }) => {
    await app.open();
    await app.openNewTopic();
    const dialog = app.newTopicDialog();
    await dialog.getByLabel("Topic name").fill(name);
    await dialog.getByRole("button", { name: "Create" }).click();
    await expect(dialog.getByLabel("Topic name")).toHaveAccessibleDescription(new RegExp(words));
    await expect(dialog).toBeVisible();
  });
}

test("a taken name is refused, and so is one that Kafka takes for the same", async ({ app }) => {
  await app.open();
  await app.createTopic("my.topic");
  await app.openNewTopic();
  const field = app.newTopicDialog().getByLabel("Topic name");
  await field.fill("my.topic");
  await expect(field).toHaveAccessibleDescription("There is a topic my.topic already");
  await field.fill("my_topic");
  await expect(field).toHaveAccessibleDescription(/too much like my\.topic/);
});

for (const partitions of ["0", "1001", "-1", "many", ""]) {
  test(`a topic cannot have "${partitions}" partitions`, async ({ app }) => {
    await app.open();
    await app.openNewTopic();
    const dialog = app.newTopicDialog();
    await dialog.getByLabel("Topic name").fill("t");
    await dialog.getByLabel("Partitions").fill(partitions);
    await dialog.getByRole("button", { name: "Create" }).click();
    await expect(dialog.getByLabel("Partitions")).toHaveAccessibleDescription("A topic has 1 to 1,000 partitions");
    await expect(dialog).toBeVisible();
  });
}

test("a topic can have 1,000 partitions", async ({ app }) => {
  await app.open();
  await app.createTopic("wide", { partitions: 1000 });
  await app.open("#/topics");
  await expect(app.topics.row("wide").getByRole("cell").nth(1)).toHaveText("1,000");
});

test("of two tabs that make a topic of one name at the same time, one does and the other hears why not", async ({ app, context, address }) => {
  const other = new App(await context.newPage(), address);
  const tabs = [app, other];
  for (const tab of tabs) {
    await tab.open();
    await tab.page.bringToFront();
    await tab.openNewTopic();
    await tab.newTopicDialog().getByLabel("Topic name").fill("race");
  }
  const create = (tab) => tab.newTopicDialog().getByRole("button", { name: "Create" });
  await Promise.all(tabs.map((tab) => create(tab).dispatchEvent("click")));
  const outcome = async (tab) => {
    const [made, refused] = [tab.topic("race").heading, tab.newTopicDialog().getByText(/race.*already|already.*race/i)];
    await expect(made.or(refused).first()).toBeVisible();
    return (await refused.first().isVisible()) ? "refused" : "made";
  };
  expect([await outcome(app), await outcome(other)].sort()).toEqual(["made", "refused"]);
});
