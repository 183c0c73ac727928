// A slow disk at a bad moment: a browser was killed in the middle of an entry, and the next one cannot put away what was found
// before it has to append. What it acknowledges by then must be there when it is killed in turn.

import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { chance } from '../samples/random.mjs';
import { Browser, checkEngine } from './browser.mjs';
import { tearJournal } from './leveldb.mjs';
import { recordsOf, Witness } from './witness.mjs';

const DATABASE = 'slow';
const TOPIC = 'late';
const PARTITIONS = 2;
/** How long a table takes to the disk: longer than a client waits for its first acknowledgement on a disk that is not slow. */
const SLOW_DISK_MS = 2_000;
/** The longest that the first acknowledgement may take then. */
const WAIT_MS_MAX = 30_000;

/** Makes the disk slow, kills at an acknowledgement, and looks; on LevelDB alone, which keeps journals like that. */
export async function slowDisk({ address, folder, profile, seed }) {
  await mkdir(profile, { recursive: true });
  const env = { LD_PRELOAD: slowDiskLibrary(folder), SLOW_DISK_MS: String(SLOW_DISK_MS) };
  const draw = chance(seed);
  const witness = new Witness(PARTITIONS);
  const start = async (env) => {
    const told = { calls: 0, first: null };
    told.first = new Promise((resolve) => {
      told.hear = (note) => {
        if (note.broken) throw new Error(`the page broke: ${note.broken}`);
        if (note.client === undefined) return;
        witness.note(note);
        if (note.baseOffset === undefined) return;
        told.calls += 1;
        resolve();
      };
    });
    const browser = await Browser.start(profile, 'leveldb', env);
    const page = await browser.open(address, told.hear);
    await page.ask('open', DATABASE);
    return { browser, page, told };
  };
  const append = async ({ page }, client) => {
    witness.begins(client);
    await page.ask('append', { topic: TOPIC, partitions: PARTITIONS, client, seed: draw.between(1, 1_000_000_000) });
  };

  const before = await start({});
  await before.page.ask('createTopic', TOPIC, PARTITIONS);
  const store = await before.page.ask('clusterId');
  await append(before, 1);
  await sleep(draw.between(500, 1_500));
  await before.browser.kill();
  tearJournal(profile);

  const slow = await start(env);
  const began = performance.now();
  await append(slow, 2);
  await Promise.race([slow.told.first, sleep(WAIT_MS_MAX, undefined, { ref: false })]);
  const waited_ms = Math.round(performance.now() - began);
  await slow.browser.kill();
  if (slow.told.calls === 0) throw new Error(`seed ${seed}: nothing was acknowledged within ${WAIT_MS_MAX} ms`);

  const after = await start({});
  const found = (await after.page.ask('clusterId')) === store ? await after.page.ask('check', TOPIC) : null;
  if (!found) throw new Error(`seed ${seed}: the store is gone, with ${slow.told.calls} calls that were acknowledged within ${waited_ms} ms, on a disk that takes ${SLOW_DISK_MS} ms for a table`);
  const complaints = witness.judge(found);
  if (complaints.length > 0) throw new Error(`seed ${seed}:\n  ${complaints.join('\n  ')}`);
  await after.browser.close();
  await checkEngine(profile, 'leveldb');
  return { before: before.told.calls, whileSlow: slow.told.calls, waited_ms, records: recordsOf(found) };
}

/** Compiles what makes the disk slow; the compiler is the one that compiled all the rest. */
function slowDiskLibrary(folder) {
  const library = join(folder, 'slow_disk.so');
  const source = fileURLToPath(new URL('slow_disk.rs', import.meta.url));
  execFileSync('rustc', ['--edition', '2024', '--crate-type', 'cdylib', '-C', 'opt-level=1', '-C', 'panic=abort', '-o', library, source]);
  return library;
}
