import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readJson } from './json.js';

/**
 * What set-up has finished in this clone.
 *
 * @typedef {object} Stamp
 * @property {string} packages SHA-256 of the package-lock.json that node_modules was installed from
 * @property {import('./library.js').Flavour} flavour of the TensorFlow library
 * @property {string} library folder of the TensorFlow library that the binding was built with
 * @property {string | undefined} binding fingerprint of the built binding
 */

/** Inside node_modules, so that it is deleted with them. */
const file = fileURLToPath(new URL('../node_modules/.nucleate-setup.json', import.meta.url));

/** @returns {Partial<Stamp>} */
export const readStamp = () => readJson(file) ?? {};

/** @param {Partial<Stamp>} stamp */
export function writeStamp(stamp) {
  writeFileSync(`${file}.new`, JSON.stringify(stamp), { flush: true });
  renameSync(`${file}.new`, file);
}

export const removeStamp = () => rmSync(file, { force: true });
