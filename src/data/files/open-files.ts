import { open, stat } from 'node:fs/promises';
import { exitCodes, NucleateError } from '../../errors.js';
import type { FileTree } from './file-tree.js';
import { listFolder } from './folder-files.js';
import { listZip } from './zip-files.js';

/**
 * Opens a folder or a zip archive. Names that begin with a dot and what macOS and Windows leave behind
 * (`__MACOSX`, `Thumbs.db`) are ignored; links are problems, and never followed.
 *
 * @throws {NucleateError} Exit code 3: no such path, neither a folder nor a zip, a damaged archive, or one with a name
 *   that leads out of it.
 */
export async function openFileTree(path: string): Promise<FileTree> {
  const kind = await kindOf(path);
  const listing = kind === 'folder' ? await listFolder(path) : await listZip(path);
  const files = listing.files.filter((file) => !isClutter(file)).sort();
  const common = commonFolder(files);
  return {
    path,
    kind,
    files: files.map((file) => file.slice(common.length)),
    problems: listing.problems,
    read: (file) => listing.read(common + file),
    place: (file) => listing.place(common + file),
    close: () => listing.close(),
  };
}

const isClutter = (file: string) =>
  file.split('/').some((name) => name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db');

/** The longest `a/b/` that every path begins with; the paths are sorted. */
export function commonFolder(files: readonly string[]): string {
  // What the first and the last share lies in all between them.
  const [first = '', last = ''] = [files[0], files.at(-1)];
  let end = 0;
  for (let at = 0; at < first.length && first[at] === last[at]; at++) if (first[at] === '/') end = at + 1;
  return first.slice(0, end);
}

async function kindOf(path: string): Promise<'folder' | 'zip'> {
  const refuse = (what: string, cause?: unknown) => {
    const hint = 'Give a folder or a zip archive of images with masks.';
    return new NucleateError({ what, where: path, hint, exitCode: exitCodes.data }, { cause });
  };
  const info = await stat(path).catch((cause: Error) => {
    throw refuse(`The dataset cannot be read: ${cause.message}.`, cause);
  });
  if (info.isDirectory()) return 'folder';
  if (!info.isFile()) throw refuse('The dataset is neither a file nor a folder.');
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    // The first local file header, or the end record of an empty archive.
    if (['PK\x03\x04', 'PK\x05\x06'].includes(buffer.toString('latin1'))) return 'zip';
  } finally {
    await file.close();
  }
  throw refuse('The dataset is a file, and not a zip archive.');
}
