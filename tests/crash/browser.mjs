// Chromium on a profile on disk, driven through DevTools' pipe, and killed through its process group. Nothing stands between the
// test and the browser that would outlive it or tidy up after it.

import { spawn } from 'node:child_process';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

const ARGS = [
  '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-extensions', '--remote-debugging-pipe',
];
const ENGINE_ARGS = { leveldb: [], sqlite: ['--enable-features=IdbSqliteBackingStore,IdbSqliteOnDiskRollout'] };

/** Chromium's two IndexedDB engines. */
export const ENGINES = Object.keys(ENGINE_ARGS);

/** A browser that takes longer for an answer hangs. */
const ANSWER_MS_MAX = 60_000;

export class Browser {
  #process;
  #ended;
  #commands = 0;
  #waiting = new Map();
  #pages = new Map();
  #isAlive = true;

  /** Starts Chromium on a profile folder with one of its IndexedDB engines, and with `env` added to its environment. */
  static async start(profile, engine, env = {}) {
    // What a killed browser left to say that it runs.
    for (const name of ['SingletonLock', 'SingletonCookie', 'SingletonSocket']) await rm(join(profile, name), { force: true });
    const browser = new Browser(profile, engine, env);
    await browser.send('Target.setDiscoverTargets', { discover: false });
    return browser;
  }

  constructor(profile, engine, env) {
    const args = [...ARGS, ...ENGINE_ARGS[engine], `--user-data-dir=${profile}`, 'about:blank'];
    const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
    // A process group of its own, so that all of it can be killed at once.
    this.#process = spawn(process.env.TABLOG_CHROMIUM ?? '/usr/bin/chromium', args, { stdio, detached: true, env: { ...process.env, ...env } });
    this.#ended = new Promise((resolve) => { this.#process.once('close', resolve); });
    for (const pipe of [this.#process.stdio[3], this.#process.stdio[4]]) pipe.on('error', () => {});
    let unread = '';
    this.#process.stdio[4].setEncoding('utf8').on('data', (text) => {
      const messages = (unread + text).split('\0');
      unread = messages.pop();
      for (const message of messages) this.#hear(JSON.parse(message));
    });
    this.#ended.then(() => this.#end());
    running.add(this);
  }

  /** Sends one of DevTools' commands; fails when there is no answer in time, or not any more. */
  send(method, params = {}, sessionId = undefined) {
    this.#commands += 1;
    const id = this.#commands;
    return new Promise((resolve, reject) => {
      if (!this.#isAlive) return reject(new Gone(method));
      const timer = setTimeout(() => reject(new Error(`Chromium did not answer ${params.expression ?? method} within ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX);
      this.#waiting.set(id, { method, resolve, reject, timer });
      return this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** Opens a tab. `hear` gets what the page tells. */
  async open(address, hear = () => {}) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    const page = new Page(this, targetId, sessionId, hear);
    this.#pages.set(sessionId, page);
    await page.send('Runtime.enable');
    await page.send('Runtime.addBinding', { name: 'tell' });
    await page.send('Page.enable');
    const loaded = page.once('Page.loadEventFired');
    await page.send('Page.navigate', { url: address });
    await loaded;
    return page;
  }

  /** Kills every process of the browser at once, as nothing in it can notice. What it said before is heard. */
  async kill() {
    process.kill(-this.#process.pid, 'SIGKILL');
    await this.#ended;
  }

  /** Ends the browser as a person does. */
  async close() {
    await this.send('Browser.close').catch((error) => { if (!(error instanceof Gone)) throw error; });
    await this.#ended;
  }

  #hear({ id, method, params, result, error, sessionId }) {
    const waiting = this.#waiting.get(id);
    if (waiting) {
      this.#waiting.delete(id);
      clearTimeout(waiting.timer);
      if (error) waiting.reject(new Error(`${waiting.method}: ${error.message}`));
      else waiting.resolve(result);
    }
    if (method) this.#pages.get(sessionId)?.hear(method, params);
  }

  #end() {
    this.#isAlive = false;
    running.delete(this);
    for (const { method, reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new Gone(method));
    }
    this.#waiting.clear();
    for (const page of this.#pages.values()) page.hear('Inspector.detached');
  }
}

/** The browser, or the page, is not there any more. */
export class Gone extends Error {
  constructor(method) {
    super(`the browser was gone before it answered ${method}`);
  }
}

/** A tab with the harness in it. */
export class Page {
  #browser;
  #targetId;
  #sessionId;
  #hear;
  #listeners = new Map();

  constructor(browser, targetId, sessionId, hear) {
    this.#browser = browser;
    this.#targetId = targetId;
    this.#sessionId = sessionId;
    this.#hear = hear;
  }

  send(method, params = {}) {
    return this.#browser.send(method, params, this.#sessionId);
  }

  /** Calls a function of the page's worker. Fails with the error's own name when it does. */
  async ask(call, ...args) {
    const expression = `ask(${[call, ...args].map((it) => JSON.stringify(it)).join()})`;
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    const { value, error } = result.value;
    if (error) throw Object.assign(new Error(`${call}: ${error.name}: ${error.message}`), { name: error.name });
    return value;
  }

  /** Closes the tab, as its cross does but without asking. */
  async close() {
    await this.#browser.send('Target.closeTarget', { targetId: this.#targetId });
  }

  /** Ends the tab's process where it stands. */
  crash() {
    // There is nobody left who could answer.
    this.send('Page.crash').catch(() => {});
  }

  once(method) {
    return new Promise((resolve, reject) => {
      this.#listeners.set(method, resolve);
      this.#listeners.set('Inspector.detached', () => reject(new Gone(method)));
    });
  }

  hear(method, params) {
    if (method === 'Runtime.bindingCalled') this.#hear(JSON.parse(params.payload));
    const listener = this.#listeners.get(method);
    this.#listeners.delete(method);
    listener?.(params);
  }
}

/** Makes sure, after the fact, that a profile's databases are of this engine. */
export async function checkEngine(profile, engine) {
  const folder = join(profile, 'Default', 'IndexedDB');
  const names = await readdir(folder);
  const isLevelDb = names.some((name) => name.endsWith('.indexeddb.leveldb'));
  if (isLevelDb !== (engine === 'leveldb')) throw new Error(`${folder} was not written by ${engine}: ${names.join(', ')}`);
}

const running = new Set();

/** Kills every browser that still runs: a test that fails leaves its own behind, and Node waits for it. */
export function killAll() {
  for (const browser of running) browser.kill().catch(() => {});
}

process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => { killAll(); process.exit(1); });
