/** Writes records as Tablog's own JSON Lines. What is left out takes a default; `value` is a string, or null for a tombstone. */
export function lines(records) {
  return records.map((record, offset) =>
    JSON.stringify({ topic: "t", partition: 0, offset, timestamp: 1_700_000_000_000 + offset, key: null, ...record }),
  );
}
