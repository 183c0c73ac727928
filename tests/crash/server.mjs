// Serves the page of the crash tests on this machine, from the folder of the page and that of the harness.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const KINDS = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

/** Listens on a free port; returns the address, and how to end. Every visit of a profile must come to the same port. */
export async function serve(port = 0) {
  const harness = process.env.TABLOG_HARNESS;
  if (!harness) throw new Error('TABLOG_HARNESS names no folder: run `cargo xtask crash`');
  const places = {
    '/': join(here, 'page/index.html'),
    '/page.js': join(here, 'page/page.js'),
    '/worker.js': join(here, 'page/worker.js'),
    '/appender.js': join(here, 'page/appender.js'),
    '/flood.js': join(here, 'page/flood.js'),
    '/random.mjs': join(here, '../samples/random.mjs'),
    '/harness.js': join(harness, 'harness.js'),
    '/harness_bg.wasm': join(harness, 'harness_bg.wasm'),
  };
  const files = new Map();
  for (const [path, place] of Object.entries(places)) files.set(path, { body: await readFile(place), kind: KINDS[extname(place)] });
  const server = createServer((request, response) => {
    const file = files.get(new URL(request.url, 'http://127.0.0.1').pathname);
    if (!file) return response.writeHead(404).end();
    return response.writeHead(200, { 'content-type': file.kind }).end(file.body);
  });
  await new Promise((resolve, reject) => { server.once('error', reject).listen(port, '127.0.0.1', resolve); });
  const end = () => { server.close(); server.closeAllConnections(); };
  return { address: `http://127.0.0.1:${server.address().port}/`, end };
}
