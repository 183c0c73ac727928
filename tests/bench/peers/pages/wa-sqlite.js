// wa-sqlite with IDBBatchAtomicVFS, in a worker: SQLite whose pages are rows of IndexedDB.

import SQLiteESMFactory from '@journeyapps/wa-sqlite/dist/wa-sqlite-async.mjs';
import * as SQLite from '@journeyapps/wa-sqlite';
import { IDBBatchAtomicVFS } from '@journeyapps/wa-sqlite/src/examples/IDBBatchAtomicVFS.js';

import { measure } from '../page/steps.js';

const VFS = 'bench';
let sqlite3;

measure({
  form: 'text',
  async init() {
    const module = await SQLiteESMFactory();
    sqlite3 = SQLite.Factory(module);
    sqlite3.vfs_register(await IDBBatchAtomicVFS.create(VFS, module), true);
  },
  async open(name, { strict }) {
    const db = await sqlite3.open_v2(name);
    // Its transactions are strict with FULL and relaxed with NORMAL.
    await sqlite3.exec(db, `PRAGMA synchronous = ${strict ? 'FULL' : 'NORMAL'}`);
    await sqlite3.exec(db, 'CREATE TABLE IF NOT EXISTS events (n INTEGER PRIMARY KEY, value TEXT NOT NULL)');
    // One connection takes one call at a time; the next ones wait for it.
    let busy = Promise.resolve();
    const alone = (work) => {
      const done = busy.then(work);
      busy = done.catch(() => {});
      return done;
    };
    const prepared = async (sql) => {
      for await (const statement of sqlite3.statements(db, sql, { unscoped: true })) return statement;
      throw new Error(`no statement: ${sql}`);
    };
    const insert = await prepared('INSERT INTO events (value) VALUES (?)');
    const one = await prepared('SELECT value FROM events WHERE n = ?');
    const newest = await prepared('SELECT value FROM events ORDER BY n DESC LIMIT 1');
    const add = async (event) => {
      sqlite3.bind(insert, 1, event);
      await sqlite3.step(insert);
      await sqlite3.reset(insert);
    };
    const value = async (statement) => {
      await sqlite3.step(statement);
      const found = sqlite3.column(statement, 0);
      await sqlite3.reset(statement);
      return found;
    };
    return {
      append: (events) => alone(async () => {
        await sqlite3.exec(db, 'BEGIN IMMEDIATE');
        for (const event of events) await add(event);
        await sqlite3.exec(db, 'COMMIT');
      }),
      appendAlone: (event) => alone(() => add(event)),
      scan: () => alone(async () => {
        let count = 0;
        await sqlite3.exec(db, 'SELECT value FROM events ORDER BY n', () => { count += 1; });
        return count;
      }),
      read: (offset) => alone(() => {
        sqlite3.bind(one, 1, offset + 1);
        return value(one);
      }),
      last: () => alone(() => value(newest)),
      close: () => alone(async () => {
        for (const statement of [insert, one, newest]) await sqlite3.finalize(statement);
        await sqlite3.close(db);
      }),
    };
  },
});
