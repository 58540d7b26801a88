import { readFile, stat } from 'node:fs/promises';
import { exitCodes, NucleateError } from '../../errors.js';

/** Bytes of 64 megapixels of uncompressed 16-bit RGBA, the largest image that is held in memory. */
export const maxFileBytes = 64e6 * 8;

/**
 * Reads a whole file.
 *
 * @param maxBytes Larger files are an error.
 * @throws {NucleateError} Exit code 3 if it is not a regular file, cannot be read, or is too large.
 */
export async function readBytes(path: string, maxBytes = maxFileBytes): Promise<Buffer> {
  const info = await stat(path).catch((cause: Error) => {
    throw fileError(path, `The file cannot be read: ${cause.message}.`, cause);
  });
  if (!info.isFile()) throw fileError(path, 'The file cannot be read: it is not a regular file.');
  if (info.size > maxBytes) throw fileError(path, `The file has more than ${Math.floor(maxBytes / 1e6)} MB.`);
  return readFile(path).catch((cause: Error) => {
    throw fileError(path, `The file cannot be read: ${cause.message}.`, cause);
  });
}

/** The error for a file or folder that cannot be read. */
export const fileError = (where: string, what: string, cause?: unknown) =>
  new NucleateError(
    {
      what,
      where,
      hint: 'Check the path and its permissions. Cut very large images into tiles.',
      exitCode: exitCodes.data,
    },
    { cause },
  );
