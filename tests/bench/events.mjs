// Events of about 200 bytes of JSON each, the same for every contender and every run.

import { createWriteStream } from 'node:fs';
import { once } from 'node:events';

const LINES_AT_ONCE = 10_000;

/** Writes `count` events, one a line. */
export async function writeEvents(path, count) {
  const out = createWriteStream(path);
  const random = mulberry32(1);
  for (let at = 0; at < count; at += LINES_AT_ONCE) {
    let text = '';
    for (let n = at; n < Math.min(at + LINES_AT_ONCE, count); n += 1) text += `${event(n, random)}\n`;
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'finish');
}

function event(n, random) {
  const user = Math.floor(random() * 50_000);
  const line = JSON.stringify({
    id: n,
    at: 1_793_500_000_000 + n * 7,
    user: `u-${user}`,
    action: ['view', 'cart', 'pay', 'ship'][Math.floor(random() * 4)],
    amount: Math.floor(random() * 100_000) / 100,
    session: Math.floor(random() * 2 ** 48).toString(16).padStart(12, '0'),
    note: '',
  });
  const padding = Math.max(0, 200 - line.length);
  return line.replace('"note":""', `"note":"${'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor'.repeat(2).slice(0, padding)}"`);
}

/** A small seeded generator (Tommy Ettinger's mulberry32). */
function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
