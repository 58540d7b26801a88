import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { readImage } from '../../data/image-io.js';
import type { Image } from '../../data/image.js';
import { InstanceCanvas, type DrawnInstances } from '../instance-canvas.js';
import { hashFiles, listFolder, type Listing } from './folder.js';
import { checkSize, sourceError, type PredictionSource, type Size, type TruthSource } from './source.js';

/** The images of a folder in the challenge's layout: `X/masks/*.png`, one mask a nucleus; `X/images/X.png` for truth. */
async function findMaskFolders(folder: string, { folders }: Listing): Promise<string[]> {
  const found: string[] = [];
  for (const id of folders) if (await isFolder(join(folder, id, 'masks'))) found.push(id);
  return found;
}

/** Whether any image of the folder is in the challenge's layout. */
export async function hasMaskFolders(folder: string, listing: Listing): Promise<boolean> {
  return (await findMaskFolders(folder, listing)).length > 0;
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

/** Mask folders as predictions. An image without nuclei has an empty folder `X/masks`. */
export async function maskFoldersPrediction(
  folder: string,
  listing: Listing,
): Promise<Omit<PredictionSource, 'dataHash'>> {
  return {
    path: folder,
    kind: 'mask folders',
    ids: await findMaskFolders(folder, listing),
    read: (id, size) => readMasks(join(folder, id, 'masks'), size),
  };
}

/** Mask folders with their images as truth. */
export async function maskFoldersTruth(folder: string, listing: Listing): Promise<TruthSource> {
  const ids = await findMaskFolders(folder, listing);
  return {
    path: folder,
    kind: 'mask folders',
    ids,
    async read(id) {
      return readMasks(join(folder, id, 'masks'), await readImage(await imagePath(folder, id)));
    },
    readImage: async (id) => readImage(await imagePath(folder, id)),
    async hash() {
      const paths: string[] = [];
      for (const id of ids) {
        const { images } = await listFolder(join(folder, id, 'masks'));
        paths.push(await imagePath(folder, id), ...images.map(({ path }) => path));
      }
      return hashFiles(folder, paths);
    },
  };
}

async function imagePath(folder: string, id: string): Promise<string> {
  const place = join(folder, id, 'images');
  const [image, ...others] = (await listFolder(place)).images;
  if (image && others.length === 0) return image.path;
  throw sourceError(
    place,
    `Expected one image, found ${image ? others.length + 1 : 0}.`,
    `Keep one image there, ${id}.png.`,
  );
}

/** Draws the masks in the order of their names. */
async function readMasks(folder: string, size: Size): Promise<DrawnInstances> {
  const canvas = new InstanceCanvas(size);
  for (const { path } of (await listFolder(folder)).images) {
    const mask = await readImage(path);
    checkSize(path, mask, size);
    canvas.add(maskPixels(mask, path));
  }
  return canvas.drawn();
}

/** The pixels that are not black; of a colour image the first channel says it. */
function maskPixels({ width, height, channels, data }: Image, place: string): Int32Array {
  const pixels = new Int32Array(width * height);
  let count = 0;
  let inside = 0;
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const value = data[pixel * channels]!;
    if (value === 0) continue;
    inside ||= value;
    if (value !== inside) {
      throw sourceError(
        place,
        `A mask has two values, 0 and another; this one has ${inside} and ${value}.`,
        'Save each nucleus as a mask of its own: 0 outside, 255 inside. For one file with all nuclei, use label images.',
      );
    }
    pixels[count++] = pixel;
  }
  return pixels.slice(0, count);
}
