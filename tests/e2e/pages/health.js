import { readFile } from "node:fs/promises";
import { expect } from "@playwright/test";

/** How the store is. */
export class HealthPage {
  constructor(page) {
    this.page = page;
    this.heading = page.getByRole("heading", { name: "Health", level: 1 });
    this.engine = page.getByRole("region", { name: "Engine" });
    this.storage = page.getByRole("main").getByRole("region", { name: "Storage" });
    this.stored = page.getByRole("region", { name: "Stored topics" });
    this.losses = page.getByRole("region", { name: "Losses found" });
    this.crashTest = page.getByRole("region", { name: "Crash test" });
    this.verification = this.stored.getByRole("status");
    this.findings = this.stored.getByRole("list", { name: "Findings" }).getByRole("listitem");
    this.lost = this.losses.getByRole("list", { name: "Losses" }).getByRole("listitem");
  }

  /** Returns what a topic's line says: partitions, acknowledged, stored, missing. */
  async topic(name) {
    const line = this.stored.getByRole("row").filter({ has: this.page.getByRole("rowheader", { name, exact: true }) });
    await expect(line).toBeVisible();
    return (await line.getByRole("cell").allTextContents()).map((cell) => cell.trim());
  }

  /** Verifies all that is stored, and waits for the end of it. */
  async verify() {
    const button = this.stored.getByRole("button", { name: "Verify now" });
    await button.click();
    await expect(button).toBeEnabled();
  }

  /** Saves a report with one of the page's buttons, and reads it back. */
  async save(region, name) {
    const download = this.page.waitForEvent("download");
    await region.getByRole("button", { name }).click();
    return JSON.parse(await readFile(await (await download).path(), "utf8"));
  }
}
