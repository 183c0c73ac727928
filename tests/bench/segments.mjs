// Kafka's segment files in Tablog's page: how fast they are printed beside `kafka-dump-log`, how fast they are indexed beside
// what the page can read at all, and what a directory larger than memory costs.

import { execFile, spawn } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { launch } from './browser.mjs';
import { grouped, ratio } from './figures.mjs';
import { watchMemory } from './memory.mjs';

const run = promisify(execFile);
/** The options for `java` by which Kafka and the program of tests/interop are found: a file. */
const JAVA = [`@${process.env.TABLOG_INTEROP}`, 'tablog.interop.Interop'];

const CODECS = { none: 10, lz4: 4, snappy: 4, zstd: 4 };
const VALUE_BYTES = 1_000;
const SLICES_BYTES = [256 * 1024, 1024 * 1024, 4 * 1024 * 1024];
/** Of the directory: so many partitions share the bytes of one segment, by hard links. */
const PARTITIONS = 10;
/** How long a person looks for the file, at the least. */
const CHOOSING_MS = 500;
const STEP_MS_MAX = 300_000;
const LOG = '00000000000000000000.log';

/** Measures everything about segments, and prints it. */
export async function compareSegments({ folder, address, rounds, megabytes }) {
  if (!process.env.TABLOG_INTEROP) throw new Error('TABLOG_INTEROP names no file: run `cargo xtask bench`');
  for (const [codec, goal] of Object.entries(CODECS)) {
    const file = join(folder, codec, 'events-0', LOG);
    const { stdout } = await run('java', [...JAVA, 'segment', file, codec, String(megabytes * 1e6), String(VALUE_BYTES)]);
    const segment = { codec, goal, file, records: Number(stdout), bytes: (await stat(file)).size };
    console.log(`\nsegment, ${codec}: ${grouped(segment.records)} records of ${grouped(VALUE_BYTES)} bytes, ${grouped(segment.bytes)} bytes in the file`);
    await comparePrinting(segment, { folder, address, rounds });
    if (codec === 'none') {
      await compareIndexing(segment, { folder, address, rounds });
      await openDirectory(segment, { folder, address });
    }
    await rm(join(folder, codec), { recursive: true });
  }
}

async function comparePrinting({ file, records, goal }, { folder, address, rounds }) {
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const ours = await inBrowser(folder, (browser) => print(browser, address, file, records));
    const theirs = await dump(file);
    ratios.push(theirs / ours);
    const rate = (ms) => `${(records / ms).toFixed(0)} k records/s`;
    console.log(`  printing every record: Tablog ${rate(ours)}, kafka-dump-log ${rate(theirs)}`);
  }
  console.log(`  Tablog against kafka-dump-log: ${ratio(ratios, 1)} times as fast (goal: ${goal})`);
}

