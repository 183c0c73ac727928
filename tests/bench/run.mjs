// What `cargo xtask bench` runs: Tablog's release in Chromium, beside what it is measured against, in the same run.
//
//   node run.mjs [--only import|segments] [--rounds N] [--engine leveldb|sqlite|both] [--events N] [--megabytes N]
//
// It prints ratios. Absolute figures say more about the machine and what else it does than about the code.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ENGINES } from './browser.mjs';
import { compareImports } from './imports.mjs';
import { compareSegments } from './segments.mjs';

const options = read(process.argv.slice(2));
const address = process.env.TABLOG_URL;
if (!address) throw new Error('TABLOG_URL names no address: run `cargo xtask bench`');

const folder = await mkdtemp(join(tmpdir(), 'tablog-bench-'));
try {
  const engines = options.engine === 'both' ? ENGINES : [options.engine];
  if (options.only !== 'segments') await compareImports({ ...options, address, folder, engines });
  if (options.only !== 'import') await compareSegments({ ...options, address, folder });
} finally {
  await rm(folder, { recursive: true, force: true });
}

function read(words) {
  const options = { only: '', events: 1_000_000, megabytes: 1_000, rounds: 3, engine: 'both' };
  for (let at = 0; at < words.length; at += 2) {
    const name = words[at].replace(/^--/, '');
    if (!(name in options) || words[at + 1] === undefined) throw new Error(`unknown option ${words[at]}`);
    options[name] = typeof options[name] === 'string' ? words[at + 1] : Number(words[at + 1]);
  }
  if (!['', 'import', 'segments'].includes(options.only)) throw new Error(`--only takes import or segments, not ${options.only}`);
  return options;
}
