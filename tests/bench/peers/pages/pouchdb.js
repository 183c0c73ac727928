// PouchDB with its IndexedDB adapter of old, which its documentation calls the default: `bulkDocs` for many, `put` for one.

import PouchDB from 'pouchdb-browser';

import { measure } from '../page/steps.js';

const KEY_DIGITS = 12;
const DOCUMENTS_AT_ONCE = 5_000;
const key = (offset) => String(offset).padStart(KEY_DIGITS, '0');

measure({
  form: 'object',
  async open(name) {
    const db = new PouchDB(name);
    const newest = async () => (await db.allDocs({ descending: true, limit: 1, include_docs: true })).rows[0]?.doc;
    const found = await newest();
    let next = found ? Number(found._id) + 1 : 0;
    const keyed = (event) => {
      const document = { ...event, _id: key(next) };
      next += 1;
      return document;
    };
    return {
      async append(events) {
        const refused = (await db.bulkDocs(events.map(keyed))).filter((it) => !it.ok);
        if (refused.length) throw new Error(`${refused.length} documents were refused: ${JSON.stringify(refused[0])}`);
      },
      appendAlone: (event) => db.put(keyed(event)),
      async scan() {
        let count = 0;
        for (;;) {
          const { rows } = await db.allDocs({ include_docs: true, startkey: key(count), limit: DOCUMENTS_AT_ONCE });
          if (rows.length === 0) return count;
          count += rows.length;
        }
      },
      read: (offset) => db.get(key(offset)),
      last: newest,
      close: () => db.close(),
    };
  },
});
