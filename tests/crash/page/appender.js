// A client that appends without pause, with a few calls at a time, and tells what became of each.

import { chance } from './random.mjs';

/** Calls that one client has in flight: enough that they share commits. */
const CALLS_AT_ONCE = 3;

export class Appender {
  #harness;
  #tell;
  #options;
  #sequence;
  #goesOn = true;
  #lanes = [];
  #calls = 0;
  #longest = { took_ms: 0 };

  /** `options` has topic, partitions, client, seed; and, if wanted, sequence, pause_ms and acks. */
  constructor(harness, tell, options) {
    this.#harness = harness;
    this.#tell = tell;
    this.#options = options;
    this.#sequence = options.sequence ?? 0;
  }

  start() {
    for (let lane = 0; lane < CALLS_AT_ONCE; lane += 1) this.#lanes.push(this.#appendOn(lane));
  }

  async stop() {
    this.#goesOn = false;
    await Promise.all(this.#lanes);
    return { calls: this.#calls, longest: this.#longest };
  }

  async #appendOn(lane) {
    const { topic, partitions, client, seed, pause_ms: pause, acks } = this.#options;
    const draw = chance(seed + lane);
    const producers = new Map();
    const producer = (...choice) => {
      const key = choice.join();
      if (!producers.has(key)) producers.set(key, this.#harness.producer(topic, ...choice));
      return producers.get(key);
    };
    while (this.#goesOn) {
      const call = { partition: draw.between(0, partitions - 1), asked: acks ?? draw.pick(['1', 'all']), ...sizes(draw) };
      const chosen = producer(call.asked, draw.pick(['none', 'lz4', 'zstd']));
      const what = { client, sequence: this.#sequence, count: call.count, bytes: call.bytes };
      this.#sequence += call.count;
      await this.#append(chosen, call, what);
      if (pause) await new Promise((next) => { setTimeout(next, draw.between(0, pause)); });
    }
  }

  async #append(producer, { partition, asked, bytes }, what) {
    const { client, sequence, count } = what;
    const began = performance.now();
    let outcome;
    try {
      const [{ baseOffset, lastOffset, acks }] = await producer.sendMade(partition, what);
      outcome = { baseOffset, lastOffset, acks };
    } catch (error) {
      outcome = { failed: { name: error.name, message: error.message } };
    }
    const took_ms = performance.now() - began;
    this.#calls += 1;
    if (took_ms > this.#longest.took_ms) this.#longest = { took_ms, began, timeOrigin: performance.timeOrigin };
    this.#tell({ client, sequence, count, bytes, partition, asked, ...outcome, began_ms: performance.timeOrigin + began, took_ms });
  }
}

/** Draws how much a call carries: mostly little, now and then rows of many records, and values as large as files. */
function sizes(draw) {
  const kind = draw.between(1, 100);
  if (kind <= 70) return { count: draw.between(1, 20), bytes: draw.between(20, 600) };
  if (kind <= 90) return { count: draw.between(20, 400), bytes: draw.between(50, 500) };
  return { count: draw.between(1, 4), bytes: draw.between(20_000, 250_000) };
}
