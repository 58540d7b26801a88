import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { SetupStop } from './stop.js';

/**
 * Waits until this process alone holds `file`.
 *
 * The kernel keeps the lock on the open file, so it is released when the last process that holds it ends, in whatever way.
 * Node has no flock; a short-lived Python process takes it on the descriptor that it inherits. Children that inherit
 * `fd` hold the lock, too: an npm that outlives a killed set-up still keeps the next set-up out.
 *
 * @param {string} file made if absent; its content is not used
 * @param {{ python: string, say: (line: string) => void }} options
 * @returns {{ fd: number, release: () => void }}
 */
export function lock(file, { python, say }) {
  mkdirSync(path.dirname(file), { recursive: true });
  const fd = openSync(file, 'a');
  /** @param {string} flags */
  const flock = (flags) => {
    const code = `import fcntl, sys\ntry: fcntl.flock(3, ${flags})\nexcept BlockingIOError: sys.exit(75)`;
    return spawnSync(python, ['-c', code], { stdio: ['ignore', 'ignore', 'ignore', fd] }).status;
  };
  let status = flock('fcntl.LOCK_EX | fcntl.LOCK_NB');
  if (status === 75) {
    say(`another set-up is running (it holds ${file}); waiting`);
    status = flock('fcntl.LOCK_EX');
  }
  if (status !== 0) {
    closeSync(fd);
    throw new SetupStop(
      `${file} cannot be locked.`,
      'Put the cache on a local disk: set NUCLEATE_CACHE to a folder there.',
      8,
    );
  }
  return { fd, release: () => closeSync(fd) };
}
