// Keeps one whole build of the app, so that it works with the network off and no page ever mixes two builds.
//
// `cargo xtask build` writes the build's id and its files into this text, so that a new build is a new service worker.
// - Installing fetches every file of FIRST, checks its SHA-256 and keeps it in the build's own cache. If one cannot be
//   had as it was built, the install fails as a whole and the build before goes on.
// - A new build waits until a page says "take-over". Pages of the build before go on with their own files: the names of
//   scripts, styles and WebAssembly hold a hash, and the cache of the build before is kept beside the new one.
// - Pages come from the cache, always, with the files of the same build.

/** The id of this build. @type {string} */
const BUILD = "__BUILD__";
/** What a page needs to start: pairs of an address below the scope and the SHA-256 of the file. @type {[string, string][]} */
const FIRST = __FIRST__;
/** The policy that every file of this build comes under, on hosts that send none, too. @type {string} */
const POLICY = __POLICY__;
/** What can come later, such as the samples: fetched when a page is at rest. @type {[string, string][]} */
const REST = __REST__;

const scope = new URL("./", self.location.href);
// The scope is part of the name: another folder of the same host may hold a Tablog of its own.
const PREFIX = `tablog ${scope.pathname} `;
const CACHE = PREFIX + BUILD;
const addressOf = (path) => new URL(path, scope).href;
/** Where a build's cache notes since when it answers; no file of any build has this address. */
const SINCE = addressOf("active-since");
const ADDRESSES = new Set([...FIRST, ...REST].map(([path]) => addressOf(path)));

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("message", (event) => {
  if (event.data === "take-over") event.waitUntil(self.skipWaiting());
  if (event.data === "fetch-the-rest") event.waitUntil(fetchTheRest());
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== scope.origin || !address.href.startsWith(scope.href)) return;
  address.search = "";
  address.hash = "";
  if (request.mode === "navigate" && (address.href === scope.href || address.href === addressOf("index.html"))) {
    event.respondWith(fromThisBuild(scope.href, request));
  } else if (ADDRESSES.has(address.href)) {
    event.respondWith(fromThisBuild(address.href, request));
  } else {
    event.respondWith(fromAnyBuild(address.href, request));
  }
});

async function install() {
  const files = await Promise.all(FIRST.map(fetchChecked));
  const cache = await caches.open(CACHE);
  try {
    await Promise.all(files.map(([address, response]) => cache.put(address, response)));
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

// Gets a file that is the one that was built: from any build's cache, from the browser's cache, or from the network.
async function fetchChecked([path, sha256]) {
  const address = addressOf(path);
  const ways = [
    () => caches.match(address),
    () => fetch(address, { credentials: "same-origin" }),
    () => fetch(address, { credentials: "same-origin", cache: "reload" }),
  ];
  let answer = "nothing";
  for (const way of ways) {
    const response = await way();
    if (response === undefined) continue;
    answer = response.ok ? "a file of another build" : `status ${response.status}`;
    if (!response.ok) continue;
    const bytes = await response.arrayBuffer();
    if ((await digest(bytes)) === sha256) return [address, plain(response, bytes)];
  }
  throw new Error(`${address}: expected the file of build ${BUILD}, got ${answer}`);
}

async function digest(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// A response with these bytes: whole, not redirected, not encoded, under the page's own policy even in a worker, which
// does not heed what the page says of itself. What the host's policy forbids besides stays forbidden.
function plain(response, bytes) {
  const headers = new Headers();
  for (const name of ["content-type", "content-security-policy"]) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const said = headers.get("content-security-policy") ?? "";
  if (!said.includes(POLICY)) headers.append("content-security-policy", POLICY);
  return new Response(bytes, { headers });
}

// The build that ran before stays, for pages that are still open on it; what is older goes, and what was installed and
// never ran. Which one ran before, the caches tell by a note of when they began; without notes it is the newest.
async function activate() {
  await (await caches.open(CACHE)).put(SINCE, new Response(String(Date.now())));
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  const others = await Promise.all(names.map(async (name) => ({ name, since: await activeSince(name) })));
  others.sort((a, b) => a.since - b.since);
  // One that is being installed behind this one has not run yet, and is to: it is not looked at before it is its turn.
  const isFollowed = self.registration.installing !== null || self.registration.waiting !== null;
  const old = others.slice(0, -1).filter(({ since }) => since > 0 || !isFollowed);
  await Promise.all(old.map(({ name }) => caches.delete(name)));
  await self.clients.claim();
}

// Tells when the build of a cache began to answer: milliseconds since 1970, 0 if it never did.
async function activeSince(name) {
  const note = await (await caches.open(name)).match(SINCE);
  return note === undefined ? 0 : Number(await note.text());
}

async function fetchTheRest() {
  const cache = await caches.open(CACHE);
  for (const entry of REST) {
    if ((await cache.match(addressOf(entry[0]))) !== undefined) continue;
    try {
      const [address, response] = await fetchChecked(entry);
      await cache.put(address, response);
    } catch {
      return; // The network is gone: the next page that opens tries again.
    }
  }
}

async function fromThisBuild(address, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(address)) ?? fetch(request);
}

// A file with another build's hash in its name, or nothing of ours.
async function fromAnyBuild(address, request) {
  return (await caches.match(address)) ?? fetch(request);
}
