// Kafka's record batch, version 2, written down from its specification and sharing no line with the program under test.
// https://kafka.apache.org/documentation/#recordbatch

import { crc32c } from '../../samples/crc32c.mjs';

export { crc32c };

/** Bytes of the header, records not included. */
export const HEADER_BYTES = 61;

/**
 * Encodes a batch. Records are `{ timestamp, key, value, headers: [[name, value]] }`; a key or value is text, bytes or null;
 * timestamps are BigInts or numbers.
 */
export function batch({ baseOffset = 0n, records, attributes = 0 }) {
  const baseTimestamp = BigInt(records[0].timestamp);
  const times = records.map((record) => BigInt(record.timestamp));
  const maxTimestamp = times.reduce((max, time) => (time > max ? time : max));
  const encoded = Buffer.concat(records.map((record, index) => encodeRecord(record, index, baseTimestamp)));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeBigInt64BE(BigInt(baseOffset), 0);
  header.writeInt32BE(HEADER_BYTES - 12 + encoded.length, 8);
  header.writeInt32BE(0, 12); // leader epoch
  header.writeInt8(2, 16); // magic
  header.writeInt16BE(attributes, 21);
  header.writeInt32BE(records.length - 1, 23);
  header.writeBigInt64BE(baseTimestamp, 27);
  header.writeBigInt64BE(maxTimestamp, 35);
  header.writeBigInt64BE(-1n, 43); // producer id
  header.writeInt16BE(-1, 51); // producer epoch
  header.writeInt32BE(-1, 53); // base sequence
  header.writeInt32BE(records.length, 57);
  const bytes = Buffer.concat([header, encoded]);
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

function encodeRecord({ timestamp, key = null, value = null, headers = [] }, offsetDelta, baseTimestamp) {
  const body = Buffer.concat([
    Buffer.of(0), // attributes
    varint(BigInt(timestamp) - baseTimestamp),
    varint(BigInt(offsetDelta)),
    nullable(key),
    nullable(value),
    varint(BigInt(headers.length)),
    ...headers.flatMap(([name, content]) => [nullable(name), nullable(content)]),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

function nullable(content) {
  if (content === null) return varint(-1n);
  const bytes = Buffer.from(content);
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

/** Encodes a number zigzag, seven bits a byte. */
function varint(number) {
  let rest = BigInt.asUintN(64, (number << 1n) ^ (number >> 63n));
  const bytes = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
