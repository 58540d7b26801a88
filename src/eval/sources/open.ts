import { stat } from 'node:fs/promises';
import { listFolder, type Listing } from './folder.js';
import { labelFolderPrediction, labelFolderTruth } from './label-folder.js';
import { hasMaskFolders, maskFoldersPrediction, maskFoldersTruth } from './mask-folders.js';
import { pairsTruth } from './pairs.js';
import { readRecordedHash } from './recorded-data.js';
import { runLengthPrediction } from './run-length-csv.js';
import { sourceError, type PredictionSource, type TruthSource } from './source.js';

/**
 * Opens a set of predictions: a .csv file with runs, a folder in the challenge's layout, or a folder of label images.
 *
 * @throws {NucleateError} Exit code 3 if it is none of them or not in order.
 */
export async function openPrediction(path: string): Promise<PredictionSource> {
  if (!(await isFolder(path))) return runLengthPrediction(path);
  const listing = await listFolder(path);
  const images = (await hasMaskFolders(path, listing))
    ? await maskFoldersPrediction(path, listing)
    : labelFolderPrediction(path, listing);
  return { ...images, dataHash: await readRecordedHash(path) };
}

/**
 * Opens the truth: a folder of pairs `X.png` and `X_masks.png`, in the challenge's layout, or of label images.
 *
 * @throws {NucleateError} Exit code 3 if it is none of them or not in order.
 */
export async function openTruth(path: string): Promise<TruthSource> {
  if (!(await isFolder(path))) {
    throw sourceError(path, 'The data is a file.', 'Give the folder that holds the true label images.');
  }
  const listing = await listFolder(path);
  if (await hasMaskFolders(path, listing)) return maskFoldersTruth(path, listing);
  return holdsPairs(listing) ? pairsTruth(path) : labelFolderTruth(path, listing);
}

/** Whether there is a label image beside an image; the naming of src/data/label-images.ts. */
function holdsPairs({ images }: Listing): boolean {
  const stems = new Set(images.map(({ stem }) => stem));
  return images.some(({ stem }) => stems.has(`${stem}_masks`));
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    const what = `There is nothing to read: ${(cause as Error).message}.`;
    throw sourceError(path, what, 'Check the path.', cause);
  }
}
