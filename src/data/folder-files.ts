import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import type { Listing } from './file-tree.js';
import { maxFileBytes } from './image-header.js';

/**
 * Lists every file below a folder. Links are left out, so that nothing outside the folder is read.
 *
 * @throws {NucleateError} Exit code 3 if a folder cannot be listed.
 */
export async function listFolder(root: string): Promise<Listing> {
  const files: string[] = [];
  const problems: Problem[] = [];
  const place = (file: string) => join(root, file);
  async function walk(folder: string): Promise<void> {
    const entries = await readdir(place(folder), { withFileTypes: true }).catch((cause: Error) => {
      throw refusal(place(folder), `The dataset folder cannot be read: ${cause.message}.`, cause);
    });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      const path = folder + entry.name;
      if (entry.isDirectory()) await walk(`${path}/`);
      else if (entry.isFile()) files.push(path);
      else problems.push({ what: notFollowed, where: place(path), mend: 'Put the file itself there.' });
    }
  }
  await walk('');
  return { files, problems, place, read: (file) => readBytes(place(file)), close: () => Promise.resolve() };
}

/** What is wrong with an entry that is a link, in a folder or in an archive. */
export const notFollowed = 'Links are not followed.';

/**
 * Reads a whole file.
 *
 * @param most Bytes.
 * @throws {NucleateError} Exit code 3 if it is not a regular file, cannot be read, or has more bytes.
 */
export async function readBytes(path: string, most = maxFileBytes): Promise<Buffer> {
  const info = await stat(path).catch((cause: Error) => {
    throw refusal(path, `The file cannot be read: ${cause.message}.`, cause);
  });
  if (!info.isFile()) throw refusal(path, 'The file cannot be read: it is not a regular file.');
  if (info.size > most) throw refusal(path, `The file has more than ${Math.floor(most / 1e6)} MB.`);
  return readFile(path).catch((cause: Error) => {
    throw refusal(path, `The file cannot be read: ${cause.message}.`, cause);
  });
}

const refusal = (where: string, what: string, cause?: unknown) =>
  new NucleateError(
    {
      what,
      where,
      mend: 'Check the path and its permissions; cut huge images into tiles.',
      exitCode: exitCodes.data,
    },
    { cause },
  );
