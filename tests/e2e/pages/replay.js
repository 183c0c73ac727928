import { expect } from "@playwright/test";

import { Grid } from "./grid.js";

/** The Replay tab: the grid up to where the replay stands, and the transport bar. */
export class Replay {
  constructor(page) {
    this.page = page;
    this.grid = new Grid(page, "Replayed messages");
    this.bar = page.getByRole("toolbar", { name: "Replay controls" });
    this.play = this.bar.getByRole("button", { name: "Play", exact: true });
    this.pause = this.bar.getByRole("button", { name: "Pause", exact: true });
    this.stepForward = this.bar.getByRole("button", { name: "Step forward" });
    this.stepBack = this.bar.getByRole("button", { name: "Step back" });
    this.toStart = this.bar.getByRole("button", { name: "To the start" });
    this.toEnd = this.bar.getByRole("button", { name: "To the end" });
    this.speed = this.bar.getByLabel("Speed");
    this.gaps = this.bar.getByLabel("Skip gaps");
    this.loop = this.bar.getByLabel("Loop");
    this.position = this.bar.getByRole("slider");
    this.intoTopic = this.bar.getByRole("button", { name: "Into a topic", exact: true });
  }

  /** Opens the dialog that replays into a topic. */
  async askForTopic() {
    await this.intoTopic.click();
    return new IntoTopicDialog(this.page);
  }

  /** Waits until so many records of all were played. */
  async expectShown(shown, rows) {
    await expect(this.bar).toContainText(`${shown.toLocaleString("en-GB")} of ${rows.toLocaleString("en-GB")}`);
    await this.grid.expectCount(shown);
  }
}

/** The dialog that replays into a topic. */
export class IntoTopicDialog {
  constructor(page) {
    this.root = page.getByRole("dialog", { name: "Replay into a topic" });
    this.topic = this.root.getByLabel("Topic name");
    this.partitions = this.root.getByLabel("Partitions", { exact: true });
    this.keepPace = this.root.getByRole("checkbox", { name: "Keep the pace" });
    this.button = this.root.getByRole("button", { name: /^Replay / });
    this.cancel = this.root.getByRole("button", { name: "Cancel" });
    this.change = this.root.getByRole("button", { name: "Change" });
    this.report = this.root.getByRole("status").filter({ hasText: "stored in" });
  }
}
