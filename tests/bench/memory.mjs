// What a tab takes of the machine's memory, as Linux tells it.

import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 50;

/** Watches the largest renderer of the browser that runs on a profile; `stop` returns the most bytes it ever took. */
export function watchMemory(profile) {
  let peak = 0;
  const timer = setInterval(() => { peak = Math.max(peak, largestRenderer(profile)); }, EVERY_MS);
  return { stop: () => { clearInterval(timer); return peak; } };
}

function largestRenderer(profile) {
  const processes = new Map();
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const [command, status] = ['cmdline', 'status'].map((file) => readFileSync(`/proc/${id}/${file}`, 'utf8'));
      processes.set(id, { command, status, parent: /^PPid:\s+(\d+)/m.exec(status)[1] });
    } catch {
      // It has ended meanwhile.
    }
  }
  const belongs = (id) => {
    const it = processes.get(id);
    return it !== undefined && (it.command.includes(`--user-data-dir=${profile}`) || belongs(it.parent));
  };
  const renderers = [...processes].filter(([id, it]) => it.command.includes('--type=renderer') && belongs(id));
  return Math.max(0, ...renderers.map(([, { status }]) => bytes(status, 'RssAnon') + bytes(status, 'RssShmem')));
}

/** What is the tab's own: not the browser's program, which all tabs share. */
function bytes(status, name) {
  return 1_024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}
