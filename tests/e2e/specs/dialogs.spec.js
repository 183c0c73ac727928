// Dialogs hold what was typed into them, and the work that goes on in them.
import { fileOf } from "../pages/file.js";
import { ImportDialog } from "../pages/transfer.js";
import { expect, test } from "../support/fixtures.js";
import { lines } from "../support/lines.js";

test("Ctrl+K leaves an open dialog alone", async ({ app, page }) => {
  await app.open();
  await app.openNewTopic();
  const name = app.newTopicDialog().getByLabel("Topic name");
  await name.fill("half-typed");
  await page.keyboard.press("Control+k");
  await expect(app.switcher()).toHaveCount(0);
  await expect(name).toHaveValue("half-typed");
});

test("files dropped while others wait come after them, and what was chosen so far stays", async ({ app, page }) => {
  await app.open();
  await app.file.open(fileOf("first.jsonl", lines([{ value: "a" }]).join("\n")));
  const dialog = new ImportDialog(page);
  await dialog.topic.fill("chosen");
  await app.file.drop(["second.jsonl", lines([{ value: "b" }]).join("\n")], ["noise.txt", "no record"]);
  await expect(page.getByRole("dialog", { name: "Import, file 1 of 2" })).toContainText("first.jsonl");
  await expect(dialog.root).toContainText("noise.txt");
  await expect(dialog.topic).toHaveValue("chosen");
  await dialog.button.click();
  await expect(dialog.report).toContainText("1 record stored in chosen");
  await dialog.root.getByRole("button", { name: "Next file" }).click();
  await expect(page.getByRole("dialog", { name: "Import, file 2 of 2" })).toContainText("second.jsonl");
});

test("an import that stopped says where records landed, and warns before they are imported again", async ({ app, page }) => {
  await app.open();
  await app.file.open(fileOf("broken.jsonl", [...lines([{ value: "a" }, { value: "b" }]), '{"key":tru}'].join("\n")));
  const dialog = new ImportDialog(page);
  await dialog.import("twice");
  await expect(dialog.report).toContainText("2 records stored in twice");
  await expect(dialog.report).toContainText("partition 0: 0 to 1");
  await dialog.root.getByRole("button", { name: "Change" }).click();
  await expect(dialog.root).toContainText("twice has 2 records of this file already");
  await dialog.topic.fill("other");
  await expect(dialog.root).not.toContainText("of this file already");
});

/** Opens the replay of two records that are an hour apart: at its own pace it does not end while a test runs. */
async function hourLongReplay(app) {
  await app.open();
  const topic = await app.createTopic("slow");
  await topic.tab("Publish");
  await topic.publish.bulk.publish(lines([0, 3_600_000].map((at) => ({ timestamp: 1_700_000_000_000 + at, value: "v" }))));
  await topic.tab("Replay");
  await topic.replay.expectShown(0, 2);
  return topic;
}

test("a replay into a topic goes on whatever key is pressed, until its own button ends it", async ({ app, page }) => {
  const topic = await hourLongReplay(app);
  const dialog = await topic.replay.askForTopic();
  await dialog.topic.fill("copy");
  await dialog.keepPace.check();
  await dialog.button.click();
  await expect(dialog.cancel).toBeVisible();
  // A browser closes a dialog at the second Esc by itself; the other keys went to the page beneath.
  for (const key of ["Escape", "Escape", "Escape", "p", "Space", "Control+k"]) await page.keyboard.press(key);
  await dialog.root.getByRole("button", { name: "Close" }).click();
  await expect(dialog.cancel).toBeVisible();
  await expect(page).toHaveURL(/#\/topic\/slow\/replay$/);
  await expect(topic.replay.bar).toContainText("0 of 2");
  await dialog.cancel.click();
  await expect(dialog.report).toContainText("stored in copy");
  await expect(dialog.report).toContainText("Stopped on your wish");
  await dialog.change.click();
  await expect(dialog.topic).toHaveValue("copy");
  await page.keyboard.press("Escape");
  await expect(dialog.root).toHaveCount(0);
});

test("a replay that is left says how far it came", async ({ app, page }) => {
  const topic = await hourLongReplay(app);
  const dialog = await topic.replay.askForTopic();
  await dialog.topic.fill("copy");
  await dialog.keepPace.check();
  await dialog.button.click();
  await expect(dialog.cancel).toBeVisible();
  await app.open("#/topics");
  await expect(page.getByText(/stored in copy .*Stopped on your wish/)).toBeVisible();
});

test("a replay names the field that is wrong", async ({ app }) => {
  const topic = await hourLongReplay(app);
  const dialog = await topic.replay.askForTopic();
  await dialog.topic.fill("a b");
  await dialog.partitions.fill("0");
  await dialog.button.click();
  await expect(dialog.topic).toHaveAccessibleDescription(/' ' at position 2/);
  await expect(dialog.partitions).toHaveAccessibleDescription("A topic has 1 to 1,000 partitions");
});

test("a topic cannot be deleted before it is known what goes", async ({ app, page }) => {
  // An engine that never answers.
  await page.addInitScript(() => {
    globalThis.Worker = class extends EventTarget {
      constructor(address, { type }) {
        super();
        this.type = type;
      }
      postMessage() {}
      terminate() {}
    };
  });
  await app.open("#/topic/unknown/messages");
  await page.getByRole("button", { name: /^Go to/ }).click();
  await app.switcher().getByRole("combobox").fill("Delete unknown");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Delete unknown?" });
  await expect(dialog).toContainText("it is not known yet how much");
  await dialog.getByLabel("Type unknown to confirm").fill("unknown");
  await expect(dialog.getByRole("button", { name: "Delete topic" })).toBeDisabled();
});

test("the line that the arrow keys come to in the switcher is in view", async ({ app, page }) => {
  await page.setViewportSize({ width: 1_000, height: 320 });
  await app.open("#/topics");
  await expect(app.topics.heading).toBeVisible();
  await page.keyboard.press("Control+k");
  await expect(app.switcher().getByRole("combobox")).toBeFocused();
  await page.keyboard.press("ArrowUp");
  const last = app.switcher().getByRole("option").last();
  await expect(last).toHaveAttribute("aria-selected", "true");
  await expect(last).toBeInViewport({ ratio: 0.9 });
});
