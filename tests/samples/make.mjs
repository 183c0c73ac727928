// Makes the sample topics under public/samples. Run from anywhere, with Node 20 and nothing else:
//
//   node tests/samples/make.mjs            makes the shop, and the index of what is there
//   node tests/samples/make.mjs --feed F   makes the earthquakes too, from the file F:
//     npm pack vega-datasets@3.2.1 && tar xzf vega-datasets-3.2.1.tgz     then F is package/data/earthquakes.json

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { earthquakes } from './earthquakes.mjs';
import { index } from './index.mjs';
import { lines } from './lines.mjs';
import { SEED, shop } from './shop.mjs';

const out = (file) => fileURLToPath(new URL(`../../public/samples/${file}`, import.meta.url));
const { values: options } = parseArgs({ options: { feed: { type: 'string' } } });

if (options.feed !== undefined) writeFileSync(out('earthquakes.jsonl'), lines(earthquakes(readFileSync(options.feed))));

const records = shop(SEED);
for (const topic of ['orders', 'payments', 'shipments']) {
  writeFileSync(out(`${topic}.jsonl`), lines(records.filter((record) => record.topic === topic)));
}
writeFileSync(out('index.json'), index((file) => readFileSync(out(file))));
