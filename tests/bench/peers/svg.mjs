// Bar charts as SVG: horizontal, with what each bar says written out, readable on light and on dark ground.

import { median } from '../statistics.mjs';

const WIDTH = 860;
const NAME_WIDTH = 230;
const VALUE_WIDTH = 150;
const BAR_HEIGHT = 13;
const ROW_GAP = 9;
const TOP = 58;
const BOTTOM = 14;

/** Colours that keep AA contrast for words, and 3:1 for bars, on both grounds. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-size: 15px; font-weight: 600; }
  .note, .legend { fill: #57606a; }
  .value { font-variant-numeric: tabular-nums; }
  .ours { font-weight: 600; }
  .axis { stroke: #8c959f; }
  .spread { stroke: #24292f; stroke-width: 1.2; }
  .first { fill: #0969da; }
  .second { fill: #bf5b00; }
  .other { opacity: .55; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .note, .legend { fill: #9198a1; }
    .axis { stroke: #656c76; }
    .spread { stroke: #e6edf3; }
    .first { fill: #4493f8; }
    .second { fill: #e3903c; }
  }`;

/**
 * Draws a chart. `rows` are `{ name, ours, bars: [{ series, median, least, most, words }] }`, in the order in which they are drawn;
 * `series` names what the bars of a row are, at most two. Lengths are proportional to the medians; a thin line goes from the least to the most.
 * With `cut`, bars of more than so many times the middle one end in an arrow: else one of them would leave nothing to see of the others.
 */
export function barChart({ title, note, series, rows, cut }) {
  const medians = rows.flatMap(({ bars }) => bars.map((bar) => bar.median));
  const longest = Math.max(...medians, 0);
  const most = cut && medians.length ? Math.min(longest, cut * median(medians)) : longest;
  if (!(most > 0)) throw new Error(`${title}: there is nothing to draw`);
  const scale = (WIDTH - NAME_WIDTH - VALUE_WIDTH) / most;
  const parts = [];
  let y = TOP;
  for (const { name, ours, bars } of rows) {
    const height = bars.length * BAR_HEIGHT;
    parts.push(`<text class="${ours ? 'ours' : 'name'}" x="${NAME_WIDTH - 8}" y="${y + height / 2 + 4}" text-anchor="end">${escaped(name)}</text>`);
    for (const bar of bars) {
      parts.push(...drawn(bar, { y, scale, series, ours }));
      y += BAR_HEIGHT;
    }
    y += ROW_GAP;
  }
  const height = y + BOTTOM;
  const axis = `<line class="axis" x1="${NAME_WIDTH}" y1="${TOP - 4}" x2="${NAME_WIDTH}" y2="${y - 4}"/>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="8" y="20">${escaped(title)}</text>`,
    `<text class="note" x="8" y="40">${escaped(note)}</text>`,
    ...legend(series),
    ...parts,
    axis,
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ series: of, median: value, least, most, words }, { y, scale, series, ours }) {
  const colour = `${series.indexOf(of) === 1 ? 'second' : 'first'}${ours ? '' : ' other'}`;
  const middle = y + BAR_HEIGHT / 2 - 1;
  if (value * scale > WIDTH - NAME_WIDTH - VALUE_WIDTH + 1) return cutOff(words, { y, middle, colour });
  const end = (at) => (NAME_WIDTH + at * scale).toFixed(1);
  // A spread that leaves the picture says no more than that it is wide.
  const right = Math.min(Number(end(most)), WIDTH - 4);
  const parts = [`<rect class="${colour}" x="${NAME_WIDTH}" y="${y}" width="${Math.max(1, value * scale).toFixed(1)}" height="${BAR_HEIGHT - 2}"/>`];
  if (most > least) parts.push(`<line class="spread" x1="${end(least)}" y1="${middle}" x2="${right.toFixed(1)}" y2="${middle}"/>`);
  const words_x = Math.max(Number(end(value)), most > least ? right : 0) + 6;
  const anchor = words_x + 7 * words.length > WIDTH ? ` text-anchor="end" x="${WIDTH - 4}"` : ` x="${words_x.toFixed(1)}"`;
  parts.push(`<text class="value"${anchor} y="${y + BAR_HEIGHT - 3}">${escaped(words)}</text>`);
  return parts;
}

/** A bar that is longer than the picture is wide. */
function cutOff(words, { y, middle, colour }) {
  const end = WIDTH - VALUE_WIDTH;
  const points = [[NAME_WIDTH, y], [end - 8, y], [end, middle + 0.5], [end - 8, y + BAR_HEIGHT - 2], [NAME_WIDTH, y + BAR_HEIGHT - 2]];
  return [
    `<polygon class="${colour}" points="${points.map((point) => point.join(',')).join(' ')}"/>`,
    `<text class="value" x="${end + 6}" y="${y + BAR_HEIGHT - 3}">${escaped(words)}</text>`,
  ];
}

function legend(series) {
  if (series.length < 2) return [];
  return series.flatMap((name, n) => {
    const x = WIDTH - 250 + n * 125;
    return [`<rect class="${n === 1 ? 'second' : 'first'}" x="${x}" y="10" width="11" height="11"/>`, `<text class="legend" x="${x + 16}" y="20">${escaped(name)}</text>`];
  });
}

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}
