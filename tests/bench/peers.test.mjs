import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare, compareWithKafka } from './peers/goals.mjs';
import { readConsumer, readProducer } from './peers/kafka.mjs';
import { Measures } from './peers/measures.mjs';
import { idOf, makePool, POOL_EVENTS } from './peers/page/pool.js';
import { crc32c, decodeBatch, encodeBatch } from './peers/pages/batch.js';
import { lossOf, record, regressions } from './peers/regress.mjs';
import { barChart } from './peers/svg.mjs';
import { digits, spread } from './peers/words.mjs';

const visit = (contender, engine, round, figures) => ({ contender, engine, task: 'round', round, figures });
const rate = (bytes) => ({ events: bytes / 200, bytes, ms: 1_000 });
/** A run of two rounds, in which the machine had half its speed in the second. */
const RUN = [0, 1].flatMap((round) => {
  const speed = round === 0 ? 1e6 : 0.5e6;
  return [
    visit('ceiling', 'leveldb', round, { 'write 262144 relaxed': rate(100 * speed), 'write 16384 relaxed': rate(30 * speed), 'put relaxed': { p50_ms: 1, p99_ms: 2 } }),
    visit('tablog-none', 'leveldb', round, { 'bulk relaxed': rate(90 * speed), 'alone relaxed': { p50_ms: 1.5, p99_ms: 2 } }),
    visit('idb', 'leveldb', round, { 'bulk relaxed': rate(3 * speed) }),
    visit('sqlite-wasm', 'opfs', round, { 'bulk relaxed': rate(60 * speed) }),
  ];
});
const found = (comparisons, id) => comparisons.find((it) => it.id === id);

test('what is compared is compared within a round, with the best row size and the best peer, and judged by its goal', () => {
  const comparisons = compare(new Measures(RUN), 'leveldb');
  const ceiling = found(comparisons, 'bulk append, relaxed, bytes/s to the ceiling');
  assert.deepEqual([ceiling.came.median, ceiling.came.rounds, ceiling.met], [0.9, 2, true]);
  assert.equal(found(comparisons, 'bulk append, relaxed, to the best with one IndexedDB row an event').came.median, 30);
  const best = found(comparisons, 'bulk append, relaxed, to the best of all peers');
  assert.deepEqual([best.came.median, best.met], [1.5, true], 'what is on no IndexedDB engine is a peer on each');
  const alone = found(comparisons, 'one event alone, relaxed, p50 to one raw put');
  assert.deepEqual([alone.came.median, alone.met], [1.5, false]);
});

test('what was not measured is left out, and not called met or missed', () => {
  const comparisons = compare(new Measures(RUN), 'leveldb');
  assert.equal(found(comparisons, 'bulk append, strict, bytes/s to the ceiling'), undefined);
  assert.deepEqual(compare(new Measures(RUN), 'sqlite').map(({ id }) => id), []);
});

test('figures that a failed visit had told before it failed still count, and the failure is listed', () => {
  const failed = { ...RUN[0], error: 'scan: out of memory' };
  const measures = new Measures([failed, ...RUN.slice(1)]);
  assert.equal(measures.byRound('ceiling', 'leveldb', 'ceiling relaxed, MB/s').get(0), 100);
  assert.deepEqual(measures.failures(), [failed]);
});

test('openings are flat or not by the medians of their own visits', () => {
  const opening = (events, all) => ({ contender: 'tablog-none', engine: 'leveldb', task: 'openings', events, round: 0, figures: { open: all.map((ms) => ({ ms })) } });
  const measures = new Measures([opening(10_000, [10, 90, 12]), opening(1_000_000, [24, 25, 23])]);
  const flat = found(compare(measures, 'leveldb'), 'open to the last event, 1,000,000 events to 10,000');
  assert.deepEqual([flat.came.median, flat.met], [2, false]);
});

test('kafka-producer-perf-test and its consumer are read by what they print', () => {
  const producer = [
    '999999 records sent, 180000.1 records/sec (34.33 MB/sec), 90.10 ms avg latency, 400.00 ms max latency, 80 ms 50th, 200 ms 95th, 300 ms 99th, 390 ms 99.9th.',
    '750000 steady state records sent, 210000.5 records/sec (40.05 MB/sec), 50.00 ms avg latency, 200.00 ms max latency, 40 ms 50th, 90 ms 95th, 110 ms 99th, 190 ms 99.9th.',
  ].join('\n');
  assert.deepEqual(readProducer(`${producer}\n`), { events_per_s: 210_000.5, p50_ms: 40, p99_ms: 110 });
  const consumer = 'start.time, end.time, MB.sec, fetch.MB.sec, fetch.nMsg.sec\n2026-11-26 07:00:00:000, 2026-11-26 07:00:02:000, 95.4, 190.7, 1000000.0\n';
  assert.deepEqual(readConsumer(consumer), { events_per_s: 1_000_000 });
  assert.throws(() => readProducer('Exception in thread "main"'), /said no/);
  assert.throws(() => readConsumer('nothing came'), /said no rate/);
});

test('Kafka is compared round by round, too', () => {
  const kafka = [{ 'bulk 1 none': { events_per_s: 900_000 } }, { 'bulk 1 none': { events_per_s: 450_000 } }];
  const [bulk] = compareWithKafka(new Measures(RUN), 'leveldb', kafka);
  assert.deepEqual([bulk.came.median, bulk.came.least], [0.5, 0.5]);
});

