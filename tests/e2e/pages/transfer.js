import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";

/** The dialog that imports a file into a topic. */
export class ImportDialog {
  constructor(page) {
    this.root = page.getByRole("dialog", { name: /^Import/ });
    this.topic = this.root.getByLabel("Into topic");
    this.button = this.root.getByRole("button", { name: "Import", exact: true });
    this.report = this.root.getByRole("status").filter({ hasText: "stored in" });
    this.look = this.root.getByRole("button", { name: "Open topic" });
  }

  /** Imports into a topic and waits for the report. */
  async import(topic) {
    await this.topic.fill(topic);
    await this.button.click();
    await expect(this.report).toBeVisible({ timeout: 90_000 });
  }
}

/** Exports the topic that is open as JSON Lines; returns what the browser saved, as text. */
export async function exportJsonLines(page) {
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Export JSON Lines" }).click();
  const dialog = page.getByRole("dialog", { name: /^Export/ });
  const saved = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Export", exact: true }).click();
  const text = await readFile(await (await saved).path(), "utf8");
  await dialog.getByRole("button", { name: "Close", exact: true }).last().click();
  return text;
}
