// RxDB with its Dexie storage: `bulkInsert` for many, `insert` for one, its own queries for reading. Its primary keys are texts.

import { createRxDatabase } from 'rxdb/plugins/core';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';

import { measure } from '../page/steps.js';

const KEY_DIGITS = 12;
const DOCUMENTS_AT_ONCE = 5_000;
const SCHEMA = {
  version: 0,
  primaryKey: 'offset',
  type: 'object',
  properties: {
    offset: { type: 'string', maxLength: KEY_DIGITS },
    id: { type: 'number' },
    at: { type: 'number' },
    user: { type: 'string' },
    action: { type: 'string' },
    amount: { type: 'number' },
    session: { type: 'string' },
    note: { type: 'string' },
  },
  required: ['offset', 'id', 'at'],
};

const key = (offset) => String(offset).padStart(KEY_DIGITS, '0');

measure({
  form: 'object',
  async open(name, { strict }) {
    const storage = getRxStorageDexie({ chromeTransactionDurability: strict ? 'strict' : 'relaxed' });
    const db = await createRxDatabase({ name, storage, multiInstance: false });
    const { events: collection } = await db.addCollections({ events: { schema: SCHEMA } });
    const newest = () => collection.findOne({ sort: [{ offset: 'desc' }] }).exec();
    const found = await newest();
    let next = found ? Number(found.offset) + 1 : 0;
    const keyed = (event) => {
      const document = { ...event, offset: key(next) };
      next += 1;
      return document;
    };
    return {
      async append(events) {
        const { error } = await collection.bulkInsert(events.map(keyed));
        if (error.length) throw new Error(`${error.length} documents were refused: ${JSON.stringify(error[0])}`);
      },
      appendAlone: (event) => collection.insert(keyed(event)),
      async scan() {
        let count = 0;
        for (;;) {
          const selector = { offset: { $gte: key(count) } };
          const some = await collection.find({ selector, sort: [{ offset: 'asc' }], limit: DOCUMENTS_AT_ONCE }).exec();
          if (some.length === 0) return count;
          count += some.length;
        }
      },
      read: (offset) => collection.findOne(key(offset)).exec(),
      last: newest,
      close: () => db.close(),
    };
  },
});
