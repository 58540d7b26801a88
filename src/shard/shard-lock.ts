/**
 * Only one process at a time works on a shard. On one machine the lock of a process that has died is taken over at once. The
 * process of another machine cannot be looked at from here: it shows that it lives by touching a file, and its lock is
 * taken over when it has not done so for a while, by the clock of the file system that both see.
 */
import { rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';
import { makeFolders } from '../make-folders.js';
import { lockRun, lockState } from '../run/lock/lock.js';

/** s between two signs of life. */
const beatSeconds = 15;

/** s: eight signs of life may be late or lost before a process counts as dead; a step of the networks takes seconds. */
const deadAfterSeconds = 120;

export interface ShardLock {
  readonly release: () => void;
}

/**
 * Locks the folder of a shard; it is made if it is not there.
 *
 * @throws {NucleateError} Exit code 7 if another process works on the shard, 8 if the folder cannot be written to.
 */
export function lockShard(folder: string, onTakeover: (notice: string) => void = () => {}): ShardLock {
  makeFolders(folder);
  const alive = path.join(folder, 'alive');
  const state = lockState(folder);
  const isGone = state === 'elsewhere' && silentSeconds(folder, alive) > deadAfterSeconds;
  if (state === 'running' || (state === 'elsewhere' && !isGone)) throw lockedError(folder);
  let lock;
  try {
    lock = lockRun(folder, { force: isGone, onTakeover });
  } catch (error) {
    // Another process was quicker.
    if (error instanceof NucleateError && error.exitCode === exitCodes.locked)
      throw lockedError(folder, error);
    throw error;
  }
  const beat = () => {
    try {
      writeFileSync(alive, '');
    } catch {
      // A full or missing disk is noticed where results are written.
    }
  };
  beat();
  const beating = setInterval(beat, beatSeconds * 1000);
  beating.unref();
  return {
    release: () => {
      clearInterval(beating);
      lock.release();
    },
  };
}

/** s since the last sign of life, by the clock that gives files their times; Infinity if there was none. */
function silentSeconds(folder: string, alive: string): number {
  const probe = path.join(folder, `now-${process.pid}`);
  try {
    writeFileSync(probe, '');
    return (statSync(probe).mtimeMs - statSync(alive).mtimeMs) / 1000;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Infinity;
    throw error;
  } finally {
    rmSync(probe, { force: true });
  }
}

const lockedError = (where: string, cause?: unknown) =>
  new NucleateError(
    {
      what: 'Another process works on this shard.',
      where,
      hint: `Wait for it; if it has died on another machine, try again after ${deadAfterSeconds} s.`,
      exitCode: exitCodes.locked,
    },
    { cause },
  );
