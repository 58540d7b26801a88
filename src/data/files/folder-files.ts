import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { kindOf, streamPlainFile } from '../../plain-file.js';
import type { Problem } from '../../errors.js';
import type { FileListing } from './file-tree.js';
import { isGarbled, renamingExample } from './garbled-name.js';
import { fileError, readBytes } from './read-bytes.js';

/**
 * Lists every file below a folder. Links are left out, so that nothing outside the folder is read.
 *
 * @throws {NucleateError} Exit code 3 if a folder cannot be listed.
 */
export async function listFolder(root: string): Promise<FileListing> {
  const files: string[] = [];
  const folders: string[] = [];
  const problems: Problem[] = [];
  const place = (file: string) => join(root, file);
  async function walk(folder: string): Promise<void> {
    const entries = await readdir(place(folder), { withFileTypes: true }).catch((cause: Error) => {
      throw fileError(place(folder), `The folder cannot be read: ${cause.message}.`, cause);
    });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder + entry.name;
      if (isGarbled(place(path)))
        problems.push({
          what: 'The name is not UTF-8, so that it cannot be opened.',
          where: place(path),
          hint: `Rename it, for example: ${renamingExample}`,
        });
      else if (entry.isDirectory()) {
        folders.push(path);
        await walk(`${path}/`);
      } else if (entry.isFile()) files.push(path);
      else
        problems.push({
          what: entry.isSymbolicLink() ? notFollowed : `This is ${kindOf(entry)}, not a file.`,
          where: place(path),
          hint: 'Replace it by the file itself.',
        });
    }
  }
  await walk('');
  return {
    files,
    folders,
    problems,
    place,
    read: (file) => readBytes(place(file)),
    stream: (file) => streamPlainFile(place(file)),
    close: () => Promise.resolve(),
  };
}

/** The problem of an entry that is a link, in a folder or in an archive. */
export const notFollowed = 'Links are not followed.';
