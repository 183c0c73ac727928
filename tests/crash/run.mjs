// What `cargo xtask crash` runs.
//
// `--help` says how. Calm tabs are never frozen: what they wait, they do not wait for a frozen one. The seed draws what is appended, by how many, and what happens when. How far they get by
// then is up to the machine.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENGINES, killAll } from './browser.mjs';
import { flood } from './flood.mjs';
import { oneFrozen } from './frozen.mjs';
import { Victim } from './kill.mjs';
import { powerLoss } from './power.mjs';
import { fullDisk } from './quota.mjs';
import { serve } from './server.mjs';
import { slowDisk } from './slow.mjs';
import { manyTabs } from './tabs.mjs';

const KINDS = { kill: killRuns, slow: slowRuns, power: powerRuns, full: fullRuns, tabs: tabRuns, frozen: frozenRuns, flood: floodRuns };
const CUTS_PER_RUN = 10;
const TABS_SECONDS = 20;
const FREEZES_PER_RUN = 8;

const USAGE = `cargo xtask crash [KIND] [--runs N] [--minutes N] [--engine leveldb|sqlite|both] [--seed N]

Without a kind, browsers are killed in the middle of appends, on both engines at once. The others:
  --slow      a killed browser left half an entry, and the disk is slow; LevelDB alone
  --power     the engine's journal is cut, as a power cut does
  --full      the disk is full
  --tabs      eight tabs append, are frozen and killed; with --calm they are never frozen
  --frozen    one tab is frozen again and again, and another one appends
  --flood     a tab appends as fast as it can for --minutes N, and another one reads

--runs is how often (100 unless said otherwise), --seed draws what is done.`;

const options = read(process.argv.slice(2));
const engines = options.engine === 'both' ? ENGINES : [options.engine];
const folder = await mkdtemp(join(tmpdir(), 'tablog-crash-'));
const server = await serve();
const began = Date.now();
try {
  console.log(`${options.kind}: ${options.runs} runs from seed ${options.seed} on, Linux ${release()}, ${cpus().length} cores, ${new Date().toISOString()}`);
  await KINDS[options.kind]();
  console.log(`${options.runs} runs in ${Math.round((Date.now() - began) / 1_000)} s`);
  await rm(folder, { recursive: true, force: true });
} catch (error) {
  console.error(`${error.stack}\nThe profiles are kept: ${folder}`);
  process.exitCode = 1;
} finally {
  killAll();
  server.end();
}

/** Kills on each engine, on both at once: a kill is mostly waiting. */
async function killRuns() {
  const victims = engines.map((engine) => ({ engine, victim: new Victim(engine, server.address, folder) }));
  let run = 0;
  await Promise.all(victims.map(async ({ engine, victim }, place) => {
    for (let nth = place; nth < options.runs; nth += victims.length) {
      const line = await victim.run(options.seed + nth);
      run += 1;
      console.log(`${String(run).padStart(5)} ${engine.padEnd(7)} ${line}`);
    }
    await victim.end();
  }));
  for (const { engine, victim: { sums } } of victims) {
    console.log(`${engine}: ${sums.runs} runs, ${sums.calls[1]} calls with acks=1 and ${sums.calls.all} with acks=all acknowledged, ${sums.records} records; lost 0, twice 0; ${sums.lostToChromium} stores lost to Chromium; ${sums.unacknowledged} more were in flight and are there; longest look after a kill ${Math.round(sums.longestOpening_ms)} ms; half entries at a kill: in ${sums.half.journals} journals and ${sums.half.manifests} MANIFESTs`);
  }
}

/** Cuts the journals of one profile a run, many times each. */
async function powerRuns() {
  for (let run = 0; run < options.runs; run += 1) {
    const engine = engines[run % engines.length];
    const sums = await powerLoss({ engine, address: server.address, folder, seed: options.seed + run, cuts: CUTS_PER_RUN, say: console.log });
    console.log(`${String(run + 1).padStart(5)} ${engine.padEnd(7)} ${JSON.stringify(sums)}`);
  }
}

async function slowRuns() {
  engines.splice(0, engines.length, 'leveldb');
  await inTurn((engine, profile, seed) => slowDisk({ address: server.address, folder, profile, seed }));
}

async function fullRuns() {
  await inTurn((engine, profile, seed) => fullDisk({ engine, address: server.address, profile, seed }));
}

async function tabRuns() {
  await inTurn((engine, profile, seed) => manyTabs({ engine, address: server.address, profile, seed, seconds: TABS_SECONDS, calm: options.calm }));
}

async function frozenRuns() {
  await inTurn((engine, profile, seed) => oneFrozen({ engine, address: server.address, profile, seed, times: FREEZES_PER_RUN }));
}

async function floodRuns() {
  await inTurn((engine, profile) => flood({ engine, address: server.address, profile, minutes: options.minutes, say: console.log }));
}

/** Does something on a fresh profile, on each engine in turn. */
async function inTurn(work) {
  for (let run = 0; run < options.runs; run += 1) {
    const engine = engines[run % engines.length];
    const profile = join(folder, `${engine}-${run}`);
    await mkdir(profile);
    console.log(`${String(run + 1).padStart(5)} ${engine.padEnd(7)} ${JSON.stringify(await work(engine, profile, options.seed + run))}`);
    await rm(profile, { recursive: true, force: true });
  }
}

function read(words) {
  const options = { kind: 'kill', runs: 100, minutes: 10, engine: 'both', calm: false, seed: Math.floor(Math.random() * 1_000_000) };
  const rest = [...words];
  if (rest.some((word) => ['--help', '-h'].includes(word))) {
    console.log(USAGE);
    process.exit(0);
  }
  while (rest.length > 0) {
    const word = rest.shift();
    const name = word.replace(/^--/, '');
    if (name in KINDS) options.kind = name;
    else if (name === 'calm') options.calm = true;
    else if (name === 'engine' && [...ENGINES, 'both'].includes(rest[0])) options.engine = rest.shift();
    else if (['runs', 'seed', 'minutes'].includes(name) && Number.isInteger(Number(rest[0]))) options[name] = Number(rest.shift());
    else {
      console.error(`${word} ${rest[0] ?? ''}: not understood\n\n${USAGE}`);
      process.exit(2);
    }
  }
  return options;
}
