import { expect } from "@playwright/test";

import { Details } from "./details.js";
import { Grid } from "./grid.js";
import { Publish } from "./publish.js";
import { Replay } from "./replay.js";

/** A topic: its frame and its tabs. */
export class TopicPage {
  constructor(page, name, address) {
    this.page = page;
    this.name = name;
    this.address = address;
    this.root = page.getByRole("region", { name, exact: true });
    this.heading = this.root.getByRole("heading", { name, exact: true, level: 1 });
    this.messages = new Grid(page, "Messages");
    this.details = new Details(page);
    this.replay = new Replay(page);
    this.publish = new Publish(page, name);
    this.live = this.root.getByRole("button", { name: /^(Live|Paused)$/ });
    this.start = this.root.getByRole("button", { name: /^Start / });
    this.partitions = this.root.getByRole("button", { name: /^Partitions / });
    this.timeline = this.root.getByRole("slider", { name: "Records over time" });
  }

  /** Goes to a start that needs no more words: Newest or Oldest. */
  async goTo(label) {
    await this.start.click();
    await this.root.getByLabel("Start at").selectOption({ label });
    await this.root.getByRole("button", { name: "Go", exact: true }).click();
  }

  /** Ticks partitions in the open picker, or takes their ticks away. */
  async tick(partitions, isOn) {
    for (const partition of partitions) await this.root.getByRole("checkbox", { name: new RegExp(`Partition ${partition}$`) }).setChecked(isOn);
  }

  /** Goes to one of its tabs. */
  async tab(name) {
    const tab = this.root.getByRole("tab", { name, exact: true });
    await tab.click();
    await expect(tab).toHaveAttribute("aria-selected", "true");
  }

  /** Loads the page at one of its tabs. */
  async open(tab = "messages", query = "") {
    await this.page.goto(new URL(`#/topic/${this.name}/${tab}${query}`, this.address).href);
    await expect(this.heading).toBeVisible();
  }
}
