/** Chromium's two IndexedDB engines. */
export const ENGINES = ['leveldb', 'sqlite'];
