// What is tested, where it runs in the app: the log in a dedicated worker, over the real database.

import init, { Harness } from './harness.js';
import { Appender } from './appender.js';
import { Flood } from './flood.js';

let harness = null;
let appender = null;
let flood = null;

const tell = (told) => postMessage({ told });

const calls = {
  /** Opens the database; what happens to the connection is told as `{ connection }`. */
  async open(database) {
    harness = await Harness.open(database, (connection) => tell({ connection }));
  },
  clusterId: () => harness.clusterId(),
  keepBallast: () => harness.keepBallast(),
  createTopic: (topic, partitions) => harness.createTopic(topic, partitions, {}),
  /** Looks at every record; returns what `Harness.check` says of each partition. */
  async check(topic) {
    await harness.refresh();
    const ends = await harness.endOffsets(topic);
    const partitions = [];
    for (let partition = 0; partition < ends.length; partition += 1) {
      const checked = await harness.check(topic, partition);
      partitions.push({ ...checked, runs: [...checked.runs] });
    }
    return partitions;
  },
  /** Appends from now on, and tells of each call how it ended. Returns at once. */
  append(options) {
    appender = new Appender(harness, tell, options);
    appender.start();
  },
  /** Ends appending; returns how many calls were made, and which took longest. */
  stop: () => appender.stop(),
  /** Appends as fast as it can from now on, and reads more slowly. Returns at once. */
  flood(options) {
    flood = new Flood(harness, options);
    flood.start();
  },
  /** Ends that; returns how many calls were made, which failed, and how many records were read. */
  endFlood: () => flood.end(),
  /** Makes one call of values by the client's number. */
  async sendMade(topic, partition, acks, what) {
    const producer = harness.producer(topic, acks, 'none');
    return await producer.sendMade(partition, what);
  },
  deleteTopic: (topic) => harness.deleteTopic(topic),
  deleteRecords: (topic, partition, before) => harness.deleteRecords(topic, partition, before),
  usage: () => harness.usage(),
};

const ready = init();

onmessage = async ({ data: { id, call, args } }) => {
  let answer;
  try {
    await ready;
    answer = { value: await calls[call](...args) };
  } catch (error) {
    answer = { error: { name: error.name, message: error.message } };
  }
  postMessage({ id, answer });
};
