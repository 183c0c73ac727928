// The events that a contender appends, made before the clock starts, in the form in which it takes them.

import { makeEvent, mulberry32 } from '../../event.mjs';

/** So many different events; after them they come again. Far more than any compressor looks back. */
export const POOL_EVENTS = 20_000;
const SEED = 1;

/**
 * Makes the pool. `form` is what a contender takes:
 * `object`; `text`: JSON; `bytes`: JSON as UTF-8; `joined`: many of these back to back, with where each ends.
 */
export function makePool(form) {
  const random = mulberry32(SEED);
  const objects = Array.from({ length: POOL_EVENTS }, (_, n) => makeEvent(n, random));
  const texts = objects.map((event) => JSON.stringify(event));
  const encoder = new TextEncoder();
  const encoded = texts.map((text) => encoder.encode(text));
  const starts = startsOf(encoded);
  // Only one of them is kept: the tab's memory is measured, too.
  const forms = {
    object: () => listed(objects),
    text: () => listed(texts),
    bytes: () => listed(encoded),
    joined: () => joined(encoded, starts),
  };
  if (!(form in forms)) throw new Error(`events have no form ${form}`);
  return {
    ...forms[form](),
    /** So many bytes of JSON are the first `count` events. */
    bytes: (count) => Math.floor(count / POOL_EVENTS) * starts[POOL_EVENTS] + starts[count % POOL_EVENTS],
    /** The number that the event at this place of the log carries. */
    id: (offset) => offset % POOL_EVENTS,
  };
}

/** `at(offset)` is one event, `slice(offset, count)` an array of those from there on. */
function listed(events) {
  return {
    at: (offset) => events[offset % POOL_EVENTS],
    slice: (offset, count) => Array.from({ length: count }, (_, n) => events[(offset + n) % POOL_EVENTS]),
  };
}

/** The same as `{ bytes, ends }`. The events lie twice over, so that each part of them is one piece. */
function joined(encoded, starts) {
  const size = starts[POOL_EVENTS];
  const bytes = new Uint8Array(2 * size);
  encoded.forEach((event, n) => {
    bytes.set(event, starts[n]);
    bytes.set(event, size + starts[n]);
  });
  const startAt = (place) => Math.floor(place / POOL_EVENTS) * size + starts[place % POOL_EVENTS];
  const slice = (offset, count) => {
    const first = offset % POOL_EVENTS;
    const from = startAt(first);
    const ends = Uint32Array.from({ length: count }, (_, n) => startAt(first + n + 1) - from);
    return { bytes: bytes.subarray(from, from + ends[count - 1]), ends };
  };
  return { at: (offset) => slice(offset, 1), slice };
}

function startsOf(encoded) {
  const starts = [0];
  for (const event of encoded) starts.push(starts.at(-1) + event.length);
  return starts;
}

const decoder = new TextDecoder();

/** Reads the number that a stored event carries, whatever its form. */
export function idOf(event) {
  if (typeof event === 'string') return JSON.parse(event).id;
  if (event instanceof Uint8Array) return JSON.parse(decoder.decode(event)).id;
  return event.id;
}
