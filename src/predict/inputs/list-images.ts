/** The images that `nucleate predict` is asked for: of files, folders and datasets, and what of them is left out. */
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { isOutputFolder } from '../../data/files/output-record.js';
import { openFileTree } from '../../data/files/open-files.js';
import { openDataset } from '../../data/read/dataset.js';
import { rolesOf } from '../../data/read/image-roles.js';
import { isImageFile } from '../../data/read/layout.js';
import { isPrepared } from '../../data/read/prepared-layout.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { type LeftOut, leftOutLine, LeftOutTally } from './left-out.js';
import type { ListedImage } from './listed-image.js';
import { lookAt } from './look-at.js';
import { walkFolder } from './walk-folder.js';

export interface ListedImages {
  /** At least one. */
  readonly images: readonly ListedImage[];
  readonly leftOut: readonly LeftOut[];
  /** Closes the archives and datasets that images are read from. */
  readonly close: () => Promise<void>;
}

/** An image before it has its name. */
interface FoundImage extends Omit<ListedImage, 'name'> {
  /** Without links; the same image has the same. */
  readonly real: string;
  /** What it is called if the name is free. */
  readonly calls: string;
}

/**
 * The images of files, folders, zip archives and prepared datasets. Folders are searched with all folders below, through
 * links, too ({@link walkFolder}). Annotations are left out ({@link rolesOf}), also where the shell's wildcards name them;
 * not if one is all that is named. Results of
 * `predict` and drawings of other commands are never listed. In a dataset, images are called by their ids. Wildcards are left to the shell.
 *
 * @returns In the order of the paths, those of a folder by name; each file once. If a name is taken, the ending or a
 *   number is added to it.
 * @throws {NucleateError} Exit code 2 if a path does not exist, or there is no image; exit code 3 for a damaged archive.
 */
