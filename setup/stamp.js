import { renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { readJson } from './json.js';
import { isClone, root } from './place.js';

/**
 * What set-up has finished here.
 *
 * @typedef {object} Stamp
 * @property {string} packages fingerprint of the packages that were installed (packages.js)
 * @property {import('./library.js').Flavour} flavour of the TensorFlow library
 * @property {string} library folder of the TensorFlow library that the binding was built with
 * @property {string | undefined} binding fingerprint of the built binding
 */

/** Inside node_modules, so that it is deleted with them; the package itself is inside of those of another project. */
const file = path.join(root, isClone ? 'node_modules/.nucleate-setup.json' : '.setup/stamp.json');

/** @returns {Partial<Stamp>} */
export const readStamp = () => readJson(file) ?? {};

/** @param {Partial<Stamp>} stamp */
export function writeStamp(stamp) {
  writeFileSync(`${file}.new`, JSON.stringify(stamp), { flush: true });
  renameSync(`${file}.new`, file);
}

export const removeStamp = () => rmSync(file, { force: true });
