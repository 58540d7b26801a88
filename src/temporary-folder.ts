import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exitCodes, NucleateError } from './errors.js';
import { lifeOf, ownIdentity, type ProcessIdentity } from './process-identity.js';

/**
 * Makes a folder in the system's temporary folder (`TMPDIR`), named after this process, and first removes those that dead
 * processes of this machine have left: an unpacked image may have gigabytes.
 *
 * @param purpose Part of the name: `image`.
 * @returns The caller removes it.
 * @throws {NucleateError} Exit code 8 if it cannot be made.
 */
export function makeTemporaryFolder(purpose: string): string {
  const own = ownIdentity();
  removeLeftovers(own);
  const name = `${prefix}${purpose}-${own.pid}-${own.started || 0}-${machineOf(own)}-`;
  try {
    return mkdtempSync(path.join(tmpdir(), name));
  } catch (cause) {
    throw temporaryError(cause as Error);
  }
}

/** The error for a temporary folder that is missing, full or read-only, or whose files may not become large. */
export const temporaryError = (cause: NodeJS.ErrnoException): NucleateError =>
  new NucleateError(
    {
      what: `The temporary folder cannot be used: ${cause.message}.`,
      where: tmpdir(),
      hint:
        cause.code === 'EFBIG'
          ? 'Raise the limit of file size: ulimit -f unlimited'
          : 'Set TMPDIR to a folder that exists, is writable and has space left.',
      exitCode: exitCodes.io,
    },
    { cause },
  );

const prefix = 'nucleate-';

/** `nucleate-<purpose>-<pid>-<start of the process>-<machine>-<random>`. */
const named = /^nucleate-[a-z]+-(\d+)-(\d+)-([0-9a-f]{12})-\w{6}$/u;

/** Pids of another machine, boot or container say nothing about processes here. */
const machineOf = ({ host, boot, pidNamespace }: ProcessIdentity): string =>
  createHash('sha256')
    .update(JSON.stringify([host, boot, pidNamespace]))
    .digest('hex')
    .slice(0, 12);

function removeLeftovers(own: ProcessIdentity): void {
  // Without the time when processes started, a pid may be that of another process by now.
  if (own.started === '') return;
  const machine = machineOf(own);
  try {
    for (const name of readdirSync(tmpdir())) {
      const [, pid, started, where] = named.exec(name) ?? [];
      if (where !== machine) continue;
      const owner = { ...own, pid: Number(pid), started: started! };
      if (lifeOf(owner, own) === 'dead') rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
    }
  } catch {
    // A folder of another user, or no temporary folder: what needs one says so.
  }
}
