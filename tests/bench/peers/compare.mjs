// Everything in `peers`, in one run: the contenders in turn, openings, memory, Kafka; then the report, or the comparison with the last one.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { bundle } from './bundle.mjs';
import { CONTENDERS, OPFS } from './contenders.mjs';
import { compare } from './goals.mjs';
import { measureKafka } from './kafka.mjs';
import { load, machine } from './machine.mjs';
import { Measures } from './measures.mjs';
import { FULL, OPENINGS, QUICK } from './plan.mjs';
import { record, regressions } from './regress.mjs';
import { writeReport } from './report.mjs';
import { Visits } from './rounds.mjs';
import { spread } from './words.mjs';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** The ratios that quick runs are held to. */
const RECORDED = fileURLToPath(new URL('../recorded.json', import.meta.url));
/** A visit that takes longer has failed. */
const VISIT_SECONDS_MAX = 150;
/** Those that a quick run measures. */
const QUICK_CONTENDERS = ['ceiling', 'tablog-none', 'tablog-lz4', 'tablog-snappy'];
const MEMORY_EVENTS = 5_000_000;
const MEMORY_MS_MAX = 100_000;
const KAFKA_EVENTS = 1_000_000;

/** Runs everything and writes `docs/BENCHMARKS.md`. Part of the contenders, or one engine, writes the page into the target folder instead. */
export async function comparePeers({ folder, rounds, engines, contenders: wanted, kafka }) {
  const began = new Date().toISOString();
  const loads = [load()];
  const visits = await visitAll({ folder, rounds, engines, wanted, plan: FULL, name: 'results' });
  await openings(visits, engines, wanted);
  await memory(visits, engines, wanted);
  const run = { began, ended: new Date().toISOString(), machine: machine(), loads: [...loads, load()], rounds, plan: FULL, visits: visits.all };
  // Kept before Kafka, too: whoever has no time for it can still have the page, by `--report-again`.
  await keep(run);
  const kafkaRounds = kafka ? await ofKafka(folder, rounds) : undefined;
  Object.assign(run, { ended: new Date().toISOString(), loads: [...loads, load()], kafka: kafkaRounds?.figures });
  await keep(run);
  const isWhole = wanted.length === 0 && engines.length > 1;
  await publish(run, engines, isWhole);
  const failed = visits.all.filter((it) => it.error).map((it) => `${it.contender} on ${it.engine}: ${it.error}`);
  if (kafkaRounds?.error) failed.push(`Apache Kafka: ${kafkaRounds.error}`);
  return [...new Set(failed)];
}

async function keep(run) {
  await mkdir(target(''), { recursive: true });
  await writeFile(target('run.json'), JSON.stringify(run, null, 1));
}

/** Writes the report anew out of the last run's figures: after a change of its words or pictures, nothing need be measured again. */
export async function reportAgain() {
  const run = JSON.parse(await readFile(target('run.json'), 'utf8'));
  const engines = [...new Set(run.visits.map(({ engine }) => engine))].filter((it) => it !== OPFS);
  const isWhole = CONTENDERS.every(({ id }) => run.visits.some(({ contender }) => contender === id)) && engines.length > 1;
  await publish(run, engines, isWhole);
}

async function publish(run, engines, isWhole) {
  const docs = isWhole ? join(ROOT, 'docs') : target('report');
  await mkdir(docs, { recursive: true });
  await writeReport(docs, run);
  say(`wrote ${join(docs, 'BENCHMARKS.md')}`);
  if (!isWhole) return;
  const measures = new Measures(run.visits);
  const about = { measured: run.began, chromium: run.machine.chromium, processor: run.machine.processor };
  await writeFile(RECORDED, `${JSON.stringify(record(compareAll(measures, engines), about), null, 2)}\n`);
  say(`wrote ${RECORDED}`);
}

/** Measures the most telling ratios only, and tells what became worse since the recorded run. */
export async function compareQuickly({ folder, rounds, engines }) {
  const recorded = JSON.parse(await readFile(RECORDED, 'utf8').catch(() => {
    throw new Error(`${RECORDED} is not there: a whole run of \`cargo xtask bench\` writes it`);
  }));
  const visits = await visitAll({ folder, rounds, engines, wanted: QUICK_CONTENDERS, plan: QUICK, name: 'quick' });
  const byEngine = compareAll(new Measures(visits.all), engines);
  for (const [engine, comparisons] of Object.entries(byEngine)) {
    for (const { id, came, quick } of comparisons) {
      if (quick) say(`${engine}: ${id}: ${spread(came)}, was ${recorded.ratios[engine]?.[id] ?? 'not recorded'}`);
    }
  }
  return regressions(recorded, byEngine);
}

function compareAll(measures, engines) {
  return Object.fromEntries(engines.map((engine) => [engine, compare(measures, engine)]));
}

async function visitAll({ folder, rounds, engines, wanted, plan, name }) {
  const pages = join(folder, 'pages');
  const chosen = CONTENDERS.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  const visits = new Visits({ folder, pages, results: target(`${name}.json`), say });
  const ready = [];
  for (const contender of chosen) {
    try {
      await bundle(contender, join(pages, contender.id));
      ready.push(contender);
    } catch (error) {
      await visits.keep({ contender: contender.id, engine: contender.engines[0], task: 'bundle', round: 0, figures: {}, seconds: 0, error: error.message.split('\n').slice(0, 3).join(' ') });
    }
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of ready) {
      for (const engine of enginesOf(contender, engines)) {
        await visits.send({ contender: contender.id, engine, task: 'round', round, plan }, VISIT_SECONDS_MAX);
      }
    }
  }
  return visits;
}

function enginesOf(contender, engines) {
  return contender.engines.filter((it) => it === OPFS || engines.includes(it));
}

/** Fills logs with so many events and opens them. Who would take too long to fill one, by what it did in the rounds, is left out. */
async function openings(visits, engines, wanted) {
  const measures = new Measures(visits.all);
  for (const events of OPENINGS.events) {
    for (const contender of CONTENDERS.filter((it) => it.kind !== 'ceiling' && (wanted.length === 0 || wanted.includes(it.id)))) {
      if (contender.options && contender.options.codec !== 'none') continue;
      for (const engine of enginesOf(contender, engines)) {
        const rate = measures.summary(contender.id, engine, 'bulk relaxed')?.median;
        const fits = rate !== undefined && events / rate <= OPENINGS.fill_seconds;
        if (!fits && contender.kind !== 'tablog') continue;
        const order = { contender: contender.id, engine, task: 'openings', round: 0, events, times: OPENINGS.times, fill_ms: VISIT_SECONDS_MAX * 500 };
        await visits.send(order, VISIT_SECONDS_MAX);
      }
    }
  }
}

async function memory(visits, engines, wanted) {
  const contender = 'tablog-none';
  if (wanted.length && !wanted.includes(contender)) return;
  for (const engine of engines) {
    await visits.send({ contender, engine, task: 'memory', round: 0, events: MEMORY_EVENTS, fill_ms: MEMORY_MS_MAX }, VISIT_SECONDS_MAX);
  }
}

async function ofKafka(folder, rounds) {
  try {
    return { figures: await measureKafka({ folder, rounds, events: KAFKA_EVENTS, say }) };
  } catch (error) {
    say(`Kafka FAILED: ${error.message}`);
    return { error: error.message.split('\n')[0] };
  }
}

function target(name) {
  return join(process.env.TABLOG_TARGET ?? join(ROOT, 'target'), 'bench', name);
}

const began = performance.now();

function say(line) {
  const seconds = Math.floor((performance.now() - began) / 1e3);
  console.log(`[${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}] ${line}`);
}
