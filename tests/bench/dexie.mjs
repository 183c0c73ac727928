// Dexie as its documentation shows bulk writes: one row an event, `bulkAdd` of many at a time. It reads the same file in the
// same way as Tablog does, as a `File` that a person chose.

import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const LIBRARY = fileURLToPath(new URL('node_modules/dexie/dist/dexie.min.js', import.meta.url));

/** Adds the file's events, `rows_at_once` in a `bulkAdd`, and measures from the first byte to the last transaction's end. */
export async function dexie(browser, file, events, rows_at_once) {
  const server = await serve();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.locator('input[type=file]').setInputFiles(file);
    const { import_ms, count } = await page.evaluate(addAll, rows_at_once);
    if (count !== events) throw new Error(`Dexie holds ${count} of ${events} events`);
    await page.close();
    return { import_ms };
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}

async function addAll(rows_at_once) {
  const db = new window.Dexie('events');
  db.version(1).stores({ events: '++offset' });
  await db.open();
  const [file] = document.querySelector('input').files;
  const began = performance.now();
  const lines = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  let batch = [];
  for (;;) {
    const { done, value } = await lines.read();
    if (done) break;
    const parts = (rest + value).split('\n');
    rest = parts.pop();
    for (const part of parts) {
      batch.push(JSON.parse(part));
      if (batch.length === rows_at_once) {
        await db.events.bulkAdd(batch);
        batch = [];
      }
    }
  }
  if (batch.length) await db.events.bulkAdd(batch);
  return { import_ms: performance.now() - began, count: await db.events.count() };
}

function serve() {
  const server = createServer(async (request, response) => {
    if (request.url === '/dexie.js') {
      response.setHeader('content-type', 'text/javascript').end(await readFile(LIBRARY));
    } else {
      response.setHeader('content-type', 'text/html').end('<!doctype html><input type="file"><script src="/dexie.js"></script>');
    }
  });
  return new Promise((listening) => server.listen(0, '127.0.0.1', () => listening(server)));
}
