// Who is measured, in which order, and what must be known of each to read its figures.

import { ENGINES } from '../engines.mjs';

/** The figures of something that stores in the origin's private files are those of no IndexedDB engine. */
export const OPFS = 'opfs';

const SQLITE_WASM = '@sqlite.org/sqlite-wasm/dist';
const PGLITE = '@electric-sql/pglite/dist';

/**
 * - `id`: names it; `script`: its page, `pages/<script>.js`, where that is called otherwise
 * - `options`: what its page is told when it opens a log
 * - `name`, `packages`: as they are printed, with the versions that the lock file holds
 * - `engines`: on which it runs
 * - `kind`: `ceiling`, `tablog`, `rows` (one row of IndexedDB an event), `sql` (pages of a database) or `batches`
 * - `entries`: scripts beside its page's own, by name: ours or a package's
 * - `assets`: files of packages that its page loads by address
 * - `harness`: its page loads Tablog's engine
 * - `strict`: whether it can be asked for strict durability
 * - `page`: it must run in a page, not in a worker
 * - `note`: what its figures mean
 */
export const CONTENDERS = [
  {
    id: 'ceiling',
    name: 'IndexedDB itself',
    packages: [],
    engines: ENGINES,
    kind: 'ceiling',
    strict: true,
    note: 'Incompressible rows, 4 MiB a transaction or a `getAll`, the next one issued while one is under way. The ceiling is the best of all row sizes.',
  },
  ...['none', 'lz4', 'snappy', 'zstd'].map(tablog),
  {
    id: 'idb-batches',
    name: 'idb, our batches in JavaScript',
    packages: ['idb'],
    engines: ENGINES,
    kind: 'batches',
    strict: true,
    note: 'Record batches v2 with CRC-32C, about 2,300 events a row, commits that gather what waits: what Tablog does, without topics, partitions, other tabs or recovery.',
  },
  {
    id: 'idb',
    name: 'idb, one row an event',
    packages: ['idb'],
    engines: ENGINES,
    kind: 'rows',
    strict: true,
    note: '1,000 events a transaction; read by `getAll`, 10,000 at a time.',
  },
  {
    id: 'dexie',
    name: 'Dexie',
    packages: ['dexie'],
    engines: ENGINES,
    kind: 'rows',
    strict: true,
    note: '`bulkAdd` of 1,000.',
  },
  {
    id: 'rxdb',
    name: 'RxDB, Dexie storage',
    packages: ['rxdb'],
    engines: ENGINES,
    kind: 'rows',
    strict: true,
    note: '`bulkInsert` of 1,000 into one collection, `multiInstance: false`, no plugins for development. What it has read or written it keeps in memory, and answers from there.',
  },
  {
    id: 'pglite',
    name: 'PGlite, IndexedDB',
    packages: ['@electric-sql/pglite'],
    engines: ENGINES,
    kind: 'sql',
    strict: false,
    assets: [`${PGLITE}/pglite.wasm`, `${PGLITE}/pglite.data`, `${PGLITE}/initdb.wasm`],
    note: '1,000 events an INSERT, done when the files are in IndexedDB (no `relaxedDurability`). Its transactions have the browser\'s default durability; strict cannot be asked for. Opening it includes starting PostgreSQL.',
  },
  {
    id: 'sqlite-wasm',
    name: 'SQLite, opfs-sahpool',
    packages: ['@sqlite.org/sqlite-wasm'],
    engines: [OPFS],
    kind: 'sql',
    strict: true,
    assets: [`${SQLITE_WASM}/sqlite3.wasm`, `${SQLITE_WASM}/sqlite3-opfs-async-proxy.js`],
    note: '1,000 events a transaction of a prepared INSERT. Relaxed: `synchronous = OFF`; strict: `synchronous = FULL`. One tab only: the pool locks its files.',
  },
  {
    id: 'wa-sqlite',
    name: 'wa-sqlite, IDBBatchAtomicVFS',
    packages: ['@journeyapps/wa-sqlite'],
    engines: ENGINES,
    kind: 'sql',
    strict: true,
    assets: ['@journeyapps/wa-sqlite/dist/wa-sqlite-async.wasm'],
    note: '1,000 events a transaction of a prepared INSERT. Relaxed: `synchronous = NORMAL`; strict: `synchronous = FULL`.',
  },
  {
    id: 'livestore',
    name: 'LiveStore',
    packages: ['@livestore/livestore', '@livestore/adapter-web'],
    engines: [OPFS],
    kind: 'sql',
    strict: false,
    page: true,
    entries: { 'livestore-worker': './livestore-worker.js', 'livestore-shared-worker': '@livestore/adapter-web/shared-worker' },
    assets: ['@livestore/wa-sqlite/dist/wa-sqlite.wasm'],
    note: '100 events a commit, acknowledged when its worker has confirmed them, which takes 10 at a time. Each event is kept twice: in the event log and in the table that it becomes. Strict cannot be asked for. Its reads are of a copy in memory.',
  },
  {
    id: 'pouchdb',
    name: 'PouchDB',
    packages: ['pouchdb-browser'],
    engines: ENGINES,
    kind: 'rows',
    strict: false,
    note: '`bulkDocs` of 1,000. Its transactions have the browser\'s default durability; strict cannot be asked for.',
  },
];

function tablog(codec) {
  return {
    id: `tablog-${codec}`,
    script: 'tablog',
    options: { codec },
    name: codec === 'none' ? 'Tablog' : `Tablog, ${codec}`,
    packages: [],
    engines: ENGINES,
    kind: 'tablog',
    strict: true,
    harness: true,
    note: '1,000 events a call, 64 calls under way: less than half of what may wait (`buffer.memory`). Relaxed: acks 1; strict: acks all. Every record is decoded in a scan, after the checksum of its batch was found right.',
  };
}

/** Finds a contender by its id. */
export function contenderOf(id) {
  const found = CONTENDERS.find((it) => it.id === id);
  if (!found) throw new Error(`there is no contender ${id}; there are ${CONTENDERS.map((it) => it.id).join(', ')}`);
  return found;
}
