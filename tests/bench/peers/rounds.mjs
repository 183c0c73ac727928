// Sends each contender on its visits, in turn, each in a process of its own. What one does to itself harms no other.

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const VISIT = fileURLToPath(new URL('visit.mjs', import.meta.url));
/** After it was asked to stop, a visit has so long to close its browser. */
const STOP_MS_MAX = 10_000;
const TIMED_OUT = 'not done within';

/** Collects visits, and keeps them in a file after each: what was measured is not lost when something later fails. */
export class Visits {
  /** `folder` takes the profiles; `results` is the file; `script` is what makes a visit. */
  constructor({ folder, pages, results, say, script = VISIT }) {
    Object.assign(this, { folder, pages, results, say, script, all: [] });
  }

  /** Sends a contender on one visit and keeps what came of it. */
  async send(order, seconds_max) {
    const { contender, engine, task } = order;
    const hung = this.all.find((it) => it.contender === contender && it.engine === engine && it.task === task && it.error?.includes(TIMED_OUT));
    if (hung) return this.keep({ ...order, figures: {}, seconds: 0, error: `not tried again: ${hung.error}` });
    const profile = await mkdtemp(join(this.folder, 'profile-'));
    const began = performance.now();
    const { figures, error } = await visit(this.script, { ...order, profile, pages: this.pages }, seconds_max);
    await rm(profile, { recursive: true, force: true });
    return this.keep({ ...order, figures, error, seconds: (performance.now() - began) / 1e3 });
  }

  async keep({ plan, ...visited }) {
    this.all.push(visited);
    await mkdir(join(this.results, '..'), { recursive: true });
    await writeFile(this.results, JSON.stringify(this.all, null, 1));
    const which = [visited.contender, visited.engine, nameOf(visited)];
    const came = visited.error ? `FAILED: ${visited.error}` : inShort(visited.figures);
    this.say(`${which.join(' · ')}: ${came} (${visited.seconds.toFixed(0)} s)`);
    return visited;
  }
}

/** What a visit was for, in words. */
export function nameOf({ task, round, events }) {
  if (task === 'round') return `round ${round + 1}`;
  return events === undefined ? task : `${task} of ${events.toLocaleString('en-US')}`;
}

/** The two figures by which one sees that all is well. */
function inShort(figures) {
  const bulk = figures['bulk relaxed'];
  const alone = figures['alone relaxed'] ?? figures['put relaxed'];
  const words = [];
  if (bulk) words.push(`${(bulk.events / bulk.ms).toFixed(1)} k events/s`);
  if (alone) words.push(`alone ${alone.p50_ms.toFixed(2)} ms`);
  return words.join(', ') || 'done';
}

/** Runs one visit; returns the figures that it told, and why it failed if it did. */
async function visit(script, order, seconds_max) {
  const child = spawn(process.execPath, [script, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => child.on('close', done));
  let timedOut = false;
  const timers = [setTimeout(() => {
    timedOut = true;
    child.kill('SIGTERM');
    timers.push(setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX));
  }, seconds_max * 1e3)];
  let complaints = '';
  child.stderr.on('data', (piece) => { complaints = (complaints + piece).slice(-2_000); });
  const figures = {};
  let error;
  for await (const line of createInterface({ input: child.stdout })) {
    const told = JSON.parse(line);
    if (told.error) error = told.error;
    else note(figures, told);
  }
  const status = await ended;
  timers.forEach(clearTimeout);
  await endBrowsersOf(order.profile);
  if (timedOut) error = `${TIMED_OUT} ${seconds_max} s${error ? ` (${error})` : ''}`;
  else if (status !== 0) error ??= `ended with ${status}: ${whyOf(complaints)}`;
  return { figures, error };
}

/** The line of Node's complaint that names an error. */
function whyOf(complaints) {
  const lines = complaints.trim().split('\n');
  return lines.findLast((line) => /Error: /.test(line)) ?? lines.at(-1);
}

/** A figure that is told several times is a list. */
function note(figures, { key, figure }) {
  if (!(key in figures)) figures[key] = figure;
  else if (Array.isArray(figures[key])) figures[key].push(figure);
  else figures[key] = [figures[key], figure];
}

/** A visit that had to be killed leaves its browser behind, which is known by the profile that we made for it. */
async function endBrowsersOf(profile) {
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const words = (await readFile(`/proc/${id}/cmdline`, 'utf8')).split('\0');
      if (words.includes(`--user-data-dir=${profile}`)) process.kill(Number(id), 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
}
