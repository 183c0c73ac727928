// What came of all visits, by contender, engine, measure and round.

import { median, summary } from '../statistics.mjs';
import { CONTENDERS, OPFS } from './contenders.mjs';
import { PRODUCERS, ROW_SIZES, TABLOG_ROW_BYTES } from './plan.mjs';

const perSecond = (amount, ms) => (amount * 1e3) / ms;
const eventsPerSecond = (key) => (figures) => figures[key] && perSecond(figures[key].events, figures[key].ms);
const megabytesPerSecond = (key) => (figures) => figures[key] && perSecond(figures[key].bytes, figures[key].ms) / 1e6;
const field = (key, name) => (figures) => figures[key]?.[name];

/** Every measure: how it is taken out of a visit's figures. */
const MEASURES = {
  ...Object.fromEntries(['relaxed', 'strict'].flatMap((durability) => [
    [`bulk ${durability}`, eventsPerSecond(`bulk ${durability}`)],
    [`bulk ${durability}, MB/s`, megabytesPerSecond(`bulk ${durability}`)],
    [`alone ${durability}, p50`, field(`alone ${durability}`, 'p50_ms')],
    [`alone ${durability}, p99`, field(`alone ${durability}`, 'p99_ms')],
    [`put ${durability}, p50`, field(`put ${durability}`, 'p50_ms')],
    [`put ${durability}, p99`, field(`put ${durability}`, 'p99_ms')],
    [`ceiling ${durability}, MB/s`, best((size) => megabytesPerSecond(`write ${size} ${durability}`))],
    ...ROW_SIZES.map((size) => [`write ${size} ${durability}, MB/s`, megabytesPerSecond(`write ${size} ${durability}`)]),
    [`producers 1 ${durability}`, (figures) => figures[`alone ${durability}`] && perSecond(figures[`alone ${durability}`].times, figures[`alone ${durability}`].ms)],
    ...PRODUCERS.map((count) => [`producers ${count} ${durability}`, eventsPerSecond(`producers ${count} ${durability}`)]),
  ])),
  'ceiling read, MB/s': best((size) => megabytesPerSecond(`read ${size}`)),
  ...Object.fromEntries(ROW_SIZES.map((size) => [`read ${size}, MB/s`, megabytesPerSecond(`read ${size}`)])),
  'get of a small row, p50': field('get 271', 'p50_ms'),
  'get of a large row, p50': field(`get ${TABLOG_ROW_BYTES}`, 'p50_ms'),
  scan: eventsPerSecond('scan'),
  'scan, MB/s': megabytesPerSecond('scan'),
  'random, p50': field('random', 'p50_ms'),
  'random, p99': field('random', 'p99_ms'),
  open: field('open', 'ms'),
  disk: (figures) => figures.disk && figures.disk.stored / figures.disk.bytes,
};

/** Of all row sizes, the one that is fastest. */
function best(of) {
  return (figures) => {
    const all = ROW_SIZES.map((size) => of(size)(figures)).filter((value) => value !== undefined);
    return all.length ? Math.max(...all) : undefined;
  };
}

/** The visits, to be asked for measures. */
export class Measures {
  constructor(visits) {
    this.visits = visits;
  }

  /** A measure's value in each round that has it. What runs on no engine of IndexedDB's stands beside each of them. */
  byRound(contender, engine, measure) {
    if (!(measure in MEASURES)) throw new Error(`there is no measure ${measure}`);
    const values = new Map();
    for (const visit of this.visits) {
      const fits = visit.task === 'round' && visit.contender === contender && [engine, OPFS].includes(visit.engine);
      const value = fits ? MEASURES[measure](visit.figures) : undefined;
      if (value !== undefined) values.set(visit.round, value);
    }
    return values;
  }

  /** The summary over all rounds, or undefined. */
  summary(contender, engine, measure) {
    const values = [...this.byRound(contender, engine, measure).values()];
    return values.length ? summary(values) : undefined;
  }

  /** In each round, the best of some contenders; `pick` is Math.max or Math.min. */
  bestByRound(contenders, engine, measure, pick = Math.max) {
    const all = new Map();
    for (const contender of contenders) {
      for (const [round, value] of this.byRound(contender, engine, measure)) {
        all.set(round, all.has(round) ? pick(all.get(round), value) : value);
      }
    }
    return all;
  }

  /** The contenders of these kinds. */
  static of(...kinds) {
    return CONTENDERS.filter((it) => kinds.includes(it.kind)).map((it) => it.id);
  }

  /** Milliseconds from opening to the last event with so many events: the median of several openings. */
  openings(contender, engine, events) {
    const visit = this.visits.find((it) => it.task === 'openings' && it.contender === contender && [engine, OPFS].includes(it.engine) && it.events === events);
    const opened = [visit?.figures.open ?? []].flat();
    return opened.length ? median(opened.map(({ ms }) => ms)) : undefined;
  }

  /** What the tab took while very much was appended. */
  memory(contender, engine) {
    return this.visits.find((it) => it.task === 'memory' && it.contender === contender && it.engine === engine)?.figures.memory;
  }

  /** Those visits that failed. */
  failures() {
    return this.visits.filter((it) => it.error);
  }
}
