// The arithmetic of measurements: what stands for many rounds, how far they lie apart, and what one is to another.

/** The middle one; of an even count, the mean of both in the middle. */
export function median(all) {
  if (all.length === 0) throw new Error('nothing was measured, so there is no median');
  const sorted = [...all].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that `share` percent of all do not exceed (nearest rank). */
export function percentile(all, share) {
  if (all.length === 0) throw new Error('nothing was measured, so there is no percentile');
  const sorted = [...all].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((share / 100) * sorted.length) - 1)];
}

/** The median with the least and the most, out of any number of rounds. */
export function summary(all) {
  return { median: median(all), least: Math.min(...all), most: Math.max(...all), rounds: all.length };
}

/**
 * What `ours` is to `theirs`, round by round, and then summed up: what disturbs a round disturbs both.
 * Each is a map from round to value; only rounds that have both count. Returns undefined where there are none.
 */
export function ratioByRound(ours, theirs) {
  const both = [...ours.keys()].filter((round) => theirs.has(round) && theirs.get(round) > 0);
  return both.length ? summary(both.map((round) => ours.get(round) / theirs.get(round))) : undefined;
}
