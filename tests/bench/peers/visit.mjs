// One visit: one contender on one engine, with a fresh profile, in a process of its own. The parent ends it when it takes too long.
//
//   node visit.mjs '{"contender": "dexie", "engine": "leveldb", "pages": DIR, "profile": DIR, "task": "round", "plan": {...}}'
//
// Prints one line a figure, as JSON, as soon as it is known: `{"key": "...", "figure": {...}}`.

import { join } from 'node:path';

import { checkEngine, launch } from '../browser.mjs';
import { watchMemory } from '../memory.mjs';
import { contenderOf, OPFS } from './contenders.mjs';
import { storedBytes } from './disk.mjs';
import { PRODUCERS, ROW_SIZES, TABLOG_ROW_BYTES } from './plan.mjs';
import { serve } from './serve.mjs';

/** As IndexedDB's pages are those of an origin, each start must meet the same one. */
const PORT = 8_620;
const SMALL_ROW_BYTES = 271;
/** So long may one step take: Playwright's own patience has no say. */
const STEP_MS_MAX = 600_000;

const order = JSON.parse(process.argv[2]);
const contender = contenderOf(order.contender);
const { profile, plan } = order;
const server = await serve(join(order.pages, contender.id), PORT);
let browser;
let step;
try {
  await tasks()[order.task]();
} catch (error) {
  console.log(JSON.stringify({ error: `${step}: ${error.message.split('\n')[0]}` }));
  process.exitCode = 1;
} finally {
  // Whoever asked this process to stop has closed it already.
  await browser?.close().catch(() => {});
  await server.close();
}

function tasks() {
  return {
    round: contender.kind === 'ceiling' ? measureCeiling : measureRound,
    openings: measureOpenings,
    memory: measureMemory,
  };
}

function tell(key, figure) {
  console.log(JSON.stringify({ key, figure }));
}

/** Starts the browser and opens the page; returns what runs its steps. */
async function start() {
  step = 'start';
  browser = await launch(profile, order.engine === OPFS ? 'leveldb' : order.engine);
  const page = await browser.newPage();
  page.setDefaultTimeout(STEP_MS_MAX);
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(server.address);
  await page.waitForFunction(() => globalThis.bench, null, { timeout: 30_000 })
    .catch(() => { throw new Error(`the page did not start: ${errors.join('; ') || 'no word of why'}`); });
  const run = (name, options) => {
    step = name;
    return page.evaluate(([name, options]) => globalThis.bench.run(name, options), [name, options]);
  };
  tell('init', { ms: await run('init') });
  return run;
}

function open(run, durability) {
  return run('open', { ...contender.options, name: durability, strict: durability === 'strict' });
}

function openToLast(run, events) {
  return run('openToLast', { ...contender.options, name: 'relaxed', events });
}

/** What a browser compiles while it runs, and the files it makes first, are not measured; nor are they of Kafka. */
async function bulk(run, ms_max) {
  await run('bulk', { events_max: plan.warm_up_events, ms_max: plan.warm_up_ms });
  return run('bulk', { events_max: plan.bulk_events, ms_max });
}

async function stop() {
  step = 'stop';
  await browser.close();
  browser = undefined;
}

async function measureRound() {
  let run = await start();
  await open(run, 'relaxed');
  const memory = watchMemory(profile);
  tell('bulk relaxed', await bulk(run, plan.bulk_ms));
  tell('memory', { bytes: memory.stop() });
  const stored = await run('close');
  await stop();
  tell('disk', { stored: await storedBytes(profile), bytes: stored.bytes });

  run = await start();
  tell('open', { ms: await openToLast(run, stored.events) });
  // First, so that nobody answers from what a scan has left in memory.
  tell('random', await run('random', { times_max: plan.random_times, ms_max: plan.random_ms }));
  tell('scan', await run('scan'));
  await measureAlone(run, 'relaxed');
  await run('close');
  if (contender.strict) {
    await open(run, 'strict');
    tell('bulk strict', await bulk(run, plan.strict_ms));
    await measureAlone(run, 'strict');
    await run('close');
  }
  await stop();
  if (order.engine !== OPFS) await checkEngine(profile, order.engine);
}

async function measureAlone(run, durability) {
  const alone = await run('alone', { times_max: plan.alone_times, ms_max: plan.alone_ms });
  tell(`alone ${durability}`, alone);
  for (const producers of PRODUCERS.filter((count) => count * alone.p50_ms < plan.turn_ms)) {
    tell(`producers ${producers} ${durability}`, await run('producers', { producers, ms_max: plan.producers_ms }));
  }
}

async function measureCeiling() {
  let run = await start();
  await run('open', { sizes: ROW_SIZES });
  for (const durability of ['relaxed', 'strict']) {
    for (const row_bytes of ROW_SIZES) {
      tell(`write ${row_bytes} ${durability}`, await run('write', { row_bytes, durability, ms_max: plan.ceiling_ms }));
    }
  }
  // What is got one by one later.
  await measurePuts(run, 'relaxed');
  await run('close');
  await stop();
  run = await start();
  await run('open', { sizes: ROW_SIZES });
  for (const row_bytes of [SMALL_ROW_BYTES, TABLOG_ROW_BYTES]) {
    tell(`get ${row_bytes}`, await run('get', { row_bytes, times_max: plan.random_times, ms_max: plan.random_ms }));
  }
  const measureRead = async (row_bytes) => tell(`read ${row_bytes}`, await run('read', { row_bytes, ms_max: plan.ceiling_ms }));
  await measureRead(TABLOG_ROW_BYTES);
  // Where contenders append single events, too: after reads in a browser that was started anew, and strict ones after many rows.
  tell('put relaxed', await measurePuts(run, 'relaxed'));
  await run('write', { row_bytes: TABLOG_ROW_BYTES, durability: 'strict', ms_max: plan.strict_ms });
  tell('put strict', await measurePuts(run, 'strict'));
  for (const row_bytes of ROW_SIZES.filter((it) => it !== TABLOG_ROW_BYTES)) await measureRead(row_bytes);
  await run('close');
  await stop();
  await checkEngine(profile, order.engine);
}

function measurePuts(run, durability) {
  return run('put', { durability, times_max: plan.alone_times, ms_max: plan.alone_ms });
}

/** Opens a log of exactly so many events in a browser that was started anew, several times. */
async function measureOpenings() {
  let run = await start();
  await open(run, 'relaxed');
  const { events } = await run('bulk', { events_max: order.events, ms_max: order.fill_ms });
  await run('close');
  await stop();
  if (events < order.events) throw new Error(`${events} of ${order.events} events were there after ${order.fill_ms} ms`);
  for (let time = 0; time < order.times; time += 1) {
    run = await start();
    tell('open', { ms: await openToLast(run, events) });
    await run('close');
    await stop();
  }
}

/** Watches the tab's memory while very much is appended. */
async function measureMemory() {
  const run = await start();
  await open(run, 'relaxed');
  const memory = watchMemory(profile);
  const appended = await run('bulk', { events_max: order.events, ms_max: order.fill_ms });
  tell('memory', { bytes: memory.stop(), appended: appended.bytes, ms: appended.ms });
  await run('close');
  await stop();
}
