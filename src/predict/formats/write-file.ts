import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '../../make-folders.js';
import { exitCodes, NucleateError } from '../../errors.js';

/** Short pieces are written together, in portions of so many bytes. */
const portionBytes = 1 << 20;

/**
 * Writes a file whole or not at all: whoever opens it finds the old or the new one, also after this process was killed or the
 * power failed.
 * The folder is made if it is not there; a link of the file's name is replaced, not followed.
 *
 * @returns Size and SHA-256 of the file.
 * @throws {NucleateError} Exit code 8 if it cannot be written; nothing is left behind.
 */
export async function writeWhole(
  file: string,
  pieces: Iterable<string | Uint8Array>,
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const folder = path.dirname(file);
  const hash = createHash('sha256');
  let bytes = 0;
  const partial = path.join(folder, `.${path.basename(file)}.${process.pid}.part`);
  try {
    makeFolders(folder);
    await rm(partial, { force: true });
    // `wx` follows no link that somebody has put there.
    const handle = await open(partial, 'wx');
    try {
      for (const portion of portions(pieces)) {
        await handle.writeFile(portion);
        hash.update(portion);
        bytes += portion.length;
      }
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(partial, file);
    return { bytes, sha256: hash.digest('hex') };
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => {});
    if (!(cause instanceof Error && 'syscall' in cause)) throw cause;
    const what = `The file cannot be written: ${cause.message}.`;
    const hint = 'Check that the folder is writable and has space left.';
    throw new NucleateError({ what, where: file, hint, exitCode: exitCodes.io }, { cause });
  }
}

function* portions(pieces: Iterable<string | Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    const buffer = typeof piece === 'string' ? Buffer.from(piece) : piece;
    waiting.push(buffer);
    bytes += buffer.length;
    if (bytes < portionBytes) continue;
    yield Buffer.concat(waiting);
    [waiting, bytes] = [[], 0];
  }
  if (bytes > 0) yield Buffer.concat(waiting);
}
