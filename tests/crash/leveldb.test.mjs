import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

import { crc32c } from '../samples/crc32c.mjs';
import { logsOf, readLog, tearJournal } from './leveldb.mjs';

// How a MANIFEST of Chromium 156 begins: two entries.
const SECOND_AT = 23;
const MANIFEST = Buffer.from('e4d68eee10000101086964625f636d70310200030204004328071942000102040900030604ce8c0307020591bd2b0d00000000000102000000000000230001030206150000000000000000000000000000000a4e00000000019fc30000000000', 'hex');

test('what LevelDB wrote is read to its end', () => {
  assert.deepEqual(readLog(MANIFEST), { entries: 2, end: 'whole' });
  assert.deepEqual(readLog(Buffer.alloc(0)), { entries: 0, end: 'whole' });
});

test('wherever it is cut, what is left ends whole or half', () => {
  for (let bytes = 0; bytes < MANIFEST.length; bytes += 1) {
    const { entries, end } = readLog(MANIFEST.subarray(0, bytes));
    assert.ok(end === 'half' || [0, SECOND_AT].includes(bytes), `${end} at ${bytes}`);
    assert.equal(entries, bytes < SECOND_AT ? 0 : 1);
  }
});

test('each byte that is another one is found', () => {
  for (let at = 0; at < MANIFEST.length; at += 1) {
    const other = Buffer.from(MANIFEST);
    other[at] ^= 1;
    // A length that reaches behind the end looks like an entry that is not all there: LevelDB takes it for one, too.
    assert.notEqual(readLog(other).end, 'whole', `byte ${at}`);
  }
});

test('what is appended behind half an entry makes the whole of it unreadable', () => {
  const profile = mkdtempSync(join(tmpdir(), 'tablog-leveldb-'));
  const folder = join(profile, 'Default/IndexedDB/http_127.0.0.1_1.indexeddb.leveldb');
  mkdirSync(folder, { recursive: true });
  const files = { CURRENT: 'MANIFEST-000001\n', 'MANIFEST-000001': MANIFEST, 'MANIFEST-000002': 'not in use', '000003.log': MANIFEST, '000004.log': MANIFEST };
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  tearJournal(profile);
  const whole = { bytes: MANIFEST.length, entries: 2, end: 'whole' };
  const half = { name: '000004.log', bytes: MANIFEST.length + 7, entries: 2, end: 'half' };
  assert.deepEqual(logsOf(profile), [{ name: '000003.log', ...whole }, half, { name: 'MANIFEST-000001', ...whole }]);
  writeFileSync(join(folder, half.name), MANIFEST, { flag: 'a' });
  assert.equal(logsOf(profile)[1].end, 'half', 'what is shorter than the missing rest is passed over with it');
  writeFileSync(join(folder, half.name), MANIFEST, { flag: 'a' });
  assert.equal(logsOf(profile)[1].end, 'broken');
  rmSync(profile, { recursive: true });
});

test('entries that span blocks are read, and those that end within one are not whole', () => {
  const block = 32 * 1024;
  const [first, last] = [fragment(2, block - 7), fragment(4, 100)];
  assert.deepEqual(readLog(Buffer.concat([first, last])), { entries: 1, end: 'whole' });
  assert.deepEqual(readLog(first), { entries: 0, end: 'half' });
  assert.match(readLog(Buffer.concat([first, MANIFEST])).why, /begins within another at 32768/);
  assert.match(readLog(last).why, /did not begin at 0/);
  // Six bytes or fewer at a block's end stay empty.
  assert.deepEqual(readLog(Buffer.concat([fragment(1, block - 7 - 6), Buffer.alloc(6), last.fill(fragment(1, 100))])), { entries: 2, end: 'whole' });
});

/** Makes one fragment of an entry: 1 is a whole entry, 2 its beginning and 4 its end. */
function fragment(kind, bytes) {
  const made = Buffer.alloc(7 + bytes, 5);
  made.writeUInt16LE(bytes, 4);
  made[6] = kind;
  const crc = crc32c(made.subarray(6));
  made.writeUInt32LE((((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0, 0);
  return made;
}
