import { parse } from 'node:path';
import { openFileTree } from '../../data/files/open-files.js';
import { readBytes } from '../../data/files/read-bytes.js';
import type { LabelImage } from '../../data/geometry/label-image.js';
import { readLabelImage } from '../../data/image/label-io.js';
import type { LabelReading } from '../../data/image/label-values.js';
import { matchingLayouts } from '../../data/read/dataset.js';
import { identityOf } from '../../data/read/identity.js';
import { ignoredStem, labelledStem } from '../../data/read/label-names.js';
import { readingOfResult, recordedFiles } from '../../data/read/recorded-names.js';
import type { Problem } from '../../errors.js';
import type { SourceKind } from './source-kind.js';
import { hasMaskFolders } from './mask-folders.js';
import { readRecordedHash } from './recorded-data.js';
import { checkSize, sourceError, throwIfProblems, type TruthSource } from './source.js';
import type { Target } from './target.js';

/** Label images as predictions. */
export const labelFolderKind: SourceKind = {
  recognise: ({ isFolder }) => isFolder,
  async open(target) {
    const { path: folder } = target;
    const recorded = await recordedFiles(folder);
    const paths = await findLabelImages(target, recorded);
    return {
      path: folder,
      kind: 'label images',
      ids: [...paths.keys()].sort(),
      dataHash: await readRecordedHash(folder),
      async read(id, size) {
        const path = paths.get(id)!;
        const labelImage = await readOne(path, recorded, target.reading);
        checkSize(path, labelImage, size);
        return { labelImage, withoutPixels: 0, overlapPixels: 0 };
      },
      close: () => Promise.resolve(),
    };
  },
};

/**
 * Whether a folder holds label images, and neither images beside them nor another dataset layout: a truth without images.
 */
export async function holdsOnlyLabelImages(target: Target): Promise<boolean> {
  if (!target.isFolder) return false;
  const listing = await target.list();
  if (await hasMaskFolders(target.path, listing)) return false;
  const stems = new Set(listing.images.map(({ stem }) => stem));
  if (stems.size === 0 || listing.images.some(({ stem }) => stems.has(`${stem}_masks`))) return false;
  // Label images without images may be named X_masks.png, as in the layout of pairs.
  return (await matchingLayouts(target.path)).every((name) => name === 'pairs');
}

/** Label images without their images as truth. */
export async function labelFolderTruth(target: Target): Promise<TruthSource> {
  const { path: folder } = target;
  const recorded = await recordedFiles(folder);
  const paths = await findLabelImages(target, recorded);
  return {
    path: folder,
    kind: 'label images',
    ids: [...paths.keys()].sort(),
    async read(id) {
      const labelImage = await readOne(paths.get(id)!, recorded, target.reading);
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
    close: () => Promise.resolve(),
  };
}

type Recorded = Awaited<ReturnType<typeof recordedFiles>>;

async function readOne(path: string, recorded: Recorded, reading: LabelReading): Promise<LabelImage> {
  const bytes = await readBytes(path);
  return readLabelImage(bytes, path, readingOfResult(bytes, recorded.get(parse(path).base), reading));
}

/**
 * The paths of a folder's label images by image id.
 *
 * A file is named after its image: `X.png`, or with an ending, such as `X_masks.png` (see {@link labelledStem}), for the
 * id X. If any file has an ending, files without one are taken for the images themselves and ignored. Results of `predict`
 * are of the images that its record names.
 *
 * @throws {NucleateError} Exit code 3 if there is none, or two for one id.
 */
async function findLabelImages(
  { path: folder, list }: Target,
  recorded: Recorded,
): Promise<ReadonlyMap<string, string>> {
  const files = (await list()).images.filter(({ stem }) => ignoredStem(stem) === undefined);
  const named = files.map((image) => ({
    ...image,
    id: recorded.get(parse(image.path).base)?.id ?? labelledStem(image.stem) ?? image.stem,
  }));
  const suffixed = recorded.size > 0 ? named : named.filter(({ id, stem }) => id !== stem);
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
