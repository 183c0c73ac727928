// LiveStore: events are committed in the page and handed to its worker, which keeps them in the origin's private files.
// A commit returns before that. An event is acknowledged when the worker has confirmed it, which is the most that LiveStore tells.

import { makePersistedAdapter } from '@livestore/adapter-web';
import { createStorePromise, queryDb } from '@livestore/livestore';

import { measure } from '../page/steps.js';
import { events as kinds, schema, tables } from './livestore-schema.js';

const ROWS_AT_ONCE = 5_000;

measure({
  form: 'text',
  batch: 100,
  async open(name) {
    const adapter = makePersistedAdapter({
      storage: { type: 'opfs' },
      worker: ({ name: called }) => new Worker('./livestore-worker.js', { type: 'module', name: called }),
      sharedWorker: ({ name: called }) => new SharedWorker('./livestore-shared-worker.js', { type: 'module', name: called }),
    });
    const store = await createStorePromise({ adapter, schema, storeId: name });
    const confirmed = confirmations(store);
    const query = (built) => store.query(queryDb(built));
    const newest = () => query(tables.events.orderBy('offset', 'desc').limit(1))[0];
    let next = (newest()?.offset ?? -1) + 1;
    const commit = async (events) => {
      store.commit(...events.map((value) => {
        const event = kinds.appended({ offset: next, value });
        next += 1;
        return event;
      }));
      await confirmed();
    };
    return {
      append: commit,
      appendAlone: (event) => commit([event]),
      async scan() {
        let count = 0;
        for (;;) {
          const some = query(tables.events.where({ offset: { op: '>=', value: count } }).orderBy('offset', 'asc').limit(ROWS_AT_ONCE));
          if (some.length === 0) return count;
          count += some.length;
        }
      },
      read: async (offset) => query(tables.events.where({ offset }))[0].value,
      last: async () => newest().value,
      close: () => store.shutdownPromise(),
    };
  },
});

/** Returns what waits until the worker has confirmed all that was committed. */
function confirmations(store) {
  let waiting = [];
  store.subscribeSyncStatus(() => {
    // What is told may be older than what was committed since.
    if (!store.syncStatus().isSynced) return;
    waiting.forEach((done) => done());
    waiting = [];
  });
  return () => (store.syncStatus().isSynced ? Promise.resolve() : new Promise((done) => waiting.push(done)));
}
