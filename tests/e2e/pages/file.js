import { Details } from "./details.js";
import { Grid } from "./grid.js";

/** An opened file, and the dialogs that files go through. */
export class FilePage {
  constructor(page) {
    this.page = page;
    this.messages = new Grid(page, "Messages");
    this.details = new Details(page);
    this.damage = page.getByRole("alert").filter({ hasText: "missing or unreadable" });
    this.importDialog = page.getByRole("dialog", { name: /Import|Open files/ });
  }

  /** Opens files as if they were chosen in the browser's own dialog: paths, or `{ name, mimeType, buffer }`. */
  async open(files) {
    const chosen = this.page.waitForEvent("filechooser");
    await this.page.getByRole("button", { name: "Open files" }).first().click();
    await (await chosen).setFiles(files);
  }

  /** Drops text files on the page: `[name, text]` each. */
  async drop(...files) {
    await this.page.evaluate((files) => {
      const dataTransfer = new DataTransfer();
      for (const [name, text] of files) dataTransfer.items.add(new File([text], name));
      document.body.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, files);
  }
}

/** Names bytes, as a chooser gives them. */
export function fileOf(name, bytes) {
  return { name, mimeType: "application/octet-stream", buffer: Buffer.from(bytes) };
}
