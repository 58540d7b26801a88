import { openDataset, type DatasetOptions } from '../../data/read/dataset.js';
import type { AnnotatedImage } from '../../data/read/example.js';
import type { Dataset } from '../../data/read/layout.js';
import { problemsError } from '../../data/read/problems.js';
import { checkSize, masksToLabelImage, type PredictionSource, type TruthSource } from './source.js';

/**
 * A dataset as truth, of any layout that `openDataset` reads.
 *
 * @throws {NucleateError} Exit code 3 if it is not recognised, or has problems.
 */
export async function datasetTruth(path: string, options: DatasetOptions = {}): Promise<TruthSource> {
  const { dataset, ids, read } = await openSound(path, options);
  return {
    path,
    kind: dataset.kind,
    ids,
    async read(id) {
      const { image, masks, ignore, cluster } = await read(id);
      return {
        ...masksToLabelImage(masks, image),
        ...(ignore ? { ignore } : {}),
        ...(cluster === undefined ? {} : { cluster }),
      };
    },
    readImage: async (id) => (await read(id)).image,
    identity: () => dataset.identity(),
    close: () => dataset.close(),
  };
}

/**
 * The masks of a dataset as predictions: another annotator's, or the truth against itself.
 *
 * @throws {NucleateError} Exit code 3 if it is not recognised, or has problems.
 */
export async function datasetPrediction(path: string): Promise<PredictionSource> {
  const { dataset, ids, read } = await openSound(path, {});
  const places = new Map(dataset.images.map(({ id, place }) => [id, place]));
  return {
    path,
    kind: dataset.kind,
    ids,
    dataHash: null,
    async read(id, size) {
      const { image, masks } = await read(id);
      checkSize(places.get(id)!, image, size);
      return masksToLabelImage(masks, size);
    },
    close: () => dataset.close(),
  };
}

/** A dataset without problems of its listing. */
async function openSound(path: string, options: DatasetOptions) {
  const dataset: Dataset = await openDataset(path, options);
  if (dataset.problems.length > 0) {
    await dataset.close();
    throw problemsError(path, dataset.problems);
  }
  const entries = new Map(dataset.images.map((entry) => [entry.id, entry]));
  const read = (id: string): Promise<AnnotatedImage> => entries.get(id)!.read();
  return { dataset, ids: [...entries.keys()], read };
}
