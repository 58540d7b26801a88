import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from '../../data/files/read-bytes.js';
import type { Mask } from '../../data/geometry/mask.js';
import type { Size } from '../../data/geometry/rect.js';
import { readMaskFile } from '../../data/read/mask-file.js';
import { listPredictionFolder, type PredictionFolder } from './folder.js';
import type { SourceKind } from './source-kind.js';
import { readRecordedHash } from './recorded-data.js';
import { checkSize, masksToLabelImage, type LabelledObjects } from './source.js';

/** The challenge's layout: `X/masks/*.png`, one mask for each nucleus. An image without nuclei has an empty folder. */
export const maskFoldersKind: SourceKind = {
  recognise: async (target) => target.isFolder && (await hasMaskFolders(target.path, await target.list())),
  open: async ({ path, list }) => ({
    path,
    kind: 'mask folders',
    ids: await findMaskFolders(path, await list()),
    dataHash: await readRecordedHash(path),
    read: (id, size) => readMasks(join(path, id, 'masks'), size),
    close: () => Promise.resolve(),
  }),
};

/** Whether any image of a folder is in the challenge's layout. */
export async function hasMaskFolders(folder: string, listing: PredictionFolder): Promise<boolean> {
  return (await findMaskFolders(folder, listing)).length > 0;
}

async function findMaskFolders(folder: string, { folders }: PredictionFolder): Promise<string[]> {
  const found: string[] = [];
  for (const id of folders) if (await isFolder(join(folder, id, 'masks'))) found.push(id);
  return found;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Where masks overlap, the one whose name comes first keeps the pixel. */
async function readMasks(folder: string, size: Size): Promise<LabelledObjects> {
  const masks: Mask[] = [];
  const { images } = await listPredictionFolder(folder);
  const files = { read: readBytes, place: (file: string) => file };
  for (const { path } of images) {
    const { mask, ...maskSize } = await readMaskFile(files, path, images.length === 1);
    checkSize(path, maskSize, size);
    masks.push(mask);
  }
  return masksToLabelImage(masks, size);
}
