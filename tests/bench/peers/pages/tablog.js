// Tablog: tablog-core in WebAssembly over IndexedDB, by the harness that the crash tests drive, too. One topic of one partition.

import init, { Harness } from './harness.js';

import { measure } from '../page/steps.js';

const TOPIC = 'events';
const PARTITION = 0;
const FETCH_BYTES = 2 * 1024 * 1024;

measure({
  form: 'joined',
  inFlight: 64,
  init: () => init(),
  async open(name, { strict, codec }) {
    const harness = await Harness.open(name);
    let end = await endOf(harness);
    if (end === undefined) {
      await harness.createTopic(TOPIC, 1, {});
      end = 0;
    }
    const acks = strict ? 'all' : '1';
    const producer = harness.producer(TOPIC, acks, codec);
    const append = async ({ bytes, ends }) => {
      for (const range of await producer.send(PARTITION, bytes, ends)) {
        if (range.acks !== acks) throw new Error(`acks ${acks} was asked for and ${range.acks} given`);
        end = Math.max(end, range.lastOffset + 1);
      }
    };
    return {
      append,
      appendAlone: append,
      scan: async () => (await harness.scan(TOPIC, PARTITION, 0, FETCH_BYTES)).records,
      read: (offset) => harness.read(TOPIC, PARTITION, offset),
      last: () => harness.read(TOPIC, PARTITION, end - 1),
      close: () => harness.close(),
    };
  },
});

/** The end of the log; undefined when there is no topic yet. */
async function endOf(harness) {
  try {
    return (await harness.endOffsets(TOPIC))[PARTITION];
  } catch (error) {
    if (error.name.startsWith('UnknownTopic')) return undefined;
    throw error;
  }
}
