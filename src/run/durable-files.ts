/** Files that are still there, whole, after the process or the machine dies. */
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';

/** Told after each step of writing what has just been done; tests end the process there. */
export type AfterWrite = (what: string) => void;

export interface FileFacts {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Whether an error comes from the operating system, such as a full disk. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

/** The error with exit code 8 for a failure to write; any other error as it is. */
export function writeError(cause: unknown, where: string): unknown {
  if (!isSystemError(cause)) return cause;
  const full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
  return new NucleateError(
    {
      what: full ? 'The disk is full.' : `This cannot be written: ${cause.message}.`,
      where,
      hint: full
        ? 'Free space on this disk, then resume.'
        : 'Check the permissions of the folder and that its disk is not read-only.',
      exitCode: exitCodes.io,
    },
    { cause },
  );
}

/**
 * Writes a new file and waits until the disk has it.
 *
 * @param pieces What the file holds, one after another.
 */
export async function writeSynced(
  file: string,
  pieces: readonly Uint8Array[],
  after: AfterWrite,
): Promise<FileFacts> {
  const name = path.basename(file);
  const hash = createHash('sha256');
  let bytes = 0;
  // `wx` follows no link that somebody has put there.
  const handle = await open(file, 'wx');
  try {
    after(`create ${name}`);
    for (const piece of pieces) {
      await handle.writeFile(piece);
      hash.update(piece);
      bytes += piece.length;
      after(`write to ${name}`);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  after(`sync ${name}`);
  return { bytes, sha256: hash.digest('hex') };
}

/** Puts a file in the place of an older one: whoever opens it finds the old or the new text, never a part. */
export async function replaceSynced(file: string, text: string, after: AfterWrite = () => {}): Promise<void> {
  const folder = path.dirname(file);
  const next = path.join(folder, `.tmp-${path.basename(file)}`);
  await rm(next, { force: true });
  await writeSynced(next, [Buffer.from(text)], after);
  await rename(next, file);
  after(`rename ${path.basename(file)}`);
  await syncFolder(folder);
}

/** Waits until the disk has the names in a folder. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync folders, and need not.
    if (!isSystemError(error) || error.code !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
