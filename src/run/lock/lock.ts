/**
 * Only one process at a time trains in a run folder.
 *
 * The lock is a folder, `run.lock`, of numbered files; the file with the highest number names the owner. The lock of a
 * dead owner is not deleted: two processes could do that at once, the second deleting the lock of the first. Instead a
 * process claims the next number, which the file system grants to only one.
 */
import { appendFileSync, existsSync, linkSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../../make-folders.js';
import { readPlainTextSync } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { isSystemError, writeError } from '../durable-files.js';
import { type Life, lifeOf, ownIdentity, ProcessIdentity } from '../../process-identity.js';

export interface LockOptions {
  /** Take over the lock of a process on another machine, which cannot be checked from here (`--force-unlock`). */
  readonly force: boolean;
  /** Called with a sentence if the lock of a dead process is taken over. */
  readonly onTakeover: (notice: string) => void;
  /** What the process does that holds the lock, after "Process 1 is"; and what to do about it. Default: it trains. */
  readonly work?: { readonly what: string; readonly hint: string };
}

const training = {
  what: 'training in this folder',
  hint: 'Wait until it ends, or stop it (Ctrl-C saves a checkpoint).',
};

export interface RunLock {
  /** Releases the lock; call it once, at the end. If the process dies instead, the next one notices. */
  readonly release: () => void;
}

/**
 * Locks a run folder for this process.
 *
 * @throws {NucleateError} Exit code 7 if another process holds it, 8 if the folder cannot be written to.
 */
export function lockRun(runFolder: string, options: LockOptions): RunLock {
  const folder = path.join(runFolder, 'run.lock');
  try {
    makeFolders(folder);
    return acquire(folder, options);
  } catch (error) {
    throw writeError(error, folder);
  }
}

/**
 * Who holds a run: `free` if no process has locked it or the lock was released.
 *
 * @throws {NucleateError} Exit code 7 if the lock cannot be read.
 */
export function lockState(runFolder: string): Life | 'free' {
  const folder = path.join(runFolder, 'run.lock');
  for (;;) {
    const highest = existsSync(folder) ? Math.max(0, ...numbersIn(folder)) : 0;
    const owner = highest > 0 ? ownerOf(folder, highest) : 'nobody';
    if (owner !== 'gone') return owner === 'nobody' ? 'free' : lifeOf(owner);
  }
}

/** The second line of a lock that its owner has released. */
const released = 'released';

function acquire(folder: string, { force, onTakeover, work = training }: LockOptions): RunLock {
  const own = ownIdentity();
  const draft = path.join(folder, `draft-${own.pid}-${own.started}`);
  // Claimed by a link to a complete file: no process ever reads half a lock.
  writeFileSync(draft, `${JSON.stringify(own)}\n`, { flush: true });
  try {
    for (;;) {
      const highest = Math.max(0, ...numbersIn(folder));
      const owner = highest > 0 ? ownerOf(folder, highest) : 'nobody';
      if (owner === 'gone') continue;
      if (owner !== 'nobody') requireDead(owner, folder, { force, work });

      const number = highest + 1;
      if (!claim(draft, path.join(folder, String(number)))) continue;
      // A process with an old listing may claim a number that was used and deleted since.
      if (numbersIn(folder).some((other) => other > number)) {
        rmSync(path.join(folder, String(number)), { force: true });
        continue;
      }
      if (owner !== 'nobody') {
        onTakeover(`Process ${owner.pid} on ${owner.host} died during this run; its lock is taken over.`);
      }
      for (const older of numbersIn(folder)) {
        if (older < number) rmSync(path.join(folder, String(older)), { force: true });
      }
      return { release: () => release(path.join(folder, String(number))) };
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function release(file: string): void {
  try {
    appendFileSync(file, `${released}\n`);
  } catch (error) {
    // A full disk: the next process finds the owner dead.
    if (!isSystemError(error)) throw error;
  }
}

const numbersIn = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /^[1-9]\d*$/u.test(name))
    .map(Number);

/** `gone` if a newer owner has just deleted the file. */
function ownerOf(folder: string, number: number): ProcessIdentity | 'nobody' | 'gone' {
  const file = path.join(folder, String(number));
  let text: string;
  try {
    text = readPlainTextSync(file);
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return 'gone';
    throw error;
  }
  const [first = '', second] = text.split('\n');
  if (second === released) return 'nobody';
  try {
    return ProcessIdentity.parse(JSON.parse(first));
  } catch (cause) {
    // Not written by nucleate, whose locks are complete from the start.
    throw new NucleateError(
      {
        what: 'The lock of the run cannot be read.',
        where: file,
        hint: 'Make sure that no process is training in this folder, then delete the file.',
        exitCode: exitCodes.locked,
      },
      { cause },
    );
  }
}

function requireDead(
  owner: ProcessIdentity,
  folder: string,
  { force, work }: Required<Pick<LockOptions, 'force' | 'work'>>,
): void {
  const life = lifeOf(owner);
  if (life === 'dead' || (life === 'elsewhere' && force)) return;
  throw new NucleateError({
    what:
      life === 'running'
        ? `Process ${owner.pid} is ${work.what}.`
        : `Process ${owner.pid} on ${owner.host} has locked this folder.`,
    where: folder,
    hint: life === 'running' ? work.hint : 'If you know that this process has ended, add --force-unlock.',
    exitCode: exitCodes.locked,
  });
}

/** Whether this process got the name: the file system gives it to only one. */
function claim(draft: string, file: string): boolean {
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (isSystemError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
}
