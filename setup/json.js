import { readFileSync } from 'node:fs';

/**
 * The content of a JSON file; undefined if it is missing or damaged: either way it has to be made again.
 *
 * @param {string} file
 * @returns {any}
 */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const absent = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
    if (absent || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
