/** The details of one record, beside the grid. */
export class Details {
  constructor(page) {
    this.root = page.getByRole("complementary", { name: "Record details" });
    this.title = this.root.getByRole("heading");
    this.value = this.root.getByRole("region", { name: "Value", exact: true });
    this.key = this.root.getByRole("region", { name: "Key", exact: true });
    this.header = this.root.getByRole("region", { name: "Header", exact: true });
    this.table = this.root.getByRole("table");
    this.closeButton = this.root.getByRole("button", { name: "Close details" });
    this.copyButton = this.root.getByRole("button", { name: "Copy", exact: true });
  }

  /** Shows Value, Key, Headers or Metadata. */
  async face(name) {
    await this.root.getByRole("radiogroup", { name: "Part of the record" }).getByRole("radio", { name, exact: true }).check();
  }

  /** Shows the value or key as JSON, Text or Hex. */
  async form(name) {
    await this.root.getByRole("radiogroup", { name: "Form" }).getByRole("radio", { name, exact: true }).check();
  }

  /** Returns the fact of a name. */
  fact(name) {
    return this.table.getByRole("row").filter({ has: this.root.page().getByRole("rowheader", { name, exact: true }) }).getByRole("cell");
  }
}
