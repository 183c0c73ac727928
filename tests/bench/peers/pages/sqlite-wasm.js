// SQLite's own WebAssembly on the origin's private files (opfs-sahpool), in a worker: prepared statements, one transaction a call.

import sqlite3InitModule from '@sqlite.org/sqlite-wasm';

import { measure } from '../page/steps.js';

let pool;

measure({
  form: 'text',
  async init() {
    const sqlite3 = await sqlite3InitModule();
    pool = await sqlite3.installOpfsSAHPoolVfs({});
  },
  async open(name, { strict }) {
    const db = new pool.OpfsSAHPoolDb(`/${name}.sqlite3`);
    // FULL, the default, asks the disk. OFF leaves writing to the operating system, as IndexedDB's relaxed transactions do.
    db.exec(`PRAGMA synchronous = ${strict ? 'FULL' : 'OFF'}`);
    // Keys count from 1.
    db.exec('CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY, value TEXT NOT NULL)');
    const insert = db.prepare('INSERT INTO events (value) VALUES (?)');
    const add = (event) => insert.bind(1, event).stepReset();
    const one = db.prepare('SELECT value FROM events WHERE n = ?');
    return {
      append: async (events) => db.transaction(() => events.forEach(add)),
      appendAlone: async (event) => { add(event); },
      async scan() {
        let count = 0;
        db.exec({
          sql: 'SELECT value FROM events ORDER BY n',
          rowMode: '$value',
          callback: () => { count += 1; },
        });
        return count;
      },
      async read(offset) {
        one.bind(1, offset + 1).step();
        const value = one.get(0);
        one.reset();
        return value;
      },
      last: async () => db.selectValue('SELECT value FROM events ORDER BY n DESC LIMIT 1'),
      async close() {
        [insert, one].forEach((statement) => statement.finalize());
        db.close();
      },
    };
  },
});
