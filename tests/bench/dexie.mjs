// Dexie as its documentation shows bulk writes: one row an event, `bulkAdd` of 1,000 at a time.

import { createServer } from 'node:http';
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LIBRARY = fileURLToPath(new URL('node_modules/dexie/dist/dexie.min.js', import.meta.url));

/** Adds the file's events and measures from the first line to the last transaction's end. */
export async function dexie(browser, file, events) {
  const server = await serve(file);
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const { import_ms, count } = await page.evaluate(addAll);
    if (count !== events) throw new Error(`Dexie holds ${count} of ${events} events`);
    await page.close();
    return { import_ms };
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

async function addAll() {
  const db = new window.Dexie('events');
  db.version(1).stores({ events: '++offset' });
  await db.open();
  const began = performance.now();
  const lines = (await fetch('/events')).body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let batch = [];
  for (;;) {
    const { done, value } = await lines.read();
    if (done) break;
    const parts = (rest + value).split('\n');
    rest = parts.pop();
    for (const part of parts) {
      batch.push(JSON.parse(part));
      if (batch.length === 1_000) {
        await db.events.bulkAdd(batch);
        batch = [];
      }
    }
  }
  if (batch.length) await db.events.bulkAdd(batch);
  return { import_ms: performance.now() - began, count: await db.events.count() };
}

function serve(file) {
  const server = createServer(async (request, response) => {
    if (request.url === '/events') {
      createReadStream(file).pipe(response);
    } else if (request.url === '/dexie.js') {
      response.setHeader('content-type', 'text/javascript').end(await readFile(LIBRARY));
    } else {
      response.setHeader('content-type', 'text/html').end('<!doctype html><script src="/dexie.js"></script>');
    }
  });
  return new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server)));
}
