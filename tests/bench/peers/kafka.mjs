// Apache Kafka itself on this machine: its own perf tools against one KRaft node, with the same events.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { Broker, kafka } from '../../e2e/support/kafka.js';
import { writeEvents } from '../events.mjs';
import { POOL_EVENTS } from './page/pool.js';

const run = promisify(execFile);
const MAX_BUFFER = 64 * 1024 * 1024;
const PRODUCER = 'org.apache.kafka.tools.ProducerPerformance';
const CONSUMER = 'org.apache.kafka.tools.ConsumerPerformance';
/** So much a Java machine needs to compile what runs often. It is sent, but not measured. */
const WARM_UP_SHARE = 0.25;
/** One at a time: each waits for the one before. */
const ALONE = { records: 1_000, a_second: 200 };
const SECONDS_MAX = 300;

/** Measures producer and consumer, in rounds; returns one object of figures a round. */
export async function measureKafka({ folder, rounds, events, say }) {
  const payload = join(folder, 'payload.txt');
  await writeEvents(payload, POOL_EVENTS);
  const broker = await Broker.start(join(folder, 'kafka'));
  const all = [];
  try {
    // The broker's Java machine compiles what it runs often, too.
    const address = broker.address;
    await kafka(['topics', address, 'warm-up:1']);
    await produce({ address, topic: 'warm-up', payload, events, settings: ['acks=1'] });
    for (let round = 0; round < rounds; round += 1) {
      const figures = {};
      for (const acks of ['1', 'all']) {
        for (const codec of acks === '1' ? ['none', 'lz4'] : ['none']) {
          const topic = `events-${round}-${acks}-${codec}`;
          await kafka(['topics', broker.address, `${topic}:1`]);
          figures[`bulk ${acks} ${codec}`] = await produce({ address: broker.address, topic, payload, events, settings: [`acks=${acks}`, `compression.type=${codec}`] });
          if (acks === '1') figures[`scan ${codec}`] = await consume({ address: broker.address, topic, events });
        }
        figures[`alone ${acks}`] = await produceAlone({ address: broker.address, topic: `events-${round}-${acks}-none`, payload, acks });
      }
      all.push(figures);
      const rate = (figure) => `${(figure.events_per_s / 1e3).toFixed(0)} k events/s`;
      say(`Kafka · round ${round + 1}: acks 1 ${rate(figures['bulk 1 none'])}, all ${rate(figures['bulk all none'])}, consumer ${rate(figures['scan none'])}`);
    }
  } finally {
    await broker.stop();
  }
  return all;
}

async function produce({ address, topic, payload, events, settings }) {
  const warmUp = Math.round(events * WARM_UP_SHARE);
  const words = ['--bootstrap-server', address, '--topic', topic, '--payload-file', payload, '--throughput', '-1'];
  words.push('--num-records', String(events), '--warmup-records', String(warmUp), '--command-property', ...settings);
  return readProducer(await tool(PRODUCER, words));
}

async function produceAlone({ address, topic, payload, acks }) {
  const words = ['--bootstrap-server', address, '--topic', topic, '--payload-file', payload, '--throughput', String(ALONE.a_second)];
  words.push('--num-records', String(ALONE.records), '--warmup-records', String(ALONE.records * WARM_UP_SHARE));
  words.push('--command-property', `acks=${acks}`, 'linger.ms=0');
  return readProducer(await tool(PRODUCER, words));
}

async function consume({ address, topic, events }) {
  return readConsumer(await tool(CONSUMER, ['--bootstrap-server', address, '--topic', topic, '--num-records', String(events), '--timeout', '30000']));
}

async function tool(main, words) {
  const { stdout } = await run('java', [`@${process.env.TABLOG_INTEROP}`, main, ...words], { maxBuffer: MAX_BUFFER, timeout: SECONDS_MAX * 1e3 });
  return stdout;
}

/** Reads the last line of `kafka-producer-perf-test`: the summary, of the steady state when there was a warm-up. */
export function readProducer(said) {
  const line = said.trim().split('\n').at(-1);
  const number = (pattern) => {
    const found = pattern.exec(line);
    if (!found) throw new Error(`kafka-producer-perf-test said no ${pattern}: ${line}`);
    return Number(found[1]);
  };
  return {
    events_per_s: number(/([\d.]+) records\/sec/),
    p50_ms: number(/([\d.]+) ms 50th/),
    p99_ms: number(/([\d.]+) ms 99th/),
  };
}

/** Reads the table of `kafka-consumer-perf-test` by its head. The rate is that of fetching, without joining the group. */
export function readConsumer(said) {
  const lines = said.trim().split('\n').map((line) => line.split(',').map((word) => word.trim()));
  const head = lines.findIndex((words) => words.includes('fetch.nMsg.sec'));
  const value = head < 0 ? NaN : Number(lines[head + 1]?.[lines[head].indexOf('fetch.nMsg.sec')]);
  if (!(value > 0)) throw new Error(`kafka-consumer-perf-test said no rate: ${said.slice(-500)}`);
  return { events_per_s: value };
}
