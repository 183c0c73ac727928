// On what was measured: the machine, and the exact version of everything.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const LOCK = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const POM = fileURLToPath(new URL('../../interop/pom.xml', import.meta.url));

/** Tells what this machine is. */
export function machine() {
  return {
    processor: `${cpus().length} × ${cpus()[0].model}`,
    memory_gib: totalmem() / 2 ** 30,
    system: `${distribution()}, Linux ${release()}`,
    chromium: said(process.env.TABLOG_CHROMIUM ?? '/usr/bin/chromium', ['--version']),
    node: process.version,
    kafka: /<kafka.version>(.+)<\/kafka.version>/.exec(readFileSync(POM, 'utf8'))?.[1],
    java: said('java', ['--version']).split('\n')[0],
    commit: said('git', ['describe', '--always', '--dirty']),
  };
}

/** How much else the machine had to do: the mean count of processes that wanted to run, over a minute. */
export function load() {
  return loadavg()[0];
}

/** The versions that the lock file holds: by package. */
export function versions(packages) {
  const lock = JSON.parse(readFileSync(LOCK, 'utf8')).packages;
  return packages.map((name) => `${name} ${lock[`node_modules/${name}`].version}`);
}

function distribution() {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'an unknown system';
  }
}

function said(program, words) {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch (error) {
    return `unknown (${error.code ?? error.status})`;
  }
}
