// What was acknowledged, noted outside of the browser; and the verdict on what is found afterwards. Pure.

/** What must be true of one topic. */
export class Witness {
  /** For each partition: runs of offsets that must be there, `{ offset, client, sequence, count }`. */
  #partitions;
  /** Clients that ever sent something. */
  #clients = new Set();
  /** Calls that were refused: nothing of them may be there. */
  #refused = [];
  /** Where each partition begins. */
  #starts;
  #complaints = [];
  /** Records that were acknowledged, and the calls that sent them, by what they asked for. */
  records = 0;
  calls = { 1: 0, all: 0 };

  constructor(partitions) {
    this.#partitions = Array.from({ length: partitions }, () => []);
    this.#starts = Array.from({ length: partitions }, () => 0);
  }

  /** Notes that a client begins to send. */
  begins(client) {
    this.#clients.add(client);
  }

  /** Notes what a page tells of a call. A call that failed while its browser was well is something to complain about. */
  note({ partition, asked, acks, baseOffset, lastOffset, client, sequence, count, failed }) {
    const call = `client ${client}'s call of ${count} records from ${sequence} on`;
    if (failed) return this.#complaints.push(`${call} failed: ${failed.name}: ${failed.message}`);
    if (asked === 'all' && acks !== 'all') this.#complaints.push(`${call} asked for acks=all and got acks=${acks}`);
    if (lastOffset - baseOffset + 1 !== count) this.#complaints.push(`${call} was given the offsets ${baseOffset} to ${lastOffset}`);
    this.#partitions[partition].push({ offset: baseOffset, client, sequence, count });
    this.records += count;
    this.calls[asked] += 1;
    return undefined;
  }

  /** Notes a call that was refused, as it was meant to be: `{ client, sequence, count }`. */
  refuse(call) {
    this.#refused.push(call);
  }

  /** Notes that the records before an offset were deleted. */
  delete(partition, before) {
    this.#starts[partition] = before;
    this.#partitions[partition] = this.#partitions[partition].filter((must) => must.offset >= before);
  }

  /**
   * Compares what is there with what must be there: every acknowledged record at its offset, offsets dense, none twice, nothing
   * that nobody sent. `found` is what `check` says of each partition. Returns complaints; without any, what is there must stay
   * from now on, be it acknowledged or not.
   */
  judge(found) {
    const complaints = this.#complaints.splice(0);
    const runs = found.map((partition) => runsOf(partition.runs));
    if (found.length !== this.#partitions.length) complaints.push(`there are ${found.length} partitions`);
    found.forEach((partition, number) => {
      const say = (words) => complaints.push(`partition ${number}: ${words}`);
      for (const words of [...partition.wrong, ...partition.damage]) say(words);
      this.#judgePartition(number, partition, runs[number], say);
    });
    complaints.push(...twice(runs.flat()), ...this.#refusedButThere(runs.flat()));
    if (complaints.length === 0) this.#partitions = runs;
    return complaints;
  }

  #judgePartition(number, { startOffset, endOffset }, runs, say) {
    if (startOffset !== this.#starts[number]) say(`the log begins at ${startOffset}, and not at ${this.#starts[number]}`);
    let next = startOffset;
    for (const run of runs) {
      if (run.offset !== next) say(`offset ${next} is missing: offset ${run.offset} follows`);
      next = run.offset + run.count;
      if (!this.#clients.has(run.client)) say(`offset ${run.offset}: nobody knows client ${run.client}`);
    }
    if (next !== endOffset) say(`the records end at ${next}, and the log at ${endOffset}`);
    for (const must of this.#partitions[number]) {
      const shift = must.sequence - must.offset;
      const holds = (run) => run.offset <= must.offset && must.offset + must.count <= run.offset + run.count
        && run.client === must.client && run.sequence - run.offset === shift;
      if (!holds(runAt(runs, must.offset) ?? NONE)) {
        say(`offsets ${must.offset} to ${must.offset + must.count - 1}, records ${must.sequence} and on of client ${must.client}, were acknowledged and are not there`);
      }
    }
  }

  #refusedButThere(runs) {
    const isThere = (call) => runs.some((run) => run.client === call.client && run.sequence < call.sequence + call.count
      && call.sequence < run.sequence + run.count);
    return this.#refused.filter(isThere).map(({ client, sequence }) => `client ${client}'s call from ${sequence} on was refused, and is there`);
  }
}

const NONE = { offset: 0, client: -1, sequence: 0, count: 0 };

/** Counts the records of what `check` found. */
export function recordsOf(found) {
  return found.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0);
}

function runsOf(numbers) {
  const runs = [];
  for (let at = 0; at < numbers.length; at += 4) {
    const [offset, client, sequence, count] = numbers.slice(at, at + 4);
    runs.push({ offset, client, sequence, count });
  }
  return runs;
}

/** Finds the run that holds an offset, in runs that rise. */
function runAt(runs, offset) {
  let [low, high] = [0, runs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (runs[middle].offset <= offset) low = middle + 1;
    else high = middle;
  }
  return runs[low - 1];
}

/** Names records that lie in two places: the same client, the same sequence. */
function twice(runs) {
  const sorted = [...runs].sort((a, b) => a.client - b.client || a.sequence - b.sequence);
  const complaints = [];
  for (let at = 1; at < sorted.length; at += 1) {
    const [one, other] = [sorted[at - 1], sorted[at]];
    if (one.client === other.client && one.sequence + one.count > other.sequence) {
      complaints.push(`record ${other.sequence} of client ${other.client} is there twice, once at offset ${other.offset}`);
    }
  }
  return complaints;
}
