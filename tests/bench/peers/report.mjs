// docs/BENCHMARKS.md and its pictures, out of what a run measured. Nothing in them is written by hand.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ENGINES } from '../engines.mjs';
import { CONTENDERS, OPFS } from './contenders.mjs';
import { compare, compareWithKafka } from './goals.mjs';
import { CHARTS, engineName } from './layout.mjs';
import { versions } from './machine.mjs';
import { Measures } from './measures.mjs';
import { ROW_SIZES } from './plan.mjs';
import { nameOf } from './rounds.mjs';
import { barChart } from './svg.mjs';
import { digits, eventRate, spread } from './words.mjs';

/** Where less is better, a bar of more than so many times the middle one is cut off. */
const CUT = 6;

/** Writes the page and its pictures below the folder `docs`. */
export async function writeReport(docs, run) {
  const measures = new Measures(run.visits);
  const engines = ENGINES.filter((engine) => run.visits.some((it) => it.engine === engine));
  const pictures = join(docs, 'benchmarks');
  await mkdir(pictures, { recursive: true });
  // A picture of what is no longer measured must not stay.
  for (const name of (await readdir(pictures)).filter((it) => it.endsWith('.svg'))) await rm(join(pictures, name));
  const sections = [head(run), goals(measures, engines, run.kafka)];
  for (const chart of CHARTS) {
    const drawn = drawChart(chart, measures, engines, run.rounds);
    if (!drawn) continue;
    await writeFile(join(pictures, `${chart.file}.svg`), drawn);
    sections.push([`## ${chart.title}`, chart.words, `![${chart.title}](benchmarks/${chart.file}.svg)`, tableOf(chart, measures, engines)].join('\n\n'));
  }
  sections.push(openings(measures, engines), ceiling(measures, engines), kafka(measures, engines, run.kafka), contenders(), failures(measures));
  await writeFile(join(docs, 'BENCHMARKS.md'), `${sections.filter(Boolean).join('\n\n')}\n`);
}

function head({ began, ended, machine, loads, rounds, plan }) {
  return `# Benchmarks

\`cargo xtask bench\` wrote this page, its pictures and every figure on it. It runs each contender in turn (A B A B …) in headless Chromium on a profile on disk, each in a process of its own, and prints medians, with the least and the most of all rounds in brackets.

| | |
|---|---|
| measured | ${began.slice(0, 16).replace('T', ' ')} to ${ended.slice(11, 16)} UTC, ${rounds} round${rounds === 1 ? '' : 's'} |
| machine | ${machine.processor}, ${digits(machine.memory_gib)} GiB of memory, shared with others |
| load, before and after | ${loads.map((it) => it.toFixed(1)).join(' and ')} processes that wanted to run |
| system | ${machine.system} |
| browser | ${machine.chromium}; its two IndexedDB engines: LevelDB, the default, and SQLite, behind a flag |
| Tablog | ${machine.commit} |
| Apache Kafka | ${machine.kafka} on ${machine.java} |

Like is compared with like: the same events (JSON of 200 bytes), the same durability (relaxed: what the operating system holds, acks 1; strict: what the disk was asked for, acks all), the same count of producers at once. Each contender takes an event in the form that its documentation shows: object stores an object, databases JSON text, logs JSON as bytes; all are made before the clock starts. Each contender appends for ${plan.bulk_ms / 1e3} s (strict: ${plan.strict_ms / 1e3} s), or up to ${plan.bulk_events.toLocaleString('en-US')} events; slow ones append fewer, and rates are compared. Half a second of the same (of single calls up to 1,000 in up to a second) comes first and is not counted, as with Kafka: what a browser compiles while it runs is compiled then. Reads are of what was appended, in a browser that was started anew, so that only the operating system's cache is warm. Absolute figures say much about the machine; ratios say more about the code.`;
}

