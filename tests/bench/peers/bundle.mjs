// One folder a contender: its page, its script and whatever they load, ready to be served.

import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = fileURLToPath(new URL('../node_modules', import.meta.url));

/** Bundles a contender's page into a folder. */
export async function bundle(contender, folder) {
  await mkdir(folder, { recursive: true });
  const entries = [
    { in: `./${contender.script ?? contender.id}.js`, out: 'contender' },
    ...Object.entries(contender.entries ?? {}).map(([out, script]) => ({ in: script, out })),
  ];
  if (!contender.page) entries.push({ in: '../page/start-worker.js', out: 'start-worker' });
  await build({
    entryPoints: entries,
    absWorkingDir: join(HERE, 'pages'),
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'chrome120',
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    // The harness lies beside the bundle, as the tool that made it wants it to. The other is imported in Node only.
    external: ['./harness.js', 'node:module'],
    logLevel: 'error',
  });
  for (const asset of contender.assets ?? []) await copyFile(join(PACKAGES, asset), join(folder, basename(asset)));
  if (contender.harness) {
    if (!process.env.TABLOG_HARNESS) throw new Error('TABLOG_HARNESS names no folder: run `cargo xtask bench`');
    await cp(process.env.TABLOG_HARNESS, folder, { recursive: true });
  }
  const script = contender.page ? 'contender.js' : 'start-worker.js';
  await writeFile(join(folder, 'index.html'), `<!doctype html><meta charset="utf-8"><title>${contender.id}</title><script type="module" src="./${script}"></script>\n`);
}
