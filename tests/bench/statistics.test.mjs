import assert from 'node:assert/strict';
import { test } from 'node:test';

import { median, percentile, ratioByRound, summary } from './statistics.mjs';

test('the median is the one in the middle, or the mean of the two there', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 7]), 6);
  assert.equal(median([3]), 3);
  assert.throws(() => median([]), /nothing was measured/);
});

test('a percentile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => 100 - n);
  assert.equal(percentile(hundred, 50), 50);
  assert.equal(percentile(hundred, 99), 99);
  assert.equal(percentile(hundred, 100), 100);
  assert.equal(percentile([7], 99), 7);
  assert.throws(() => percentile([], 50), /nothing was measured/);
});

test('a summary tells how far the rounds lie apart', () => {
  assert.deepEqual(summary([4, 2, 8]), { median: 4, least: 2, most: 8, rounds: 3 });
});

test('a ratio is taken round by round, so that what slows a round down slows both', () => {
  const ours = new Map([[0, 100], [1, 10], [2, 60]]);
  const theirs = new Map([[0, 50], [1, 5], [2, 20]]);
  assert.deepEqual(ratioByRound(ours, theirs), { median: 2, least: 2, most: 3, rounds: 3 });
});

test('a round that only one of two has is no part of their ratio', () => {
  assert.deepEqual(ratioByRound(new Map([[0, 6], [1, 8]]), new Map([[1, 4], [2, 1]])), { median: 2, least: 2, most: 2, rounds: 1 });
  assert.equal(ratioByRound(new Map([[0, 6]]), new Map([[1, 4]])), undefined);
  assert.equal(ratioByRound(new Map([[0, 6]]), new Map([[0, 0]])), undefined);
});
