// What `cargo xtask bench` runs: Tablog in Chromium, beside what it is measured against, in the same run.
//
//   node run.mjs [--only import|segments|peers|profile] [--quick] [--rounds N] [--engine leveldb|sqlite|both]
//                [--events N] [--megabytes N] [--contenders A,B,...] [--kafka yes|no] [--report-again]
//
// It prints ratios. Absolute figures say more about the machine and what else it does than about the code.
// A part that fails is told at the end; the others go on.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENGINES } from './engines.mjs';
import { compareImports } from './imports.mjs';
import { comparePeers, compareQuickly, reportAgain } from './peers/compare.mjs';
import { contenderOf } from './peers/contenders.mjs';
import { profileAll } from './peers/profile.mjs';
import { compareSegments } from './segments.mjs';

const options = read(process.argv.slice(2));
const folder = await mkdtemp(join(tmpdir(), 'tablog-bench-'));
const engines = options.engine === 'both' ? ENGINES : [options.engine];
const failed = [];
try {
  for (const [name, part] of Object.entries(chosen())) {
    try {
      failed.push(...((await part()) ?? []).map((words) => `${name}: ${words}`));
    } catch (error) {
      failed.push(`${name}: ${error.stack}`);
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (failed.length) {
  console.log(`\n${failed.join('\n')}`);
  process.exitCode = 1;
}

/** The parts that were asked for; each returns what failed in it. */
function chosen() {
  const contenders = options.contenders.split(',').filter(Boolean);
  const common = { folder, engines, rounds: options.rounds };
  if (options['report-again']) return { report: reportAgain };
  if (options.quick) return { quick: () => compareQuickly(common) };
  if (options.only === 'profile') return { profile: () => profileAll(common) };
  const parts = {
    import: () => compareImports({ ...options, address: address(), folder, engines }),
    segments: () => compareSegments({ ...options, address: address(), folder }),
    peers: () => comparePeers({ ...common, contenders, kafka: options.kafka === 'yes' }),
  };
  return options.only ? { [options.only]: parts[options.only] } : parts;
}

function address() {
  if (!process.env.TABLOG_URL) throw new Error('TABLOG_URL names no address: run `cargo xtask bench`');
  return process.env.TABLOG_URL;
}

function read(words) {
  const options = {
    only: '', events: 1_000_000, megabytes: 1_000, rounds: 3, engine: 'both', contenders: '', kafka: 'yes', quick: false, 'report-again': false,
  };
  const rest = [...words];
  while (rest.length) {
    const word = rest.shift();
    const name = word.replace(/^--/, '');
    const kind = typeof options[name];
    if (!(name in options) || (kind !== 'boolean' && rest.length === 0)) throw new Error(`unknown option ${word}`);
    if (kind === 'boolean') options[name] = true;
    else options[name] = kind === 'string' ? rest.shift() : Number(rest.shift());
  }
  if (!['', 'import', 'segments', 'peers', 'profile'].includes(options.only)) throw new Error(`--only takes import, segments, peers or profile, not ${options.only}`);
  if (!['both', ...ENGINES].includes(options.engine)) throw new Error(`--engine takes ${ENGINES.join(', ')} or both, not ${options.engine}`);
  options.contenders.split(',').filter(Boolean).forEach(contenderOf);
  return options;
}
