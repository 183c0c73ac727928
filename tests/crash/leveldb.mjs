// LevelDB's journals and MANIFESTs, which are of one format (https://github.com/google/leveldb/blob/main/doc/log_format.md): where
// they end in the middle of an entry, and where the database could not be opened any more.

import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { crc32c } from '../samples/crc32c.mjs';

const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const [FULL, FIRST, MIDDLE, LAST] = [1, 2, 3, 4];

/**
 * Reads a journal or a MANIFEST as LevelDB does. Returns how many whole entries it has, and `end`: `whole`, or `half` where the
 * last entry is not all there, which LevelDB passes over, or `broken`, which it does not.
 */
export function readLog(bytes) {
  let [entries, isWithin, at] = [0, false, 0];
  const broken = (why) => ({ entries, end: 'broken', why: `${why} at ${at}` });
  while (true) {
    const left = BLOCK_BYTES - (at % BLOCK_BYTES);
    if (left < HEADER_BYTES) at += left;
    if (at >= bytes.length) return { entries, end: isWithin ? 'half' : 'whole' };
    if (bytes.length - at < HEADER_BYTES) return { entries, end: 'half' };
    const [length, kind] = [bytes.readUInt16LE(at + 4), bytes[at + 6]];
    const end = at + HEADER_BYTES + length;
    // Within a block that is all there, a fragment that is too long for it is wrong; at the end, it was not written yet.
    const blockEnd = at - (at % BLOCK_BYTES) + BLOCK_BYTES;
    if (end > Math.min(blockEnd, bytes.length)) return blockEnd > bytes.length ? { entries, end: 'half' } : broken('a fragment is longer than its block');
    if (bytes.readUInt32LE(at) !== masked(crc32c(bytes.subarray(at + 6, end)))) return broken('wrong checksum');
    if (![FULL, FIRST, MIDDLE, LAST].includes(kind)) return broken(`fragment of kind ${kind}`);
    if ([FULL, FIRST].includes(kind) === isWithin) return broken(isWithin ? 'an entry begins within another' : 'an entry goes on that did not begin');
    isWithin = kind === FIRST || kind === MIDDLE;
    if (!isWithin) entries += 1;
    at = end;
  }
}

/** LevelDB keeps checksums in this form, so that one of bytes with checksums in them is none of these. */
function masked(crc) {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Returns what `readLog` says of the MANIFEST in use and of each journal of a profile's databases: `{ name, bytes, … }`. */
export function logsOf(profile) {
  const folder = folderOf(profile);
  if (!folder || !existsSync(join(folder, 'CURRENT'))) return [];
  const current = readFileSync(join(folder, 'CURRENT'), 'utf8').trim();
  const names = readdirSync(folder).filter((name) => name === current || name.endsWith('.log')).sort();
  return names.map((name) => {
    const bytes = readFileSync(join(folder, name));
    return { name, bytes: bytes.length, ...readLog(bytes) };
  });
}

/** Leaves half an entry at the end of the newest journal, as a kill does between LevelDB's two writes: its header, and nothing of the rest. */
export function tearJournal(profile) {
  const journal = logsOf(profile).findLast(({ name }) => name.endsWith('.log'));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16LE(100, 4);
  header[6] = FULL;
  appendFileSync(join(folderOf(profile), journal.name), header);
}

/** Copies what tells a profile's story to another folder, in place of what was there: the next browser changes all of it. */
export async function keepStory(profile, to) {
  const folder = folderOf(profile);
  await rm(to, { recursive: true, force: true });
  if (!folder) return;
  await mkdir(to, { recursive: true });
  // Tables are left out: they are large, and the MANIFEST says which there must be.
  for (const name of readdirSync(folder).filter((name) => !name.endsWith('.ldb'))) await cp(join(folder, name), join(to, name), { recursive: true });
}

function folderOf(profile) {
  const folder = join(profile, 'Default', 'IndexedDB');
  const name = existsSync(folder) && readdirSync(folder).find((name) => name.endsWith('.indexeddb.leveldb'));
  return name ? join(folder, name) : undefined;
}
