// Full disk: the room that the browser gives runs out while a client appends.

import { setTimeout as sleep } from 'node:timers/promises';

import { chance } from '../samples/random.mjs';
import { Browser, checkEngine } from './browser.mjs';
import { Witness } from './witness.mjs';

const DATABASE = 'full';
const TOPIC = 'much';
const PARTITIONS = 2;
/** A topic that can be done without. */
const SPARE = 'spare';
/** How much room there is, 8 MiB for ballast included: how little is left over in the end differs with it. */
const ROOM_BYTES = { min: 20_000_000, max: 23_000_000 };
const CALL = { count: 40, bytes: 10_000 };
/** The room must have run out after so many calls: twenty times as much as there is. */
const CALLS_MAX = 600;
/** So many calls are tried once there is none left: each must fail in the same way. */
const CALLS_REFUSED = 6;
/** Browsers give room free in arrears. */
const FREED_MS_MAX = 20_000;
/** So many calls must then succeed. */
const CALLS_AFTER = 5;

/** Fills the room, deletes, and goes on. Returns what was measured; fails with everything that is wrong. */
export async function fullDisk({ engine, address, profile, seed }) {
  const room = chance(seed).between(ROOM_BYTES.min, ROOM_BYTES.max);
  const browser = await Browser.start(profile, engine);
  const page = await browser.open(address);
  // Before anything is written: the browser keeps in mind for half a minute how much room there was.
  await page.send('Storage.overrideQuotaForOrigin', { origin: new URL(address).origin, quotaSize: room });
  await page.ask('open', DATABASE);
  await page.ask('createTopic', TOPIC, PARTITIONS);
  await page.ask('createTopic', SPARE, 1);
  if (!await page.ask('keepBallast')) throw new Error(`${engine}: there is room, and no ballast was taken in`);

  const client = new Client(page);
  const fill = async (refused) => {
    for (let call = 0; client.refused < refused; call += 1) {
      if (call === CALLS_MAX) throw new Error(`${engine}: ${call} calls of ${CALL.count * CALL.bytes} bytes, and ${room} bytes of room are not full`);
      await client.send(call % PARTITIONS, call % 3 ? '1' : 'all');
      await client.spare(call);
    }
  };
  await fill(CALLS_REFUSED);
  const stored = client.witness.records;
  await client.check(engine);

  const began = performance.now();
  // It writes where the log begins now, which a browser that counts no byte free refuses: but there is ballast to throw off.
  if (!await client.deleteRecords()) throw new Error(`${engine}: records could not be deleted, although there was ballast`);
  const deleted_ms = performance.now() - began;
  await until(engine, () => client.send(0, '1'));
  const freed_ms = performance.now() - began;
  for (let call = 0; call < CALLS_AFTER; call += 1) {
    if (!await client.send(call % PARTITIONS, 'all')) throw new Error(`${engine}: call ${call} after deleting was refused`);
  }

  // Full once more, and this time without ballast: deleting records may be refused. What deletes only is let through in any case.
  await fill(client.refused + CALLS_REFUSED);
  const refusedWithoutBallast = !await client.deleteRecords();
  if (refusedWithoutBallast) {
    await page.ask('deleteTopic', SPARE);
    await until(engine, () => client.deleteRecords());
  }
  await until(engine, () => client.send(0, '1'));
  await client.check(engine);
  await browser.close();
  await checkEngine(profile, engine);
  return { room, stored, refused: client.refused, storedAfter: client.witness.records - stored, deleted_ms: Math.round(deleted_ms), freed_ms: Math.round(freed_ms), refusedWithoutBallast };
}

/** Tries until something is let through. */
async function until(engine, isDone) {
  const began = performance.now();
  while (!await isDone()) {
    if (performance.now() - began > FREED_MS_MAX) throw new Error(`${engine}: much was deleted ${FREED_MS_MAX} ms ago, and there is no room`);
    await sleep(200);
  }
}

/** Waits for an answer; undefined when the call is refused for want of room. Whatever else goes wrong fails. */
async function unlessFull(asked) {
  try {
    return await asked;
  } catch (error) {
    if (error.name !== 'QuotaExceeded') throw error;
    return undefined;
  }
}

class Client {
  witness = new Witness(PARTITIONS);
  refused = 0;
  #page;
  #sequence = 0;

  constructor(page) {
    this.#page = page;
    this.witness.begins(1);
  }

  /** Sends one call. Returns whether it was stored; fails when it was refused for anything but want of room. */
  async send(partition, asked) {
    const call = { client: 1, sequence: this.#sequence, ...CALL };
    this.#sequence += CALL.count;
    const appended = await unlessFull(this.#page.ask('sendMade', TOPIC, partition, asked, call));
    if (appended) {
      this.witness.note({ ...call, ...appended[0], asked });
      return true;
    }
    this.witness.refuse(call);
    this.refused += 1;
    return false;
  }

  /** Fills the topic that can be done without, as long as there is room. */
  async spare(call) {
    if (call % 2 === 0) await unlessFull(this.#page.ask('sendMade', SPARE, 0, '1', { client: 2, sequence: call * CALL.count, ...CALL }));
  }

  /** Deletes one partition's records. Returns whether that was let through. */
  async deleteRecords() {
    const start = await unlessFull(this.#page.ask('deleteRecords', TOPIC, 0, -1));
    if (start === undefined) return false;
    this.witness.delete(0, start);
    return true;
  }

  async check(engine) {
    const complaints = this.witness.judge(await this.#page.ask('check', TOPIC));
    if (complaints.length > 0) throw new Error(`${engine}:\n  ${complaints.join('\n  ')}`);
  }
}
