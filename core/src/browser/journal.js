// Tabs tell each other through locks of the browser's that the journal is new: a lock is gone with its tab, however that ends.

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
