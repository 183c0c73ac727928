// Holds a run to the ratios of an earlier one. Ratios, because they say more about the code than about the machine.

/** A ratio may lose so much of itself before it counts: two runs of the same code differ, too. */
export const LOSS_MAX = 1 / 3;

/** What is kept of a run, to hold later ones to: each quick comparison's median, by engine. */
export function record(byEngine, about) {
  const ratios = Object.entries(byEngine).map(([engine, comparisons]) => [
    engine,
    Object.fromEntries(comparisons.filter((it) => it.quick).map((it) => [it.id, round(it.came.median)])),
  ]);
  return { ...about, ratios: Object.fromEntries(ratios) };
}

/** Tells what was lost since: one sentence for each comparison that is worse by more than [`LOSS_MAX`], or gone. */
export function regressions(recorded, byEngine) {
  const found = [];
  for (const [engine, ratios] of Object.entries(recorded.ratios)) {
    for (const [id, before] of Object.entries(ratios)) {
      const now = byEngine[engine]?.find((it) => it.id === id);
      if (byEngine[engine] && !now) found.push(`${engine}: ${id}: was ${before}, and was not measured this time`);
      if (now && lossOf(now, before) > LOSS_MAX) {
        found.push(`${engine}: ${id}: was ${before}, is ${round(now.came.median)}, worse by ${Math.round(100 * lossOf(now, before))} %`);
      }
    }
  }
  return found;
}

/** The share of its former worth that a ratio has lost; negative when it has won. */
export function lossOf({ at_most, more, came }, before) {
  const lessIsBetter = at_most !== undefined || more === 'worse';
  return 1 - (lessIsBetter ? before / came.median : came.median / before);
}

function round(value) {
  return Number(value.toPrecision(4));
}
