// Chromium with a profile on disk: ordinary contexts keep IndexedDB in memory, and what they measure is fiction.

import { chromium } from 'playwright-core';

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const SQLITE = ['--enable-features=IdbSqliteBackingStore,IdbSqliteOnDiskRollout'];

/** Starts Chromium on a profile folder, with one of its two IndexedDB engines. */
export function launch(profile, engine) {
  return chromium.launchPersistentContext(profile, {
    executablePath: process.env.TABLOG_CHROMIUM ?? '/usr/bin/chromium',
    args: engine === 'sqlite' ? [...ARGS, ...SQLITE] : ARGS,
    headless: true,
    viewport: { width: 1280, height: 800 },
  });
}
