// How a page is told what to do: `bench.run(step, options)`, be the contender in the page itself or in its worker.

/** Offers the steps to whoever drives this page: as `bench.run`, or as answers to messages when this is a worker. */
export function answer(steps) {
  const run = async (step, options) => {
    if (!(step in steps)) throw new Error(`there is no step ${step}`);
    return steps[step](options ?? {});
  };
  if (globalThis.document) {
    globalThis.bench = { run };
    return;
  }
  globalThis.addEventListener('message', async ({ data: { call, step, options } }) => {
    try {
      globalThis.postMessage({ call, result: await run(step, options) });
    } catch (error) {
      globalThis.postMessage({ call, error: wordsOf(error) });
    }
  });
  globalThis.postMessage({ ready: true });
}

/** Starts a contender's worker and offers its steps as `bench.run`. */
export function answerFromWorker(address) {
  const worker = new Worker(address, { type: 'module' });
  const waiting = new Map();
  let calls = 0;
  let fail;
  // A module that cannot be loaded says so by an event, and answers nothing.
  const failed = new Promise((_, reject) => { fail = reject; });
  failed.catch(() => {});
  const ready = new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data.ready) return resolve();
      const { done, refuse } = waiting.get(data.call);
      waiting.delete(data.call);
      return data.error === undefined ? done(data.result) : refuse(new Error(data.error));
    };
  });
  worker.onerror = ({ message, filename, lineno }) => fail(new Error(message ? `${message} (${filename}:${lineno})` : 'its script cannot be loaded'));
  globalThis.bench = {
    async run(step, options) {
      await Promise.race([ready, failed]);
      calls += 1;
      const call = calls;
      const answered = new Promise((done, refuse) => waiting.set(call, { done, refuse }));
      worker.postMessage({ call, step, options });
      return Promise.race([answered, failed]);
    },
  };
}

function wordsOf(error) {
  if (!(error instanceof Error) && !(error instanceof DOMException)) return String(error);
  return `${error.name}: ${error.message}${error.cause ? ` (${wordsOf(error.cause)})` : ''}`;
}
