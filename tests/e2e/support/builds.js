// Which build a page comes from, and another build of the same page.
import { createHash } from "node:crypto";
import { cp, readFile, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const HASHED = /^(.*-)([0-9a-f]{16})(\.(?:js|css|wasm))$/;
const TEXT = /\.(?:js|css|html)$/;

/** Lists the files of a build whose names say what is in them. */
export async function hashedNames(dist) {
  return (await readdir(dist)).filter((name) => HASHED.test(name));
}

/**
 * Copies a build and makes it another one: every hashed file gets another name, everybody loads the others by the new names,
 * and the service worker knows the new names and contents. So any file of one build in a page of the other shows.
 * `turn` makes another id out of an id.
 */
export async function makeOtherBuild(dist, target, turn = (id) => [...id].reverse().join("")) {
  await cp(dist, target, { recursive: true });
  const renamed = new Map();
  for (const name of await hashedNames(target)) {
    const [, stem, hash, extension] = HASHED.exec(name);
    renamed.set(name, `${stem}${turn(hash)}${extension}`);
  }
  for (const name of (await readdir(target)).filter((name) => TEXT.test(name))) {
    let text = await readFile(join(target, name), "utf8");
    for (const [old, other] of renamed) text = text.replaceAll(old, other);
    if (name !== "sw.js" && name.endsWith(".js")) text += "\n// another build\n";
    await writeFile(join(target, name), text);
  }
  for (const [old, other] of renamed) await rename(join(target, old), join(target, other));
  await rewriteServiceWorker(target, turn);
}

async function rewriteServiceWorker(target, turn) {
  const path = join(target, "sw.js");
  let text = await readFile(path, "utf8");
  for (const list of ["FIRST", "REST"]) {
    const pattern = new RegExp(`const ${list} = (\\[.*\\]);`);
    const entries = JSON.parse(pattern.exec(text)[1]);
    for (const entry of entries) {
      const bytes = await readFile(join(target, entry[0] === "./" ? "index.html" : entry[0]));
      entry[1] = createHash("sha256").update(bytes).digest("hex");
    }
    text = text.replace(pattern, () => `const ${list} = ${JSON.stringify(entries)};`);
  }
  text = text.replace(/const BUILD = "(\w+)"/, (_, id) => `const BUILD = "${turn(id)}"`);
  await writeFile(path, text);
}

/** Lists the hashed files that a page and its engine were really made of. */
export async function hashedNamesLoaded(page) {
  const loaded = () => performance.getEntriesByType("resource").map((entry) => entry.name);
  const lists = [await page.evaluate(loaded)];
  for (const worker of page.workers()) lists.push([worker.url()], await worker.evaluate(loaded));
  const names = lists.flat().map((address) => new URL(address).pathname.split("/").pop());
  return [...new Set(names.filter((name) => HASHED.test(name)))].sort();
}
