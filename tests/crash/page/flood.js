// Producers that never pause, and a consumer that reads one record at a time and falls behind.

const READ_EVERY_MS = 20;
/** So far the consumer goes with each read. */
const STEP = 50;

export class Flood {
  #harness;
  #options;
  #goesOn = true;
  #lanes = [];
  #sequence = 0;
  #sums = { calls: 0, consumed: 0 };

  /** `options` has topic, partitions, lanes, count and bytes. */
  constructor(harness, options) {
    this.#harness = harness;
    this.#options = options;
  }

  start() {
    const producer = this.#harness.producer(this.#options.topic, '1', 'none');
    for (let lane = 0; lane < this.#options.lanes; lane += 1) this.#lanes.push(this.#append(producer, lane));
    this.#lanes.push(this.#consume());
  }

  async end() {
    this.#goesOn = false;
    await Promise.all(this.#lanes);
    return this.#sums;
  }

  async #append(producer, lane) {
    const { partitions, count, bytes } = this.#options;
    while (this.#goesOn && !this.#sums.failed) {
      const what = { client: 1, sequence: this.#sequence, count, bytes };
      // A client's sequence is a number of 32 bits.
      this.#sequence = (this.#sequence + count) % 4_000_000_000;
      try {
        await producer.sendMade(lane % partitions, what);
        this.#sums.calls += 1;
      } catch ({ name, message }) {
        this.#sums.failed = { name, message };
      }
    }
  }

  async #consume() {
    let offset = 0;
    while (this.#goesOn) {
      // What was deleted before it came to it is passed over.
      const value = await this.#harness.read(this.#options.topic, 0, offset).catch(() => undefined);
      if (value) this.#sums.consumed += 1;
      offset = value ? offset + STEP : (await this.#harness.endOffsets(this.#options.topic))[0];
      await new Promise((next) => { setTimeout(next, READ_EVERY_MS); });
    }
  }
}
