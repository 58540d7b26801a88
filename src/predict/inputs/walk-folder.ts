import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isGarbled } from '../../data/files/garbled-name.js';
import { isOutputFolder, outputNamesIn, outputRecordName } from '../../data/files/output-record.js';
import { isClutter } from '../../data/files/open-files.js';
import { isAnnotationsFolder } from '../../data/read/annotations-folder.js';
import { isImageFile } from '../../data/read/layout.js';
import type { LeftOutTally } from './left-out.js';
import { type Look, lookAt } from './look-at.js';

/** An image file of a folder. */
interface FoundFile {
  /** As the user sees it, through links. */
  readonly file: string;
  /** Without links. */
  readonly real: string;
}

/**
 * The image files of a folder and of all folders below. Links to files and folders are followed; whatever is reached twice
 * counts once, under its own name rather than that of a link. Results of `predict` are known by their record. All
 * that is left out is told, but hidden files of other kinds and what macOS and Windows leave behind.
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
    const all = await readdir(place, { withFileTypes: true });
    for (const entry of all) if (isHidden(entry)) leftOut.add('hidden', path.join(place, entry.name));
    const entries = all
      .filter(({ name }) => !isClutter(name))
      .sort((one, other) => (one.name < other.name ? -1 : 1))
      .map((entry) => ({ entry, file: path.join(place, entry.name) }));
    const looks: Look[] = [];
    for (let at = 0; at < entries.length; at += openAtOnce) {
      const some = entries
        .slice(at, at + openAtOnce)
        .map(async ({ entry, file }): Promise<Look> =>
          entry.isFile() && isImageFile(file) ? await lookAt(file) : 'unreadable',
        );
      looks.push(...(await Promise.all(some)));
    }
    const outputs = entries.some(({ entry }) => entry.name === outputRecordName)
      ? await outputNamesIn(place)
      : [];
    let results = 0;
    for (const [index, { entry, file }] of entries.entries()) {
      const own = path.join(real, entry.name);
      if (isGarbled(file)) leftOut.add('name-not-utf-8', file);
      else if (outputs.includes(entry.name)) {
        seen.add(own);
        results += entry.isDirectory() ? (await readdir(file)).length : 1;
      } else if (entry.isSymbolicLink()) links.push(file);
      else if (entry.isDirectory() && isAnnotationsFolder(file)) leftOut.add('annotation', file);
      else if (entry.isDirectory()) await walkBelow(file, own);
      else if (entry.isFile()) add({ file, real: own }, looks[index]!);
      else leftOut.add('special', file);
    }
    if (results > 0) leftOut.add('result', place, results);
  }

  const walkBelow = (place: string, real: string) =>
    walk(place, real).catch(() => leftOut.add('unreadable', place));

  function add({ file, real }: FoundFile, look: Look): void {
    if (!isImageFile(file)) return leftOut.add('other-kind', file);
    if (look !== 'image') return leftOut.add(look, file);
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
    else if (await isOutputFolder(facts.isDirectory() ? real : path.dirname(real)))
      leftOut.add('result', link);
    else if (facts.isDirectory()) await walkBelow(link, real);
    else if (facts.isFile()) add({ file: link, real }, await lookAt(link));
    else leftOut.add('special', link);
  }

  const top = await realpath(folder);
  if (await isOutputFolder(top)) leftOut.add('result', folder, (await readdir(folder)).length);
  else await walk(folder, top);
  // Behind a link there may be more links.
  while (links.length > 0) {
    for (const link of links.splice(0).sort()) await follow(link);
  }
  return found.sort((one, other) => (orderOf(one.file) < orderOf(other.file) ? -1 : 1));
}

/** Files that are looked at together: a folder may have more than may be open at once (`ulimit -n`). */
const openAtOnce = 32;

/** Hidden by whoever made it; `._a.png` is made by macOS beside `a.png`. */
const isHidden = (entry: Dirent) =>
  entry.name.startsWith('.') &&
  !entry.name.startsWith('._') &&
  (entry.isDirectory() || (entry.isFile() && isImageFile(entry.name)));

/** Puts a folder where its name belongs: `a/b` before `a-b`. */
const orderOf = (file: string) => file.replaceAll(path.sep, '\0');
