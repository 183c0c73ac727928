// Killed at any moment: clients append, the whole browser is killed, a new one opens what is left, and so on with the same profile.

import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chance } from '../samples/random.mjs';
import { Browser, checkEngine, Gone } from './browser.mjs';
import { keepStory, logsOf } from './leveldb.mjs';
import { recordsOf, Witness } from './witness.mjs';

const DATABASE = 'crash';
const TOPIC = 'killed';
const PARTITIONS = 3;
/** After so many runs a new profile is begun: every run looks at every record. */
const RUNS_PER_PROFILE = 25;
/** A kill that waits for acknowledgements comes after this time at the latest. */
const WAIT_MS_MAX = 5_000;

/** One profile after the other on one engine, from kill to kill. */
export class Victim {
  /** The folder of the profile, for whoever wants to look at it. */
  profile = '';
  /** What all runs came to. `lostToChromium` counts stores: docs/CRASH.md says which, and that nothing helps. */
  sums = { runs: 0, lostToChromium: 0, records: 0, calls: { 1: 0, all: 0 }, unacknowledged: 0, longestOpening_ms: 0, half: { journals: 0, manifests: 0 } };
  #engine;
  #address;
  #folder;
  #browser = null;
  #page = null;
  #witness = null;
  #clients = 0;
  /** Names the store: one that the browser gave up and made anew has another name. */
  #store = '';
  /** Records that were there when somebody last looked. */
  #there = 0;
  #onNote = () => {};
  /** Whether a browser was killed when it had appended to a journal that another one had left with half an entry. */
  #isBeyondHelp = false;

  /** `folder` takes the profiles. */
  constructor(engine, address, folder) {
    this.#engine = engine;
    this.#address = address;
    this.#folder = folder;
  }

