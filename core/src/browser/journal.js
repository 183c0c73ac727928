// What journal.rs asks the browser for. Tabs tell each other through locks that the journal is new: a lock is gone with its tab, however
// that ends.

/** Tells whether a tab of this site has the lock. */
export async function isHeld(name) {
  const { held } = await navigator.locks.query();
  return held.some((lock) => lock.name === name);
}

/** Takes the lock, beside others that have it; returns what lets it go. */
export function hold(name) {
  let letGo;
  const until = new Promise((resolve) => { letGo = resolve; });
  // Refused where a page may not have locks: then nobody hears of it.
  navigator.locks.request(name, { mode: 'shared' }, () => until).catch(() => {});
  return letGo;
}

/** Finds the databases of these names: `name` alone, or with a dot and digits behind it. */
export async function databasesOf(name) {
  const all = await indexedDB.databases();
  return all.map((database) => database.name).filter((other) => other.startsWith(name) && /^(\.\d+)?$/.test(other.slice(name.length)));
}
