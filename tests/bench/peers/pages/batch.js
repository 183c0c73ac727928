// Kafka's record batch v2 in plain JavaScript: what Tablog's engine does in WebAssembly. Values only: no keys, no headers.

const HEADER_BYTES = 61;
/** The checksum stands here, and is of all that follows it. */
const CRC_AT = 17;
const CRC_FROM = 21;
/** More than what a record takes beside its value: seven numbers, most of them of one byte. */
const RECORD_BYTES_MAX = 24;
const MAGIC = 2;

/** Encodes values as one batch, in a buffer of exactly its size. */
export function encodeBatch(baseOffset, timestamp, values) {
  let room = HEADER_BYTES;
  for (const value of values) room += value.length + RECORD_BYTES_MAX;
  const bytes = new Uint8Array(room);
  const view = new DataView(bytes.buffer);
  let at = HEADER_BYTES;
  for (let n = 0; n < values.length; n += 1) {
    const value = values[n];
    // Attributes, time, no key and no headers are a byte each.
    at = putVarint(bytes, at, 4 + varintBytes(n) + varintBytes(value.length) + value.length);
    bytes[at] = 0;
    bytes[at + 1] = 0;
    at = putVarint(bytes, at + 2, n);
    at = putVarint(bytes, at, -1);
    at = putVarint(bytes, at, value.length);
    bytes.set(value, at);
    at = putVarint(bytes, at + value.length, 0);
  }
  view.setBigInt64(0, BigInt(baseOffset));
  view.setInt32(8, at - 12);
  view.setInt8(16, MAGIC);
  view.setInt32(23, values.length - 1);
  view.setBigInt64(27, BigInt(timestamp));
  view.setBigInt64(35, BigInt(timestamp));
  view.setBigInt64(43, -1n);
  view.setInt16(51, -1);
  view.setInt32(53, -1);
  view.setInt32(57, values.length);
  const batch = bytes.slice(0, at);
  new DataView(batch.buffer).setUint32(CRC_AT, crc32c(batch, CRC_FROM));
  return batch;
}

/** Calls `each(offset, timestamp, value)` for every record, after the checksum was found right. The values are views. */
export function decodeBatch(batch, each) {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  if (view.getUint32(CRC_AT) !== crc32c(batch, CRC_FROM)) throw new Error(`the batch at ${view.getBigInt64(0)} is damaged`);
  const baseOffset = Number(view.getBigInt64(0));
  const timestamp = Number(view.getBigInt64(27));
  const records = view.getInt32(57);
  const reader = { bytes: batch, at: HEADER_BYTES };
  for (let n = 0; n < records; n += 1) {
    const length = takeVarint(reader);
    const end = reader.at + length;
    reader.at += 1;
    const delta_ms = takeVarint(reader);
    const offset = baseOffset + takeVarint(reader);
    const keyLength = takeVarint(reader);
    if (keyLength > 0) reader.at += keyLength;
    const valueLength = takeVarint(reader);
    each(offset, timestamp + delta_ms, batch.subarray(reader.at, reader.at + valueLength));
    reader.at = end;
  }
}

function varintBytes(number) {
  let rest = number << 1;
  let bytes = 1;
  for (rest >>>= 7; rest !== 0; rest >>>= 7) bytes += 1;
  return bytes;
}

function putVarint(bytes, from, number) {
  let at = from;
  let rest = ((number << 1) ^ (number >> 31)) >>> 0;
  while (rest > 0x7f) {
    bytes[at] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
    at += 1;
  }
  bytes[at] = rest;
  return at + 1;
}

function takeVarint(reader) {
  let number = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = reader.bytes[reader.at];
    reader.at += 1;
    number |= (byte & 0x7f) << shift;
    if (byte < 0x80) return (number >>> 1) ^ -(number & 1);
  }
}

/** Eight tables, so that eight bytes are taken at once. */
const TABLES = makeTables();

/** CRC-32C of the bytes from a place on. */
export function crc32c(bytes, from) {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let crc = -1;
  let at = from;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const low = crc ^ (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24));
    crc = t7[low & 0xff] ^ t6[(low >>> 8) & 0xff] ^ t5[(low >>> 16) & 0xff] ^ t4[low >>> 24]
      ^ t3[bytes[at + 4]] ^ t2[bytes[at + 5]] ^ t1[bytes[at + 6]] ^ t0[bytes[at + 7]];
  }
  for (; at < bytes.length; at += 1) crc = t0[(crc ^ bytes[at]) & 0xff] ^ (crc >>> 8);
  return ~crc >>> 0;
}

function makeTables() {
  const tables = Array.from({ length: 8 }, () => new Int32Array(256));
  for (let n = 0; n < 256; n += 1) {
    let crc = n;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    tables[0][n] = crc;
  }
  for (let n = 0; n < 256; n += 1) {
    for (let table = 1; table < 8; table += 1) {
      const before = tables[table - 1][n];
      tables[table][n] = (before >>> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}
