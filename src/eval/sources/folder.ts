import { lstat, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import type { Problem } from '../../errors.js';
import { kindOf } from '../../plain-file.js';
import { throwIfProblems, sourceError } from './source.js';

/** An image file of a folder. */
export interface ImageFile {
  /** The name without extension. */
  readonly stem: string;
  readonly path: string;
}

/** What a folder holds, in code-unit order of the names. */
export interface PredictionFolder {
  readonly images: readonly ImageFile[];
  /** Paths of CSV files. */
  readonly tables: readonly string[];
  /** Paths of JSON files. */
  readonly documents: readonly string[];
  /** Names of subfolders. */
  readonly folders: readonly string[];
}

const imageExtension = /^\.(png|tiff?)$/iu;

/**
 * Lists the .png, .tif, .tiff, .csv and .json files and the subfolders; other files and names that begin with a dot are
 * ignored. Links are errors, so that nothing outside the folder is read.
 *
 * @throws {NucleateError} Exit code 3 for a folder that cannot be read, a link, or names that differ only in case or in
 *   how an accent is encoded: on some systems they are one file.
 */
export async function listPredictionFolder(folder: string): Promise<PredictionFolder> {
  const images: ImageFile[] = [];
  const tables: string[] = [];
  const documents: string[] = [];
  const folders: string[] = [];
  const problems: Problem[] = [];
  const namesInUse = new Map<string, string>();
  for (const name of await listNames(folder)) {
    if (name.startsWith('.')) continue;
    const path = join(folder, name);
    const info = await lstat(path);
    const { name: stem, ext } = parse(name);
    const isImage = imageExtension.test(ext);
    if (info.isDirectory()) folders.push(name);
    else if (ext.toLowerCase() === '.csv' && info.isFile()) tables.push(path);
    else if (ext.toLowerCase() === '.json' && info.isFile()) documents.push(path);
    else if (!isImage) continue;
    else if (info.isFile()) images.push({ stem, path });
    else {
      const what = info.isSymbolicLink() ? 'Links are not followed.' : `This is ${kindOf(info)}, not a file.`;
      problems.push({ what, where: path, hint: 'Put the file itself there.' });
    }

    const folded = (info.isDirectory() ? name : stem).normalize('NFC').toLowerCase();
    const rival = namesInUse.get(folded);
    if (rival !== undefined && isImage) {
      problems.push({
        what: `The name collides with ${rival}.`,
        where: path,
        hint: 'Rename one of the two.',
      });
    }
    namesInUse.set(folded, name);
  }
  throwIfProblems(folder, 'The folder has', problems, 'Fix the listed problems.');
  return { images, tables, documents, folders };
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    const what = `The folder cannot be read: ${(cause as Error).message}.`;
    throw sourceError(folder, what, 'Check the path.', cause);
  }
}
