// Which partition a key goes to: as in Kafka's producers, murmur2 of the key's bytes.

/** Every sample has so many partitions. */
export const PARTITIONS = 3;

/** Hashes bytes as Kafka's `Utils.murmur2` does; returns an int32. */
export function murmur2(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length - (bytes.length % 4);
  let hash = 0x9747b28c ^ bytes.length;
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(view.getInt32(at, true), 0x5bd1e995);
    word ^= word >>> 24;
    hash = Math.imul(hash, 0x5bd1e995) ^ Math.imul(word, 0x5bd1e995);
  }
  for (let at = bytes.length - 1; at >= whole; at -= 1) hash ^= bytes[at] << (8 * (at - whole));
  if (bytes.length > whole) hash = Math.imul(hash, 0x5bd1e995);
  hash = Math.imul(hash ^ (hash >>> 13), 0x5bd1e995);
  return hash ^ (hash >>> 15);
}

/** Gives every record its partition, by key, and its offset, dense within each topic and partition. */
export function placed(records) {
  const ends = new Map();
  return records.map((record) => {
    const partition = (murmur2(new TextEncoder().encode(record.key)) & 0x7fffffff) % PARTITIONS;
    const log = `${record.topic}-${partition}`;
    const offset = ends.get(log) ?? 0;
    ends.set(log, offset + 1);
    return { ...record, partition, offset };
  });
}
