// Many tabs append; now and then one is killed, closed, frozen or thawed, as a seed draws it.

import { setTimeout as sleep } from 'node:timers/promises';

import { chance } from '../samples/random.mjs';
import { Browser, checkEngine } from './browser.mjs';
import { Witness } from './witness.mjs';

const DATABASE = 'tabs';
const TOPIC = 'shared';
const PARTITIONS = 3;
const TABS = 8;
/** At most so many tabs are frozen at a time: somebody must go on. */
const FROZEN_MAX = 3;
const FREEZE_MS = { least: 200, most: 2_000 };
/** A call that takes longer has waited for somebody. */
const LONG_MS = 1_000;
/** Tabs pause between calls, up to this long: eight that never do measure the machine. */
const PAUSE_MS_MAX = 100;

/**
 * Lets tabs append on a profile for some time, and does to them what the seed draws; `calm`, nobody is frozen. Returns what was
 * measured; fails with everything that is wrong.
 */
export async function manyTabs({ engine, address, profile, seed, seconds, calm = false }) {
  const browser = await Browser.start(profile, engine);
  const crowd = new Crowd(browser, address, chance(seed), calm);
  await crowd.gather();
  await crowd.stir(seconds * 1_000);
  const found = await crowd.calmDown();
  const complaints = crowd.witness.judge(found);
  await browser.close();
  await checkEngine(profile, engine);
  if (complaints.length > 0) throw new Error(`${engine}, seed ${seed}:\n  ${complaints.join('\n  ')}`);
  return { ...crowd.sums, records: crowd.witness.records, calls: crowd.witness.calls, ...waits(crowd.all) };
}

/** The tabs, and what is done to them. */
class Crowd {
  witness = new Witness(PARTITIONS);
  sums = { frozen: 0, crashed: 0, closed: 0 };
  /** Every tab that there ever was. */
  all = [];
  #browser;
  #address;
  #draw;
  #calm;
  #tabs = [];
  /** What goes on beside: a tab that opens or is frozen holds up nobody here. */
  #beside = [];

