import { type DatasetOptions, matchingLayouts } from '../../data/read/dataset.js';
import { annotationFormats } from '../../data/read/annotations/formats.js';
import type { AnnotatedImage } from '../../data/read/example.js';
import { openDatasets } from '../../data/read/joined-datasets.js';
import { isPrepared } from '../../data/read/prepared-layout.js';
import { problemsError } from '../../data/read/problems.js';
import type { SourceKind } from './source-kind.js';
import { checkSize, masksToLabelImage, type TruthSource } from './source.js';
import { firstBytes, type Target } from './target.js';
import { hasMaskFolders } from './mask-folders.js';

/**
 * A dataset, or several, as truth, in any layout that `openDataset` reads.
 *
 * @throws {NucleateError} Exit code 3 if it is not recognised or has problems.
 */
export async function datasetTruth(
  paths: readonly string[],
  options: DatasetOptions = {},
): Promise<TruthSource> {
  const { dataset, ids, read } = await openSound(paths, options);
  return {
    path: dataset.path,
    kind: dataset.kind,
    ids,
    ...(dataset.planes && { planes: dataset.planes }),
    async read(id) {
      const { image, masks, ignore, cluster, leftOut } = await read(id);
      return {
        ...masksToLabelImage(masks, image),
        ...(ignore ? { ignore } : {}),
        ...(leftOut ? { leftOut } : {}),
        ...(cluster === undefined ? {} : { cluster }),
      };
    },
    readImage: async (id) => (await read(id)).image,
    identity: () => dataset.identity(),
    close: () => dataset.close(),
  };
}

/**
 * The masks of a dataset as predictions: another annotator's, or the truth against itself. A dataset is a zip archive, a
 * prepared file, or a folder with annotation files beside the images, or with folders of their own for images and masks;
 * other folders are read by their kinds.
 */
export const datasetKind: SourceKind = {
  recognise: async (target) => {
    const { path, isFolder } = target;
    return isFolder ? holdsFolders(target) : (await isPrepared(path)) || isZip(path);
  },
  async open({ path, reading }) {
    const { dataset, ids, read } = await openSound([path], reading);
    const places = new Map(dataset.images.map(({ id, place }) => [id, place]));
    return {
      path,
      kind: dataset.kind,
      ids,
      dataHash: null,
      async read(id, size) {
        const { image, masks, leftOut } = await read(id);
        checkSize(places.get(id)!, image, size);
        return { ...masksToLabelImage(masks, size), ...(leftOut ? { leftOut } : {}) };
      },
      close: () => dataset.close(),
    };
  },
};

/** Whether a folder holds images with annotation files, or images and masks in folders below. */
async function holdsFolders({ path, list }: Target): Promise<boolean> {
  const [name, another] = await matchingLayouts(path);
  if (another !== undefined) return false;
  if (annotationFormats.some((format) => format.name === name)) return true;
  const listing = await list();
  if (listing.images.length > 0) return false;
  return (
    name === 'pairs' || name === 'folders' || (name === 'challenge' && !(await hasMaskFolders(path, listing)))
  );
}

/** Whether a file begins as a zip archive does. */
const isZip = async (path: string) => (await firstBytes(path, 2)).toString('latin1') === 'PK';

/** @throws {NucleateError} Exit code 3 if the layout is not recognised, or the listing has problems. */
async function openSound(paths: readonly string[], options: DatasetOptions) {
  const dataset = await openDatasets(paths, options);
  if (dataset.problems.length > 0) {
    await dataset.close();
    throw problemsError(dataset.path, dataset.problems);
  }
  const entries = new Map(dataset.images.map((entry) => [entry.id, entry]));
  const read = (id: string): Promise<AnnotatedImage> => entries.get(id)!.read();
  return { dataset, ids: [...entries.keys()], read };
}
