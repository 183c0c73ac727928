// What IndexedDB itself can do, with nothing above it: rows that no compressor makes smaller, of several sizes.

import { answer } from '../page/answer.js';
import { latencies } from '../page/steps.js';

const RANDOM_BYTES = 16 * 1024 * 1024;
/** Each transaction writes about so much, however large its rows. */
const TRANSACTION_BYTES = 4 * 1024 * 1024;
/** The next transaction is issued while one is being committed. */
const TRANSACTIONS_AT_ONCE = 2;
const READ_BYTES_AT_ONCE = 4 * 1024 * 1024;
const READS_AT_ONCE = 2;
/** As one event of 200 bytes is, in a batch of its own. */
const SMALL_ROW_BYTES = 271;

let random;
let db;

answer({
  async init() {
    random = new Uint8Array(RANDOM_BYTES);
    // `getRandomValues` gives 64 KiB at most.
    for (let at = 0; at < RANDOM_BYTES; at += 65_536) crypto.getRandomValues(random.subarray(at, at + 65_536));
  },
  async open({ sizes }) {
    const stores = ['relaxed', 'strict'].flatMap((durability) => [...sizes, SMALL_ROW_BYTES].map((size) => storeOf(size, durability)));
    const opening = indexedDB.open('ceiling', 1);
    opening.onupgradeneeded = () => stores.forEach((name) => opening.result.createObjectStore(name, { autoIncrement: true }));
    db = await done(opening);
  },
  async write({ row_bytes, durability, ms_max }) {
    const rows = Math.max(1, Math.floor(TRANSACTION_BYTES / row_bytes));
    const underWay = [];
    let bytes = 0;
    const began = performance.now();
    while (performance.now() - began < ms_max) {
      const tx = db.transaction(storeOf(row_bytes, durability), 'readwrite', { durability });
      for (let row = 0; row < rows; row += 1) tx.objectStore(storeOf(row_bytes, durability)).add(makeRow(row_bytes));
      tx.commit();
      bytes += rows * row_bytes;
      underWay.push(completed(tx));
      if (underWay.length === TRANSACTIONS_AT_ONCE) await underWay.shift();
    }
    await Promise.all(underWay);
    return { bytes, ms: performance.now() - began };
  },
  async read({ row_bytes, ms_max }) {
    const name = storeOf(row_bytes, 'relaxed');
    const rows = Math.max(1, Math.floor(READ_BYTES_AT_ONCE / row_bytes));
    let next = 1;
    const ask = () => {
      const range = IDBKeyRange.bound(next, next + rows - 1);
      next += rows;
      return done(db.transaction(name).objectStore(name).getAll(range));
    };
    const began = performance.now();
    const underWay = Array.from({ length: READS_AT_ONCE }, ask);
    let bytes = 0;
    while (performance.now() - began < ms_max) {
      const some = await underWay.shift();
      if (some.length === 0) break;
      some.forEach((row) => { bytes += row.length; });
      underWay.push(ask());
    }
    const ms = performance.now() - began;
    await Promise.all(underWay);
    return { bytes, ms };
  },
  /** One row, put alone, until its transaction is complete. */
  async put({ durability, times_max, ms_max }) {
    const name = storeOf(SMALL_ROW_BYTES, durability);
    return latencies(async () => {
      const began = performance.now();
      const tx = db.transaction(name, 'readwrite', { durability });
      tx.objectStore(name).put(makeRow(SMALL_ROW_BYTES));
      tx.commit();
      await completed(tx);
      return performance.now() - began;
    }, times_max, ms_max);
  },
  /** One row of this size, got alone, anywhere. */
  async get({ row_bytes, times_max, ms_max }) {
    const name = storeOf(row_bytes, 'relaxed');
    const count = await done(db.transaction(name).objectStore(name).count());
    return latencies(async () => {
      const key = 1 + Math.floor(Math.random() * count);
      const began = performance.now();
      await done(db.transaction(name).objectStore(name).get(key));
      return performance.now() - began;
    }, times_max, ms_max);
  },
  async close() {
    db.close();
  },
});

function storeOf(row_bytes, durability) {
  return `rows of ${row_bytes} bytes, ${durability}`;
}

let at = 0;
/** A copy of its own: of a view, IndexedDB would store the whole buffer. */
function makeRow(bytes) {
  at = (at + 4_099) % (RANDOM_BYTES - bytes);
  return random.slice(at, at + bytes);
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function completed(tx) {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve();
    tx.onabort = () => reject(tx.error);
  });
}
