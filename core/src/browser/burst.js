// A whole transaction in one go.
//
// A browser that freezes a tab stops its workers in the middle of what they do: V8 does so where a function begins and where a loop
// goes round, in WebAssembly as well. A transaction that has begun by then stays open, and all others wait until the tab is thawed. So
// between the beginning of a transaction and its end there is neither a loop here nor a call of anything but the browser's own.

/** What can be asked of a table, by its number. */
const METHODS = ['put', 'add', 'delete', 'get', 'getAll', 'getAllKeys', 'getAllRecords', 'openKeyCursor'];

/** What a transaction is for, by its number: to read, to write, to write what the disk is asked for. */
const MODES = [['readonly', {}], ['readwrite', { durability: 'relaxed' }], ['readwrite', { durability: 'strict' }]];

/**
 * Begins a transaction and makes its requests; `isAll` says that no more come. Each request has a kind, which is sixteen times the
 * number of its table among the `tables` and the number of its method, and two parameters. Returns the transaction, and behind it the
 * requests. When one of them cannot be made, nothing is changed.
 */
export function burst(database, tables, mode, kinds, a, b, isAll) {
  const count = kinds.length;
  const scope = [...new Set(Array.from(kinds, (kind) => tables[kind >> 4]))];
  const [access, options] = MODES[mode];
  const transaction = database.transaction(scope, access, options);
  const made = [transaction];
  try {
    if (count > 0) made[1] = transaction.objectStore(tables[kinds[0] >> 4])[METHODS[kinds[0] & 15]](a[0], b[0]);
    if (count > 1) made[2] = transaction.objectStore(tables[kinds[1] >> 4])[METHODS[kinds[1] & 15]](a[1], b[1]);
    if (count > 2) made[3] = transaction.objectStore(tables[kinds[2] >> 4])[METHODS[kinds[2] & 15]](a[2], b[2]);
    if (count > 3) made[4] = transaction.objectStore(tables[kinds[3] >> 4])[METHODS[kinds[3] & 15]](a[3], b[3]);
    if (count > 4) made[5] = transaction.objectStore(tables[kinds[4] >> 4])[METHODS[kinds[4] & 15]](a[4], b[4]);
    if (count > 5) made[6] = transaction.objectStore(tables[kinds[5] >> 4])[METHODS[kinds[5] & 15]](a[5], b[5]);
    if (count > 6) made[7] = transaction.objectStore(tables[kinds[6] >> 4])[METHODS[kinds[6] & 15]](a[6], b[6]);
    if (count > 7) made[8] = transaction.objectStore(tables[kinds[7] >> 4])[METHODS[kinds[7] & 15]](a[7], b[7]);
    if (count > 8) made[9] = transaction.objectStore(tables[kinds[8] >> 4])[METHODS[kinds[8] & 15]](a[8], b[8]);
    if (count > 9) made[10] = transaction.objectStore(tables[kinds[9] >> 4])[METHODS[kinds[9] & 15]](a[9], b[9]);
    if (count > 10) made[11] = transaction.objectStore(tables[kinds[10] >> 4])[METHODS[kinds[10] & 15]](a[10], b[10]);
    if (count > 11) made[12] = transaction.objectStore(tables[kinds[11] >> 4])[METHODS[kinds[11] & 15]](a[11], b[11]);
    if (count > 12) made[13] = transaction.objectStore(tables[kinds[12] >> 4])[METHODS[kinds[12] & 15]](a[12], b[12]);
    if (count > 13) made[14] = transaction.objectStore(tables[kinds[13] >> 4])[METHODS[kinds[13] & 15]](a[13], b[13]);
    if (count > 14) made[15] = transaction.objectStore(tables[kinds[14] >> 4])[METHODS[kinds[14] & 15]](a[14], b[14]);
    if (count > 15) made[16] = transaction.objectStore(tables[kinds[15] >> 4])[METHODS[kinds[15] & 15]](a[15], b[15]);
    if (count > 16) made[17] = transaction.objectStore(tables[kinds[16] >> 4])[METHODS[kinds[16] & 15]](a[16], b[16]);
    if (count > 17) made[18] = transaction.objectStore(tables[kinds[17] >> 4])[METHODS[kinds[17] & 15]](a[17], b[17]);
    if (count > 18) made[19] = transaction.objectStore(tables[kinds[18] >> 4])[METHODS[kinds[18] & 15]](a[18], b[18]);
    if (count > 19) made[20] = transaction.objectStore(tables[kinds[19] >> 4])[METHODS[kinds[19] & 15]](a[19], b[19]);
    if (count > 20) made[21] = transaction.objectStore(tables[kinds[20] >> 4])[METHODS[kinds[20] & 15]](a[20], b[20]);
    if (count > 21) made[22] = transaction.objectStore(tables[kinds[21] >> 4])[METHODS[kinds[21] & 15]](a[21], b[21]);
    if (count > 22) made[23] = transaction.objectStore(tables[kinds[22] >> 4])[METHODS[kinds[22] & 15]](a[22], b[22]);
    if (count > 23) made[24] = transaction.objectStore(tables[kinds[23] >> 4])[METHODS[kinds[23] & 15]](a[23], b[23]);
    for (let n = AT_ONCE; n < count; n += 1) {
      made[n + 1] = transaction.objectStore(tables[kinds[n] >> 4])[METHODS[kinds[n] & 15]](a[n], b[n]);
    }
    if (isAll) transaction.commit();
  } catch (error) {
    transaction.abort();
    throw error;
  }
  return made;
}

/** So many requests are made without a loop: those of any append to a few partitions. */
const AT_ONCE = 24;

/**
 * Calls `done` once, when a transaction has ended: with `true` when it is complete, and else with the first error that says why. The
 * requests that fall with a transaction say "AbortError", whatever the cause was.
 */
export function whenEnded(transaction, done) {
  let cause = null;
  transaction.onerror = ({ target: { error } }) => {
    if (error?.name !== 'AbortError') cause ??= error;
  };
  transaction.oncomplete = () => done(true, null);
  transaction.onabort = () => done(false, cause ?? transaction.error);
}
