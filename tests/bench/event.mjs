// One event: about 200 bytes of JSON. The same number always gives the same event, in Node and in a page.

const LOREM = 'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor'.repeat(2);
const EVENT_BYTES = 200;

/** Makes event number `n` out of a generator's next numbers. */
export function makeEvent(n, random) {
  const event = {
    id: n,
    at: 1_793_500_000_000 + n * 7,
    user: `u-${Math.floor(random() * 50_000)}`,
    action: ['view', 'cart', 'pay', 'ship'][Math.floor(random() * 4)],
    amount: Math.floor(random() * 100_000) / 100,
    session: Math.floor(random() * 2 ** 48).toString(16).padStart(12, '0'),
    note: '',
  };
  event.note = LOREM.slice(0, Math.max(0, EVENT_BYTES - JSON.stringify(event).length));
  return event;
}

/** A small seeded generator (Tommy Ettinger's mulberry32). */
export function mulberry32(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
