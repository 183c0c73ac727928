// Run with: node --test tests/samples/samples.test.mjs

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { earthquakes } from './earthquakes.mjs';
import { index } from './index.mjs';
import { encode, lines } from './lines.mjs';
import { murmur2 } from './partitions.mjs';
import { SALE, SEED, shop } from './shop.mjs';

const shipped = (file) => readFileSync(new URL(`../../public/samples/${file}`, import.meta.url));
const records = (file) => shipped(file).toString('utf8').trimEnd().split('\n').map((line) => JSON.parse(line));
const SHOP = ['orders', 'payments', 'shipments'];

test('making the shop again gives the bytes that are shipped', () => {
  const made = shop(SEED);
  for (const topic of SHOP) {
    assert.equal(lines(made.filter((record) => record.topic === topic)), shipped(`${topic}.jsonl`).toString('utf8'), topic);
  }
  assert.notDeepEqual(shop(SEED + 1), made, 'the seed decides');
});

test('the index tells what the files hold', () => {
  assert.equal(index(shipped), shipped('index.json').toString('utf8'));
  for (const entry of JSON.parse(shipped('index.json'))) {
    const all = records(entry.file);
    assert.equal(all.length, entry.records, entry.id);
    assert.ok(all.every((record) => record.topic === entry.topic), entry.id);
    assert.ok(all.some((record) => record.timestamp >= entry.replay_start_ms), `${entry.id}: something comes after the start`);
    assert.ok(all[0].timestamp < entry.replay_start_ms, `${entry.id}: something came before it`);
    assert.ok(entry.bytes < 1_000_000 && entry.source && entry.licence, entry.id);
  }
});

test('every sample is in time order', () => {
  for (const { file } of JSON.parse(shipped('index.json'))) {
    const times = records(file).map((record) => record.timestamp);
    assert.deepEqual(times, times.toSorted((a, b) => a - b), file);
  }
});

test('the sale is the busiest minute of the shop', () => {
  const minutes = new Map();
  for (const { timestamp } of SHOP.flatMap((topic) => records(`${topic}.jsonl`))) {
    const minute = timestamp - (timestamp % 60_000);
    minutes.set(minute, (minutes.get(minute) ?? 0) + 1);
  }
  const busiest = [...minutes].toSorted((a, b) => b[1] - a[1])[0];
  assert.equal(busiest[0], SALE);
  assert.ok(busiest[1] >= 200, `${busiest[1]} records`);
});

test('the shop holds what a viewer must not get wrong', () => {
  const orders = records('orders.jsonl');
  const headers = orders.map((record) => record.headers);
  assert.ok(orders.some((record) => record.value === null), 'a tombstone');
  assert.ok(headers.some((list) => list.filter(([name]) => name === 'via').length === 2), 'a header twice');
  assert.ok(headers.some((list) => list.some(([, value]) => value === null)), 'a header without a value');
  const ids = shipped('payments.jsonl').toString('utf8').match(/(?<="payment":)\d+/g).map(BigInt);
  assert.ok(ids.every((id) => id > 2n ** 53n), 'whole numbers that need 64 bits');
  assert.ok(ids.some((id) => BigInt(Number(id)) !== id), 'and that a JavaScript number would bend');
});

test('every order lives a life that makes sense', () => {
  const seen = new Map();
  for (const { key, value, headers } of shop(SEED)) {
    const status = value?.status ?? 'cancelled';
    const life = seen.get(key) ?? { states: [], trace: headers[0][1] };
    assert.equal(headers[0][1], life.trace, `${key} keeps its trace-id`);
    const before = (state) => assert.ok(life.states.includes(state), `${key}: ${status} comes after ${state}`);
    if (status !== 'created') before('created');
    if (status === 'confirmed' || status === 'captured') before('authorized');
    if (status === 'shipped') before('packed');
    if (status === 'delivered') before('shipped');
    if (status === 'completed') before('delivered');
    if (life.states.includes('cancelled')) assert.equal(status, 'voided', `${key}: a cancelled order stays cancelled`);
    life.states.push(status);
    seen.set(key, life);
  }
  const lives = [...seen.values()];
  assert.ok(lives.some(({ states }) => states.filter((state) => state === 'failed').length === 2 && states.includes('authorized')));
  assert.ok(lives.some(({ states }) => states.filter((state) => state === 'failed').length === 3 && states.includes('cancelled')));
});

test("keys are hashed as Kafka's own tests expect", () => {
  // org.apache.kafka.common.utils.UtilsTest.testMurmur2
  const known = { 21: -973932308, foobar: -790332482, 'a-little-bit-long-string': -985981536, 'a-little-bit-longer-string': -1486304829, abc: 479470107 };
  for (const [key, hash] of Object.entries(known)) assert.equal(murmur2(new TextEncoder().encode(key)), hash, key);
});

test('offsets are dense in every partition', () => {
  for (const { file, partitions } of JSON.parse(shipped('index.json'))) {
    const ends = new Array(partitions).fill(0);
    for (const { partition, offset } of records(file)) assert.equal(offset, ends[partition]++, `${file}, partition ${partition}`);
    assert.ok(ends.every((end) => end > 0), file);
  }
});

test('whole numbers are written digit by digit', () => {
  assert.equal(encode({ id: 9_007_199_254_740_993n, list: [1.5, null, 'a"b'] }), '{"id":9007199254740993,"list":[1.5,null,"a\\"b"]}');
});

test('another file than the feed is refused by name and sum', () => {
  assert.throws(() => earthquakes(Buffer.from('{}')), /not the earthquakes\.json of vega-datasets@3\.2\.1: its SHA-256 is 44136fa355b3/);
});
