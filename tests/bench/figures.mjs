// How figures are summed up and written.

import { median } from './statistics.mjs';

/** Browsers tell of tasks from 50 ms on. */
export function task(ms) {
  return ms === 0 ? 'under 50 ms' : `${ms.toFixed(0)} ms`;
}

/** Writes ratios, the one in the middle first. */
export function ratio(all, digits) {
  const each = [...all].sort((a, b) => a - b).map((it) => it.toFixed(digits));
  return all.length === 1 ? each[0] : `median ${median(all).toFixed(digits)} (${each.join(', ')})`;
}

export function grouped(number) {
  return number.toLocaleString('en-US');
}
