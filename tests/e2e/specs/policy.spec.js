// The security policy: every test fails when a page breaks it or asks a foreign origin for something (support/manners.js).
// These prove that the policy is there, and that a breach would be seen.
import { expect, test } from "../support/fixtures.js";

test("an inline script does not run, and the breach is seen", async ({ app, page, manners }) => {
  await app.open();
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'injected'";
    document.body.append(script);
  });
  await expect.poll(() => manners.breaches.length).toBeGreaterThan(0);
  expect(manners.take().join()).toContain("policy broken");
  await expect(page).not.toHaveTitle("injected");
});

test("the page cannot fetch from a foreign origin", async ({ app, page, manners }) => {
  await app.open();
  const outcome = await page.evaluate(() => fetch("http://127.0.0.1:1/x").then(() => "fetched", () => "refused"));
  expect(outcome).toBe("refused");
  await expect.poll(() => manners.breaches.join()).toContain("policy broken");
  manners.take();
});

test("text cannot become code in the page", async ({ app, page, manners }) => {
  await app.open();
  // Through the page's own script context: Playwright's evaluate is not bound by the policy's eval rule everywhere.
  await page.evaluate(() => {
    const link = document.createElement("a");
    link.href = "javascript:document.title='injected'";
    document.body.append(link);
    link.click();
  });
  await expect.poll(() => manners.breaches.join()).toContain("policy broken");
  manners.take();
  await expect(page).not.toHaveTitle("injected");
});
