// Two tabs append to the same partition. One is frozen again and again; the other must not wait for it.

import { setTimeout as sleep } from 'node:timers/promises';

import { chance } from '../samples/random.mjs';
import { Browser, checkEngine } from './browser.mjs';
import { Tab } from './tabs.mjs';
import { Witness } from './witness.mjs';

const TOPIC = 'shared';
/** Much longer than anybody may wait. */
const FREEZE_MS = 2_500;
const LONG_MS = 1_000;

/**
 * Freezes one of two tabs so many times. Returns the longest calls of the other in ms: of those that it made while the first was
 * frozen, at least in part, and of all others.
 */
export async function oneFrozen({ engine, address, profile, seed, times }) {
  const browser = await Browser.start(profile, engine);
  const [draw, witness] = [chance(seed), new Witness(1)];
  const [first, second] = [1, 2].map((client) => new Tab(browser, witness, client, draw.between(1, 1_000_000_000)));
  await first.open(address);
  await first.page.ask('createTopic', TOPIC, 1);
  await second.open(address);
  for (const tab of [first, second]) await tab.append({ partitions: 1, pause_ms: 0 });
  for (let time = 0; time < times; time += 1) {
    await sleep(draw.between(500, 1_000));
    await first.freeze(FREEZE_MS);
  }
  await sleep(1_000);
  for (const tab of [first, second]) await tab.page.ask('stop');
  const complaints = witness.judge(await second.page.ask('check', TOPIC));
  await browser.close();
  await checkEngine(profile, engine);
  if (complaints.length > 0) throw new Error(`${engine}, seed ${seed}:\n  ${complaints.join('\n  ')}`);
  const isBeside = (call) => first.freezes.some((freeze) => call.to > freeze.from && call.from < freeze.to);
  const longest = (calls) => Math.round(Math.max(0, ...calls.map((call) => call.to - call.from)));
  const [beside, alone] = [second.calls.filter(isBeside), second.calls.filter((call) => !isBeside(call))];
  /** While how many of the freezes one call took longer than a second. */
  const heldUp = first.freezes.filter((freeze) => beside.some((call) => call.to > freeze.from && call.from < freeze.to && call.to - call.from > LONG_MS)).length;
  return { times, heldUp, calls: { beside: beside.length, alone: alone.length }, longest: { beside_ms: longest(beside), alone_ms: longest(alone) } };
}
