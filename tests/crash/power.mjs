// Power loss: the browser is killed, and the end of the engine's own journal is cut off, as if it had never reached the disk.

import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { chance } from '../samples/random.mjs';
import { Browser, checkEngine } from './browser.mjs';
import { journalOf } from './journal.mjs';
import { recordsOf, Witness } from './witness.mjs';

const DATABASE = 'power';
const TOPIC = 'cut';
const PARTITIONS = 3;
/** Clients append for so long before the power goes. */
const APPEND_MS = { least: 300, most: 1_500 };

/**
 * Appends, kills, and opens one copy of the profile for each cut. Returns a line for each; fails with everything that is wrong.
 * A cut is drawn anywhere between the journal's end and where a power cut can reach.
 */
export async function powerLoss({ engine, address, folder, seed, cuts, say }) {
  const draw = chance(seed);
  const profile = join(folder, `power-${engine}-${seed}`);
  await mkdir(profile, { recursive: true });
  const { notes, journal, made } = await appendAndKill({ engine, address, profile, draw });
  const end = journal.mark();
  // The topic itself was flushed before anybody appended to it.
  const floor = Math.max(journal.floor(), made.part === end.part ? made.bytes : 0);
  const sums = { cuts: 0, acknowledged: notes.length, lostAtMost: 0, journalBytes: end.bytes, floorBytes: floor };
  for (let cut = 0; cut < cuts; cut += 1) {
    // Near the end, where a commit is cut in two; and anywhere.
    const reach = Math.max(0, end.bytes - floor);
    const bytes = end.bytes - Math.min(reach, cut % 2 ? draw.between(1, 2_000) : draw.between(1, Math.max(1, reach)));
    const copy = `${profile}-cut-${bytes}`;
    await cp(profile, copy, { recursive: true, filter: (path) => !/Singleton|Cache/.test(path.slice(profile.length)) });
    journalOf(copy, engine).cut(bytes);
    const { kept, lost, records } = await look({ engine, address, profile: copy, notes, end: { ...end, bytes }, seed });
    say(`${engine}, seed ${seed}: journal of ${end.bytes} bytes cut at ${bytes}: ${kept} acknowledged calls lie before the cut and are there, ${lost} of ${notes.length - kept} behind it are gone, ${records} records`);
    sums.cuts += 1;
    sums.lostAtMost = Math.max(sums.lostAtMost, lost);
    await rm(copy, { recursive: true, force: true });
  }
  await checkEngine(profile, engine);
  await rm(profile, { recursive: true, force: true });
  return sums;
}

/** Returns what was acknowledged, each call with how far the journal reached when that was heard. */
async function appendAndKill({ engine, address, profile, draw }) {
  const browser = await Browser.start(profile, engine);
  const notes = [];
  let journal = null;
  const page = await browser.open(address, (told) => {
    if (told.baseOffset !== undefined) notes.push({ ...told, mark: journal.mark() });
  });
  await page.ask('open', DATABASE);
  await page.ask('createTopic', TOPIC, PARTITIONS);
  journal = journalOf(profile, engine);
  const made = journal.mark();
  await page.ask('append', { topic: TOPIC, partitions: PARTITIONS, client: 1, seed: draw.between(1, 1_000_000_000) });
  await sleep(draw.between(APPEND_MS.least, APPEND_MS.most));
  await browser.kill();
  return { notes, journal, made };
}

/** Opens a profile whose journal ends early, twice: the log is a prefix, holds all that lies before the cut, and goes on. */
async function look({ engine, address, profile, notes, end, seed }) {
  let { browser, page } = await visit({ engine, address, profile });
  const found = await page.ask('check', TOPIC);
  const { witness, kept, lost } = witnessOf(notes, found, end);
  const judge = (when, found) => {
    const complaints = witness.judge(found);
    if (complaints.length > 0) throw new Error(`${engine}, seed ${seed}, journal cut at ${end.bytes}, ${when}:\n  ${complaints.join('\n  ')}`);
  };
  judge('opened', found);
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    witness.begins(2);
    const call = { client: 2, sequence: partition * 10, count: 10, bytes: 100 };
    const [appended] = await page.ask('sendMade', TOPIC, partition, 'all', call);
    witness.note({ ...call, ...appended, asked: 'all' });
  }
  judge('appended to', await page.ask('check', TOPIC));
  // Chromium passes over half an entry at its journal's end, and gives up all databases once something was appended behind it.
  await browser.kill();
  ({ browser, page } = await visit({ engine, address, profile }));
  judge('opened once more', await page.ask('check', TOPIC));
  await browser.close();
  return { kept, lost, records: recordsOf(found) };
}

async function visit({ engine, address, profile }) {
  const browser = await Browser.start(profile, engine);
  const page = await browser.open(address);
  await page.ask('open', DATABASE);
  return { browser, page };
}

/** Sorts the acknowledged calls into those that must be there, and those that may be gone. */
function witnessOf(notes, found, end) {
  const witness = new Witness(PARTITIONS);
  witness.begins(1);
  let [kept, lost] = [0, 0];
  for (const note of notes) {
    const isBefore = note.mark.part !== end.part || note.mark.bytes <= end.bytes;
    // A call that lies behind the cut may be gone; where the log goes on behind its offset, it is there, and whole.
    const isIn = found[note.partition].endOffset > note.baseOffset;
    if (isBefore || isIn) witness.note(note);
    kept += isBefore ? 1 : 0;
    lost += isBefore || isIn ? 0 : 1;
  }
  return { witness, kept, lost };
}
