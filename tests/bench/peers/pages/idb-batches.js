// `idb` with Tablog's layout: a row is one record batch of many events, commits gather what waits, base offsets are kept in memory.
// The same work without WebAssembly, and without topics, partitions, other tabs and recovery.

import { openDB } from 'idb';

import { measure } from '../page/steps.js';
import { decodeBatch, encodeBatch } from './batch.js';

/** About 512 KiB of 200-byte events: as large as Tablog's rows. */
const EVENTS_A_ROW = 2_300;
const ROWS_AT_ONCE = 16;

measure({
  form: 'bytes',
  batch: EVENTS_A_ROW,
  // As many events as Tablog has under way.
  inFlight: 28,
  async open(name, { strict }) {
    const db = await openDB(name, 1, { upgrade: (upgraded) => { upgraded.createObjectStore('chunks'); } });
    const bases = await db.getAllKeys('chunks');
    let next = await endOf(db, bases);
    const durability = strict ? 'strict' : 'relaxed';
    let waiting = [];
    let committing = false;

    /** Commits what waits, in one transaction, until nothing does. */
    async function commit() {
      committing = true;
      while (waiting.length) {
        const group = waiting;
        waiting = [];
        try {
          const tx = db.transaction('chunks', 'readwrite', { durability });
          for (const values of rowsOf(group)) {
            tx.store.add(encodeBatch(next, Date.now(), values), next);
            bases.push(next);
            next += values.length;
          }
          tx.commit();
          await tx.done;
          group.forEach(({ done }) => done());
        } catch (error) {
          group.forEach(({ refuse }) => refuse(error));
        }
      }
      committing = false;
    }
    const append = (values) => {
      const appended = new Promise((done, refuse) => waiting.push({ values, done, refuse }));
      if (!committing) commit();
      return appended;
    };
    const read = async (offset) => {
      const row = await db.get('chunks', bases[placeOf(bases, offset)]);
      let found;
      decodeBatch(row, (at, _, value) => { if (at === offset) found = value; });
      return found;
    };
    return {
      append,
      appendAlone: (value) => append([value]),
      async scan() {
        let count = 0;
        for (let from = 0; from < bases.length; from += ROWS_AT_ONCE) {
          const rows = await db.getAll('chunks', IDBKeyRange.lowerBound(bases[from]), ROWS_AT_ONCE);
          for (const row of rows) decodeBatch(row, () => { count += 1; });
        }
        return count;
      },
      read,
      last: () => read(next - 1),
      close: () => db.close(),
    };
  },
});

async function endOf(db, bases) {
  let end = 0;
  if (bases.length) decodeBatch(await db.get('chunks', bases.at(-1)), (offset) => { end = offset + 1; });
  return end;
}

/** What waits, in order, as rows that are as large as they may be. */
function* rowsOf(group) {
  let values = [];
  for (const one of group) {
    if (values.length && values.length + one.values.length > EVENTS_A_ROW) {
      yield values;
      values = [];
    }
    values = values.length ? values.concat(one.values) : one.values;
  }
  yield values;
}

/** The last row that begins at or before an offset. */
function placeOf(bases, offset) {
  let [low, high] = [0, bases.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (bases[middle] <= offset) low = middle;
    else high = middle;
  }
  return low;
}
