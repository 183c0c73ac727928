/** The list of all topics. */
export class TopicsPage {
  constructor(page) {
    this.page = page;
    this.heading = page.getByRole("heading", { name: "Topics", level: 1 });
    this.table = page.getByRole("main").getByRole("table");
    this.filter = page.getByRole("main").getByLabel("Filter");
    this.storage = page.getByRole("region", { name: "Storage" });
  }

  /** Returns the row of a topic. */
  row(name) {
    return this.table.getByRole("row").filter({ has: this.page.getByRole("link", { name, exact: true }) });
  }

  /** Returns the number of records that the list shows for a topic. */
  records(name) {
    return this.row(name).getByRole("cell").nth(2);
  }

  /** Opens the dialog that deletes a topic. */
  async askToDelete(name) {
    await this.row(name).getByRole("button", { name: `Delete topic ${name}`, exact: true }).click();
    return this.page.getByRole("dialog", { name: `Delete ${name}?` });
  }
}