function goals(measures, engines, kafkaRounds) {
  const all = engines.map((engine) => compare(measures, engine));
  const rows = [...new Set(all.flat().map(({ id }) => id))].map((id) => {
    const each = all.map((comparisons) => comparisons.find((it) => it.id === id));
    const { at_least, at_most } = each.find(Boolean);
    const goal = at_least !== undefined ? `at least ${at_least}` : at_most !== undefined ? `at most ${at_most}` : 'stated';
    return `| ${id} | ${goal} | ${each.map((it) => (it ? `${spread(it.came)}${verdict(it.met)}` : '–')).join(' | ')} |`;
  });
  const judged = all.flat().filter(({ met }) => met !== undefined);
  const met = judged.filter(({ met }) => met).length;
  const withKafka = kafkaRounds ? kafkaTable(measures, engines, kafkaRounds) : '';
  return `## Goals

${met} of ${judged.length} met, both engines counted apart.

| ratio | goal | ${engines.map(engineName).join(' | ')} |
|---|---|${engines.map(() => '---|').join('')}
${rows.join('\n')}${withKafka}`;
}

function verdict(met) {
  if (met === undefined) return '';
  return met ? ' ✓' : ' **missed**';
}

function kafkaTable(measures, engines, rounds) {
  const all = engines.map((engine) => compareWithKafka(measures, engine, rounds));
  return [...new Set(all.flat().map(({ id }) => id))].map((id) => {
    const each = all.map((comparisons) => comparisons.find((it) => it.id === id));
    return `\n| ${id} | stated | ${each.map((it) => (it ? spread(it.came) : '–')).join(' | ')} |`;
  }).join('');
}

function drawChart({ title, note, measure, write, less }, measures, engines, rounds) {
  const rows = CONTENDERS.map((contender) => {
    const shown = contender.engines.includes(OPFS) ? [OPFS] : engines;
    const bars = shown.map((engine) => ({ engine, came: measures.summary(contender.id, engine, measure(contender)) }))
      .filter(({ came }) => came)
      .map(({ engine, came }) => ({ series: engineName(engine === OPFS ? ENGINES[0] : engine), ...came, words: `${write(came.median)}${engine === OPFS ? ' (private files)' : ''}` }));
    return { name: contender.name, ours: contender.kind === 'tablog', bars };
  }).filter(({ bars }) => bars.length);
  if (rows.length === 0) return undefined;
  return barChart({ title, note: `${note}; ${less ? 'shorter' : 'longer'} is better. Median of ${rounds} round${rounds === 1 ? '' : 's'}; the line goes from the least to the most`, series: engines.map(engineName), rows, cut: less ? CUT : undefined });
}

function tableOf({ columns }, measures, engines) {
  const heads = columns.flatMap(({ head: words }) => engines.map((engine) => `${words}, ${engineName(engine)}`));
  const rows = CONTENDERS.map((contender) => {
    const cells = columns.flatMap(({ measure, write }) => engines.map((engine) => {
      const came = measures.summary(contender.id, engine, measure(contender));
      return came ? spread(came, write) : '–';
    }));
    return { contender, cells };
  }).filter(({ cells }) => cells.some((cell) => cell !== '–'));
  const lines = rows.map(({ contender, cells }) => `| ${contender.name}${contender.engines.includes(OPFS) ? ' (private files, no IndexedDB)' : ''} | ${cells.join(' | ')} |`);
  return `| | ${heads.join(' | ')} |\n|---|${heads.map(() => '--:|').join('')}\n${lines.join('\n')}`;
}

function openings(measures, engines) {
  const opened = measures.visits.filter((it) => it.task === 'openings');
  if (opened.length === 0) return '';
  const counts = [...new Set(opened.map(({ events }) => events))].sort((a, b) => a - b);
  const lines = CONTENDERS.flatMap((contender) => contender.engines.map((engine) => {
    const cells = counts.map((events) => measures.openings(contender.id, engine, events));
    return cells.some((it) => it !== undefined) ? `| ${contender.name} | ${engineName(engine)} | ${cells.map((it) => (it === undefined ? '–' : `${digits(it)} ms`)).join(' | ')} |` : '';
  })).filter(Boolean);
  return `## Opening

From the call that opens the log to its last event in hand, in a browser that was started anew; WebAssembly is loaded before (PGlite and LiveStore load it when they open). The median of several openings. Not everybody was filled with every count: filling has a limit of time.

| | engine | ${counts.map((it) => `${it.toLocaleString('en-US')} events`).join(' | ')} |
|---|---|${counts.map(() => '--:|').join('')}
${lines.join('\n')}`;
}

