// Tablog as a person uses it: opens the page, drops the file, scrolls, closes the browser, comes back.

const IMPORT_MS_MAX = 900_000;
const OPENINGS = 5;
/** Where to jump to: shares of all rows. */
const JUMPS = [0.1, 0.9, 0.5, 0.3, 0.7];

/** Opens the page with nothing in it. `start` starts the browser on the round's profile. */
export async function openEmpty(start, address) {
  const { page, browser } = await visit(start);
  // The first visit fills the caches; it is not measured.
  await open(page, address, 'No topics yet');
  const opening_ms = await openings(page, address, 'No topics yet');
  await browser.close();
  return opening_ms;
}

/** Imports the file through the page and measures what the person waits for, and how long the main thread is busy. */
export async function importAndScroll(start, address, file, events) {
  const { page, browser } = await visit(start);
  await open(page, address, 'No topics yet');
  await page.locator('input[type=file]').first().setInputFiles(file);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Into topic').fill('events');
  const tasks = { waiting: await longestTask(page) };
  const began = performance.now();
  await dialog.getByRole('button', { name: 'Import', exact: true }).click();
  const result = dialog.locator('.report__summary');
  await result.waitFor({ timeout: IMPORT_MS_MAX });
  const import_ms = performance.now() - began;
  const words = await result.textContent();
  if (!words.includes(events.toLocaleString('en-US'))) throw new Error(`not everything was stored: ${words}`);
  tasks.importing = await longestTask(page);

  await dialog.getByRole('button', { name: 'Open topic' }).click();
  const jumps_ms = await scrollThrough(page, events);
  tasks.scrolling = await longestTask(page);
  await browser.close();
  return { import_ms, jumps_ms, tasks };
}

/** Opens the page with the topic in it, in a browser that was started anew: the list of topics, then the topic's newest row. */
export async function openFull(start, address, events) {
  const { page, browser } = await visit(start);
  await open(page, address, 'events');
  const opening_ms = await openings(page, address, 'events');
  await page.goto('about:blank');
  const began = performance.now();
  await page.goto(`${address}#/topic/events/messages`);
  await rowIsShown(page, events);
  const newest_row_ms = performance.now() - began;
  await browser.close();
  return { opening_ms, newest_row_ms };
}

async function visit(start) {
  const browser = await start();
  const page = await browser.newPage();
  await page.addInitScript(watchTasks);
  return { page, browser };
}

async function openings(page, address, seen) {
  const all = [];
  for (let n = 0; n < OPENINGS; n += 1) all.push(await open(page, address, seen));
  return all;
}

/** Opens the list of topics; done when the engine has said what there is. */
async function open(page, address, seen) {
  await page.goto('about:blank');
  const began = performance.now();
  await page.goto(`${address}#/topics`);
  await page.locator('main').getByText(seen, { exact: true }).first().waitFor();
  return performance.now() - began;
}

/** Scrolls by wheel, then jumps; each jump has ended when the row that belongs there can be read. */
async function scrollThrough(page, events) {
  const grid = page.getByRole('grid', { name: 'Messages' });
  await grid.waitFor();
  await rowIsShown(page, events);
  await grid.hover();
  for (let step = 0; step < 60; step += 1) await page.mouse.wheel(0, step % 2 ? 700 : -1_400);
  const jumps_ms = [];
  for (const share of JUMPS) {
    const began = performance.now();
    await grid.evaluate((element, share) => { element.scrollTop = (element.scrollHeight - element.clientHeight) * share; }, share);
    // Within a hundredth of the way: the position of the thumb is not exact to a row.
    await page.waitForFunction(rowsNear, [Math.round(share * events), events / 100]);
    jumps_ms.push(performance.now() - began);
  }
  return jumps_ms;
}

/** Waits until the row of this number, from 1, is in the grid and can be read. */
async function rowIsShown(page, row) {
  await page.waitForFunction(rowsNear, [row, 40]);
}

/** In the page: rows near this one are there, and none of the rows in view waits for its content. */
function rowsNear([wanted, slack]) {
  const grid = document.querySelector('[role=grid]');
  if (!grid || grid.querySelector('.cell-pending')) return false;
  const rows = [...grid.querySelectorAll('[role=row][aria-rowindex]:not([aria-rowindex="1"])')];
  return rows.some((row) => Math.abs(Number(row.getAttribute('aria-rowindex')) - 1 - wanted) <= slack);
}

/** Returns the longest main-thread task since the last call; 0 when none reached the 50 ms from which browsers tell. */
async function longestTask(page) {
  return page.evaluate(async () => {
    // A task is told of after it ended.
    for (let frame = 0; frame < 2; frame += 1) await new Promise((next) => requestAnimationFrame(next));
    await new Promise((next) => setTimeout(next, 100));
    const longest = window.longestTask();
    return longest;
  });
}

function watchTasks() {
  let longest = 0;
  const note = (entries) => { for (const task of entries) longest = Math.max(longest, task.duration); };
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: 'longtask' });
  window.longestTask = () => {
    note(observer.takeRecords());
    const seen = longest;
    longest = 0;
    return seen;
  };
}
