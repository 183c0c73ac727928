// Chromium with a profile on disk: ordinary contexts keep IndexedDB in memory, and what they measure is fiction.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { chromium } from 'playwright-core';

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const SQLITE = ['--enable-features=IdbSqliteBackingStore,IdbSqliteOnDiskRollout'];

/** Starts Chromium on a profile folder, with one of its IndexedDB engines. */
export function launch(profile, engine) {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.TABLOG_CHROMIUM ?? '/usr/bin/chromium',
    args: engine === 'sqlite' ? [...ARGS, ...SQLITE] : ARGS,
    headless: true,
    viewport: { width: 1280, height: 800 },
  });
}

/** Makes sure, after the fact, that a profile's databases are of this engine. */
export async function checkEngine(profile, engine) {
  const folder = join(profile, 'Default', 'IndexedDB');
  const names = await readdir(folder);
  const isLevelDb = names.some((name) => name.endsWith('.indexeddb.leveldb'));
  if (isLevelDb !== (engine === 'leveldb')) throw new Error(`${folder} was not written by ${engine}: ${names.join(', ')}`);
}