/** Prints by Kafka's own tool; returns the milliseconds from when Java had started. */
async function dump(file) {
  const java = spawn('java', [...JAVA, 'print', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  for await (const piece of java.stderr) said += piece;
  const ms = Number(said.trim().split('\n').at(-1));
  if (!(ms > 0)) throw new Error(`kafka-dump-log did not end well: ${said}`);
  return ms;
}

/** Opens a segment and writes all of it as JSON Lines; returns the milliseconds from the choice of the file to the last line. */
async function print(browser, address, file, records) {
  const page = await visit(browser, address);
  const choose = await chooser(page, 'Open files');
  const began = performance.now();
  await choose(file);
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Export JSON Lines' }).click();
  const dialog = page.getByRole('dialog', { name: /^Export/ });
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  const report = dialog.getByRole('status').filter({ hasText: 'records ·' });
  await report.waitFor({ timeout: STEP_MS_MAX });
  const ms = performance.now() - began;
  const words = await report.textContent();
  if (!words.includes(grouped(records))) throw new Error(`not every record was written: ${words}`);
  return ms;
}

async function compareIndexing({ file, bytes }, { folder, address, rounds }) {
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const ours = await inBrowser(folder, async (browser) => {
      const page = await visit(browser, address);
      await (await chooser(page, 'Open files'))(file);
      await indexed(page);
      return page.evaluate(() => window.indexedAt - window.chosenAt);
    });
    const slices = await inBrowser(folder, (browser) => readSlices(browser, address, file));
    const best = Math.min(...Object.values(slices));
    ratios.push(best / ours);
    const rate = (ms) => `${(bytes / ms / 1e3).toFixed(0)} MB/s`;
    const each = Object.entries(slices).map(([slice, ms]) => `${slice / 1024} KiB ${rate(ms)}`);
    console.log(`  indexing ${rate(ours)}; reading slices and dropping them: ${each.join(', ')}`);
  }
  console.log(`  indexing against reading: ${ratio(ratios, 2)} (goal: at least 0.6)`);
}

/** Reads the file in the same page, slice by slice, and drops what was read. */
async function readSlices(browser, address, file) {
  const page = await visit(browser, address);
  await page.evaluate(() => {
    const input = document.createElement('input');
    Object.assign(input, { type: 'file', id: 'slices' });
    document.body.append(input);
  });
  await page.locator('#slices').setInputFiles(file);
  const all = {};
  for (const slice of SLICES_BYTES) {
    all[slice] = await page.evaluate(async (slice) => {
      const [file] = document.querySelector('#slices').files;
      const began = performance.now();
      for (let at = 0; at < file.size; at += slice) await file.slice(at, at + slice).arrayBuffer();
      return performance.now() - began;
    }, slice);
  }
  return all;
}

/** Opens a data directory of ten partitions, and watches the tab's memory until all of it is indexed. */
async function openDirectory({ file, bytes }, { folder, address }) {
  const data = join(folder, 'data');
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    await mkdir(join(data, `events-${partition}`), { recursive: true });
    await link(file, join(data, `events-${partition}`, LOG));
  }
  await inBrowser(folder, async (browser, profile) => {
    const page = await visit(browser, address);
    const memory = watchMemory(profile);
    await (await chooser(page, 'Open folder'))(data);
    await page.waitForFunction(() => window.firstRowsAt, null, { timeout: STEP_MS_MAX });
    await indexed(page);
    const [first, all] = await page.evaluate(() => [window.firstRowsAt - window.chosenAt, window.indexedAt - window.chosenAt]);
    const peak = memory.stop();
    console.log(`  a directory of ${grouped(bytes * PARTITIONS)} bytes: first rows after ${first.toFixed(0)} ms (goal: 500)`);
    console.log(`  indexed after ${(all / 1e3).toFixed(1)} s; the tab's memory at most ${(peak / 1e6).toFixed(0)} MB (goal: 300)`);
  });
  await rm(data, { recursive: true });
}

/** Asks for files as a person does; they can be chosen by what is returned. */
async function chooser(page, button) {
  const asked = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: button }).first().click();
  const dialog = await asked;
  // Nobody is quicker than that in a dialog.
  await page.waitForTimeout(CHOOSING_MS);
  return (path) => dialog.setFiles(path);
}

async function indexed(page) {
  await page.waitForFunction(() => window.indexedAt, null, { timeout: STEP_MS_MAX });
}

async function inBrowser(folder, measure) {
  const profile = await mkdtemp(join(folder, 'profile-'));
  const browser = await launch(profile, 'leveldb');
  try {
    return await measure(browser, profile);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** Opens the page as somebody who was here before, and waits until it is at rest. */
async function visit(browser, address) {
  const page = await browser.newPage();
  await page.addInitScript(watchRows);
  await page.goto(address);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForLoadState('networkidle');
  await page.reload();
  await page.getByRole('button', { name: 'Open files' }).first().waitFor();
  await page.waitForLoadState('networkidle');
  return page;
}

/** In the page: notes when a file was chosen, when its first rows can be read, and when nothing is left to index. */
function watchRows() {
  document.addEventListener('change', ({ target }) => { if (target.type === 'file') window.chosenAt = performance.now(); }, true);
  const look = () => {
    const row = document.querySelector('[role=grid] [role=row][aria-rowindex]:not([aria-rowindex="1"])');
    if (window.chosenAt && row && !row.closest('[role=grid]').querySelector('.cell-pending')) {
      window.firstRowsAt ??= performance.now();
      if (document.querySelector('.messages__indexing')?.textContent === '') window.indexedAt ??= performance.now();
    }
    if (!window.indexedAt) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}
