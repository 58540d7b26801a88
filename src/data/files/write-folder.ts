import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '../../make-folders.js';
import { exitCodes, NucleateError } from '../../errors.js';

export interface FolderContents {
  /** What the folder contains, for errors. */
  readonly noun: string;
  /** Called with the path of an empty folder to write to, or of one that was begun. */
  readonly write: (partial: string) => Promise<void>;
  /** Whether `write` goes on with the folder that a process left when it was killed; default: it is deleted. */
  readonly goesOn?: (partial: string) => Promise<boolean>;
}

/**
 * Writes a folder completely or not at all.
 *
 * @param folder Must not exist; the folders above it are made.
 * @throws {NucleateError} Exit code 2 if the folder exists; exit code 8 if it cannot be written; then nothing is left.
 */
export async function writeFolder(
  folder: string,
  { noun, write, goesOn = () => Promise.resolve(false) }: FolderContents,
): Promise<void> {
  const partial = `${folder}.part`;
  try {
    makeFolders(path.dirname(path.resolve(folder)));
    if (!(await goesOn(partial))) {
      await rm(partial, { recursive: true, force: true });
      await mkdir(partial);
    }
    await write(partial);
    await rename(partial, folder);
  } catch (cause) {
    await rm(partial, { recursive: true, force: true });
    const { code, syscall, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    // In its place there is a folder with content, or a file.
    const isTaken = code === 'ENOTDIR' && syscall === 'rename';
    const exists = isTaken || code === 'ENOTEMPTY' || code === 'EEXIST';
    throw new NucleateError(
      {
        what: exists
          ? `The folder for the ${noun} already exists.`
          : `The ${noun} cannot be written: ${message}.`,
        where: folder,
        hint: exists
          ? 'Name another folder, or delete this one.'
          : 'Check that the folder above it exists, is writable and has space left.',
        exitCode: exists ? exitCodes.usage : exitCodes.io,
      },
      { cause },
    );
  }
}
