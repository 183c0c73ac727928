// A browser without the means: one sentence that says which.
import { expect, test } from "../support/fixtures.js";

const LACKS = [
  ["WebAssembly", () => delete globalThis.WebAssembly],
  ["web workers", () => delete globalThis.Worker],
  ["web workers whose scripts are modules", () => {
    const { Worker } = globalThis;
    globalThis.Worker = function (address) { return new Worker(address); };
  }],
];

test("a browser that blocks the site's data still starts the page, and switches the theme", async ({ app, page }) => {
  await page.addInitScript(() => {
    const blocked = () => {
      throw new DOMException("blocked by a test", "SecurityError");
    };
    Object.defineProperty(globalThis, "localStorage", { get: blocked });
  });
  await app.open();
  await expect(app.home.promise).toBeVisible();
  await page.getByRole("button", { name: "Theme: system" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

for (const [name, takeAway] of LACKS) {
  test(`a browser without ${name} hears that the page needs them`, async ({ app, page }) => {
    await page.addInitScript(takeAway);
    await app.open();
    await expect(app.alert).toContainText(`Tablog needs ${name}`);
  });
}
