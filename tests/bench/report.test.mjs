import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { CONTENDERS } from './peers/contenders.mjs';
import { FULL } from './peers/plan.mjs';
import { writeReport } from './peers/report.mjs';

const docs = await mkdtemp(join(tmpdir(), 'tablog-report-test-'));
after(() => rm(docs, { recursive: true }));

const MACHINE = { processor: '2 × Fast', memory_gib: 8, system: 'Debian', chromium: 'Chromium 1', kafka: '4', java: 'openjdk 17', commit: 'abc' };
const append = (events) => ({ events, bytes: events * 200, ms: 1_000 });
const round = (contender, engine, figures, error) => ({ contender, engine, task: 'round', round: 0, figures, error });

function run(ours) {
  const visits = [
    round('ceiling', 'leveldb', { 'write 262144 relaxed': append(500_000) }),
    round('tablog-none', 'leveldb', { 'bulk relaxed': append(ours) }),
    round('dexie', 'leveldb', { 'bulk relaxed': append(5_000) }),
    round('sqlite-wasm', 'opfs', { 'bulk relaxed': append(30_000) }),
    round('pouchdb', 'leveldb', {}, 'start: no | browser'),
  ];
  const when = '2026-11-26T07:00:00.000Z';
  const kafka = [{ 'bulk 1 none': { events_per_s: 400_000, p50_ms: 1, p99_ms: 2 } }];
  return { began: when, ended: when, machine: MACHINE, loads: [0.5, 1.25], rounds: 1, plan: FULL, visits, kafka };
}

async function pageOf(ours) {
  await writeReport(docs, run(ours));
  return readFile(join(docs, 'BENCHMARKS.md'), 'utf8');
}

test('the page tells on what it was measured, and which goals were met and which missed', async () => {
  const page = await pageOf(450_000);
  assert.match(page, /\| browser \| Chromium 1;/);
  assert.match(page, /0\.5 and 1\.3 processes/);
  assert.ok(page.includes('| bulk append, relaxed, bytes/s to the ceiling | at least 0.85 | 0.90 ✓ |'), page);
  assert.ok(page.includes('| bulk append, acks 1, to kafka-producer-perf-test | stated | 1.13 |'));
  assert.ok((await pageOf(250_000)).includes('| bulk append, relaxed, bytes/s to the ceiling | at least 0.85 | 0.50 **missed** |'));
});

test('who failed is on the page with the reason, and the others have their rows', async () => {
  const page = await pageOf(450_000);
  assert.ok(page.includes('| pouchdb | leveldb | round 1 | start: no \\| browser |'));
  assert.ok(page.includes('| Dexie | 1.00 | 5,000 /s |'));
  assert.ok(page.includes('| SQLite, opfs-sahpool (private files, no IndexedDB) | 6.00 | 30.0 k/s |'));
});

test('a picture that the page names is there, and one that nothing names any more is gone', async () => {
  await mkdir(join(docs, 'benchmarks'), { recursive: true });
  await writeFile(join(docs, 'benchmarks/old.svg'), '<svg/>');
  const named = [...(await pageOf(450_000)).matchAll(/\(benchmarks\/(.+?)\)/g)].map(([, name]) => name);
  assert.deepEqual(named.sort(), (await readdir(join(docs, 'benchmarks'))).sort());
  assert.ok(named.includes('bulk-relaxed.svg'));
});

test('the page names every contender with the version that the lock file holds', async () => {
  const page = await pageOf(450_000);
  for (const { name } of CONTENDERS) assert.ok(page.includes(`| ${name} | `), name);
  assert.match(page, /\| Dexie \| dexie \d+\.\d+\.\d+ \|/);
});
