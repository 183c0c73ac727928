// What is stored, past the page: read and damaged by a page of the same origin without the app in it.

/** Opens a page of the same origin without the app in it, as another tab with other code would be. */
export async function strangerTab(context, address) {
  const page = await context.newPage();
  await page.goto(new URL("samples/index.json", address).href);
  return page;
}

/** Deletes a stored row of batches, or flips a bit in it: `row` counts from the first, or from the last if negative. What an open app has read already, it does not read again. */
export async function damage(context, address, kind) {
  const page = await strangerTab(context, address);
  await page.evaluate(
    (kind) =>
      new Promise((done, failed) => {
        const request = indexedDB.open("tablog");
        request.onerror = () => failed(request.error);
        request.onsuccess = () => {
          const transaction = request.result.transaction("chunks", "readwrite");
          const store = transaction.objectStore("chunks");
          store.getAllKeys().onsuccess = ({ target: { result: keys } }) => {
            const key = keys[kind.row < 0 ? keys.length + kind.row : kind.row];
            if (kind.deletes) store.delete(key);
            else {
              store.get(key).onsuccess = ({ target: { result } }) => {
                const bytes = new Uint8Array(result.buffer ?? result);
                bytes[bytes.length - 2] ^= 1;
                store.put(bytes.buffer, key);
              };
            }
          };
          transaction.oncomplete = () => {
            request.result.close();
            done();
          };
          transaction.onabort = () => failed(transaction.error);
        };
      }),
    kind,
  );
  await page.close();
}

/** Waits until the browser remembers, outside of the database, that a topic's partition 0 ends at an offset. */
export async function untilWitnessed(page, topic, end) {
  await page.waitForFunction(
    ([topic, end]) => new RegExp(`^topic ${topic} \\w+ \\d+-${end}\\b`, "m").test(localStorage.getItem("tablog.witness") ?? ""),
    [topic, end],
  );
}
