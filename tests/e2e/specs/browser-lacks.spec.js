// A browser without the means: one sentence that says which.
import { expect, test } from "../support/fixtures.js";

const LACKS = [
  ["WebAssembly", () => delete globalThis.WebAssembly],
  ["web workers", () => delete globalThis.Worker],
];

for (const [name, takeAway] of LACKS) {
  test(`a browser without ${name} hears that the page needs them`, async ({ app, page }) => {
    await page.addInitScript(takeAway);
    await app.open();
    await expect(app.alert).toContainText(`Tablog needs ${name}`);
  });
}
