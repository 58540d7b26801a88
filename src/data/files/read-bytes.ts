import { NotPlainFile, readPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';

/** Bytes of 67 megapixels of uncompressed 16-bit RGBA, the largest image that is held in memory. */
export const maxFileBytes = 2 ** 26 * 8;

/**
 * Reads a whole file.
 *
 * @param maxBytes Larger files are an error.
 * @throws {NucleateError} Exit code 3 if it is not a regular file, cannot be read, or is too large.
 */
export async function readBytes(path: string, maxBytes = maxFileBytes): Promise<Buffer> {
  return readPlainFile(path, maxBytes).catch((cause: Error) => {
    if (cause instanceof NotPlainFile && cause.size !== undefined) throw tooLarge(path, cause.size, maxBytes);
    throw fileError(path, `The file cannot be read: ${cause.message}.`, cause);
  });
}

/** The error for a file with more bytes than are read. */
export function tooLarge(where: string, bytes: number, maxBytes = maxFileBytes): NucleateError {
  const [own, most] = [bytes, maxBytes].map((size) => `${(size / 1e6).toFixed(1)} MB`);
  return new NucleateError({
    what: `The file has ${own}, more than the ${most} that are read.`,
    where,
    hint: 'Cut it: images into tiles, annotations into files of fewer images.',
    exitCode: exitCodes.data,
  });
}

/** The error for a file or folder that cannot be read. */
export const fileError = (where: string, what: string, cause?: unknown) =>
  new NucleateError(
    {
      what,
      where,
      hint: 'Check the path and its permissions.',
      exitCode: exitCodes.data,
    },
    { cause },
  );
