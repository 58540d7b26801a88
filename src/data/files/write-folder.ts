import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '../../make-folders.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { readPlainText } from '../../plain-file.js';
import { lifeOf, ownIdentity, ProcessIdentity } from '../../process-identity.js';

export interface FolderContents {
  /** What the folder contains, for errors. */
  readonly noun: string;
  /** Called with the path of an empty folder to write to, or of one that was begun. */
  readonly write: (partial: string) => Promise<void>;
  /** Whether `write` goes on with the folder that a process left when it was killed; default: it is deleted. */
  readonly goesOn?: (partial: string) => Promise<boolean>;
}

/**
 * Writes a folder completely or not at all: first as `<folder>.part`, or `<folder>.part-2` and so on where that name belongs to
 * somebody else.
 *
 * @param folder Must not exist; the folders above it are made.
 * @throws {NucleateError} Exit code 2 if the folder exists; exit code 8 if it cannot be written; then nothing is left.
 */
export async function writeFolder(
  folder: string,
  { noun, write, goesOn = () => Promise.resolve(false) }: FolderContents,
): Promise<void> {
  let partial: string | undefined;
  try {
    makeFolders(path.dirname(path.resolve(folder)));
    partial = await takePartial(folder, goesOn);
    await write(partial);
    await rename(partial, folder);
    await rm(path.join(folder, ownerFile), { force: true });
  } catch (cause) {
    if (partial !== undefined) await rm(partial, { recursive: true, force: true });
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

/** In an unfinished folder: the process that writes it. A folder without it was made by somebody else and is left as it is. */
const ownerFile = '.nucleate-part.json';

/** The first free name, or that of a folder which a dead process has left; there `goesOn` says what is kept. */
async function takePartial(folder: string, goesOn: (partial: string) => Promise<boolean>): Promise<string> {
  for (let count = 1; ; count++) {
    const partial = count === 1 ? `${folder}.part` : `${folder}.part-${count}`;
    if (await isLeftBehind(partial)) {
      if (!(await goesOn(partial))) {
        await rm(partial, { recursive: true, force: true });
        await mkdir(partial);
      }
    } else {
      try {
        await mkdir(partial);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw error;
      }
    }
    try {
      await writeFile(path.join(partial, ownerFile), JSON.stringify(ownIdentity()));
    } catch (error) {
      await rm(partial, { recursive: true, force: true });
      throw error;
    }
    return partial;
  }
}

async function isLeftBehind(partial: string): Promise<boolean> {
  try {
    const owner = ProcessIdentity.parse(JSON.parse(await readPlainText(path.join(partial, ownerFile))));
    return lifeOf(owner) === 'dead';
  } catch {
    return false;
  }
}
