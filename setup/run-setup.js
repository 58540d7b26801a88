import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * Runs set-up in a process of its own, with the streams of this one.
 *
 * @param {readonly string[]} args its options
 * @returns {number} the exit status
 */
export function runSetup(args) {
  const file = fileURLToPath(new URL('setup.js', import.meta.url));
  return spawnSync(process.execPath, [file, ...args], { stdio: 'inherit' }).status ?? 1;
}
