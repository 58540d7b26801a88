import { constants, open, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isClutter } from '../../data/files/open-files.js';
import { isImageFile } from '../../data/read/layout.js';
import type { LeftOutTally } from './left-out.js';

/** An image file of a folder. */
interface FoundFile {
  /** As the user sees it, through links. */
  readonly file: string;
  /** Without links. */
  readonly real: string;
}

/**
 * The image files of a folder and of all folders below. Links to files and folders are followed; whatever is reached twice
 * counts once, under its own name rather than that of a link. Hidden files and folders are passed over in silence,
 * everything else that is left out is told.
 *
 * @returns In the order of the paths.
 * @throws {Error} The system's, if the folder itself cannot be read.
 */
export async function walkFolder(folder: string, leftOut: LeftOutTally): Promise<FoundFile[]> {
  const found: FoundFile[] = [];
  const links: string[] = [];
  /** Without links. */
  const seen = new Set<string>();

  async function walk(place: string, real: string): Promise<void> {
    seen.add(real);
    const entries = (await readdir(place, { withFileTypes: true }))
      .filter(({ name }) => !isClutter(name))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((entry) => ({ entry, file: path.join(place, entry.name) }));
    const readable = await Promise.all(
      entries.map(async ({ entry, file }) => entry.isFile() && isImageFile(file) && (await isReadable(file))),
    );
    for (const [index, { entry, file }] of entries.entries()) {
      const own = path.join(real, entry.name);
      if (entry.isSymbolicLink()) links.push(file);
      else if (entry.isDirectory()) await walkBelow(file, own);
      else if (entry.isFile()) add({ file, real: own }, readable[index]!);
      else leftOut.add('special', file);
    }
  }

  const walkBelow = (place: string, real: string) =>
    walk(place, real).catch(() => leftOut.add('unreadable', place));

  function add({ file, real }: FoundFile, canRead: boolean): void {
    if (!isImageFile(file)) return leftOut.add('other-kind', file);
    if (!canRead) return leftOut.add('unreadable', file);
    seen.add(real);
    found.push({ file, real });
  }

  async function follow(link: string): Promise<void> {
    const real = await realpath(link).catch((error: NodeJS.ErrnoException) => {
      leftOut.add(error.code === 'EACCES' ? 'unreadable' : 'broken-link', link);
    });
    if (real === undefined) return;
    const facts = await stat(real);
    if (seen.has(real)) leftOut.add('repeated', link);
    else if (facts.isDirectory()) await walkBelow(link, real);
    else if (facts.isFile()) add({ file: link, real }, await isReadable(link));
    else leftOut.add('special', link);
  }

  await walk(folder, await realpath(folder));
  // Behind a link there may be more links.
  while (links.length > 0) {
    for (const link of links.splice(0).sort()) await follow(link);
  }
  return found.sort((one, other) => (orderOf(one.file) < orderOf(other.file) ? -1 : 1));
}

async function isReadable(file: string): Promise<boolean> {
  // Opened, since access() asks for another user than the one who reads; without waiting, should it be a pipe by now.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  await handle?.close();
  return handle !== undefined;
}

/** Puts a folder where its name belongs: `a/b` before `a-b`. */
const orderOf = (file: string) => file.replaceAll(path.sep, '\0');
