// One browser, on a profile on disk, for many tests: starting one anew, and compiling the page's WebAssembly again, costs
// more than most tests do. Each test is lent it by one who has been here before, and has no data: the service worker and
// its cache are there, and nothing else.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What a page keeps, but for the service worker and the build that it holds. */
const DATA = "cookies,file_systems,indexeddb,local_storage,shared_storage,storage_buckets";

export class Resident {
  #start;
  #profile = null;
  #context = null;

  /** `start` starts the browser on a folder. */
  constructor(start) {
    this.#start = start;
  }

  /** Lends the browser, which is started when it is first asked for. */
  async lend() {
    if (this.#context === null) {
      this.#profile = await mkdtemp(join(tmpdir(), "tablog-e2e-resident-"));
      this.#context = await this.#start(this.#profile);
      this.#context.on("close", () => (this.#context = null));
    }
    return this.#context;
  }

  /** Takes it back after a test: closes its pages, and clears what they kept. A browser that the test closed is started anew. */
  async takeBack(address, otherOrigins) {
    const context = this.#context;
    if (context === null) return this.end();
    const blank = await context.newPage();
    for (const page of context.pages()) if (page !== blank) await page.close();
    await context.setOffline(false);
    const devtools = await context.newCDPSession(blank);
    const clear = (origin, storageTypes) => devtools.send("Storage.clearDataForOrigin", { origin, storageTypes });
    await clear(new URL(address).origin, DATA);
    for (const origin of otherOrigins) await clear(origin, "all");
    await devtools.detach();
  }

  async end() {
    await this.#context?.close();
    if (this.#profile !== null) await rm(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    this.#profile = null;
  }
}
