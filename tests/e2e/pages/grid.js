import { expect } from "@playwright/test";

const COLUMNS = ["time", "partition", "offset", "key", "value", "headers"];

/** A grid of records: the messages, or what a replay has played. Only the rows in view exist. */
export class Grid {
  constructor(page, name) {
    this.page = page;
    this.root = page.getByRole("grid", { name, exact: true });
    this.rows = this.root.locator('[role=row][aria-rowindex]:not([aria-rowindex="1"])');
  }

  /** Waits until the grid holds so many records. The header is a row, too. */
  async expectCount(records) {
    await expect(this.root).toHaveAttribute("aria-rowcount", String(records + 1));
  }

  /** Returns how many records there are. */
  async count() {
    return Number(await this.root.getAttribute("aria-rowcount")) - 1;
  }

  /** Turns the wheel over the grid, and waits until that is done: what turns still when a key is pressed moves where the key led to. */
  async turnWheel(pixels) {
    const top = () => this.root.evaluate((grid) => grid.scrollTop);
    const before = await top();
    await this.page.mouse.wheel(0, pixels);
    await expect.poll(async () => Math.round((await top()) - before)).toBe(pixels);
  }

  /** Waits until the rows lie in the document as one sees them, each below the one before: so they are read aloud, and copied. */
  async expectInOrder() {
    await expect
      .poll(() =>
        this.rows.evaluateAll((rows) => {
          const places = rows.map((row) => [Number(row.getAttribute("aria-rowindex")), row.getBoundingClientRect()]);
          // In the frame after a jump there may be no more than the row with the focus.
          return places.length > 1 && places.slice(1).every(([index, box], n) => index === places[n][0] + 1 && box.top === places[n][1].bottom);
        }),
      )
      .toBe(true);
  }

  /** Returns a record's row by its place in time order, from 0. */
  row(index) {
    return this.root.locator(`[role=row][aria-rowindex="${index + 2}"]`);
  }

  /** Returns one cell of a row. */
  cell(row, column) {
    return row.getByRole("gridcell").nth(COLUMNS.indexOf(column));
  }

  /** Returns the row of the record at an offset. */
  at(partition, offset) {
    const exactly = (text) => new RegExp(`^${text}$`);
    return this.rows
      .filter({ has: this.page.locator(".cell-partition", { hasText: exactly(partition) }) })
      .filter({ has: this.page.locator(".cell-offset", { hasText: exactly(offset.toLocaleString("en-GB")) }) });
  }

  /** Reads every row from the first to the last, screen by screen: what each of its cells says. */
  async readAll() {
    const total = await this.count();
    const found = new Map();
    while (found.size < total) {
      const next = found.size === 0 ? 0 : Math.max(...found.keys()) + 1;
      await this.root.evaluate((grid, row) => {
        const height = grid.querySelector("[role=presentation]").clientHeight / (Number(grid.getAttribute("aria-rowcount")) - 1);
        grid.scrollTop = row * height;
      }, next);
      await expect(this.row(next)).toBeAttached();
      await expect(this.root.locator(".cell-pending")).toHaveCount(0);
      for (const [index, cells] of await this.#rowsInView()) found.set(index, cells);
    }
    return [...found].sort(([a], [b]) => a - b).map(([, cells]) => cells);
  }

  #rowsInView() {
    return this.rows.evaluateAll(
      (rows, columns) =>
        rows.map((row) => {
          const cells = [...row.querySelectorAll("[role=gridcell]")].map((cell) => cell.textContent);
          return [Number(row.getAttribute("aria-rowindex")) - 2, Object.fromEntries(columns.map((name, at) => [name, cells[at]]))];
        }),
      COLUMNS,
    );
  }
}