function ceiling(measures, engines) {
  const sizes = ROW_SIZES.map((size) => {
    const cells = engines.flatMap((engine) => ['write', 'write', 'read'].map((what, n) => {
      const measure = what === 'read' ? `read ${size}, MB/s` : `write ${size} ${['relaxed', 'strict'][n]}, MB/s`;
      const came = measures.summary('ceiling', engine, measure);
      return came ? spread(came) : '–';
    }));
    return `| ${size / 1_024} KiB | ${cells.join(' | ')} |`;
  });
  const heads = engines.flatMap((engine) => ['relaxed', 'strict', 'read'].map((it) => `${it}, ${engineName(engine)}`));
  const calls = [['one put, relaxed', 'put relaxed'], ['one put, strict', 'put strict']].map(([name, key]) => callRow(name, measures, engines, [`${key}, p50`, `${key}, p99`]));
  const gets = [['one get of 271 bytes', 'get of a small row'], ['one get of 512 KiB', 'get of a large row']].map(([name, key]) => callRow(name, measures, engines, [`${key}, p50`]));
  return `## The ceiling

What IndexedDB does with nothing above it, by the size of its rows, in MB/s. The best size is the ceiling.

| row | ${heads.join(' | ')} |
|---|${heads.map(() => '--:|').join('')}
${sizes.join('\n')}

One call at a time, p50 and p99 in ms:

| | ${engines.map(engineName).join(' | ')} |
|---|${engines.map(() => '--:|').join('')}
${[...calls, ...gets].join('\n')}`;
}

function callRow(name, measures, engines, keys) {
  const cells = engines.map((engine) => keys.map((key) => measures.summary('ceiling', engine, key)).filter(Boolean).map((came) => spread(came)).join(', ') || '–');
  return `| ${name} | ${cells.join(' | ')} |`;
}

function kafka(measures, engines, rounds) {
  if (!rounds) return '';
  const median = (key, name) => {
    const all = rounds.map((figures) => figures[key]?.[name]).filter((it) => it !== undefined).sort((a, b) => a - b);
    return all.length ? all[all.length >> 1] : undefined;
  };
  const rows = [
    ['producer, acks 1', 'bulk 1 none', 'events_per_s', eventRate], ['producer, acks 1, lz4', 'bulk 1 lz4', 'events_per_s', eventRate],
    ['producer, acks all', 'bulk all none', 'events_per_s', eventRate], ['consumer', 'scan none', 'events_per_s', eventRate],
    ['consumer, lz4', 'scan lz4', 'events_per_s', eventRate], ['one event alone, acks 1, p50', 'alone 1', 'p50_ms', (ms) => `${ms} ms`],
    ['one event alone, acks 1, p99', 'alone 1', 'p99_ms', (ms) => `${ms} ms`], ['one event alone, acks all, p50', 'alone all', 'p50_ms', (ms) => `${ms} ms`],
  ].map(([name, key, field, write]) => [name, median(key, field), write]).filter(([, value]) => value !== undefined);
  return `## Apache Kafka itself

\`kafka-producer-perf-test\` and \`kafka-consumer-perf-test\` against one KRaft node on the same machine, with the same events, one topic of one partition, and Kafka's defaults. The median of ${rounds.length} round${rounds.length === 1 ? '' : 's'}, after a warm-up that is not counted. Kafka asks the disk for neither kind of acks: with one node, \`all\` waits for that node's own append, as \`1\` does. Its tools tell whole milliseconds. The ratios stand among the goals.

| | |
|---|--:|
${rows.map(([name, value, write]) => `| ${name} | ${write(value)} |`).join('\n')}`;
}

function contenders() {
  const lines = CONTENDERS.map(({ name, packages, note }) => `| ${name} | ${versions(packages).join(', ') || '–'} | ${note} |`);
  return `## Who is measured

| | version | what its figures mean |
|---|---|---|
${lines.join('\n')}`;
}

function failures(measures) {
  const lines = measures.failures().map((visit) => `| ${visit.contender} | ${visit.engine} | ${nameOf(visit)} | ${visit.error.replaceAll('|', '\\|')} |`);
  return lines.length ? `## What failed

| | engine | visit | why |
|---|---|---|---|
${lines.join('\n')}` : '';
}
