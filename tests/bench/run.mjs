// What `cargo xtask bench` runs: Tablog's release and Dexie, in turn, in the same Chromium, on the same events.
//
//   node run.mjs [--events N] [--rounds N] [--engine leveldb|sqlite]
//
// It prints ratios. Absolute figures say more about the machine and what else it does than about the code.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { launch } from './browser.mjs';
import { dexie } from './dexie.mjs';
import { writeEvents } from './events.mjs';
import { tablog } from './tablog.mjs';

const options = read(process.argv.slice(2));
const address = process.env.TABLOG_URL;
if (!address) throw new Error('TABLOG_URL names no address: run `cargo xtask bench`');

const folder = await mkdtemp(join(tmpdir(), 'tablog-bench-'));
try {
  const file = join(folder, 'events.jsonl');
  await writeEvents(file, options.events);
  const bytes = (await stat(file)).size;
  console.log(`${options.events} events, ${bytes} bytes, engine ${options.engine}, ${options.rounds} round(s)`);

  const rounds = [];
  for (let round = 0; round < options.rounds; round += 1) {
    const ours = await inBrowser(round, 'tablog', (browser) => tablog(browser, address, file, options.events));
    const theirs = await inBrowser(round, 'dexie', (browser) => dexie(browser, file, options.events));
    rounds.push({ ours, theirs });
    print(round, ours, theirs);
  }
  const ratios = rounds.map(({ ours, theirs }) => theirs.import_ms / ours.import_ms).sort((a, b) => a - b);
  console.log(`import, Tablog against Dexie bulkAdd: median ${middle(ratios).toFixed(1)} times as fast (goal: 20)`);
  const opening = rounds.map(({ ours }) => ours.open_full_ms / ours.open_empty_ms).sort((a, b) => a - b);
  console.log(`opening, full against empty: median ${middle(opening).toFixed(2)} (goal: at most 1.2)`);
  const longest = Math.max(...rounds.map(({ ours }) => ours.longest_task_ms));
  console.log(`longest main-thread task while importing and scrolling: ${longest.toFixed(0)} ms (goal: at most 50)`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function inBrowser(round, name, measure) {
  const profile = join(folder, `${name}-${round}`);
  const browser = await launch(profile, options.engine);
  try {
    return await measure(browser);
  } finally {
    await browser.close();
    await rm(profile, { recursive: true, force: true });
  }
}

function print(round, ours, theirs) {
  const rate = (ms) => `${Math.round(options.events / ms)} k events/s`;
  console.log(`round ${round + 1}`);
  console.log(`  Tablog import ${rate(ours.import_ms)}, longest task ${ours.longest_task_ms.toFixed(0)} ms`);
  console.log(`  Tablog opens empty in ${ours.open_empty_ms.toFixed(0)} ms, full in ${ours.open_full_ms.toFixed(0)} ms`);
  console.log(`  Dexie bulkAdd ${rate(theirs.import_ms)}`);
}

function middle(sorted) {
  return sorted[Math.floor(sorted.length / 2)];
}

function read(words) {
  const options = { events: 1_000_000, rounds: 1, engine: 'leveldb' };
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '');
    if (!(name in options) || words[at + 1] === undefined) throw new Error(`unknown option ${words[at]}`);
    options[name] = name === 'engine' ? words[at + 1] : Number(words[at + 1]);
  }
  return options;
}
