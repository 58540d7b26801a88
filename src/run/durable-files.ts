/** Files that survive complete when the process or the machine dies. */
import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';

/** Called after each write with what has just been done; tests end the process there. */
export type AfterWrite = (what: string) => void;

export interface FileFacts {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Whether an error comes from the operating system, for example a full disk. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

/** An error with exit code 8 for a failed write; any other error is returned as it is. */
export function writeError(cause: unknown, where: string): unknown {
  if (!isSystemError(cause)) return cause;
  const full = cause.code === 'ENOSPC' || cause.code === 'EDQUOT';
  return new NucleateError(
    {
      what: full ? 'The disk is full.' : `The file or folder cannot be written: ${cause.message}.`,
      where,
      hint: full
        ? 'Free space on this disk, then resume.'
        : 'Check that the folder is writable and its disk is not read-only.',
      exitCode: exitCodes.io,
    },
    { cause },
  );
}

/**
 * Writes a new file and waits until it is on the disk.
 *
 * @param pieces The content of the file, one piece after another.
 */
export async function writeSynced(
  file: string,
  pieces: readonly Uint8Array[],
  after: AfterWrite,
): Promise<FileFacts> {
  const name = path.basename(file);
  const hash = createHash('sha256');
  let bytes = 0;
  // `wx` does not follow a link that may lie there.
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

/** Replaces a file: a reader finds the old or the new content, never a part of it. */
export async function replaceSynced(
  file: string,
  content: string | readonly Uint8Array[],
  after: AfterWrite = () => {},
): Promise<void> {
  const folder = path.dirname(file);
  const next = path.join(folder, `.tmp-${path.basename(file)}`);
  await rm(next, { force: true });
  await writeSynced(next, typeof content === 'string' ? [Buffer.from(content)] : content, after);
  await rename(next, file);
  after(`rename ${path.basename(file)}`);
  await syncFolder(folder);
}

/** Waits until the names in a folder are on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems cannot sync folders and do not need to.
    if (!isSystemError(error) || error.code !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}
