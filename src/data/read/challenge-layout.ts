/** The layout of the 2018 Data Science Bowl: `<id>/images/<id>.png` and `<id>/masks/*.png`, one mask file per nucleus. */
import type { Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { runsOfPixels, type Mask } from '../geometry/mask.js';
import type { Size } from '../geometry/rect.js';
import { readImage, readMaskImage } from '../image/image-io.js';
import type { Image } from '../image/image.js';
import type { AnnotatedImage } from './example.js';
import {
  byId,
  isImageFile,
  nameClashes,
  sizeMismatch,
  stemOf,
  type DatasetLayout,
  type DatasetListing,
} from './layout.js';
import { allOrProblems, mapAllOrProblems, problemsError, problemsOf } from './problems.js';

/** The folder of an image, whether the file is an image or a mask of it, and the file's name. */
const pattern = /^(?:(.*)\/)?(images|masks)\/[^/]+$/u;

const isChallengeFile = (file: string): boolean => pattern.test(file) && isImageFile(file);

/** Whether a file is the mask of one nucleus. */
export const isMaskFile = (file: string): boolean => pattern.exec(file)?.[2] === 'masks' && isImageFile(file);

export const challengeLayout: DatasetLayout = {
  name: 'challenge',
  describe: 'images with one mask file per nucleus',
  arrangement: '<id>/images/*.png with <id>/masks/*.png',
  matches: ({ files }) => files.filter(isMaskFile).slice(0, 1),
  open: listImages,
};

interface ImageFolder {
  readonly images: string[];
  readonly masks: string[];
}

/**
 * Finds the images of a tree. The id is the name of the folder, or of the image if the tree is that one folder. Other
 * files are ignored.
 */
function listImages(tree: FileTree): DatasetListing {
  const files = tree.files.filter(isChallengeFile);
  const folders = new Map<string, ImageFolder>();
  for (const file of files) {
    const [, folder = '', kind] = pattern.exec(file)!;
    const known = folders.get(folder) ?? { images: [], masks: [] };
    folders.set(folder, known);
    known[kind as 'images' | 'masks'].push(file);
  }
  const problems: Problem[] = [];
  const images = [...folders].flatMap(([folder, { images, masks }]) => {
    const [file, second] = images;
    const report = (what: string, hint: string) => {
      problems.push({ what, where: tree.place(file ?? masks[0]!), hint });
      return [];
    };
    const place = (name: string) => tree.place(folder === '' ? name : `${folder}/${name}`);
    if (file === undefined)
      return report('The masks have no image.', `Put the image into ${place('images')}.`);
    if (second !== undefined) {
      const hint = `Keep one image in ${place('images')}, and give each other image its own folder.`;
      return report(`The folder images has ${images.length} images.`, hint);
    }
    if (masks.length === 0) {
      return report('The image has no masks.', `Put its masks into ${place('masks')}, or remove the image.`);
    }
    const id = folder === '' ? stemOf(file) : folder.slice(folder.lastIndexOf('/') + 1);
    const read = () => readFolder(tree, { id, file, masks });
    return [{ id, file, place: tree.place(file), read }];
  });
  const ids = new Map(images.map(({ file, id }) => [file, id]));
  problems.push(...nameClashes([...ids.keys()], (file) => ids.get(file)!, tree));
  return { images: images.sort(byId), files, problems };
}

/** Masks that are decoded at a time: twice the threads that Node uses for decoding. */
const masksAtOnce = 8;

async function readFolder(
  tree: FileTree,
  { id, file, masks: maskFiles }: { id: string; file: string; masks: readonly string[] },
): Promise<AnnotatedImage> {
  const [image, masks] = await allOrProblems<[Image, SizedMask[]]>([
    tree.read(file).then((bytes) => readImage(bytes, tree.place(file))),
    mapAllOrProblems(maskFiles, masksAtOnce, (maskFile) => readMaskFile(tree, maskFile)),
  ]);
  const misfits = masks.filter(({ width, height }) => width !== image.width || height !== image.height);
  if (misfits.length > 0) {
    const errors = misfits.map((mask) => sizeMismatch(mask.place, mask, image));
    throw errors.length === 1 ? errors[0]! : problemsError(tree.place(file), errors.flatMap(problemsOf));
  }
  return { id, image, origin: file, masks: masks.map(({ mask }) => mask) };
}

/** A mask, and the size of its file. */
interface SizedMask extends Size {
  readonly mask: Mask;
  readonly place: string;
}

/**
 * Reads the mask of one nucleus.
 *
 * @throws {NucleateError} Exit code 3 as {@link readMaskImage}.
 */
export async function readMaskFile(tree: Pick<FileTree, 'read' | 'place'>, file: string): Promise<SizedMask> {
  const place = tree.place(file);
  const { width, height, data } = await readMaskImage(await tree.read(file), place);
  const runs = runsOfPixels(data, { width, height });
  const mask = { name: stemOf(file), runs };
  return { width, height, place, mask: hasOneValue(data, runs) ? mask : { ...mask, isBlurred: true } };
}

/** Whether all pixels of a mask have the same value. */
function hasOneValue(pixels: ArrayLike<number>, runs: Int32Array): boolean {
  const value = pixels[runs[0] ?? 0];
  for (let run = 0; run < runs.length; run += 2) {
    for (let at = runs[run]!, end = at + runs[run + 1]!; at < end; at++)
      if (pixels[at] !== value) return false;
  }
  return true;
}