  /** Appends, kills, opens again and looks. Returns a line about it; fails with everything that is wrong. */
  async run(seed) {
    const draw = chance(seed);
    if (this.sums.runs % RUNS_PER_PROFILE === 0) await this.#begin();
    const acknowledged = { records: this.#witness.records, calls: { ...this.#witness.calls } };
    const kill = draw.pick([this.#killAfterATime, this.#killAfterATime, this.#killAtAnAcknowledgement, this.#killAtAnAcknowledgement, this.#killWhileItOpens]);
    this.#isBeyondHelp = false;
    const words = await kill.call(this, draw);
    const began = performance.now();
    await this.#start();
    const store = await this.#page.ask('clusterId');
    if (store !== this.#store && this.#isBeyondHelp) return this.#beginAnew(words);
    if (store !== this.#store) throw new Error(`${this.#engine}, seed ${seed}, ${words}: the store is not there any more, but a new one, made by the browser's next start. What lay there before that is in ${this.#story(1)}, and before the start before in ${this.#story(2)}`);
    const found = await this.#page.ask('check', TOPIC);
    const opening_ms = performance.now() - began;
    const complaints = this.#witness.judge(found);
    if (complaints.length > 0) throw new Error(`${this.#engine}, seed ${seed}, ${words}:\n  ${complaints.join('\n  ')}`);
    return this.#sumUp(words, acknowledged, recordsOf(found), opening_ms);
  }

  /** Ends the browser, and makes sure that it was the engine's. */
  async end() {
    await this.#browser?.close();
    this.#browser = null;
    if (this.profile) await checkEngine(this.profile, this.#engine);
  }

  async #begin() {
    await this.end();
    if (this.profile) await rm(this.profile, { recursive: true, force: true });
    this.profile = join(this.#folder, `${this.#engine}-${this.sums.runs}`);
    await mkdir(this.profile, { recursive: true });
    this.#witness = new Witness(PARTITIONS);
    this.#there = 0;
    await this.#start();
    await this.#page.ask('createTopic', TOPIC, PARTITIONS);
    this.#store = await this.#page.ask('clusterId');
  }

  async #start() {
    await rm(this.#story(2), { recursive: true, force: true });
    if (existsSync(this.#story(1))) await rename(this.#story(1), this.#story(2));
    await keepStory(this.profile, this.#story(1));
    this.#browser = await Browser.start(this.profile, this.#engine);
    this.#page = await this.#openTab();
    await this.#page.ask('open', DATABASE);
  }

  /** Where the journals lie as they were before the last start, and before the one before it. */
  #story(starts) {
    return `${this.profile}-before-${starts}`;
  }

  /** Kills; returns how the engine's own journals end then, and counts those that end in the middle of an entry. */
  async #kill() {
    await this.#browser.kill();
    const logs = logsOf(this.profile);
    for (const { name, end } of logs) if (end === 'half') this.sums.half[name.startsWith('MANIFEST') ? 'manifests' : 'journals'] += 1;
    return logs.filter(({ name }) => name.endsWith('.log')).map(({ end }) => end);
  }

  async #beginAnew(words) {
    const acknowledged = this.#witness.records;
    await this.#begin();
    this.sums.runs += 1;
    this.sums.lostToChromium += 1;
    return `${words}: STORE LOST, with ${acknowledged} records acknowledged: Chromium appended to a journal that ended in half an entry, and was killed before it had a new one`;
  }

  #openTab() {
    return this.#browser.open(this.#address, (told) => {
      // What happens to connections is the browser's to tell; only calls are promises.
      if (told.broken) throw new Error(`the page broke: ${told.broken}`);
      if (told.client === undefined) return;
      this.#witness.note(told);
      this.#onNote();
    });
  }

  /** Lets one to three clients append, each in a tab of its own. */
  async #append(draw) {
    const pages = [this.#page];
    const clients = draw.between(1, 3);
    while (pages.length < clients) {
      const page = await this.#openTab();
      await page.ask('open', DATABASE);
      pages.push(page);
    }
    const begin = (page) => {
      this.#clients += 1;
      this.#witness.begins(this.#clients);
      return page.ask('append', { topic: TOPIC, partitions: PARTITIONS, client: this.#clients, seed: draw.between(1, 1_000_000_000) });
    };
    await Promise.all(pages.map(begin));
    return clients;
  }

  async #killAfterATime(draw) {
    const clients = await this.#append(draw);
    const wait_ms = draw.between(0, 900);
    await sleep(wait_ms);
    await this.#kill();
    return `${clients} appending, killed after ${wait_ms} ms`;
  }

  /** Kills with the acknowledgement still warm: what it promises is not a moment old. */
  async #killAtAnAcknowledgement(draw) {
    const wanted = draw.between(1, 150);
    let [seen, dead] = [0, null];
    const enough = new Promise((resolve) => {
      this.#onNote = () => {
        seen += 1;
        if (seen < wanted || dead) return;
        dead = this.#kill();
        resolve();
      };
    });
    // With so few wanted, the kill may come before every client has begun.
    const clients = await this.#append(draw).catch(ignoreGone);
    await Promise.race([enough, sleep(WAIT_MS_MAX, undefined, { ref: false })]);
    this.#onNote = () => {};
    await (dead ?? this.#kill());
    return `${clients ?? 'some'} appending, killed at acknowledgement ${seen} of ${wanted}`;
  }

  /** Kills a browser that opens what a killed one left. */
  async #killWhileItOpens(draw) {
    const clients = await this.#append(draw);
    await sleep(draw.between(0, 300));
    const left = await this.#kill();
    this.#browser = await Browser.start(this.profile, this.#engine);
    this.#page = await this.#openTab();
    const opening = this.#page.ask('open', DATABASE).catch(ignoreGone);
    const wait_ms = draw.between(0, 150);
    await sleep(wait_ms);
    const then = await this.#kill();
    this.#isBeyondHelp = left.includes('half') && then.includes('broken');
    await opening;
    return `${clients} appending, killed, and killed again ${wait_ms} ms into opening`;
  }

  #sumUp(words, before, there, opening_ms) {
    const { records, calls } = this.#witness;
    const acknowledged = records - before.records;
    const unacknowledged = there - this.#there - acknowledged;
    this.#there = there;
    this.sums.runs += 1;
    this.sums.records += acknowledged;
    for (const acks of ['1', 'all']) this.sums.calls[acks] += calls[acks] - before.calls[acks];
    this.sums.unacknowledged += unacknowledged;
    this.sums.longestOpening_ms = Math.max(this.sums.longestOpening_ms, opening_ms);
    return `${words}: ${acknowledged} records acknowledged and there, ${unacknowledged} in flight and there, ${there} in all, looked at within ${Math.round(opening_ms)} ms`;
  }
}

function ignoreGone(error) {
  if (!(error instanceof Gone)) throw error;
}