  constructor(browser, address, draw, calm) {
    [this.#browser, this.#address, this.#draw, this.#calm] = [browser, address, draw, calm];
  }

  async gather() {
    const first = this.#newTab();
    await first.open(this.#address);
    await first.page.ask('createTopic', TOPIC, PARTITIONS);
    this.#tabs = [first, ...Array.from({ length: TABS - 1 }, () => this.#newTab())];
    for (const tab of this.#tabs.slice(1)) await tab.open(this.#address);
    for (const tab of this.#tabs) await tab.append();
  }

  async stir(ms) {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      await sleep(this.#draw.between(50, 400));
      const at = this.#draw.between(0, TABS - 1);
      const frozen = this.#tabs.filter((tab) => tab.isFrozen).length;
      const [what, freeze_ms] = [this.#draw.between(1, 100), this.#draw.between(FREEZE_MS.least, FREEZE_MS.most)];
      if (!this.#tabs[at].isAppending || this.#tabs[at].isFrozen) continue;
      if (what > 20 && frozen < FROZEN_MAX && !this.#calm) {
        this.sums.frozen += 1;
        this.#beside.push(this.#tabs[at].freeze(freeze_ms));
      } else if (what <= 20) {
        const how = what <= 10 ? 'crashed' : 'closed';
        this.sums[how] += 1;
        this.#beside.push(this.#replace(at, how));
      }
    }
  }

  /** Lets everybody come to an end; returns what is there then. */
  async calmDown() {
    await Promise.all(this.#beside);
    await Promise.all(this.#tabs.map((tab) => tab.page.ask('stop')));
    return this.#tabs[0].page.ask('check', TOPIC);
  }

  async #replace(at, how) {
    const gone = this.#tabs[at];
    this.#tabs[at] = this.#newTab();
    await gone.end(how);
    await this.#tabs[at].open(this.#address);
    await this.#tabs[at].append();
  }

  #newTab() {
    const tab = new Tab(this.#browser, this.witness, this.all.length + 1, this.#draw.between(1, 1_000_000_000));
    this.all.push(tab);
    return tab;
  }
}

/** One tab, and what it told. */
export class Tab {
  isAppending = false;
  isFrozen = false;
  /** When it was frozen: `{ from, to }`, wall clock. */
  freezes = [];
  /** When its calls were made, and how long opening took. */
  calls = [];
  opening = null;
  page = null;
  #browser;
  #witness;
  #client;
  #seed;

  constructor(browser, witness, client, seed) {
    [this.#browser, this.#witness, this.#client, this.#seed] = [browser, witness, client, seed];
  }

  async open(address) {
    this.page = await this.#browser.open(address, (told) => {
      if (told.client === undefined) return;
      this.#witness.note(told);
      this.calls.push({ from: told.began_ms, to: told.began_ms + told.took_ms });
    });
    const from = now();
    await this.page.ask('open', DATABASE);
    this.opening = { from, to: now() };
  }

  async append({ partitions = PARTITIONS, pause_ms = PAUSE_MS_MAX } = {}) {
    this.#witness.begins(this.#client);
    const options = { topic: TOPIC, partitions, client: this.#client, seed: this.#seed, pause_ms };
    await this.page.ask('append', options);
    this.isAppending = true;
  }

  /** Freezes the tab with its worker, as a browser does to save power, and thaws it after a while. */
  async freeze(ms) {
    const freeze = { from: now(), to: Infinity };
    this.freezes.push(freeze);
    this.isFrozen = true;
    await this.page.send('Page.setWebLifecycleState', { state: 'frozen' });
    await sleep(ms);
    await this.page.send('Page.setWebLifecycleState', { state: 'active' });
    this.isFrozen = false;
    freeze.to = now();
  }

  async end(how) {
    if (how === 'crashed') this.page.crash();
    else await this.page.close();
  }
}

/** The wall clock, to parts of a millisecond, as pages read it. */
function now() {
  return performance.timeOrigin + performance.now();
}

/**
 * Measures how long tabs waited that were not frozen themselves meanwhile: for a call and for opening, and how much of that was
 * while nobody at all was frozen. Also counts what frozen tabs still did.
 */
function waits(tabs) {
  const freezes = merged(tabs.flatMap((tab) => tab.freezes));
  const shared = (wait, freeze) => Math.max(0, Math.min(wait.to, freeze.to) - Math.max(wait.from, freeze.from));
  const besideFrozen = (wait) => freezes.reduce((sum, freeze) => sum + shared(wait, freeze), 0);
  const longest = { call_ms: 0, opening_ms: 0, whileNobodyIsFrozen_ms: 0, somebodyFrozen_ms: Math.max(0, ...freezes.map(({ from, to }) => to - from)) };
  let [callsWhileFrozen, longCalls] = [0, 0];
  const lengths = [];
  for (const tab of tabs) {
    const awake = tab.calls.filter((call) => !tab.freezes.some((freeze) => shared(call, freeze) > 0));
    callsWhileFrozen += tab.calls.filter((call) => tab.freezes.some((freeze) => freeze.from + 100 < call.from && call.to < freeze.to - 100)).length;
    longCalls += awake.filter((call) => call.to - call.from > LONG_MS).length;
    for (const call of awake) {
      lengths.push(call.to - call.from);
      longest.call_ms = Math.max(longest.call_ms, call.to - call.from);
      longest.whileNobodyIsFrozen_ms = Math.max(longest.whileNobodyIsFrozen_ms, call.to - call.from - besideFrozen(call));
    }
    if (tab.opening) longest.opening_ms = Math.max(longest.opening_ms, tab.opening.to - tab.opening.from);
  }
  for (const name of Object.keys(longest)) longest[name] = Math.round(longest[name]);
  lengths.sort((a, b) => a - b);
  const of = (part) => Math.round(lengths[Math.floor(part * (lengths.length - 1))] ?? 0);
  return { longest, usual: { calls: lengths.length, p50_ms: of(0.5), p95_ms: of(0.95), p99_ms: of(0.99) }, longCalls, callsWhileFrozen };
}

/** Joins spans of time that overlap. */
function merged(spans) {
  const sorted = [...spans].sort((a, b) => a.from - b.from);
  const joined = [];
  for (const span of sorted) {
    const last = joined.at(-1);
    if (last && span.from <= last.to) last.to = Math.max(last.to, span.to);
    else joined.push({ ...span });
  }
  return joined;
}
