import { exitCodes, NucleateError } from '../../errors.js';
import { mapConcurrently } from '../read/map-concurrently.js';
import type { Dataset } from '../read/layout.js';
import { problemsError } from '../read/problems.js';
import type { KnownGroup } from '../read/groups-csv.js';
import { signatureOf, type Signature } from './signature.js';
import { splitImages, type Split, type SplitOptions } from './split.js';

export interface SplitDatasetOptions extends Omit<SplitOptions, 'dataset'> {
  /** Told after each image how many are done. */
  readonly onImage?: (done: number) => void;
}

const isComplete = (known: KnownGroup | undefined) =>
  known?.cluster !== undefined && known.mosaic !== undefined;

/** Images that are read at a time. */
const imagesAhead = 3;

/**
 * Reads all images of a dataset and splits them; see {@link splitImages}.
 *
 * @throws {NucleateError} Exit code 3 for a dataset with problems, for images that `known` lacks, and for fewer groups
 *   than folds.
 */
export async function splitDataset(
  dataset: Dataset,
  { onImage = () => {}, ...options }: SplitDatasetOptions,
): Promise<Split> {
  const { known } = options;
  const missing = known ? dataset.images.filter(({ id }) => !isComplete(known.get(id))) : [];
  const unknown = missing.map(({ id, place: where }) => {
    const what = known?.has(id)
      ? 'The groups lack the cluster or mosaic of this image.'
      : 'The groups lack this image.';
    return { what, where, hint: 'Add it, or leave out --groups.' };
  });
  const problems = [...dataset.problems, ...unknown];
  if (problems.length > 0) throw problemsError(dataset.path, problems);
  const portraits: Signature[] = [];
  for await (const { id, image } of mapConcurrently(dataset.images, imagesAhead, (entry) => entry.read())) {
    portraits.push(signatureOf(id, image));
    onImage(portraits.length);
  }
  try {
    return splitImages(portraits, { ...options, dataset: await dataset.identity() });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const what = `The dataset cannot be split: ${cause.message}.`;
    const hint = options.folds === 'clusters' ? 'Give --groups with several clusters.' : 'Take fewer folds.';
    throw new NucleateError({ what, where: dataset.path, hint, exitCode: exitCodes.data }, { cause });
  }
}
