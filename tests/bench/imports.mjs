// Tablog's import and Dexie's `bulkAdd`, in turn, in the same Chromium, on the same events.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { checkEngine, launch } from './browser.mjs';
import { dexie } from './dexie.mjs';
import { writeEvents } from './events.mjs';
import { grouped, ratio, task } from './figures.mjs';
import { median } from './statistics.mjs';
import { importAndScroll, openEmpty, openFull } from './tablog.mjs';

/** How many rows Dexie adds at once; its best counts. */
const DEXIE_ROWS_AT_ONCE = [1_000, 10_000];

/** Imports the events by each, on each engine, and prints how they compare. */
export async function compareImports({ folder, events, ...options }) {
  const file = join(folder, 'events.jsonl');
  await writeEvents(file, events);
  const bytes = (await stat(file)).size;
  console.log(`${grouped(events)} events, ${grouped(bytes)} bytes`);
  for (const engine of options.engines) await compare({ ...options, folder, events, file, engine });
}

async function compare({ engine, folder, file, address, events, rounds: count }) {
  console.log(`\n${engine}: ${count} round(s)`);
  const rounds = [];
  for (let round = 0; round < count; round += 1) {
    const ours = await inProfile(folder, engine, async (start) => {
      const empty_ms = await openEmpty(start, address);
      const imported = await importAndScroll(start, address, file, events);
      return { empty_ms, ...imported, ...(await openFull(start, address, events)) };
    });
    const theirs = [];
    for (const rows of DEXIE_ROWS_AT_ONCE) {
      theirs.push(await inProfile(folder, engine, async (start) => {
        const browser = await start();
        const { import_ms } = await dexie(browser, file, events, rows);
        await browser.close();
        return import_ms;
      }));
    }
    rounds.push({ ours, dexie_ms: Math.min(...theirs) });
    print(round, events, ours, theirs);
  }
  summarize(rounds);
}

function print(round, events, ours, theirs) {
  const rate = (ms) => `${(events / ms).toFixed(1)} k events/s`;
  const times = (all) => all.map((ms) => ms.toFixed(0)).join(', ');
  console.log(`round ${round + 1}`);
  console.log(`  Tablog import ${rate(ours.import_ms)}`);
  DEXIE_ROWS_AT_ONCE.forEach((rows, n) => console.log(`  Dexie bulkAdd, ${grouped(rows)} at once: ${rate(theirs[n])}`));
  console.log(`  opening, empty: ${times(ours.empty_ms)} ms; full: ${times(ours.opening_ms)} ms`);
  console.log(`  a fresh browser to the newest row: ${ours.newest_row_ms.toFixed(0)} ms; jumps: ${times(ours.jumps_ms)} ms`);
  console.log(`  longest task, importing ${task(ours.tasks.importing)}, scrolling ${task(ours.tasks.scrolling)}`);
}

function summarize(rounds) {
  const faster = rounds.map(({ ours, dexie_ms }) => dexie_ms / ours.import_ms);
  const opening = rounds.map(({ ours }) => median(ours.opening_ms) / median(ours.empty_ms));
  const longest = Math.max(...rounds.flatMap(({ ours }) => [ours.tasks.importing, ours.tasks.scrolling]));
  console.log(`import, Tablog against Dexie's best bulkAdd: ${ratio(faster, 1)} times as fast (goal: 20)`);
  console.log(`opening, full against empty: ${ratio(opening, 2)} (goal: at most 1.2)`);
  console.log(`longest main-thread task while importing and scrolling: ${task(longest)} (goal: at most 50 ms)`);
}

/** Runs something with a fresh profile, in which it may start the browser as often as it likes. */
async function inProfile(folder, engine, measure) {
  const profile = await mkdtemp(join(folder, 'profile-'));
  try {
    const result = await measure(() => launch(profile, engine));
    await checkEngine(profile, engine);
    return result;
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}
