import { parse } from 'node:path';
import { identityOf } from '../../data/read/identity.js';
import { readLabelImage } from '../../data/image/image-io.js';
import { openFileTree } from '../../data/files/open-files.js';
import type { Problem } from '../../errors.js';
import type { ImageFile, PredictionFolder } from './folder.js';
import {
  checkSize,
  throwIfProblems,
  sourceError,
  type PredictionSource,
  type TruthSource,
} from './source.js';

/** Endings of label images beside their images: Cellpose's, and the words that people use. Longest first. */
const suffixes = ['_cp_masks', '_masks', '_labels'];

/**
 * The label images of a folder by id.
 *
 * A file is named after its image: `X.png`, or with an ending, `X_masks.png`, `X_cp_masks.png` or `X_labels.png`, for
 * the id X. If one file has an ending, the files without are taken for the images beside them and left alone.
 *
 * @throws {NucleateError} Exit code 3 if there is none, or two for one id.
 */
function findLabelImages(folder: string, { images }: PredictionFolder): ReadonlyMap<string, string> {
  const named = images.map((image) => ({ ...image, id: withoutSuffix(image) }));
  const suffixed = named.filter(({ id, stem }) => id !== stem);
  const paths = new Map<string, string>();
  const problems: Problem[] = [];
  for (const { id, path } of suffixed.length > 0 ? suffixed : named) {
    const rival = paths.get(id);
    if (rival === undefined) paths.set(id, path);
    else problems.push({ what: `The image ${id} has another label image, ${rival}.`, where: path });
  }
  throwIfProblems(folder, 'The label images have', problems, 'Keep one label image for each image.');
  if (paths.size > 0) return paths;
  throw sourceError(
    folder,
    'The folder holds no label images.',
    'Name them after their images: X.png or X_masks.png (or .tif); or give a run-length CSV.',
  );
}

function withoutSuffix({ stem }: ImageFile): string {
  const suffix = suffixes.find((suffix) => stem.endsWith(suffix)) ?? '';
  return stem.slice(0, stem.length - suffix.length);
}

/** Label images as predictions. */
export function labelFolderPrediction(
  folder: string,
  listing: PredictionFolder,
): Omit<PredictionSource, 'dataHash'> {
  const paths = findLabelImages(folder, listing);
  return {
    path: folder,
    kind: 'label images',
    ids: [...paths.keys()].sort(),
    close: () => Promise.resolve(),
    async read(id, size) {
      const path = paths.get(id)!;
      const labelImage = await readLabelImage(path);
      checkSize(path, labelImage, size);
      return { labelImage, withoutPixels: 0, overlapPixels: 0 };
    },
  };
}

/** Label images without their images as truth. */
export function labelFolderTruth(folder: string, listing: PredictionFolder): TruthSource {
  const paths = findLabelImages(folder, listing);
  return {
    path: folder,
    kind: 'label images',
    ids: [...paths.keys()].sort(),
    close: () => Promise.resolve(),
    async read(id) {
      const labelImage = await readLabelImage(paths.get(id)!);
      return { labelImage, withoutPixels: 0, overlapPixels: 0 };
    },
    readImage: () => Promise.resolve(null),
    async identity() {
      const tree = await openFileTree(folder);
      try {
        const names = Array.from(paths.values(), (path) => parse(path).base);
        return await identityOf(tree, names);
      } finally {
        await tree.close();
      }
    },
  };
}
