import assert from 'node:assert/strict';
import test from 'node:test';

import { Witness } from './witness.mjs';

const CALL = { partition: 0, asked: '1', acks: '1', client: 7 };

const partition = (runs, others = {}) => {
  const last = runs.at(-1) ?? [0, 0, 0, 0];
  return { startOffset: 0, endOffset: last[0] + last[3], runs: runs.flat(), wrong: [], damage: [], ...others };
};

function witness() {
  const witness = new Witness(1);
  witness.begins(7);
  witness.begins(8);
  witness.note({ ...CALL, baseOffset: 0, lastOffset: 9, sequence: 0, count: 10 });
  witness.note({ ...CALL, baseOffset: 15, lastOffset: 19, sequence: 10, count: 5 });
  return witness;
}

const GOOD = [[0, 7, 0, 10], [10, 8, 0, 5], [15, 7, 10, 5]];

test('what was acknowledged is there, and what was in flight may be', () => {
  assert.deepEqual(witness().judge([partition(GOOD)]), []);
  assert.deepEqual(witness().judge([partition([...GOOD, [20, 8, 5, 3]])]), []);
});

test('what was seen once must stay', () => {
  const one = witness();
  assert.deepEqual(one.judge([partition([...GOOD, [20, 8, 5, 3]])]), []);
  assert.match(one.judge([partition(GOOD)]).join(), /offsets 20 to 22.* are not there/);
});

for (const [what, found, complaint] of [
  ['an acknowledged record that is lost', partition(GOOD.slice(0, 2)), /offsets 15 to 19, records 10 and on of client 7, were acknowledged/],
  ['an acknowledged record at another offset', partition([[0, 8, 0, 5], [5, 7, 0, 15]]), /offsets 0 to 9/],
  ['an acknowledged record that is lost in part', partition([GOOD[0], GOOD[1], [15, 7, 10, 4]]), /offsets 15 to 19/],
  ['a gap', partition([GOOD[0], [15, 7, 10, 5]]), /offset 10 is missing/],
  ['a log that ends before its records', partition(GOOD, { endOffset: 21 }), /end at 20, and the log at 21/],
  ['a record that is there twice', partition([...GOOD, [20, 7, 14, 2]]), /record 14 of client 7 is there twice/],
  ['a record that nobody sent', partition([...GOOD, [20, 9, 0, 1]]), /nobody knows client 9/],
  ['a wrong checksum', partition(GOOD, { wrong: ['CRC'] }), /partition 0: CRC/],
  ['damage', partition(GOOD, { damage: ['lost'] }), /partition 0: lost/],
]) {
  test(`${what} is complained about`, () => {
    assert.match(witness().judge([found]).join('\n'), complaint);
  });
}

for (const [what, told, complaint] of [
  ['offsets that are not as many as the records', { lastOffset: 21 }, /3 records from 15 on was given the offsets 20 to 21/],
  ['less than was asked for', { asked: 'all' }, /asked for acks=all and got acks=1/],
  ['a failure', { failed: { name: 'Contended', message: 'try again' } }, /failed: Contended: try again/],
]) {
  test(`an answer with ${what} is complained about`, () => {
    const one = witness();
    one.note({ ...CALL, baseOffset: 20, lastOffset: 22, sequence: 15, count: 3, ...told });
    assert.match(one.judge([partition([...GOOD, [20, 7, 15, 3]])]).join('\n'), complaint);
  });
}

test('what was refused is not there', () => {
  const one = witness();
  one.refuse({ client: 8, sequence: 5, count: 10 });
  assert.deepEqual(one.judge([partition(GOOD)]), []);
  assert.match(one.judge([partition([...GOOD, [20, 8, 14, 1]])]).join(), /call from 5 on was refused, and is there/);
});

test('what was deleted is not missed, and the log begins there', () => {
  const one = witness();
  one.delete(0, 15);
  assert.deepEqual(one.judge([partition(GOOD.slice(2), { startOffset: 15 })]), []);
  assert.match(one.judge([partition(GOOD)]).join(), /the log begins at 0, and not at 15/);
});

test('what was acknowledged is counted, by what was asked for', () => {
  assert.deepEqual([witness().records, witness().calls], [15, { 1: 2, all: 0 }]);
});
