// The journals of Chromium's two IndexedDB engines: where they lie, how far they reach, and how to cut them.

import { closeSync, existsSync, openSync, readdirSync, readSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const WAL_HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

/** LevelDB appends each commit to its newest `.log`, and begins another one when what is in it was written to a table. */
class LevelDbLog {
  #folder;

  constructor(folder) {
    this.#folder = join(folder, readdirSync(folder).find((name) => name.endsWith('.indexeddb.leveldb')));
  }

  /** Tells how far the journal reaches: `{ part, bytes }`. What lies in an earlier part was written to a table, and flushed. */
  mark() {
    const part = readdirSync(this.#folder).filter((name) => /^\d+\.log$/.test(name)).sort().at(-1);
    return { part, bytes: statSync(join(this.#folder, part)).size };
  }

  /** Cutting before this would undo what no power cut can: here nothing. */
  floor() {
    return 0;
  }

  cut(bytes) {
    truncateSync(join(this.#folder, this.mark().part), bytes);
  }
}

/** SQLite appends each commit to its write-ahead log, and begins it anew, with other salts, once all is in the database's file. */
class SqliteWal {
  #wal;
  #database;
  #part = '';
  #at = 0;
  #bytes = 0;
  /** The marks of this part, with the database's file as it was then. */
  #marks = [];

  constructor(folder) {
    this.#wal = find(folder, (name) => name.endsWith('-wal'));
    this.#database = this.#wal.slice(0, -'-wal'.length);
  }

  mark() {
    const file = openSync(this.#wal, 'r');
    try {
      const header = read(file, 0, WAL_HEADER_BYTES);
      const [page, part] = header ? [header.readUInt32BE(8), header.toString('hex', 16, 24)] : [0, ''];
      if (part !== this.#part) this.#begin(part);
      for (let frame = read(file, this.#at, FRAME_HEADER_BYTES); frame?.toString('hex', 8, 16) === part; frame = read(file, this.#at, FRAME_HEADER_BYTES)) {
        this.#at += FRAME_HEADER_BYTES + page;
        // Only the last frame of a commit says how large the database is then.
        if (frame.readUInt32BE(4) !== 0) this.#bytes = this.#at;
      }
    } finally {
      closeSync(file);
    }
    const mark = { part: this.#part, bytes: this.#bytes };
    this.#marks.push({ ...mark, database: statSync(this.#database).mtimeMs });
    return mark;
  }

  #begin(part) {
    [this.#part, this.#at, this.#bytes, this.#marks] = [part, WAL_HEADER_BYTES, 0, []];
  }

  /** What was copied into the database's file was flushed before in the log: a cut there would mix old pages with new ones. */
  floor() {
    const now = statSync(this.#database).mtimeMs;
    if (this.#marks.every((mark) => mark.database === now)) return 0;
    return this.#marks.find((mark) => mark.database === now)?.bytes ?? this.#bytes;
  }

  cut(bytes) {
    truncateSync(this.#wal, bytes);
  }
}

/** Finds a profile's journal. */
export function journalOf(profile, engine) {
  const folder = join(profile, 'Default', 'IndexedDB');
  return engine === 'leveldb' ? new LevelDbLog(folder) : new SqliteWal(folder);
}

function find(folder, wanted) {
  const found = existsSync(folder) ? readdirSync(folder, { recursive: true }).find(wanted) : undefined;
  if (!found) throw new Error(`there is no journal in ${folder}`);
  return join(folder, found);
}

function read(file, position, bytes) {
  const buffer = Buffer.alloc(bytes);
  return readSync(file, buffer, 0, bytes, position) === bytes ? buffer : null;
}
