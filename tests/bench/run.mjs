// What `cargo xtask bench` runs: Tablog's release and Dexie, in turn, in the same Chromium, on the same events.
//
//   node run.mjs [--events N] [--rounds N] [--engine leveldb|sqlite|both]
//
// It prints ratios. Absolute figures say more about the machine and what else it does than about the code.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkEngine, ENGINES, launch } from './browser.mjs';
import { dexie } from './dexie.mjs';
import { writeEvents } from './events.mjs';
import { importAndScroll, openEmpty, openFull } from './tablog.mjs';

/** How many rows Dexie adds at once; its best counts. */
const DEXIE_ROWS_AT_ONCE = [1_000, 10_000];

const options = read(process.argv.slice(2));
const address = process.env.TABLOG_URL;
if (!address) throw new Error('TABLOG_URL names no address: run `cargo xtask bench`');

const folder = await mkdtemp(join(tmpdir(), 'tablog-bench-'));
try {
  const file = join(folder, 'events.jsonl');
  await writeEvents(file, options.events);
  const bytes = (await stat(file)).size;
  console.log(`${grouped(options.events)} events, ${grouped(bytes)} bytes`);
  for (const engine of options.engine === 'both' ? ENGINES : [options.engine]) await compare(engine, file);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function compare(engine, file) {
  console.log(`\n${engine}: ${options.rounds} round(s)`);
  const rounds = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const ours = await inProfile(engine, async (start) => {
      const empty_ms = await openEmpty(start, address);
      const imported = await importAndScroll(start, address, file, options.events);
      return { empty_ms, ...imported, ...(await openFull(start, address, options.events)) };
    });
    const theirs = [];
    for (const rows of DEXIE_ROWS_AT_ONCE) {
      theirs.push(await inProfile(engine, async (start) => {
        const browser = await start();
        const { import_ms } = await dexie(browser, file, options.events, rows);
        await browser.close();
        return import_ms;
      }));
    }
    rounds.push({ ours, dexie_ms: Math.min(...theirs) });
    print(round, ours, theirs);
  }
  summarize(rounds);
}

function print(round, ours, theirs) {
  const rate = (ms) => `${(options.events / ms).toFixed(1)} k events/s`;
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
  const opening = rounds.map(({ ours }) => middle(ours.opening_ms) / middle(ours.empty_ms));
  const longest = Math.max(...rounds.flatMap(({ ours }) => [ours.tasks.importing, ours.tasks.scrolling]));
  console.log(`import, Tablog against Dexie's best bulkAdd: ${ratio(faster, 1)} times as fast (goal: 20)`);
  console.log(`opening, full against empty: ${ratio(opening, 2)} (goal: at most 1.2)`);
  console.log(`longest main-thread task while importing and scrolling: ${task(longest)} (goal: at most 50 ms)`);
}

/** Browsers tell of tasks from 50 ms on. */
function task(ms) {
  return ms === 0 ? 'under 50 ms' : `${ms.toFixed(0)} ms`;
}

function ratio(all, digits) {
  const each = [...all].sort((a, b) => a - b).map((it) => it.toFixed(digits));
  return all.length === 1 ? each[0] : `median ${middle(all).toFixed(digits)} (${each.join(', ')})`;
}

/** Runs something with a fresh profile, in which it may start the browser as often as it likes. */
async function inProfile(engine, measure) {
  const profile = await mkdtemp(join(folder, 'profile-'));
  try {
    const result = await measure(() => launch(profile, engine));
    await checkEngine(profile, engine);
    return result;
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}

function middle(all) {
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function grouped(number) {
  return number.toLocaleString('en-US');
}

function read(words) {
  const options = { events: 1_000_000, rounds: 3, engine: 'both' };
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '');
    if (!(name in options) || words[at + 1] === undefined) throw new Error(`unknown option ${words[at]}`);
    options[name] = name === 'engine' ? words[at + 1] : Number(words[at + 1]);
  }
  return options;
}
