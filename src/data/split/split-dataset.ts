import { exitCodes, NucleateError } from '../../errors.js';
import { mapConcurrently } from '../../map-concurrently.js';
import type { Dataset } from '../read/layout.js';
import { problemsError } from '../read/problems.js';
import type { KnownGroup } from '../read/groups-csv.js';
import { signatureOf, type Signature } from './signature.js';
import { splitImages, type SplitOptions, type SplitResult } from './split.js';

export interface SplitDatasetOptions extends Omit<SplitOptions, 'dataset'> {
  /** Called after each image with how many are done. */
  readonly onImage?: (done: number) => void;
}

const isComplete = (known: KnownGroup | undefined) =>
  known?.cluster !== undefined && known.mosaic !== undefined;

/** Images that are read at a time. */
const imagesAtOnce = 3;

/**
 * Reads all images of a dataset and splits them; see {@link splitImages}.
 *
 * @throws {NucleateError} Exit code 3 for a dataset with problems, for images that `known` lacks, and if there are fewer
 *   groups than folds.
 */
export async function splitDataset(
  dataset: Dataset,
  { onImage = () => {}, ...options }: SplitDatasetOptions,
): Promise<SplitResult> {
  const { known } = options;
  const missing = known ? dataset.images.filter(({ id }) => !isComplete(known.get(id))) : [];
  const unknown = missing.map(({ id, place: where }) => {
    const what = known?.has(id)
      ? 'The --groups table has no cluster or no mosaic for this image.'
      : 'The --groups table lacks this image.';
    return { what, where, hint: 'Add it to the table, or leave out --groups.' };
  });
  const problems = [...dataset.problems, ...unknown];
  if (problems.length > 0) throw problemsError(dataset.path, problems);
  const signatures: Signature[] = [];
  for await (const { id, image } of mapConcurrently(dataset.images, imagesAtOnce, (entry) => entry.read())) {
    signatures.push(signatureOf(id, image));
    onImage(signatures.length);
  }
  try {
    return splitImages(signatures, { ...options, dataset: await dataset.identity() });
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const what = `The dataset cannot be split: ${cause.message}.`;
    const hint =
      options.folds === 'clusters'
        ? 'Give a --groups table with at least two clusters.'
        : 'Use fewer folds, or add images: images of one group must be in the same fold.';
    throw new NucleateError({ what, where: dataset.path, hint, exitCode: exitCodes.data }, { cause });
  }
}
