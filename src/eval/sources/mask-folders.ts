import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from '../../data/files/read-bytes.js';
import type { Size } from '../../data/geometry/rect.js';
import { readMaskFile } from '../../data/read/challenge-layout.js';
import type { Mask } from '../../data/geometry/mask.js';
import { listPredictionFolder, type PredictionFolder } from './folder.js';
import {
  checkSize,
  masksToLabelImage,
  sourceError,
  type LabelledObjects,
  type PredictionSource,
} from './source.js';

/** The images of a folder in the challenge's layout: `X/masks/*.png`, one mask a nucleus. */
async function findMaskFolders(folder: string, { folders }: PredictionFolder): Promise<string[]> {
  const found: string[] = [];
  for (const id of folders) if (await isFolder(join(folder, id, 'masks'))) found.push(id);
  return found;
}

/** Whether any image of the folder is in the challenge's layout. */
export async function hasMaskFolders(folder: string, listing: PredictionFolder): Promise<boolean> {
  return (await findMaskFolders(folder, listing)).length > 0;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Mask folders as predictions. An image without nuclei has an empty folder `X/masks`. */
export async function maskFoldersPrediction(
  folder: string,
  listing: PredictionFolder,
): Promise<Omit<PredictionSource, 'dataHash'>> {
  return {
    path: folder,
    kind: 'mask folders',
    ids: await findMaskFolders(folder, listing),
    read: (id, size) => readMasks(join(folder, id, 'masks'), size),
    close: () => Promise.resolve(),
  };
}

/** Draws the masks in the order of their names. */
async function readMasks(folder: string, size: Size): Promise<LabelledObjects> {
  const masks: Mask[] = [];
  for (const { path } of (await listPredictionFolder(folder)).images) {
    const { mask, ...maskSize } = await readMaskFile({ read: readBytes, place: (file) => file }, path);
    checkSize(path, maskSize, size);
    if (mask.isBlurred) throw severalValues(path);
    masks.push(mask);
  }
  return masksToLabelImage(masks, size);
}

function severalValues(place: string) {
  return sourceError(
    place,
    'A mask has two values, 0 and another; this one has more.',
    'Save each nucleus as a mask of its own: 0 outside, 255 inside. For one file with all nuclei, use label images.',
  );
}
