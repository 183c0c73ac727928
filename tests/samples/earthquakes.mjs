// A week of earthquakes as the USGS reported them, out of the copy that npm's vega-datasets carries.

import { createHash } from 'node:crypto';

/** The package that holds the feed, and the sum of the one file that we read. */
export const PACKAGE = 'vega-datasets@3.2.1';
export const FILE = 'package/data/earthquakes.json';
const SHA256 = 'a42702a83ffbae679f95d1fa53e2cae0bae13b21e599a68cdd50a44fc52129f7';

/** Left out: what only repeats other fields, or is an address made from the id. It halves the sample. */
const REPEATED = ['url', 'detail', 'ids', 'sources', 'types', 'code', 'title'];

/** Turns the feed (GeoJSON, bytes) into records in the order of the quakes: key = event id, value = the GeoJSON feature. */
export function earthquakes(feed) {
  const sum = createHash('sha256').update(feed).digest('hex');
  if (sum !== SHA256) throw new Error(`this is not the earthquakes.json of ${PACKAGE}: its SHA-256 is ${sum}, not ${SHA256}`);
  const { features } = JSON.parse(feed.toString('utf8'));
  return features
    .map(({ type, id, properties, geometry }) => {
      const kept = Object.fromEntries(Object.entries(properties).filter(([name]) => !REPEATED.includes(name)));
      return { topic: 'earthquakes', timestamp: properties.time, key: id, value: { type, id, properties: kept, geometry }, headers: [] };
    })
    .sort((a, b) => a.timestamp - b.timestamp || (a.key < b.key ? -1 : 1));
}
