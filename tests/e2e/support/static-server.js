// A static host as small as they come, for tests that must stop it, start it again or change what it serves.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";

const KINDS = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".jsonl": "application/jsonl; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
};

/** Serves a folder on this machine, on a port of its own, under `/` or under a subfolder such as `/a/b/`. */
export class StaticServer {
  #folder;
  #prefix;
  #server = null;
  #port = 0;

  constructor(folder, { prefix = "/" } = {}) {
    this.#folder = folder;
    this.#prefix = prefix;
  }

  /** The address of the page. */
  get url() {
    return `http://127.0.0.1:${this.#port}${this.#prefix}`;
  }

  /** Serves another folder from now on, as a host does after an update. */
  serve(folder) {
    this.#folder = folder;
  }

  /** Listens; on the same port as before, if there was one. */
  async start() {
    this.#server = createServer((request, response) => this.#answer(request, response));
    await new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(this.#port, "127.0.0.1", resolve);
    });
    this.#port = this.#server.address().port;
  }

  /** Goes away as if a cable was cut: nobody listens any more, and open connections end. */
  async stop() {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, "http://127.0.0.1");
    const path = decodeURIComponent(pathname);
    const inside = path.startsWith(this.#prefix) ? normalize(path.slice(this.#prefix.length)) : "..";
    const name = inside === "." || inside.endsWith("/") ? join(inside, "index.html") : inside;
    const body = name.startsWith("..") ? null : await readFile(join(this.#folder, name)).catch(() => null);
    if (body === null) return response.writeHead(404, { "content-type": "text/plain" }).end("404\n");
    const kind = KINDS[extname(name)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": kind, "cache-control": "no-cache" }).end(body);
  }
}
