// How much room a profile's stored data takes, as the file system tells it.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

const BLOCK_BYTES = 512;
/** Where Chromium keeps IndexedDB, and the origin's private files. */
const FOLDERS = ['IndexedDB', 'File System'];

/** Counts the blocks of all files in which pages of this profile store something. */
export async function storedBytes(profile) {
  let bytes = 0;
  for (const folder of FOLDERS) bytes += await bytesIn(join(profile, 'Default', folder));
  return bytes;
}

async function bytesIn(folder) {
  let entries;
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return 0;
    throw error;
  }
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await bytesIn(path) : (await stat(path)).blocks * BLOCK_BYTES;
  }
  return bytes;
}
