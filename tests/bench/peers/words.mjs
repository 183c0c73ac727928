// Numbers as they are printed: three digits that mean something, and a unit.

/** Writes a number with about three digits that mean something. */
export function digits(value) {
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US');
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  if (value >= 0.1) return value.toFixed(2);
  return value.toPrecision(2);
}

/** Writes a rate of events, in thousands where it is large. */
export function eventRate(value) {
  return value >= 10_000 ? `${digits(value / 1e3)} k/s` : `${digits(value)} /s`;
}

/** Writes a summary: the median, then the least and the most where there were several rounds. */
export function spread({ median, least, most, rounds }, write = digits) {
  return rounds === 1 ? write(median) : `${write(median)} (${write(least)}–${write(most)})`;
}
