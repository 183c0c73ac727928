// What is compared with what, and what it should come to. The report prints these, and later runs are held to them.

import { ratioByRound, summary } from '../statistics.mjs';
import { Measures } from './measures.mjs';

const OURS = 'tablog-none';
const CEILING = 'ceiling';
const ROW_PEERS = Measures.of('rows');
const PEERS = Measures.of('rows', 'sql');
const FAST_CODECS = ['tablog-lz4', 'tablog-snappy'];

/** Of something that a run measured in rounds. */
const ratio = (ours, theirs) => (measures, engine) => ratioByRound(ours(measures, engine), theirs(measures, engine));
const of = (contender, measure) => (measures, engine) => measures.byRound(contender, engine, measure);
const bestOf = (contenders, measure, pick) => (measures, engine) => measures.bestByRound(contenders, engine, measure, pick);
const once = (value) => (value === undefined ? undefined : summary([value]));

/**
 * Every comparison: `at_least` or `at_most` is its goal, and says which way is better; `more` says it where there is no goal.
 * A `quick` one is measured by quick runs, too.
 */
export const COMPARISONS = [
  { id: 'bulk append, relaxed, bytes/s to the ceiling', value: ratio(of(OURS, 'bulk relaxed, MB/s'), of(CEILING, 'ceiling relaxed, MB/s')), at_least: 0.85, quick: true },
  { id: 'bulk append, strict, bytes/s to the ceiling', value: ratio(of(OURS, 'bulk strict, MB/s'), of(CEILING, 'ceiling strict, MB/s')), at_least: 0.85, quick: true },
  { id: 'bulk append, relaxed, to the best with one IndexedDB row an event', value: ratio(of(OURS, 'bulk relaxed'), bestOf(ROW_PEERS, 'bulk relaxed')), at_least: 20 },
  { id: 'bulk append, strict, to the best with one IndexedDB row an event', value: ratio(of(OURS, 'bulk strict'), bestOf(ROW_PEERS, 'bulk strict')), at_least: 20 },
  { id: 'bulk append, relaxed, to the best of all peers', value: ratio(of(OURS, 'bulk relaxed'), bestOf(PEERS, 'bulk relaxed')), at_least: 1 },
  { id: 'bulk append, strict, to the best of all peers', value: ratio(of(OURS, 'bulk strict'), bestOf(PEERS, 'bulk strict')), at_least: 1 },
  { id: 'bulk append, relaxed, lz4 or snappy, payload bytes/s to the ceiling', value: ratio(bestOf(FAST_CODECS, 'bulk relaxed, MB/s'), of(CEILING, 'ceiling relaxed, MB/s')), at_least: 2, quick: true },
  { id: 'bulk append, strict, lz4 or snappy, payload bytes/s to the ceiling', value: ratio(bestOf(FAST_CODECS, 'bulk strict, MB/s'), of(CEILING, 'ceiling strict, MB/s')), at_least: 2, quick: true },
  { id: 'one event alone, relaxed, p50 to one raw put', value: ratio(of(OURS, 'alone relaxed, p50'), of(CEILING, 'put relaxed, p50')), at_most: 1.3, quick: true },
  { id: 'one event alone, relaxed, p99 to one raw put', value: ratio(of(OURS, 'alone relaxed, p99'), of(CEILING, 'put relaxed, p99')), at_most: 1.3 },
  { id: 'one event alone, strict, p50 to one raw put', value: ratio(of(OURS, 'alone strict, p50'), of(CEILING, 'put strict, p50')), at_most: 1.3, quick: true },
  { id: 'one event alone, strict, p99 to one raw put', value: ratio(of(OURS, 'alone strict, p99'), of(CEILING, 'put strict, p99')), at_most: 1.3 },
  { id: 'scan with decode, bytes/s to the ceiling', value: ratio(of(OURS, 'scan, MB/s'), of(CEILING, 'ceiling read, MB/s')), at_least: 0.85, quick: true },
  { id: 'scan with decode, lz4 or snappy, payload bytes/s to the ceiling', value: ratio(bestOf(FAST_CODECS, 'scan, MB/s'), of(CEILING, 'ceiling read, MB/s')), at_least: 1, quick: true },
  { id: 'scan with decode, to the best of all peers', value: ratio(of(OURS, 'scan'), bestOf(PEERS, 'scan')), at_least: 5 },
  { id: 'random read, p50 to one raw get of a row of 512 KiB', value: ratio(of(OURS, 'random, p50'), of(CEILING, 'get of a large row, p50')), at_most: 1.5, quick: true },
  { id: 'random read, p50 to one raw get of a row of one event', value: ratio(of(OURS, 'random, p50'), of(CEILING, 'get of a small row, p50')), more: 'worse' },
  { id: 'open to the last event, 1,000,000 events to 10,000', value: openingsRatio, at_most: 1.5 },
  { id: 'open to the last event with 1,000,000 events, ms', value: (measures, engine) => once(measures.openings(OURS, engine, 1_000_000)), at_most: 50 },
  { id: 'bytes on disk a payload byte', value: (measures, engine) => measures.summary(OURS, engine, 'disk'), at_most: 1.15, quick: true },
  { id: 'bytes on disk a payload byte, lz4', value: (measures, engine) => measures.summary('tablog-lz4', engine, 'disk'), more: 'worse' },
  { id: 'bytes on disk a payload byte, zstd', value: (measures, engine) => measures.summary('tablog-zstd', engine, 'disk'), more: 'worse' },
  { id: 'memory of the tab while 1 GB is appended, MB', value: memoryOf, at_most: 200 },
  { id: 'bulk append, relaxed, to the same layout in JavaScript', value: ratio(of(OURS, 'bulk relaxed'), of('idb-batches', 'bulk relaxed')), more: 'better' },
  { id: 'scan with decode, to the same layout in JavaScript', value: ratio(of(OURS, 'scan'), of('idb-batches', 'scan')), more: 'better' },
];

