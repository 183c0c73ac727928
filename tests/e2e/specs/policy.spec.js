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
  // Playwright's own evaluate is not bound by the policy's rule for eval: the text is handed to a timer of the page.
  const WAYS = [
    () => void setTimeout("document.title = 'injected'"),
    () => {
      const link = document.createElement("a");
      link.href = "javascript:document.title='injected'";
      document.body.append(link);
      link.click();
    },
  ];
  for (const way of WAYS) {
    await page.evaluate(way).catch(() => {});
    await expect.poll(() => manners.breaches.join()).toContain("policy broken");
    manners.take();
  }
  await expect(page).not.toHaveTitle("injected");
});

test("the engine cannot reach a foreign origin either, nor turn text into code", async ({ app, page, manners }) => {
  await app.open();
  await expect(app.home.promise).toBeVisible();
  await expect.poll(() => page.workers().length).toBe(1);
  const [engine] = page.workers();
  const outcome = await engine.evaluate(() => fetch("http://127.0.0.1:1/x").then(() => "fetched", (error) => error.message));
  expect(outcome).toContain("Failed to fetch");
  const seen = await engine.evaluate(
    () =>
      new Promise((resolve) => {
        addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective), { once: true });
        fetch("http://127.0.0.1:1/y").catch(() => {});
      }),
  );
  expect(seen).toBe("connect-src");
  manners.take();
});

test("the page can be installed as an app", async ({ app, page, context }) => {
  await app.open();
  const devtools = await context.newCDPSession(page);
  const { errors, data } = await devtools.send("Page.getAppManifest");
  expect(errors).toEqual([]);
  const manifest = JSON.parse(data);
  expect(manifest).toMatchObject({ name: expect.stringContaining("Tablog"), display: "standalone" });
  const sizes = manifest.icons.map(({ sizes }) => sizes);
  expect(sizes).toEqual(expect.arrayContaining(["192x192", "512x512"]));
  await app.waitUntilOffline();
  const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");
  expect(installabilityErrors).toEqual([]);
});
