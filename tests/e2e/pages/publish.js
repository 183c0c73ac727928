import { expect } from "@playwright/test";

/** More lines are put into a field in one piece. */
const FILLED_LINES_MAX = 50;

/** The drawer over a topic's messages that publishes records. */
export class Publish {
  constructor(page, topic) {
    this.page = page;
    this.root = page.getByRole("complementary", { name: `Publish to ${topic}` });
    this.key = this.root.getByRole("textbox", { name: "Key", exact: true });
    this.keyForm = this.root.getByLabel("Written as");
    this.value = this.root.getByRole("textbox", { name: "Value", exact: true });
    this.tombstone = this.root.getByRole("checkbox", { name: /Tombstone/ });
    this.partition = this.root.getByRole("combobox", { name: "Partition" });
    this.button = this.root.getByRole("button", { name: "Publish", exact: true });
    this.addHeader = this.root.getByRole("button", { name: "Add header" });
    this.landed = this.root.locator("output");
    this.problem = this.root.getByRole("alert");
    this.bulk = new Bulk(this.root);
  }

  /** Publishes one record and waits until it is acknowledged. Returns where it landed: `{ partition, offset }`. */
  async publish({ key = "", value = null, headers = [], partition } = {}) {
    const before = await this.landed.textContent();
    await this.fill({ key, value, headers, partition });
    await this.button.click();
    await expect(this.landed).not.toHaveText(before);
    return this.place();
  }

  /** Fills the form in. A null value is a tombstone. */
  async fill({ key = "", value = null, headers = [], partition } = {}) {
    await this.key.fill(key);
    await this.tombstone.setChecked(value === null);
    if (value !== null) await this.value.fill(value);
    if (partition !== undefined) await this.partition.selectOption(String(partition));
    const remove = this.root.getByRole("button", { name: /^Remove header/ });
    while ((await remove.count()) > 0) await remove.first().click();
    for (const [index, [name, content]] of headers.entries()) {
      await this.root.getByRole("button", { name: "Add header" }).click();
      await this.root.getByRole("textbox", { name: `Header ${index + 1} name` }).fill(name);
      await this.root.getByRole("textbox", { name: `Header ${index + 1} data` }).fill(content);
    }
  }

  /** Returns the field with the name of a header, by its number from 1. */
  headerName(number) {
    return this.root.getByRole("textbox", { name: `Header ${number} name` });
  }

  /** Takes a header out, by its number from 1. */
  async removeHeader(number) {
    await this.root.getByRole("button", { name: `Remove header ${number}` }).click();
  }

  /** Reads where the last record landed. */
  async place() {
    const [, partition, offset] = /(\d+) @ ([\d,]+)/.exec(await this.landed.textContent());
    return { partition: Number(partition), offset: Number(offset.replaceAll(",", "")) };
  }
}

/** Many records at once, as lines. */
class Bulk {
  constructor(drawer) {
    this.drawer = drawer;
    this.lines = drawer.getByRole("textbox", { name: "Lines" });
    this.button = drawer.getByRole("button", { name: /^Import into/ });
    this.report = drawer.getByRole("status").filter({ hasText: "stored in" });
  }

  /** Makes sure that one can see it. */
  async unfold() {
    if (!(await this.lines.isVisible())) await this.drawer.getByText("Many at once").click();
  }

  /** Unfolds it and fills lines in. */
  async paste(lines) {
    await this.unfold();
    const text = lines.join("\n");
    // Playwright's `fill` inserts as an editor does, for which Chromium lays out the field anew line by line: seconds for
    // a thousand.
    if (lines.length > FILLED_LINES_MAX) await this.lines.evaluate(put, text);
    else await this.lines.fill(text);
  }

  /** Chooses what happens at a line that cannot be read. */
  async onError(words) {
    await this.drawer.getByRole("radio", { name: words, exact: true }).check();
  }

  /** Imports lines and waits for the report. */
  async publish(lines) {
    await this.paste(lines);
    await this.button.click();
    await expect(this.report).toBeVisible();
  }
}

/** In the page: gives a field its text, and tells whoever listens. */
function put(field, text) {
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText" }));
}
