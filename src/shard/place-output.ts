import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { OutputFile } from '../data/files/output-record.js';
import { exitCodes, NucleateError } from '../errors.js';
import { makeFolders } from '../make-folders.js';
import { openPlainFile } from '../plain-file.js';

/**
 * Puts a result of a shard into the folder of all: as a second name of the same file, or as a copy where that is not possible. A
 * file of that name is replaced.
 *
 * @throws {NucleateError} Exit code 3 if the result is missing or was changed, 8 if it cannot be placed.
 */
export async function placeOutput(from: string, to: string, { file, sha256 }: OutputFile): Promise<void> {
  const source = path.join(from, file);
  const target = path.join(to, file);
  if ((await hashOf(source)) !== sha256) {
    throw new NucleateError({
      what: 'The result of a shard is missing or is not as it was written.',
      where: source,
      hint: 'Move it away and run its shard again.',
      exitCode: exitCodes.data,
    });
  }
  const partial = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.part`);
  try {
    makeFolders(path.dirname(target));
    await rm(partial, { force: true });
    await link(source, partial).catch(() => copyFile(source, partial, constants.COPYFILE_EXCL));
    await rename(partial, target);
    // If both are names of one file already, renaming does nothing.
    await rm(partial, { force: true });
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {});
    throw new NucleateError(
      {
        what: `The result cannot be placed: ${(cause as Error).message}.`,
        where: target,
        hint: 'Check that the folder is writable and has space left.',
        exitCode: exitCodes.io,
      },
      { cause },
    );
  }
}

/** Undefined for a file that is not there. */
async function hashOf(file: string): Promise<string | undefined> {
  const handle = await openPlainFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!handle) return undefined;
  const hash = createHash('sha256');
  await pipeline(handle.createReadStream(), hash);
  return hash.digest('hex');
}
