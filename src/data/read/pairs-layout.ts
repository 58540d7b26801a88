/**
 * Datasets as pairs `X.png` + `X_masks.png`, the naming of Cellpose, with `X_ignore.png` for pixels that no expert has
 * reviewed.
 */
import type { Problem } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import type { LabelImage } from '../geometry/label-image.js';
import { masksOfLabels } from '../geometry/mask.js';
import { readImage, readLabelImage } from '../image/image-io.js';
import type { Image } from '../image/image.js';
import { isMaskFile } from './challenge-layout.js';
import type { AnnotatedImage } from './example.js';
import { ignoreSuffix, masksSuffix } from './label-names.js';
import {
  byId,
  nameClashes,
  sizeMismatch,
  stemOf,
  type DatasetLayout,
  type DatasetListing,
} from './layout.js';
import { allOrProblems } from './problems.js';

const extension = /\.(png|tiff?)$/iu;

export const pairsLayout: DatasetLayout = {
  name: 'pairs',
  describe: 'images with label images',
  arrangement: `X.png with X${masksSuffix}.png`,
  // Where each nucleus has a mask file, the file may have any name, X_masks.png too.
  matches: ({ files }) => (files.some(isMaskFile) ? [] : files.filter(isLabelFile).slice(0, 1)),
  open: listPairs,
};

/** Whether a file is the label image of a pair. */
const isLabelFile = (file: string): boolean => extension.test(file) && stemOf(file).endsWith(masksSuffix);

/** The files of one image. */
interface Pair {
  readonly id: string;
  readonly image: string;
  readonly masks: string;
  /** Where it is not 0, no expert has reviewed the pixel; absent if all pixels are reviewed. */
  readonly ignore: string | undefined;
}

/** Finds the pairs of a tree. The id contains the subfolder. Files other than PNG and TIFF are ignored. */
function listPairs(tree: FileTree): DatasetListing {
  const files = tree.files.filter((file) => extension.test(file));
  const byStem = new Map(files.map((file) => [file.replace(extension, ''), file]));
  const pairs: Pair[] = [];
  const problems: Problem[] = nameClashes(files, (file) => file.replace(extension, ''), tree);
  for (const [stem, file] of byStem) {
    const where = tree.place(file);
    const suffix = [masksSuffix, ignoreSuffix].find((ending) => stem.endsWith(ending));
    if (suffix !== undefined) {
      const id = stem.slice(0, -suffix.length);
      const what = suffix === masksSuffix ? 'The masks have no image.' : 'The ignore map has no image.';
      if (!byStem.has(id)) problems.push({ what, where, hint: `Add the image ${id}.png.` });
      continue;
    }
    const masks = byStem.get(stem + masksSuffix);
    if (masks === undefined) {
      const hint = `Add ${stem}${masksSuffix}.png; if the image has no nuclei, all its pixels are 0.`;
      problems.push({ what: 'The image has no masks.', where, hint });
    } else {
      pairs.push({ id: stem, image: file, masks, ignore: byStem.get(stem + ignoreSuffix) });
    }
  }
  const images = pairs.sort(byId).map((pair) => ({
    id: pair.id,
    place: tree.place(pair.image),
    read: () => readPair(tree, pair),
  }));
  return { images, files, problems };
}

/** Reads one pair. Labels become masks in their ascending order. */
async function readPair(
  tree: FileTree,
  { id, image: imageFile, masks: masksFile, ignore: ignoreFile }: Pair,
): Promise<AnnotatedImage> {
  const labelsOf = async (file: string) => readLabelImage(await tree.read(file), tree.place(file));
  const [image, labelImage, unreviewed] = await allOrProblems<[Image, LabelImage, LabelImage | undefined]>([
    tree.read(imageFile).then((bytes) => readImage(bytes, tree.place(imageFile))),
    labelsOf(masksFile),
    ignoreFile === undefined ? Promise.resolve(undefined) : labelsOf(ignoreFile),
  ]);
  for (const [file, map] of [[masksFile, labelImage] as const, [ignoreFile, unreviewed] as const]) {
    if (file === undefined || map === undefined) continue;
    const fits = map.width === image.width && map.height === image.height;
    if (!fits) throw sizeMismatch(tree.place(file), map, image);
  }
  const annotated = { id, image, origin: imageFile, masks: masksOfLabels(labelImage.labels, image) };
  if (!unreviewed) return annotated;
  return { ...annotated, ignore: Uint8Array.from(unreviewed.labels, (value) => (value === 0 ? 0 : 1)) };
}
