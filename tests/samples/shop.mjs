// A morning at Night Heron, a made-up coffee shop that delivers by bicycle: orders, payments and shipments, keyed by order.
// At 11:11 on 11 November it halves its prices for a minute, and everything behind the counter feels it for an hour.

import { chance } from './random.mjs';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The seed of the shop that is shipped. */
export const SEED = 20_261_111;
/** The shop opens, in ms since 1970 UTC. */
export const OPENS = Date.UTC(2026, 10, 11, 9);
/** The last moment that the logs hold. What is under way then stays under way, as it does in a real log. */
const CUT = OPENS + 6 * 60 * MINUTE;
const LAST_ORDER = OPENS + 4 * 60 * MINUTE;
/** The sale begins. */
export const SALE = Date.UTC(2026, 10, 11, 11, 11);
/** Orders in the sale's first minutes; after them the day goes on as before. */
const SALE_ORDERS = [88, 23, 11, 6, 4];
const PACKERS = 3;

const GOODS = [
  ['beans-yirgacheffe-250', 1190],
  ['beans-huila-250', 1050],
  ['beans-decaf-250', 1120],
  ['beans-house-1000', 2990],
  ['filter-v60-100', 690],
  ['dripper-v60', 2190],
  ['grinder-hand', 8900],
  ['mug-heron', 1450],
];
const CITIES = ['Köln', 'Bonn', 'Köln', 'Düsseldorf', 'Köln'];
const METHODS = ['card', 'card', 'card', 'paypal', 'sepa'];
const DECLINES = ['card_declined', 'insufficient_funds', 'three_d_secure_timeout'];
const RIDERS = ['ada', 'jun', 'malik', 'zoë'];

/** Makes all records of the shop in time order: `{ topic, timestamp, key, value, headers }`. Same seed, same records. */
export function shop(seed) {
  const draw = chance(seed);
  const records = [];
  const packers = new Array(PACKERS).fill(OPENS);
  let paymentId = 7_264_918_273_640_000_000n;

  const emit = (order, topic, timestamp, value, headers = []) => {
    if (timestamp >= CUT) return;
    records.push({ topic, timestamp, key: order.id, value, headers: [['trace-id', order.trace], ...headers] });
  };

  for (const [index, time] of arrivals(draw).entries()) {
    const order = newOrder(draw, 1_000 + index, time);
    emit(order, 'orders', time, orderValue(order, 'created'), orderHeaders(draw));
    const paid = pay(draw, order, emit, () => (paymentId += BigInt(draw.between(1_000, 90_000))));
    if (paid === null) continue;
    emit(order, 'orders', paid + draw.between(40, 400), orderValue(order, 'confirmed'));
    deliver(draw, order, paid, packers, emit);
  }
  // Equal times keep the order in which they were made: sorting is stable.
  return records.sort((a, b) => a.timestamp - b.timestamp);
}

/** Draws when the orders come in, in time order. */
function arrivals(draw) {
  const times = [];
  for (let minute = OPENS; minute < LAST_ORDER; minute += MINUTE) {
    const sale = SALE_ORDERS[(minute - SALE) / MINUTE];
    const orders = sale ?? (draw.happens(55) ? draw.between(1, 2) : 0);
    for (let n = 0; n < orders; n += 1) times.push(minute + draw.between(0, MINUTE - 1));
  }
  return times.sort((a, b) => a - b);
}

function newOrder(draw, number, time) {
  const inSale = time >= SALE && time < SALE + MINUTE;
  const items = Array.from({ length: draw.between(1, inSale ? 2 : 3) }, () => {
    const [sku, cents] = draw.pick(GOODS);
    return { sku, quantity: draw.between(1, 2), cents: inSale ? Math.trunc(cents / 2) : cents };
  });
  return {
    id: `o-${number}`,
    trace: draw.hex(16),
    customer: `c-${draw.between(100, 399)}`,
    city: draw.pick(CITIES),
    items,
    total_cents: items.reduce((sum, item) => sum + item.quantity * item.cents, 0),
    inSale,
    time,
  };
}

const orderValue = (order, status) =>
  status === 'created'
    ? { status, customer: order.customer, city: order.city, items: order.items, total_cents: order.total_cents }
    : { status, total_cents: order.total_cents };

/** What came along with the order: each proxy on the way adds its own `via`, and a coupon field left empty is sent as null. */
function orderHeaders(draw) {
  const headers = [];
  if (draw.happens(30)) headers.push(['via', `edge-${draw.between(1, 4)}`], ['via', 'checkout-2']);
  if (draw.happens(10)) headers.push(['coupon', draw.happens(50) ? 'HERON5' : null]);
  return headers;
}

/** Tries to take the money, three times at most. Returns when that worked; `null` when the order was cancelled instead. */
function pay(draw, order, emit, nextId) {
  const method = draw.pick(METHODS);
  let time = order.time;
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    // The payment provider slows down under the sale's load, and sometimes does not answer at all.
    time += draw.between(300, 1_800) + (order.inSale ? draw.between(500, 6_000) : 0);
    const failed = draw.happens(order.inSale ? 24 : 11);
    const value = { status: failed ? 'failed' : 'authorized', payment: nextId(), attempt, method, amount_cents: order.total_cents };
    if (failed) value.reason = order.inSale && draw.happens(60) ? 'gateway_timeout' : draw.pick(DECLINES);
    emit(order, 'payments', time, value);
    if (!failed) return time;
    time += draw.between(8, 75) * SECOND;
  }
  emit(order, 'orders', time, null, [['reason', 'payment-failed']]);
  return null;
}

/** Packs, ships and delivers, unless the customer thinks better of it while the order waits for a packer. */
function deliver(draw, order, paid, packers, emit) {
  const packer = packers.indexOf(Math.min(...packers));
  const begun = Math.max(packers[packer], paid + draw.between(20, 90) * SECOND);
  const changedMind = paid + draw.between(1, 12) * MINUTE;
  if (draw.happens(begun - paid > 5 * MINUTE ? 8 : 2) && changedMind < begun) {
    emit(order, 'payments', changedMind + draw.between(200, 900), { status: 'voided', amount_cents: order.total_cents });
    emit(order, 'orders', changedMind, null, [['reason', 'changed-mind']]);
    return;
  }
  const packed = begun + draw.between(70, 200) * SECOND;
  packers[packer] = packed;
  emit(order, 'shipments', packed, { status: 'packed', parcels: order.items.length > 2 ? 2 : 1, packer: packer + 1 });
  const shipped = packed + draw.between(3, 16) * MINUTE + draw.between(0, MINUTE);
  const rider = draw.pick(RIDERS);
  emit(order, 'shipments', shipped, { status: 'shipped', rider, city: order.city });
  emit(order, 'payments', shipped + draw.between(150, 900), { status: 'captured', amount_cents: order.total_cents });
  const delivered = shipped + draw.between(11, 48) * MINUTE + draw.between(0, MINUTE);
  emit(order, 'shipments', delivered, { status: 'delivered', rider, left_with: draw.pick(['customer', 'customer', 'neighbour', 'locker']) });
  emit(order, 'orders', delivered + draw.between(100, 700), orderValue(order, 'completed'));
}