export async function listImages(paths: readonly string[]): Promise<ListedImages> {
  const leftOut = new LeftOutTally();
  const open: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closeOne of open) await closeOne();
  };
  const found = new Map<string, FoundImage>();
  const roleAt = rolesInFolders();
  try {
    for (const place of paths) {
      const kind = await kindOf(place);
      let images: FoundImage[];
      if (kind === 'folder') images = await imagesOfFolder(place, leftOut);
      else if (kind === 'image') {
        const role = (await lookAt(place)) === 'result' ? 'result' : await roleAt(place);
        if (role === 'result' || (role !== 'image' && paths.length > 1)) {
          leftOut.add(role, place);
          continue;
        }
        images = [{ file: place, real: await realpath(place), calls: path.basename(place) }];
      } else {
        const container = await (kind === 'zip' ? openZip(place, leftOut) : openPrepared(place));
        open.push(container.close);
        ({ images } = container);
      }
      for (const image of images) if (!found.has(image.real)) found.set(image.real, image);
    }
    if (found.size === 0) {
      const left = leftOutLine(leftOut.list());
      const hint = left === '' ? 'Name image files or folders.' : `Name image files or folders; ${left}.`;
      throw usageError('There is no PNG, TIFF or JPEG image here.', paths.join(', '), hint);
    }
    return { images: withUniqueNames([...found.values()]), leftOut: leftOut.list(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function kindOf(place: string): Promise<'folder' | 'zip' | 'prepared' | 'image'> {
  const facts = await stat(place).catch((cause: NodeJS.ErrnoException) => {
    const what =
      cause.code === 'ENOENT'
        ? `There is no file or folder \`${place}\`.`
        : `The image cannot be found: ${cause.message}.`;
    throw usageError(what, place, 'Name image files or folders.');
  });
  if (facts.isDirectory()) return 'folder';
  if (!facts.isFile()) {
    throw usageError(
      'This is neither a file nor a folder.',
      place,
      'Save the image as a file, and name that.',
    );
  }
  // Whether a file of another kind is an image is told when it is read.
  if (isImageFile(place)) return 'image';
  if (await isPrepared(place)) return 'prepared';
  return /\.zip$/iu.test(place) ? 'zip' : 'image';
}

async function imagesOfFolder(folder: string, leftOut: LeftOutTally): Promise<FoundImage[]> {
  const files = await walkFolder(folder, leftOut).catch((cause: Error) => {
    throw usageError(`The folder cannot be read: ${cause.message}.`, folder, 'Check its permissions.');
  });
  const below = (file: string) => path.relative(folder, file).split(path.sep).join('/');
  const images = onlyImages(
    files,
    ({ file }) => below(file),
    leftOut,
    ({ file }) => file,
  );
  const ids = await idsOf(folder);
  return images.map(({ file, real }) => {
    const id = ids.get(path.resolve(file));
    return { file, real, calls: id ?? below(file), ...(id !== undefined && { id }) };
  });
}

/** The ids of a dataset's images by their places; empty if it is none, or one that cannot be used. */
async function idsOf(place: string): Promise<ReadonlyMap<string, string>> {
  try {
    const dataset = await openDataset(place);
    await dataset.close();
    return new Map(dataset.images.map((entry) => [path.resolve(entry.place), entry.id]));
  } catch (error) {
    if (error instanceof NucleateError) return new Map();
    throw error;
  }
}

async function openZip(archive: string, leftOut: LeftOutTally) {
  const tree = await openFileTree(archive);
  const files = tree.files.filter((file) => {
    if (isImageFile(file)) return true;
    leftOut.add('other-kind', tree.place(file));
    return false;
  });
  for (const { where = archive } of tree.problems) leftOut.add('unreadable', where);
  const ids = await idsOf(archive);
  const images = onlyImages(
    files,
    (file) => file,
    leftOut,
    (file) => tree.place(file),
  ).map((file) => {
    const place = tree.place(file);
    const id = ids.get(path.resolve(place));
    const read = () => tree.read(file);
    return {
      file: place,
      real: path.resolve(place),
      calls: id ?? file,
      ...(id !== undefined && { id }),
      read,
    };
  });
  return { images, close: () => tree.close() };
}

async function openPrepared(file: string) {
  const dataset = await openDataset(file);
  const images = dataset.images.map((entry): FoundImage => {
    const { id, place } = entry;
    return {
      id,
      file: place,
      real: path.resolve(place),
      calls: id,
      read: async () => (await entry.read()).image,
    };
  });
  return { images, close: () => dataset.close() };
}

/** Leaves out annotations. */
function onlyImages<T>(
  files: readonly T[],
  below: (file: T) => string,
  leftOut: LeftOutTally,
  placeOf: (file: T) => string,
): T[] {
  const roleOf = rolesOf(files.map(below));
  return files.filter((file) => {
    const role = roleOf(below(file));
    if (role !== 'image') leftOut.add(role, placeOf(file));
    return role === 'image';
  });
}

/** The role of a file by what is in its folder; each folder is looked at once. */
function rolesInFolders() {
  const look = async (folder: string) => {
    // A folder may be closed to listing, and its files be open.
    const names = await readdir(folder).catch(() => []);
    const roleOf = rolesOf(names.filter((name) => isImageFile(name)));
    const isOutput = await isOutputFolder(await realpath(folder));
    return (name: string) => (isOutput ? 'result' : roleOf(name));
  };
  const roles = new Map<string, ReturnType<typeof look>>();
  return async (place: string) => {
    const folder = path.dirname(place);
    const known = roles.get(folder) ?? look(folder);
    roles.set(folder, known);
    return (await known)(path.basename(place));
  };
}

function withUniqueNames(found: readonly FoundImage[]): ListedImage[] {
  // Compared in lower case, because some file systems ignore case.
  const taken = new Set<string>();
  return found.map(({ real: _, calls, ...image }) => {
    const stem = image.id ?? calls.replace(/\.[^./]+$/u, '');
    let name = stem;
    for (let count = 1; taken.has(name.toLowerCase()); count++)
      name = count === 1 && calls !== stem ? calls : `${calls}-${count}`;
    taken.add(name.toLowerCase());
    return { ...image, name };
  });
}

const usageError = (what: string, where: string, hint: string) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.usage });
