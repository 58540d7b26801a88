/**
 * Datasets as pairs `X.png` + `X_masks.png`, the naming of Cellpose, with `X_ignore.png` for pixels that no expert has
 * reviewed.
 */
import { readBytes } from '../files/read-bytes.js';
import type { LabelImage } from '../geometry/label-image.js';
import type { Problem } from '../../errors.js';
import { toExample, type AnnotatedImage, type Example } from './example.js';
import type { FileTree } from '../files/file-tree.js';
import { readImage, readLabelImage } from '../image/image-io.js';
import type { Image } from '../image/image.js';
import { byId, collisions, sizeMismatch, stemOf, type Layout } from './layout.js';
import { masksOfLabels } from '../geometry/mask.js';
import { openFileTree } from '../files/open-files.js';
import { allOf, mapAllOf, refuseProblems } from './problems.js';

const extension = /\.(png|tiff?)$/iu;
const masksSuffix = '_masks';
const ignoreSuffix = '_ignore';

/** Whether a file is the label image of a pair. */
export const isLabelFile = (file: string): boolean =>
  extension.test(file) && stemOf(file).endsWith(masksSuffix);

/** The files of one image, by path. */
export interface LabelPair {
  readonly id: string;
  readonly imagePath: string;
  readonly masksPath: string;
  /** Where not 0, no expert has reviewed the pixel; absent where all are reviewed. */
  readonly ignorePath?: string;
}

/** Where the files of pairs are. */
type Files = Pick<FileTree, 'read' | 'place'>;

/**
 * Finds the pairs of a tree; those of a subfolder have it in their id. Files other than PNG and TIFF are ignored.
 */
export function pairLayout(tree: FileTree): Layout {
  const { pairs, files, problems } = findPairs(tree);
  const images = pairs.map((pair) => ({
    id: pair.id,
    place: tree.place(pair.imagePath),
    read: () => readAnnotated(tree, pair),
  }));
  return { name: 'pairs', images, files, problems };
}

/**
 * Finds the pairs of a folder.
 *
 * @returns At least one pair, in the code-unit order of their ids; the paths lead into the folder.
 * @throws {NucleateError} Exit code 3 with every problem at once: no such folder, no pair, an image without masks,
 *   masks without an image, two files for one id, a link.
 */
export async function listPairs(folder: string): Promise<LabelPair[]> {
  const tree = await openFileTree(folder);
  try {
    const { pairs, problems } = findPairs(tree);
    if (problems.length > 0) throw refuseProblems(folder, problems);
    return pairs.map(({ id, imagePath, masksPath, ignorePath }) => ({
      id,
      imagePath: tree.place(imagePath),
      masksPath: tree.place(masksPath),
      ...(ignorePath === undefined ? {} : { ignorePath: tree.place(ignorePath) }),
    }));
  } finally {
    await tree.close();
  }
}

/**
 * Reads one pair; labels become 1..n in their ascending order.
 *
 * @throws {NucleateError} Exit code 3 if a file is refused, or if they differ in size.
 */
export async function readPair(pair: LabelPair): Promise<Example> {
  return toExample(await readAnnotated({ read: readBytes, place: (path) => path }, pair));
}

/** Pairs that are read at a time. */
const pairsAtOnce = 4;

/**
 * Reads all pairs of a folder or a zip archive into memory, in the order of {@link listPairs}.
 *
 * @throws {NucleateError} Exit code 3 with every problem of the folder and of its files at once.
 */
export async function readPairs(path: string): Promise<Example[]> {
  const tree = await openFileTree(path);
  try {
    const { pairs, problems } = findPairs(tree);
    const listed = problems.length > 0 ? Promise.reject(refuseProblems(path, problems)) : Promise.resolve();
    const read = mapAllOf(pairs, pairsAtOnce, (pair) => readAnnotated(tree, pair));
    const [, images] = await allOf<[void, AnnotatedImage[]]>([listed, read]);
    return images.map(toExample);
  } finally {
    await tree.close();
  }
}

function findPairs(tree: FileTree) {
  const files = tree.files.filter((file) => extension.test(file));
  const byStem = new Map(files.map((file) => [file.replace(extension, ''), file]));
  const pairs: LabelPair[] = [];
  const problems: Problem[] = [
    ...tree.problems,
    ...collisions(files, (file) => file.replace(extension, ''), tree),
  ];
  for (const [stem, file] of byStem) {
    const where = tree.place(file);
    const suffix = [masksSuffix, ignoreSuffix].find((ending) => stem.endsWith(ending));
    if (suffix !== undefined) {
      const id = stem.slice(0, -suffix.length);
      const what = suffix === masksSuffix ? 'The masks have no image.' : 'The ignore map has no image.';
      if (!byStem.has(id)) problems.push({ what, where, hint: `Add the image ${id}.png.` });
      continue;
    }
    const masksPath = byStem.get(stem + masksSuffix);
    const ignorePath = byStem.get(stem + ignoreSuffix);
    if (masksPath === undefined) {
      const hint = `Add ${stem}${masksSuffix}.png; for an image without nuclei, all 0.`;
      problems.push({ what: 'The image has no masks.', where, hint: hint });
    } else {
      const pair = { id: stem, imagePath: file, masksPath };
      pairs.push(ignorePath === undefined ? pair : { ...pair, ignorePath });
    }
  }
  if (pairs.length + problems.length === 0) {
    const hint = `Name the files X.png and X${masksSuffix}.png (or .tif).`;
    problems.push({ what: 'The folder holds no image with masks.', where: tree.path, hint: hint });
  }
  return { pairs: pairs.sort(byId), files, problems };
}

async function readAnnotated(
  { read, place }: Files,
  { id, imagePath, masksPath, ignorePath }: LabelPair,
): Promise<AnnotatedImage> {
  const labelsOf = async (path: string) => readLabelImage(await read(path), place(path));
  const [image, labelImage, unreviewed] = await allOf<[Image, LabelImage, LabelImage | undefined]>([
    read(imagePath).then((bytes) => readImage(bytes, place(imagePath))),
    labelsOf(masksPath),
    ignorePath === undefined ? Promise.resolve(undefined) : labelsOf(ignorePath),
  ]);
  for (const [path, map] of [[masksPath, labelImage] as const, [ignorePath, unreviewed] as const]) {
    if (path === undefined || map === undefined) continue;
    const fits = map.width === image.width && map.height === image.height;
    if (!fits) throw sizeMismatch(place(path), map, image);
  }
  const annotated = { id, image, origin: imagePath, masks: masksOfLabels(labelImage.labels, image) };
  if (!unreviewed) return annotated;
  return { ...annotated, ignore: Uint8Array.from(unreviewed.labels, (value) => (value === 0 ? 0 : 1)) };
}
