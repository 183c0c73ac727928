// Chance from a seed. Whole numbers only: the same draws on every machine and in every version of Node.

/** Makes a source of chance from a 32-bit seed (mulberry32, Tommy Ettinger, public domain). */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return (z ^ (z >>> 14)) >>> 0;
  };
  /** Draws a whole number from `low` to `high`, both included. */
  const between = (low, high) => low + (next() % (high - low + 1));
  return {
    between,
    /** Tells whether something that happens in `percent` of all cases happens now. */
    happens: (percent) => between(1, 100) <= percent,
    /** Draws one item of a list. */
    pick: (list) => list[between(0, list.length - 1)],
    /** Draws `digits` hexadecimal digits. */
    hex: (digits) => Array.from({ length: digits }, () => between(0, 15).toString(16)).join(''),
  };
}
