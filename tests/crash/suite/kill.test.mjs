// Ten kills on each engine. `cargo xtask crash --runs N` does many more.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { ENGINES } from '../browser.mjs';
import { Victim } from '../kill.mjs';
import { serve } from '../server.mjs';

const RUNS = 10;
const SEED = Number(process.env.TABLOG_SEED ?? Math.floor(Math.random() * 1_000_000));

let folder;
let server;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tablog-crash-'));
  server = await serve();
});

after(async () => {
  server.end();
  await rm(folder, { recursive: true, force: true });
});

for (const engine of ENGINES) {
  test(`${engine}: a browser killed at any moment loses nothing that was acknowledged, and gives no offset twice`, async () => {
    console.log(`seed ${SEED}: TABLOG_SEED=${SEED} draws the same again`);
    const victim = new Victim(engine, server.address, folder);
    for (let run = 0; run < RUNS; run += 1) console.log(await victim.run(SEED + run));
    await victim.end();
    assert.ok(victim.sums.records > 0, 'nothing was ever acknowledged, so nothing was tested');
  });
}
