// What is measured of a contender, in its page or worker. Every contender runs this very code.

import { answer } from './answer.js';
import { idOf, makePool } from './pool.js';
import { mulberry32 } from '../../event.mjs';
import { percentile } from '../../statistics.mjs';

/**
 * The first calls open files and compile code: they are not measured. WebAssembly's optimizing compiler slows
 * one in thirty of the first 500, and one in 350 of those that follow (docs/adr/0016). Slow contenders get fewer.
 */
const WARM_UP_CALLS = 1_000;
const WARM_UP_MS = 1_000;
/** So many of the events that were read are compared with those that were appended. */
const COMPARED = 10;

/**
 * Measures a contender:
 *
 * - `form`: what it takes: see `makePool`;
 * - `batch`: how many events it appends at once; `inFlight`: how many such calls are under way at a time;
 * - `init()`: loads what must be loaded before anything is opened (optional);
 * - `open(name, { strict, ... })`: opens the log of this name, and returns
 *   - `append(events)`, `appendAlone(event)`: done when it is acknowledged,
 *   - `scan()`: decodes every event and returns their count,
 *   - `read(offset)`, `last()`: one event,
 *   - `close()`.
 */
export function measure({ form, batch = 1_000, inFlight = 1, init = async () => {}, open }) {
  const pool = makePool(form);
  let log;
  let count = 0;
  /** Appends events in calls of `batch`, until there are enough or the time is over, and waits for all of them. */
  async function appendMany({ events_max, ms_max }) {
    const began = performance.now();
    const from = count;
    const underWay = [];
    while (count - from < events_max && performance.now() - began < ms_max) {
      const some = Math.min(batch, from + events_max - count);
      underWay.push(log.append(pool.slice(count, some)));
      count += some;
      if (underWay.length === inFlight) await underWay.shift();
    }
    await Promise.all(underWay);
    const ms = performance.now() - began;
    return { events: count - from, bytes: pool.bytes(count) - pool.bytes(from), ms };
  }
  answer({
    async init() {
      const began = performance.now();
      await init();
      return performance.now() - began;
    },
    /** Opens a log that has no events yet. */
    async open({ name, ...options }) {
      const began = performance.now();
      log = await open(name, options);
      count = 0;
      return performance.now() - began;
    },
    /** Opens the log and reads its last event. */
    async openToLast({ name, events, ...options }) {
      const began = performance.now();
      log = await open(name, options);
      const event = await log.last();
      const ms = performance.now() - began;
      count = events;
      expect(idOf(event), pool.id(events - 1), 'the last event');
      return ms;
    },
    bulk: appendMany,
    async alone({ times_max, ms_max }) {
      const append = async () => {
        const began = performance.now();
        await log.appendAlone(pool.at(count));
        count += 1;
        return performance.now() - began;
      };
      return latencies(append, times_max, ms_max);
    },
    async producers({ producers, ms_max }) {
      const began = performance.now();
      const from = count;
      let next = count;
      const produce = async () => {
        while (performance.now() - began < ms_max) {
          const offset = next;
          next += 1;
          await log.appendAlone(pool.at(offset));
          count += 1;
        }
      };
      await Promise.all(Array.from({ length: producers }, produce));
      return { events: count - from, ms: performance.now() - began };
    },
    async scan() {
      const began = performance.now();
      const events = await log.scan();
      const ms = performance.now() - began;
      expect(events, count, 'the count of events');
      return { events, bytes: pool.bytes(events), ms };
    },
    async random({ times_max, ms_max }) {
      const random = mulberry32(count);
      let compared = 0;
      const read = async () => {
        const offset = Math.floor(random() * count);
        const began = performance.now();
        const event = await log.read(offset);
        const ms = performance.now() - began;
        if (compared < COMPARED) expect(idOf(event), pool.id(offset), `the event at ${offset}`);
        compared += 1;
        return ms;
      };
      return latencies(read, times_max, ms_max);
    },
    async close() {
      await log.close();
      return { events: count, bytes: pool.bytes(count) };
    },
  });
}

/** Calls something that returns milliseconds again and again, and sums up all but the first. */
export async function latencies(call, times_max, ms_max) {
  const warmingSince = performance.now();
  for (let n = 0; n < WARM_UP_CALLS && performance.now() - warmingSince < WARM_UP_MS; n += 1) await call();
  const all = [];
  const began = performance.now();
  while (all.length < times_max && (all.length < 2 || performance.now() - began < ms_max)) all.push(await call());
  return { times: all.length, ms: performance.now() - began, p50_ms: percentile(all, 50), p99_ms: percentile(all, 99) };
}

function expect(got, wanted, what) {
  if (got !== wanted) throw new Error(`${what} is ${got}, not ${wanted}: what was measured is worth nothing`);
}
