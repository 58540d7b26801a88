import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isClone, root } from './place.js';
import { SetupStop } from './stop.js';

/** SHA-256 of what says which packages are needed: package-lock.json in a clone, else package.json. */
export const packagesFingerprint = () =>
  createHash('sha256')
    .update(readFileSync(path.join(root, isClone ? 'package-lock.json' : 'package.json')))
    .digest('hex');

/**
 * Installs exactly what package-lock.json names, without running any package's scripts (.npmrc). Around the package, npm has
 * installed everything that it needs.
 *
 * @param {{ lockFd: number }} options
 */
export function installPackages({ lockFd }) {
  if (!isClone) return;
  const npm = process.env.npm_execpath ? [process.execPath, process.env.npm_execpath] : ['npm'];
  const { status, stderr } = spawnSync(npm[0] ?? '', [...npm.slice(1), 'ci', '--no-audit', '--no-fund'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe', lockFd],
  });
  if (status === 0) return;
  const said = stderr
    .split('\n')
    .flatMap((line) => /^npm (?:error|ERR!) (?!code )(.+)/.exec(line)?.[1] ?? []);
  const full = /ENOSPC/.test(stderr);
  throw new SetupStop(
    `npm ci failed: ${said[0] ?? stderr.trim()}`,
    full ? 'Free some disk space, then run again.' : 'Check the network: npm ping',
    full || /EACCES|EROFS/.test(stderr) ? 8 : 9,
  );
}
