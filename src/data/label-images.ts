/** Datasets as folders of pairs `X.png` + `X_masks.png`, the naming of Cellpose. */
import { lstat, readdir } from 'node:fs/promises';
import { join, parse } from 'node:path';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { renumberLabels, type Example } from './example.js';
import { readImage, readLabelImage } from './image-io.js';

/** An image and its label image, by path. */
export interface LabelPair {
  /** The image's file name without extension. */
  readonly id: string;
  readonly imagePath: string;
  readonly masksPath: string;
}

/**
 * Finds the pairs of a folder, in the code-unit order of their ids: the same on every machine.
 *
 * `X_masks` is the label image of `X`; both may be .png, .tif or .tiff, in any case of letters. Other files,
 * subfolders and names that begin with a dot are ignored. Links are refused, so nothing outside the folder is read.
 *
 * @returns At least one pair.
 * @throws {NucleateError} Exit code 3 with every problem at once: no such folder, no pair, an image without masks,
 *   masks without an image, two files for one id, a link.
 */
export async function listPairs(folder: string): Promise<LabelPair[]> {
  const { pairs, problems } = await findPairs(folder);
  refuseProblems(folder, problems);
  return pairs;
}

/**
 * Reads one pair; labels are renumbered to 1..n in their ascending order.
 *
 * @throws {NucleateError} Exit code 3 if a file is refused, or if the two differ in size.
 */
export async function readPair({ id, imagePath, masksPath }: LabelPair): Promise<Example> {
  const image = await readImage(imagePath);
  const { width, height, labels } = await readLabelImage(masksPath);
  if (width !== image.width || height !== image.height) {
    throw new NucleateError({
      what: `The masks have ${width} x ${height} pixels and the image ${image.width} x ${image.height}.`,
      where: masksPath,
      mend: 'Make the masks from this very image, without cropping or scaling.',
      exitCode: exitCodes.data,
    });
  }
  const renumbered = renumberLabels(labels);
  return {
    id,
    image,
    labelImage: { width, height, labels: renumbered.labels },
    instanceCount: renumbered.instanceCount,
  };
}

/**
 * Reads all pairs of a folder into memory, in the order of {@link listPairs}.
 *
 * @throws {NucleateError} Exit code 3 with every problem of the folder and of its files at once.
 */
export async function readPairs(folder: string): Promise<Example[]> {
  const { pairs, problems } = await findPairs(folder);
  const examples: Example[] = [];
  for (const pair of pairs) {
    try {
      examples.push(await readPair(pair));
    } catch (error) {
      if (!(error instanceof NucleateError)) throw error;
      const { message: what, where = pair.imagePath, mend } = error;
      problems.push({ what, where, mend });
    }
  }
  refuseProblems(folder, problems);
  return examples;
}

function refuseProblems(folder: string, problems: readonly Problem[]): void {
  if (problems.length === 0) return;
  throw new NucleateError({
    what:
      problems.length === 1 ? 'The dataset has 1 problem.' : `The dataset has ${problems.length} problems.`,
    where: folder,
    mend: 'Mend the files that are listed, or move them out of the folder.',
    exitCode: exitCodes.data,
    problems,
  });
}

const imageExtension = /^\.(png|tiff?)$/i;
const masksSuffix = '_masks';

async function findPairs(folder: string): Promise<{ pairs: LabelPair[]; problems: Problem[] }> {
  const { images, masks, problems } = await listImages(folder);
  const pairs: LabelPair[] = [];
  for (const [id, imagePath] of images) {
    const masksPath = masks.get(id);
    if (masksPath !== undefined) pairs.push({ id, imagePath, masksPath });
    else {
      const mend = `Add ${id}${masksSuffix}.png; for an image without nuclei, all 0.`;
      problems.push({ what: 'The image has no masks.', where: imagePath, mend });
    }
  }
  for (const [id, masksPath] of masks) {
    if (images.has(id)) continue;
    problems.push({ what: 'The masks have no image.', where: masksPath, mend: `Add the image ${id}.png.` });
  }
  if (pairs.length + problems.length === 0) {
    const mend = `Name the files X.png and X${masksSuffix}.png (or .tif).`;
    problems.push({ what: 'The folder holds no image with masks.', where: folder, mend });
  }
  // File names sort otherwise: "a-1.png" comes before "a.png", and the id "a" before "a-1".
  pairs.sort((one, other) => (one.id < other.id ? -1 : 1));
  return { pairs, problems };
}

/** The image files of a folder by id, masks apart. */
async function listImages(folder: string) {
  const problems: Problem[] = [];
  const images = new Map<string, string>();
  const masks = new Map<string, string>();
  const names = new Map<string, string>();
  for (const name of await listNames(folder)) {
    const { name: stem, ext } = parse(name);
    if (name.startsWith('.') || !imageExtension.test(ext)) continue;
    const where = join(folder, name);
    const info = await lstat(where);
    if (info.isDirectory()) continue;
    if (!info.isFile()) {
      problems.push({ what: 'Links are not followed.', where, mend: 'Put the file itself there.' });
      continue;
    }
    // Names that differ only in case, or in how an accent is encoded, are one file on some systems.
    const folded = stem.normalize('NFC').toLowerCase();
    const rival = names.get(folded);
    if (rival !== undefined) {
      problems.push({ what: `The name collides with ${rival}.`, where, mend: 'Rename one of the two.' });
      continue;
    }
    names.set(folded, name);
    if (stem.endsWith(masksSuffix)) masks.set(stem.slice(0, -masksSuffix.length), where);
    else images.set(stem, where);
  }
  return { images, masks, problems };
}

/** File names in code-unit order, so that problems are listed alike on every machine. */
async function listNames(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw new NucleateError(
      {
        what: `The dataset folder cannot be read: ${(cause as Error).message}.`,
        where: folder,
        mend: 'Check the path; it has to be a folder of images.',
        exitCode: exitCodes.data,
      },
      { cause },
    );
  }
}
