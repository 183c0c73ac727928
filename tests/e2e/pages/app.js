import { expect } from "@playwright/test";

import { FilePage } from "./file.js";
import { HealthPage } from "./health.js";
import { Home } from "./home.js";
import { TopicPage } from "./topic.js";
import { TopicsPage } from "./topics.js";

/** One tab of the browser with Tablog in it. */
export class App {
  constructor(page, address) {
    this.page = page;
    this.address = address;
    this.home = new Home(page);
    this.topics = new TopicsPage(page);
    this.file = new FilePage(page);
    this.health = new HealthPage(page);
    this.main = page.getByRole("main");
    this.alert = page.getByRole("alert");
  }

  /** Opens a place of the app, such as `#/topics`. */
  async open(hash = "#/") {
    await this.page.goto(new URL(hash, this.address).href);
  }

  /** Names the page of a topic; it is there once it was opened or made. */
  topic(name) {
    return new TopicPage(this.page, name, this.address);
  }

  /** Makes a topic with the dialog, and returns its page. */
  async createTopic(name, { partitions = 1, configs = {} } = {}) {
    await this.openNewTopic();
    const dialog = this.newTopicDialog();
    await dialog.getByLabel("Topic name").fill(name);
    await dialog.getByLabel("Partitions").fill(String(partitions));
    if (Object.keys(configs).length > 0) await dialog.getByText("Configs").click();
    for (const [config, value] of Object.entries(configs)) await dialog.getByLabel(config, { exact: true }).fill(value);
    await dialog.getByRole("button", { name: "Create" }).click();
    const topic = this.topic(name);
    await expect(topic.heading).toBeVisible();
    return topic;
  }

  async openNewTopic() {
    await this.page.getByRole("button", { name: "New topic" }).first().click();
  }

  /** The dialog that goes to a topic or does something. */
  switcher() {
    return this.page.getByRole("dialog", { name: "Go to…" });
  }

  /** The topics and files on a narrow screen. */
  topicsSheet() {
    return this.page.getByRole("dialog", { name: "Topics and files" });
  }

  newTopicDialog() {
    return this.page.getByRole("dialog", { name: "New topic" });
  }

  /** Waits until the service worker holds a whole build and answers for this page. */
  async waitUntilOffline() {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      if (navigator.serviceWorker.controller === null) {
        await new Promise((done) => navigator.serviceWorker.addEventListener("controllerchange", done, { once: true }));
      }
    });
  }
}
