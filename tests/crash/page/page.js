// The page does nothing itself: it hands what DevTools asks for to the worker, as the app does, and tells DevTools what the
// worker says.

const worker = new Worker('./worker.js', { type: 'module' });
const waiting = new Map();
let asked = 0;

/** Calls one of the worker's functions; answers with `{ value }` or `{ error: { name, message } }`. */
window.ask = (call, ...args) => new Promise((answer) => {
  asked += 1;
  waiting.set(asked, answer);
  worker.postMessage({ id: asked, call, args });
});

worker.onmessage = ({ data }) => {
  // `tell` leads out of the browser: DevTools puts it here.
  if (data.told) return window.tell(JSON.stringify(data.told));
  waiting.get(data.id)(data.answer);
  return waiting.delete(data.id);
};

worker.onerror = ({ message }) => window.tell(JSON.stringify({ broken: message }));
