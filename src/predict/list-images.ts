import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { isImageFile } from '../data/read/layout.js';
import { exitCodes, NucleateError } from '../errors.js';

/** An image to predict. */
export interface ListedImage {
  readonly file: string;
  /** Unique name for its outputs: its path below the folder that was named, without the ending. */
  readonly name: string;
}

/**
 * The images of files and folders; folders are searched with all folders below. Wildcards are left to the shell.
 *
 * Folders whose name begins with a dot, links and label images (`X_masks.png`) are skipped.
 *
 * @returns In the order of the paths, those of a folder by name; each file once. If a name is taken, the ending or a
 *   number is added to it.
 * @throws {NucleateError} Exit code 2 if a path does not exist, or there is no image.
 */
export async function listImages(paths: readonly string[]): Promise<ListedImage[]> {
  const found = new Map<string, { file: string; below: string }>();
  for (const place of paths) {
    const facts = await stat(place).catch((cause: NodeJS.ErrnoException) => {
      const what =
        cause.code === 'ENOENT'
          ? `There is no file or folder \`${place}\`.`
          : `The image cannot be found: ${cause.message}.`;
      throw usageError(what, place, 'Name image files or folders.');
    });
    const files = facts.isDirectory() ? await imagesBelow(place) : [place];
    for (const file of files) {
      const below = facts.isDirectory() ? path.relative(place, file) : path.basename(file);
      const key = path.resolve(file);
      if (!found.has(key)) found.set(key, { file, below });
    }
  }
  if (found.size === 0) {
    throw usageError(
      'There is no PNG, TIFF or JPEG file here.',
      paths.join(', '),
      'Name image files or folders.',
    );
  }
  return withUniqueNames([...found.values()]);
}

async function imagesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw usageError(`The folder cannot be read: ${cause.message}.`, folder, 'Check its permissions.');
  });
  entries.sort((one, other) => (one.name < other.name ? -1 : 1));
  const lists = await Promise.all(
    entries.map(async (entry): Promise<string[]> => {
      const place = path.join(folder, entry.name);
      if (entry.isDirectory()) return entry.name.startsWith('.') ? [] : await imagesBelow(place);
      return entry.isFile() && isImageFile(entry.name) && !isLabels(entry.name) ? [place] : [];
    }),
  );
  return lists.flat();
}

const isLabels = (name: string) => /_masks\.(png|tiff?)$/iu.test(name);

function withUniqueNames(found: readonly { file: string; below: string }[]): ListedImage[] {
  // Compared in lower case, because some file systems ignore case.
  const taken = new Set<string>();
  return found.map(({ file, below }) => {
    const parts = below.split(path.sep).join('/');
    const stem = parts.replace(/\.[^./]+$/u, '');
    let name = stem;
    for (let count = 1; taken.has(name.toLowerCase()); count++)
      name = count === 1 ? parts : `${parts}-${count}`;
    taken.add(name.toLowerCase());
    return { file, name };
  });
}

const usageError = (what: string, where: string, hint: string) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.usage });
