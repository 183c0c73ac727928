import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { Visits } from './peers/rounds.mjs';

const folder = await mkdtemp(join(tmpdir(), 'tablog-bench-test-'));
after(() => rm(folder, { recursive: true }));

/** Visits whose contender does what a script says. */
async function visitsOf(name, script) {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, `const order = JSON.parse(process.argv[2]);\nconst tell = (it) => console.log(JSON.stringify(it));\n${script}`);
  const said = [];
  const results = join(folder, name, 'results.json');
  return { said, results, visits: new Visits({ folder, pages: folder, results, say: (line) => said.push(line), script: path }) };
}

const order = { contender: 'some', engine: 'leveldb', task: 'round', round: 0, plan: {} };

test('what a visit tells is kept, in the file too, and a figure that comes again is a list', async () => {
  const { visits, said, results } = await visitsOf('fine', `
    tell({ key: 'bulk relaxed', figure: { events: 5_000, bytes: 1_000_000, ms: 1_000 } });
    tell({ key: 'open', figure: { ms: 1 } });
    tell({ key: 'open', figure: { ms: 2 } });`);
  const { figures, error } = await visits.send(order, 60);
  assert.equal(error, undefined);
  assert.deepEqual(figures.open, [{ ms: 1 }, { ms: 2 }]);
  assert.match(said[0], /^some · leveldb · round 1: 5\.0 k events\/s \(\d+ s\)$/);
  assert.deepEqual(JSON.parse(await readFile(results, 'utf8'))[0].figures, figures);
});

test('a contender that fails is told with its reason, and keeps the figures that it had', async () => {
  const { visits, said } = await visitsOf('failing', `
    tell({ key: 'open', figure: { ms: 1 } });
    tell({ error: 'scan: out of memory' });
    process.exitCode = 1;`);
  const { figures, error } = await visits.send(order, 60);
  assert.deepEqual([figures, error], [{ open: { ms: 1 } }, 'scan: out of memory']);
  assert.match(said[0], /FAILED: scan: out of memory/);
});

test('a contender that dies without a word is a failure with what it printed last', async () => {
  const { visits } = await visitsOf('dying', "throw new Error('no browser');");
  assert.match((await visits.send(order, 60)).error, /^ended with 1: Error: no browser$/);
});

test('a contender that hangs is ended, told, and not waited for again', async () => {
  const { visits } = await visitsOf('hanging', "tell({ key: 'open', figure: { ms: 1 } });\nsetInterval(() => {}, 1_000);");
  const first = await visits.send(order, 1);
  assert.deepEqual([first.figures, first.error], [{ open: { ms: 1 } }, 'not done within 1 s']);
  const began = performance.now();
  const second = await visits.send({ ...order, round: 1 }, 1);
  assert.match(second.error, /^not tried again: not done within 1 s/);
  assert.ok(performance.now() - began < 500);
  assert.equal((await readdir(folder)).filter((name) => name.startsWith('profile-')).length, 0, 'a profile was left behind');
});
