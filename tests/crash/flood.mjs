// Full speed for minutes: producers that are faster than storage, a consumer that is slower than them, and the tab's memory.

import { setTimeout as sleep } from 'node:timers/promises';

import { watchMemory } from '../bench/memory.mjs';
import { Browser, checkEngine } from './browser.mjs';

const DATABASE = 'flood';
const TOPIC = 'flood';
const PARTITIONS = 3;
/** Calls that wait at the same time: 40 MB in their callers' hands, more than `buffer.memory` takes in. */
const LANES = 400;
const CALL = { count: 100, bytes: 1_000 };
/** Records are deleted so often, that the disk does not fill up. */
const DELETE_EVERY_MS = 3_000;
/** What the tab may take with its callers' records, and by how much the second half of the time may exceed the first. */
const MEMORY_BYTES_MAX = 250e6;
const GROWTH_MAX = 1.1;

/** Appends and reads for so many minutes. Returns what it came to; fails when a call failed, or when the tab grew. */
export async function flood({ engine, address, profile, minutes, say }) {
  const browser = await Browser.start(profile, engine);
  const page = await browser.open(address);
  await page.ask('open', DATABASE);
  await page.ask('createTopic', TOPIC, PARTITIONS);
  await page.ask('flood', { topic: TOPIC, partitions: PARTITIONS, lanes: LANES, ...CALL });
  const peaks = [];
  for (let minute = 0; minute < minutes; minute += 1) {
    const memory = watchMemory(profile);
    const end = performance.now() + 60_000;
    try {
      while (performance.now() < end) {
        await sleep(DELETE_EVERY_MS);
        for (let partition = 0; partition < PARTITIONS; partition += 1) await page.ask('deleteRecords', TOPIC, partition, -1);
      }
    } finally {
      // Else the timer keeps this process alive after a failure.
      peaks.push(memory.stop());
    }
    say(`${engine}: minute ${minute + 1}: the tab took at most ${megabytes(peaks.at(-1))} MB`);
  }
  const { calls, failed, consumed } = await page.ask('endFlood');
  const complaints = (await page.ask('check', TOPIC)).flatMap(({ damage, wrong }) => [...damage, ...wrong]);
  await browser.close();
  await checkEngine(profile, engine);
  const [first, second] = [peaks.slice(0, Math.ceil(minutes / 2)), peaks.slice(Math.floor(minutes / 2))];
  const growth = Math.max(...second) / Math.max(...first);
  const sums = {
    minutes, calls, records: calls * CALL.count, megabytes_per_s: Math.round((calls * CALL.count * CALL.bytes) / (minutes * 60e6)),
    consumed, largest_MB: megabytes(Math.max(...peaks)), growth: Number(growth.toFixed(2)),
  };
  if (failed) throw new Error(`${engine}: a call failed: ${failed.name}: ${failed.message}`);
  if (complaints.length > 0) throw new Error(`${engine}: ${complaints.join('; ')}`);
  if (!(consumed > 0)) throw new Error(`${engine}: the consumer read nothing, so nothing was tested`);
  if (Math.max(...peaks) > MEMORY_BYTES_MAX || growth > GROWTH_MAX) throw new Error(`${engine}: the tab grew: ${JSON.stringify(sums)}`);
  return sums;
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
