// Where the time goes: the browser's own sampling profiler, on the thread of a contender's worker, while it does one thing.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checkEngine, launch } from '../browser.mjs';
import { engineName } from './layout.mjs';
import { bundle } from './bundle.mjs';
import { contenderOf } from './contenders.mjs';
import { load, machine } from './machine.mjs';
import { TABLOG_ROW_BYTES } from './plan.mjs';
import { serve } from './serve.mjs';

const PAGE = fileURLToPath(new URL('../../../docs/PROFILE.md', import.meta.url));
const PORT = 8_621;
const SAMPLE_US = 200;
/** Functions that are named; the others are summed up. */
const NAMED = 12;
const STEP_MS_MAX = 120_000;

/** What is done before, unobserved, and what is looked at. */
const TASKS = {
  'bulk append, relaxed': { of: ['ceiling', 'tablog-none', 'tablog-lz4', 'idb-batches'], first: bulk(100_000), then: bulk(2_000_000) },
  'one event alone, relaxed': { of: ['tablog-none', 'idb-batches'], first: alone(300), then: alone(3_000) },
  'scan with decode': { of: ['tablog-none', 'tablog-lz4'], first: async (run) => { await bulk(500_000)(run); await run('scan'); }, then: (run) => run('scan') },
};

function bulk(events_max) {
  return (run, isCeiling) => (isCeiling
    ? run('write', { row_bytes: TABLOG_ROW_BYTES, durability: 'relaxed', ms_max: 1_500 })
    : run('bulk', { events_max, ms_max: 10_000 }));
}

function alone(times_max) {
  return (run) => run('alone', { times_max, ms_max: 4_000 });
}

/** Profiles every task of every contender on each engine, and writes `docs/PROFILE.md`. */
export async function profileAll({ folder, engines }) {
  const before = load();
  const parts = [];
  for (const [task, { of, first, then }] of Object.entries(TASKS)) {
    for (const engine of engines) {
      for (const id of of) {
        const part = { task, engine, contender: contenderOf(id), ...await profile({ folder, id, engine, first, then }) };
        console.log(`${task} · ${id} · ${engine}: ${part.shares.slice(0, 4).map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}`);
        parts.push(part);
      }
    }
  }
  await writeFile(PAGE, page(parts, [before, load()]));
  console.log(`wrote ${PAGE}`);
}

async function profile({ folder, id, engine, first, then }) {
  const contender = contenderOf(id);
  const isCeiling = contender.kind === 'ceiling';
  const pages = await mkdtemp(join(folder, 'pages-'));
  const kept = await mkdtemp(join(folder, 'profile-'));
  await bundle(contender, pages);
  const server = await serve(pages, PORT);
  const browser = await launch(kept, engine);
  try {
    const tab = await browser.newPage();
    tab.setDefaultTimeout(STEP_MS_MAX);
    const ask = await workerOf(browser, tab);
    await tab.goto(server.address);
    await tab.waitForFunction(() => globalThis.bench);
    const run = (name, options) => tab.evaluate(([name, options]) => globalThis.bench.run(name, options), [name, options]);
    await run('init');
    await run('open', isCeiling ? { sizes: [TABLOG_ROW_BYTES] } : { ...contender.options, name: 'profile', strict: false });
    await first(run, isCeiling);
    await ask('Profiler.enable');
    await ask('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    await ask('Profiler.start');
    const came = await then(run, isCeiling);
    const { profile: samples } = await ask('Profiler.stop');
    return { came, shares: sharesOf(samples) };
  } finally {
    await browser.close();
    await server.close();
    await checkEngine(kept, engine);
    await rm(kept, { recursive: true, force: true });
  }
}

/** Talks to the page's worker, once it is there, over the page's own connection: Playwright has no door to workers. */
async function workerOf(browser, tab) {
  const devtools = await browser.newCDPSession(tab);
  const waiting = new Map();
  let session;
  let calls = 0;
  devtools.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => { if (targetInfo.type === 'worker') session = sessionId; });
  devtools.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result, error } = JSON.parse(message);
    const { done, refuse } = waiting.get(id) ?? {};
    if (error) refuse?.(new Error(error.message));
    else done?.(result);
  });
  await devtools.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  return (method, params = {}) => {
    if (!session) throw new Error('the page has no worker');
    calls += 1;
    const id = calls;
    const answered = new Promise((done, refuse) => waiting.set(id, { done, refuse }));
    devtools.send('Target.sendMessageToTarget', { sessionId: session, message: JSON.stringify({ id, method, params }) }).catch((error) => waiting.get(id).refuse(error));
    return answered;
  };
}

/** Of all time, how much each function had to itself, the largest first. */
function sharesOf({ nodes, samples, timeDeltas }) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const own = new Map();
  let total = 0;
  samples.forEach((id, n) => {
    total += timeDeltas[n];
    own.set(names.get(id), (own.get(names.get(id)) ?? 0) + timeDeltas[n]);
  });
  return [...own].map(([name, us]) => ({ name, share: us / total, ms: us / 1e3 })).sort((a, b) => b.share - a.share);
}

/** Rust's names without what the compiler adds; scripts that were minified have no better names than their file's. */
function nameOf({ functionName, url }) {
  const name = functionName
    .replace(/::h[0-9a-f]{16}(\[\d+\])?$/, '').replace(/\[[0-9a-f]{16}\]/g, '').replace(/<impl [^>]*(<[^>]*>)?[^>]*>::/, '');
  if (name === '' || /^[\w$]{1,2}$/.test(name)) return `script ${url.split('/').at(-1)}`;
  return name.replace(/^__wbg_(\w+?)_[0-9a-f]{16}$/, 'wasm-bindgen: $1');
}

const percent = (share) => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

function page(parts, [before, after]) {
  const about = machine();
  const tasks = Object.keys(TASKS).map((task) => `## ${task[0].toUpperCase()}${task.slice(1)}\n\n${parts.filter((it) => it.task === task).map(table).join('\n\n')}`);
  return `# Where the time goes

\`cargo xtask bench --only profile\` wrote this page: the browser's sampling profiler on the thread of the worker in which a contender runs, every ${SAMPLE_US} µs, after a warm-up. Each function's own time, without what it calls. *(idle)* is waiting for the browser's process, which does its part of IndexedDB there. The profiler slows what it looks at: rates are in [BENCHMARKS](BENCHMARKS.md).

Measured ${new Date().toISOString().slice(0, 10)}, ${about.processor}, load ${before.toFixed(1)} before and ${after.toFixed(1)} after, ${about.chromium}.

${tasks.join('\n\n')}
`;
}

function table({ contender, engine, came, shares }) {
  const rows = shares.slice(0, NAMED).map(({ name, share, ms }) => `| \`${name.replaceAll('|', '\\|')}\` | ${percent(share)} | ${ms.toFixed(0)} |`);
  const rest = shares.slice(NAMED).reduce((sum, { share }) => sum + share, 0);
  const done = came.bytes ? `${(came.bytes / 1e6).toFixed(0)} MB in ${came.ms.toFixed(0)} ms` : `${came.times.toLocaleString('en-US')} in ${came.ms.toFixed(0)} ms`;
  return `**${contender.name}, ${engineName(engine)}**: ${done}\n\n| function | share | ms |\n|---|--:|--:|\n${rows.join('\n')}\n| all others | ${percent(rest)} | |`;
}