/** The same against Kafka: what its perf tools said, round by round. */
export const KAFKA_COMPARISONS = [
  { id: 'bulk append, acks 1, to kafka-producer-perf-test', ours: of(OURS, 'bulk relaxed'), theirs: 'bulk 1 none' },
  { id: 'bulk append, acks all, to kafka-producer-perf-test', ours: of(OURS, 'bulk strict'), theirs: 'bulk all none' },
  { id: 'bulk append, acks 1, lz4, to kafka-producer-perf-test with lz4', ours: of('tablog-lz4', 'bulk relaxed'), theirs: 'bulk 1 lz4' },
  { id: 'scan with decode, to kafka-consumer-perf-test', ours: of(OURS, 'scan'), theirs: 'scan none' },
  { id: 'scan with decode, lz4, to kafka-consumer-perf-test with lz4', ours: of('tablog-lz4', 'scan'), theirs: 'scan lz4' },
];

/** All comparisons of a run on an engine, with what they came to. What was not measured is left out. */
export function compare(measures, engine) {
  return COMPARISONS.map((comparison) => ({ ...comparison, came: comparison.value(measures, engine) }))
    .filter(({ came }) => came !== undefined)
    .map((comparison) => ({ ...comparison, met: isMet(comparison, comparison.came.median) }));
}

/** The comparisons with Kafka on an engine. `kafka` holds one object of figures a round. */
export function compareWithKafka(measures, engine, kafka) {
  return KAFKA_COMPARISONS.map(({ id, ours, theirs }) => {
    const rates = new Map(kafka.flatMap((figures, round) => (figures[theirs] ? [[round, figures[theirs].events_per_s]] : [])));
    return { id, came: ratioByRound(ours(measures, engine), rates) };
  }).filter(({ came }) => came !== undefined);
}

function isMet({ at_least, at_most }, value) {
  if (at_least !== undefined) return value >= at_least;
  if (at_most !== undefined) return value <= at_most;
  return undefined;
}

function openingsRatio(measures, engine) {
  const [few, many] = [10_000, 1_000_000].map((events) => measures.openings(OURS, engine, events));
  return few > 0 && many > 0 ? once(many / few) : undefined;
}

function memoryOf(measures, engine) {
  const memory = measures.memory(OURS, engine);
  return memory && once(memory.bytes / 1e6);
}
