import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';

/**
 * Writes a folder that is there whole or not at all.
 *
 * @param folder Must not exist; those above it are made.
 * @param options.noun What it holds, for errors.
 * @param options.write Fills the folder that it is given.
 * @throws {NucleateError} Exit code 2 if the folder exists; exit code 8 if it cannot be written; then nothing is left.
 */
export async function writeFolder(
  folder: string,
  { noun, write }: { readonly noun: string; readonly write: (partial: string) => Promise<void> },
): Promise<void> {
  const partial = `${folder}.part`;
  try {
    await mkdir(path.dirname(path.resolve(folder)), { recursive: true });
    await rm(partial, { recursive: true, force: true });
    await mkdir(partial);
    await write(partial);
    await rename(partial, folder);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    const exists = code === 'ENOTEMPTY' || code === 'EEXIST';
    throw new NucleateError(
      {
        what: exists
          ? `There is something in the place of the ${noun} already.`
          : `The ${noun} cannot be written: ${message}.`,
        where: folder,
        hint: exists
          ? 'Name another folder, or remove this one.'
          : 'Check that the place exists, is writable and has space left.',
        exitCode: exists ? exitCodes.usage : exitCodes.io,
      },
      { cause },
    );
  }
}