test('a ratio that drops by more than a third is a regression, one that drops by less is not', () => {
  const of = (median) => ({ leveldb: [{ id: 'rate', quick: true, at_least: 0.85, came: summaryOf(median) }] });
  const recorded = record(of(0.9), { measured: 'once' });
  assert.deepEqual(recorded, { measured: 'once', ratios: { leveldb: { rate: 0.9 } } });
  assert.deepEqual(regressions(recorded, of(0.61)), []);
  assert.match(regressions(recorded, of(0.59))[0], /leveldb: rate: was 0.9, is 0.59, worse by 34 %/);
  assert.deepEqual(regressions(recorded, of(2)), [], 'to be faster is no regression');
});

test('of a latency, more is worse', () => {
  assert.equal(lossOf({ at_most: 1.3, came: summaryOf(2) }, 1), 0.5);
  assert.equal(lossOf({ more: 'worse', came: summaryOf(2) }, 1), 0.5);
  assert.equal(lossOf({ at_most: 1.3, came: summaryOf(0.5) }, 1), -1);
});

test('a ratio that is not measured any more is told, unless its engine was not asked for', () => {
  const recorded = { ratios: { leveldb: { rate: 0.9 }, sqlite: { rate: 0.9 } } };
  assert.deepEqual(regressions(recorded, { leveldb: [] }), ['leveldb: rate: was 0.9, and was not measured this time']);
});

test('a picture has a bar for each figure, as long as the figure is large, and nothing in it breaks its markup', () => {
  const bar = (series, median) => ({ series, median, least: median * 0.9, most: median * 1.1, words: `${median} MB/s` });
  const svg = barChart({
    title: 'Bulk <append> & "more"',
    note: 'MB/s',
    series: ['LevelDB', 'SQLite'],
    rows: [{ name: 'Tablog', ours: true, bars: [bar('LevelDB', 80), bar('SQLite', 40)] }, { name: 'Dexie', ours: false, bars: [bar('LevelDB', 4)] }],
  });
  const widths = [...svg.matchAll(/<rect class="(?:first|second)[^>]* width="([\d.]+)" height="11"\/>/g)].map((it) => Number(it[1]));
  const [first, second, third] = widths.filter((width) => width !== 11);
  assert.ok(Math.abs(first / second - 2) < 0.01 && Math.abs(first / third - 20) < 0.2, String(widths));
  assert.ok(svg.includes('Bulk &lt;append&gt; &amp; &quot;more&quot;') && !svg.includes('<append>'));
  assert.ok(svg.includes('prefers-color-scheme: dark'));
  assert.throws(() => barChart({ title: 'Nothing', note: '', series: [], rows: [] }), /nothing to draw/);
});

test('a bar that dwarfs all others is cut off, and still says its figure', () => {
  const bars = (value) => [{ series: 'LevelDB', median: value, least: value, most: value, words: `${value} ms` }];
  const rows = [1, 2, 3, 400].map((value) => ({ name: String(value), ours: false, bars: bars(value) }));
  const widthOf = (svg, nth) => Number([...svg.matchAll(/ width="([\d.]+)" height="11"\/>/g)][nth][1]);
  const chart = { title: 'Waiting', note: 'ms', series: ['LevelDB'], rows };
  const cut = barChart({ ...chart, cut: 4 });
  assert.ok(Math.abs(widthOf(cut, 0) - 48) < 0.1, 'the picture ends at four times the middle, which is 2.5');
  assert.ok(cut.includes('<polygon class="first other"') && cut.includes('>400 ms<'));
  assert.ok(widthOf(barChart(chart), 0) < 2 && !barChart(chart).includes('<polygon'));
});

test('numbers are printed with the digits that mean something', () => {
  assert.deepEqual([123_456, 123.4, 12.34, 1.234, 0.01234].map(digits), ['123,456', '123', '12.3', '1.23', '0.012']);
  assert.equal(spread({ median: 2, least: 1, most: 3, rounds: 3 }), '2.00 (1.00–3.00)');
  assert.equal(spread({ median: 2, least: 2, most: 2, rounds: 1 }), '2.00');
});

test('our batches in JavaScript come out as they went in, and a changed byte is noticed', () => {
  assert.equal(crc32c(new TextEncoder().encode('123456789'), 0), 0xe306_9283);
  const values = [0, 1, 63, 64, 200, 20_000].map((bytes) => new Uint8Array(bytes).fill(bytes));
  const batch = encodeBatch(7, 1_793_500_000_000, values);
  const read = [];
  decodeBatch(batch, (offset, timestamp, value) => read.push([offset, timestamp, value.slice()]));
  assert.deepEqual(read, values.map((value, n) => [7 + n, 1_793_500_000_000, value]));
  batch[200] ^= 1;
  assert.throws(() => decodeBatch(batch, () => {}), /the batch at 7 is damaged/);
});

test('every form of the pool gives the same events, from anywhere and around its end', () => {
  const text = makePool('text');
  const joined = makePool('joined');
  const decoder = new TextDecoder();
  for (const offset of [0, 1, POOL_EVENTS - 2, POOL_EVENTS, 3 * POOL_EVENTS - 1]) {
    const { bytes, ends } = joined.slice(offset, 5);
    const parts = [...ends].map((end, n) => decoder.decode(bytes.subarray(n ? ends[n - 1] : 0, end)));
    assert.deepEqual(parts, text.slice(offset, 5));
    assert.equal(idOf(joined.at(offset).bytes), text.id(offset));
  }
  assert.equal(text.bytes(POOL_EVENTS + 3) - text.bytes(POOL_EVENTS), text.slice(0, 3).join('').length);
});

function summaryOf(median) {
  return { median, least: median, most: median, rounds: 1 };
}
