// PGlite on IndexedDB: one INSERT for many events. It is done when its files are in IndexedDB, as by default.

import { PGlite } from '@electric-sql/pglite';

import { measure } from '../page/steps.js';

const ROWS_AT_ONCE = 10_000;

measure({
  form: 'text',
  async open(name) {
    const db = await PGlite.create(`idb://${name}`);
    // "offset" is a word of SQL's own. Keys count from 1.
    await db.exec('CREATE TABLE IF NOT EXISTS events (n BIGSERIAL PRIMARY KEY, value TEXT NOT NULL)');
    const one = async (sql, values) => (await db.query(sql, values)).rows[0].value;
    return {
      append: (events) => db.query('INSERT INTO events (value) SELECT unnest($1::text[])', [events]),
      appendAlone: (event) => db.query('INSERT INTO events (value) VALUES ($1)', [event]),
      async scan() {
        let count = 0;
        for (;;) {
          const { rows } = await db.query('SELECT n, value FROM events WHERE n > $1 ORDER BY n LIMIT $2', [count, ROWS_AT_ONCE]);
          if (rows.length === 0) return count;
          count += rows.length;
        }
      },
      read: (offset) => one('SELECT value FROM events WHERE n = $1', [offset + 1]),
      last: () => one('SELECT value FROM events ORDER BY n DESC LIMIT 1', []),
      close: () => db.close(),
    };
  },
});
