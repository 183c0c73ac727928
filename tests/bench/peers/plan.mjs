// How long each measure may take, and on how many events: the same for every contender.

/** A row of the ceiling's table. */
export const ROW_SIZES = [16, 64, 256, 512, 1_024, 4_096].map((kibibytes) => kibibytes * 1_024);
/** The size up to which Tablog fills a row. */
export const TABLOG_ROW_BYTES = 512 * 1_024;
/** So many producers at once, beside one alone. */
export const PRODUCERS = [16, 256];

/** A whole run's limits. */
export const FULL = {
  /** Before each bulk. */
  warm_up_ms: 500,
  warm_up_events: 100_000,
  bulk_ms: 2_500,
  /** Nobody appends more than so many; slow ones append what they can in the time. */
  bulk_events: 500_000,
  strict_ms: 1_500,
  alone_ms: 1_000,
  alone_times: 500,
  producers_ms: 500,
  /** If one event of each producer, one after the other, took so long, so many producers are not tried. */
  turn_ms: 15_000,
  random_ms: 800,
  random_times: 500,
  ceiling_ms: 800,
};

/** A quick run's limits. */
export const QUICK = {
  ...FULL,
  bulk_ms: 1_500,
  producers_ms: 200,
  ceiling_ms: 600,
};

/** Logs of so many events are filled and opened: by those who fill them in the time. */
export const OPENINGS = { events: [10_000, 100_000, 1_000_000], times: 9, fill_seconds: 12 };
