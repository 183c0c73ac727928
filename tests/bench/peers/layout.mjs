// Which pictures and tables the report has, and which measures stand in them.

import { PRODUCERS } from './plan.mjs';
import { digits, eventRate } from './words.mjs';

/** The engine's name for people. */
export function engineName(engine) {
  return { leveldb: 'LevelDB', sqlite: 'SQLite', opfs: 'private files' }[engine];
}

const megabytes = (value) => `${digits(value)} MB/s`;
const ms = (value) => `${digits(value)} ms`;
const isCeiling = ({ kind }) => kind === 'ceiling';

function bulk(durability) {
  return {
    file: `bulk-${durability}`,
    title: `Bulk append, ${durability}`,
    note: 'Payload in MB/s',
    words: 'Many events with one call, until all are acknowledged. The ceiling is what rows that no compressor makes smaller reach; what is compressed may exceed it.',
    measure: (contender) => (isCeiling(contender) ? `ceiling ${durability}, MB/s` : `bulk ${durability}, MB/s`),
    write: megabytes,
    columns: [
      { head: 'MB/s', measure: (contender) => (isCeiling(contender) ? `ceiling ${durability}, MB/s` : `bulk ${durability}, MB/s`), write: digits },
      { head: 'events/s', measure: () => `bulk ${durability}`, write: eventRate },
    ],
  };
}

function alone(durability) {
  const measure = (share) => (contender) => `${isCeiling(contender) ? 'put' : 'alone'} ${durability}, ${share}`;
  return {
    file: `alone-${durability}`,
    title: `One event, acknowledged alone, ${durability}`,
    note: 'p50 in ms',
    words: 'One event, and nothing else until it is acknowledged. IndexedDB itself: one transaction with one `put`.',
    measure: measure('p50'),
    write: ms,
    less: true,
    columns: [
      { head: 'p50, ms', measure: measure('p50'), write: digits },
      { head: 'p99, ms', measure: measure('p99'), write: digits },
    ],
  };
}

function producers(durability) {
  return {
    file: `producers-${durability}`,
    title: `${PRODUCERS.at(-1)} producers at once, ${durability}`,
    note: 'Events/s',
    words: 'So many producers at once; each sends one event and waits for its acknowledgement before it sends the next. Where so many events, one after the other, would take more than 15 s, they are not tried.',
    measure: () => `producers ${PRODUCERS.at(-1)} ${durability}`,
    write: eventRate,
    columns: [1, ...PRODUCERS].map((count) => ({ head: count === 1 ? 'one' : `${count} at once`, measure: () => `producers ${count} ${durability}`, write: eventRate })),
  };
}

/** The pictures, in order, and the columns of the table below each. `measure(contender)` names what stands there for a contender. */
export const CHARTS = [
  bulk('relaxed'),
  bulk('strict'),
  alone('relaxed'),
  alone('strict'),
  producers('relaxed'),
  producers('strict'),
  {
    file: 'scan',
    title: 'Scan with decode',
    note: 'Payload in MB/s',
    words: 'Everything that was appended in bulk, from the first event to the last, each decoded to what it was when it was appended.',
    measure: (contender) => (isCeiling(contender) ? 'ceiling read, MB/s' : 'scan, MB/s'),
    write: megabytes,
    columns: [
      { head: 'MB/s', measure: (contender) => (isCeiling(contender) ? 'ceiling read, MB/s' : 'scan, MB/s'), write: digits },
      { head: 'events/s', measure: () => 'scan', write: eventRate },
    ],
  },
  {
    file: 'random',
    title: 'One event from anywhere',
    note: 'p50 in ms',
    words: 'One event by its offset, anywhere in what was appended. IndexedDB itself: one `get` of a row of 512 KiB.',
    measure: (contender) => (isCeiling(contender) ? 'get of a large row, p50' : 'random, p50'),
    write: ms,
    less: true,
    columns: [
      { head: 'p50, ms', measure: (contender) => (isCeiling(contender) ? 'get of a large row, p50' : 'random, p50'), write: digits },
      { head: 'p99, ms', measure: () => 'random, p99', write: digits },
    ],
  },
  {
    file: 'disk',
    title: 'Room on disk',
    note: 'Bytes on disk a byte of payload',
    words: 'The blocks of all files in which the profile keeps what was appended in bulk, after the browser was closed.',
    measure: () => 'disk',
    write: digits,
    less: true,
    columns: [{ head: 'bytes a byte', measure: () => 'disk', write: digits }],
  },
];
