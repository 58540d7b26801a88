import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { isClone, root } from './place.js';

/** @param {string} file */
const fromRoot = (file) => path.join(root, file);

/** Each folder in it is named by the fingerprint of its sources and never changes. */
const compiled = fromRoot('dist');

/** What Node runs: the command line, and the loader's threads. */
const entries = ['src/cli/main.ts', 'src/data/loader/worker.ts'];

/** What a browser gets from `nucleate annotate`, in the folder annotate-page beside main.js. */
const pageEntries = [
  'src/annotate-page/page.tsx',
  'src/annotate-page/index.html',
  'src/annotate-page/icon.svg',
];

/** How long a folder is kept: a training that takes days still loads modules from its own. */
const keptMs = 7 * 24 * 60 * 60 * 1000;

/** Of the package, compiled before it was packed. */
export const compiledInPackage = fromRoot('lib');

/**
 * Compiles the sources to a few JavaScript files and the annotation page, if they have changed. From these a command starts
 * in a quarter of the time that it takes to find and translate 200 files at each start. The package is compiled already.
 *
 * The package esbuild must be installed in a clone.
 *
 * @returns {Promise<string>} path of main.js
 * @throws {Error} of esbuild, for sources that are not valid TypeScript, or of the file system
 */
export async function compileSources() {
  if (!isClone) return path.join(compiledInPackage, 'main.js');
  const folder = path.join(compiled, fingerprint());
  const main = path.join(folder, 'main.js');
  if (existsSync(main)) return main;
  const partial = `${folder}.${process.pid}.part`;
  try {
    // First, since esbuild reports a folder that cannot be written once for each of its files.
    mkdirSync(partial, { recursive: true });
    await bundle(partial, { sourcesContent: false });
    publish(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  removeOld();
  return main;
}

/**
 * Writes all JavaScript that is made of the sources.
 *
 * @param {string} folder
 * @param {{ entries?: readonly string[], sourcesContent: boolean }} options `entries` besides what the commands need;
 *   `sourcesContent` for where the sources themselves are not
 */
export async function bundle(folder, { entries: others = [], sourcesContent }) {
  const { build } = await import('esbuild');
  await build({
    absWorkingDir: root,
    entryPoints: [...entries, ...others],
    outdir: folder,
    entryNames: '[name]',
    bundle: true,
    packages: 'external',
    // They find their own files relative to themselves.
    external: ['./setup/*'],
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: 'linked',
    sourcesContent,
    logLevel: 'silent',
  });
  await build({
    absWorkingDir: root,
    entryPoints: pageEntries,
    outdir: path.join(folder, 'annotate-page'),
    entryNames: '[name]',
    loader: { '.html': 'copy', '.svg': 'copy' },
    bundle: true,
    minify: true,
    jsx: 'automatic',
    jsxImportSource: 'preact',
    format: 'esm',
    platform: 'browser',
    target: ['chrome111', 'firefox114', 'safari16.4'],
    logLevel: 'silent',
  });
}

/** @param {string} partial @param {string} folder */
function publish(partial, folder) {
  try {
    renameSync(partial, folder);
  } catch (error) {
    // Another process has made the same folder first.
    if (!existsSync(folder)) throw error;
  }
}

/** A hash of the names, sizes and modification times of all sources. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const name of readdirSync(fromRoot('src'), { recursive: true, encoding: 'utf8' }).sort()) {
    const found = statSync(fromRoot(`src/${name}`));
    if (found.isFile()) hash.update(JSON.stringify([name, found.size, found.mtimeMs]));
  }
  return hash.digest('hex').slice(0, 16);
}

function removeOld() {
  const before = Date.now() - keptMs;
  for (const name of readdirSync(compiled)) {
    const folder = path.join(compiled, name);
    const found = statSync(folder, { throwIfNoEntry: false });
    if (found && found.mtimeMs < before) rmSync(folder, { recursive: true, force: true });
  }
}
