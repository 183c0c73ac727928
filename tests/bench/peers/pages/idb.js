// `idb` as its documentation shows it: one row an event, all of a call in one transaction.

import { openDB } from 'idb';

import { measure } from '../page/steps.js';

const ROWS_AT_ONCE = 10_000;

measure({
  form: 'object',
  async open(name, { strict }) {
    const db = await openDB(name, 1, {
      upgrade: (upgraded) => { upgraded.createObjectStore('events', { autoIncrement: true }); },
    });
    const durability = strict ? 'strict' : 'relaxed';
    const append = async (events) => {
      const tx = db.transaction('events', 'readwrite', { durability });
      await Promise.all([...events.map((event) => tx.store.add(event)), tx.done]);
    };
    return {
      append,
      appendAlone: (event) => append([event]),
      async scan() {
        let count = 0;
        for (;;) {
          const some = await db.getAll('events', IDBKeyRange.lowerBound(count + 1), ROWS_AT_ONCE);
          if (some.length === 0) return count;
          count += some.length;
        }
      },
      // Keys count from 1.
      read: (offset) => db.get('events', offset + 1),
      async last() {
        return (await db.transaction('events').store.openCursor(null, 'prev')).value;
      },
      close: () => db.close(),
    };
  },
});
