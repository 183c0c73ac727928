// Dexie as its documentation shows it: one row an event, `bulkAdd` for many.

import { Dexie } from 'dexie';

import { measure } from '../page/steps.js';

const ROWS_AT_ONCE = 10_000;

measure({
  form: 'object',
  async open(name, { strict }) {
    const db = new Dexie(name, { chromeTransactionDurability: strict ? 'strict' : 'relaxed' });
    db.version(1).stores({ events: '++offset' });
    await db.open();
    return {
      append: (events) => db.events.bulkAdd(events),
      // It writes the key that it gives into the object that it is given.
      appendAlone: (event) => db.events.add({ ...event }),
      async scan() {
        let count = 0;
        for (;;) {
          const some = await db.events.where('offset').above(count).limit(ROWS_AT_ONCE).toArray();
          if (some.length === 0) return count;
          count += some.length;
        }
      },
      // Keys count from 1.
      read: (offset) => db.events.get(offset + 1),
      last: () => db.events.orderBy('offset').last(),
      close: () => db.close(),
    };
  },
});
