// Tablog as a person uses it: opens the page, drops the file, scrolls, comes back.

const IMPORT_MS_MAX = 900_000;

/** Imports the file through the page and measures what the person waits for. */
export async function tablog(browser, address, file, events) {
  const page = await browser.newPage();
  await page.addInitScript(watchTasks);
  // The first visit fills the caches; it is not measured.
  await open(page, address);
  const open_empty_ms = await middleOf(3, () => open(page, address));

  await page.locator('input[type=file]').first().setInputFiles(file);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Into topic').fill('events');
  await page.evaluate(() => { window.longestTask = 0; });
  const began = performance.now();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  const result = dialog.locator('.report__summary');
  await result.waitFor({ timeout: IMPORT_MS_MAX });
  const import_ms = performance.now() - began;
  const words = await result.textContent();
  if (!words.includes(events.toLocaleString('en-US'))) throw new Error(`not everything was stored: ${words}`);

  await dialog.getByRole('button', { name: 'Open topic' }).click();
  await scrollThrough(page, events);
  const longest_task_ms = await page.evaluate(() => window.longestTask);

  const open_full_ms = await middleOf(3, () => open(page, address));
  await page.close();
  return { open_empty_ms, open_full_ms, import_ms, longest_task_ms };
}

/** Opens the list of topics; done when the engine has said what there is. */
async function open(page, address) {
  await page.goto('about:blank');
  const began = performance.now();
  await page.goto(`${address}#/topics`);
  await page.locator('main').getByText(/^(No topics yet|events)$/).waitFor();
  return performance.now() - began;
}

async function scrollThrough(page, events) {
  const grid = page.getByRole('grid', { name: 'Messages' });
  await grid.waitFor();
  await page.waitForFunction(
    (rows) => document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === String(rows + 1),
    events,
  );
  await grid.hover();
  for (let step = 0; step < 60; step += 1) await page.mouse.wheel(0, step % 2 ? -700 : 1_400);
  for (const share of [0.1, 0.9, 0.5, 0.3, 0.7]) {
    await grid.evaluate((element, share) => { element.scrollTop = element.scrollHeight * share; }, share);
    await page.waitForFunction(() => !document.querySelector('.cell-pending'));
  }
}

async function middleOf(times, measure) {
  const all = [];
  for (let n = 0; n < times; n += 1) all.push(await measure());
  return all.sort((a, b) => a - b)[Math.floor(times / 2)];
}

function watchTasks() {
  window.longestTask = 0;
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) window.longestTask = Math.max(window.longestTask, task.duration);
  }).observe({ type: 'longtask', buffered: true });
}
