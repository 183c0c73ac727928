// What `cargo xtask crash` runs.
//
//   node run.mjs [--runs N] [--engine leveldb|sqlite|both] [--seed N]
//
// The seed draws what is appended, by how many, and when the browser is killed. How far they get by then is up to the machine.

import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENGINES } from './browser.mjs';
import { Victim } from './kill.mjs';
import { serve } from './server.mjs';

const options = read(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'tablog-crash-'));
const server = await serve();
try {
  console.log(`seed ${options.seed}, Linux ${release()}, ${cpus().length} cores, ${new Date().toISOString()}`);
  await killRuns(options.engine === 'both' ? ENGINES : [options.engine]);
  await rm(folder, { recursive: true, force: true });
} catch (error) {
  console.error(`${error.stack}\nThe profiles are kept: ${folder}`);
  process.exitCode = 1;
} finally {
  server.end();
}

/** Kills in turn on each engine. */
async function killRuns(engines) {
  const victims = engines.map((engine) => ({ engine, victim: new Victim(engine, server.address, folder) }));
  const began = Date.now();
  for (let run = 0; run < options.runs; run += 1) {
    const { engine, victim } = victims[run % victims.length];
    const line = await victim.run(options.seed + run);
    console.log(`${String(run + 1).padStart(5)} ${engine.padEnd(7)} ${line}`);
  }
  for (const { victim } of victims) await victim.end();
  for (const { engine, victim: { sums } } of victims) {
    console.log(`${engine}: ${sums.runs} runs, ${sums.calls[1]} calls with acks=1 and ${sums.calls.all} with acks=all acknowledged, ${sums.records} records; lost 0, twice 0; ${sums.unacknowledged} more were in flight and are there; longest look after a kill ${Math.round(sums.longestOpening_ms)} ms`);
  }
  console.log(`${options.runs} runs in ${Math.round((Date.now() - began) / 1_000)} s`);
}

function read(words) {
  const options = { runs: 100, engine: 'both', seed: Math.floor(Math.random() * 1_000_000) };
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '');
    if (!(name in options) || words[at + 1] === undefined) throw new Error(`unknown option ${words[at]}`);
    options[name] = name === 'engine' ? words[at + 1] : Number(words[at + 1]);
  }
  if (![...ENGINES, 'both'].includes(options.engine)) throw new Error(`--engine takes leveldb, sqlite or both, not ${options.engine}`);
  return options;
}
