import type { Problem } from '../errors.js';
import type { Terminal } from './terminal.js';

/** Warns of each old key of a config, with its place and its new name; the config is used all the same. */
export function warnOfOldKeys(oldKeys: readonly Problem[], terminal: Terminal): void {
  for (const { where, what } of oldKeys) terminal.warn(`${where}: ${what}`);
}
