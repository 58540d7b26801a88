import { exitCodes } from '../../errors.js';
import type { MaskChoice } from '../../data/read/annotations/annotation.js';
import type { DatasetOptions } from '../../data/read/dataset.js';
import { datasetTruth } from './dataset.js';
import { sourceKinds, type ListedKind } from './kinds.js';
import { holdsOnlyLabelImages, labelFolderTruth } from './label-folder.js';
import { type PredictionSource, sourceError, type TruthSource } from './source.js';
import { targetAt } from './target.js';

/**
 * Opens a set of predictions.
 *
 * @param kinds Tried in their order.
 * @param reading What the user says about its masks.
 * @throws {NucleateError} Exit code 2 if there is no such file or folder; 3 if it is of none of these kinds or has problems.
 */
export async function openPrediction(
  path: string,
  kinds: readonly ListedKind[] = sourceKinds,
  reading: MaskChoice = {},
): Promise<PredictionSource> {
  const target = await targetAt(path, reading);
  for (const listed of kinds) {
    const kind = await listed.load();
    if (await kind.recognise(target)) return kind.open(target);
  }
  const what = 'This is one file, but neither annotations nor a dataset.';
  throw sourceError(path, what, 'Give the folder that holds the label images of all images.');
}

/**
 * Opens the truth: any dataset that `openDataset` reads, several of them, or a folder of label images without their images.
 *
 * @throws {NucleateError} Exit code 3 if it is none of them or has problems.
 */
export async function openTruth(
  paths: string | readonly string[],
  options: DatasetOptions = {},
): Promise<TruthSource> {
  const [only, ...others] = [paths].flat();
  if (options.labels === undefined && others.length === 0) {
    const target = await targetAt(only!, options, exitCodes.data);
    if (await holdsOnlyLabelImages(target)) return labelFolderTruth(target);
  }
  return datasetTruth([only!, ...others], options);
}
