// One record, one line: the lossless JSON Lines form that `core/src/portable` reads.

import { placed } from './partitions.mjs';

/** Encodes JSON as `JSON.stringify` does, and whole numbers beyond 2^53 (BigInt) digit by digit. */
export function encode(value) {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(encode).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}:${encode(item)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/**
 * Writes records as lines. The value is put in as JSON, not as a string that holds JSON: the import takes its text as it is
 * written, and people can read it.
 */
export function lines(records) {
  return placed(records).map((record) => `${encode(line(record))}\n`).join('');
}

function line({ topic, partition, offset, timestamp, key, value, headers }) {
  const place = { topic, partition, offset, timestamp, key, value };
  return headers.length > 0 ? { ...place, headers } : place;
}
