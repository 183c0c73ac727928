// Files of events, the same for every contender and every run.

import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

import { makeEvent, mulberry32 } from './event.mjs';

const LINES_AT_ONCE = 10_000;

/** Writes `count` events, one a line. */
export async function writeEvents(path, count) {
  const out = createWriteStream(path);
  const random = mulberry32(1);
  for (let at = 0; at < count; at += LINES_AT_ONCE) {
    let text = '';
    for (let n = at; n < Math.min(at + LINES_AT_ONCE, count); n += 1) text += `${JSON.stringify(makeEvent(n, random))}\n`;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}
