// What must hold in every test, whatever it is about: the page keeps its security policy, asks no other origin for anything,
// and no error goes unhandled or is only written to the console.

/** Watches all pages of one browser. */
export class Manners {
  /** What was seen that must not be, in words. */
  breaches = [];
  #allowed = new Set();

  /** Allows requests to the server of the page that is tested. */
  allow(address) {
    this.#allowed.add(new URL(address).origin);
  }

  /** Names the servers that were allowed, but for this one. */
  originsBut(address) {
    return [...this.#allowed].filter((origin) => origin !== new URL(address).origin);
  }

  /** Watches a browser until what is returned is called. */
  watch(context) {
    const listeners = {
      request: (request) => this.#request(request),
      console: (message) => this.#console(message),
      weberror: (error) => this.breaches.push(`an error went unhandled: ${error.error()}`),
    };
    for (const [event, listener] of Object.entries(listeners)) context.on(event, listener);
    return () => {
      for (const [event, listener] of Object.entries(listeners)) context.off(event, listener);
    };
  }

  #request(request) {
    const { protocol, origin } = new URL(request.url());
    const isOwn = protocol === "blob:" || protocol === "data:" || this.#allowed.has(origin);
    if (!isOwn) this.breaches.push(`a request went to a foreign origin: ${request.url()}`);
  }

  #console(message) {
    const text = message.text();
    if (/content security policy/i.test(text)) this.breaches.push(`policy broken: ${text}`);
    // A file that a test took away is the browser's to complain about; what the app says it could not do is ours.
    else if (message.type() === "error" && !/^Failed to load resource/.test(text)) this.breaches.push(`an error was written down: ${text}`);
  }

  /** Takes what was seen so far, for a test that provoked it. */
  take() {
    return this.breaches.splice(0);
  }
}
