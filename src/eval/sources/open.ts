import { open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { DatasetOptions } from '../../data/read/dataset.js';
import { isPrepared } from '../../data/read/prepared-layout.js';
import { isRunLengthHeader } from '../../data/read/rle-csv.js';
import { cocoPrediction } from './coco.js';
import { datasetPrediction, datasetTruth } from './dataset.js';
import { listPredictionFolder, type PredictionFolder } from './folder.js';
import { labelFolderPrediction, labelFolderTruth } from './label-folder.js';
import { hasMaskFolders, maskFoldersPrediction } from './mask-folders.js';
import { readRecordedHash, recordName } from './recorded-data.js';
import { runLengthPrediction } from './run-lengths.js';
import { sourceError, type PredictionSource, type TruthSource } from './source.js';

/**
 * Opens a set of predictions: a .csv file with runs, a folder in the challenge's layout, a folder of label images, a
 * .json file or a folder of such in COCO's form, or the masks of a zip archive or a prepared dataset.
 *
 * @throws {NucleateError} Exit code 3 if it is none of them or not in order.
 */
export async function openPrediction(path: string): Promise<PredictionSource> {
  if (!(await isFolder(path))) {
    if ((await isPrepared(path)) || (await isZip(path))) return datasetPrediction(path);
    if (!/\.json$/iu.test(path)) return runLengthPrediction(path);
    return { ...(await cocoPrediction(path, [path])), dataHash: null };
  }
  return { ...(await openFolder(path)), dataHash: await readRecordedHash(path) };
}

async function openFolder(path: string): Promise<Omit<PredictionSource, 'dataHash'>> {
  const listing = await listPredictionFolder(path);
  if (await hasMaskFolders(path, listing)) return maskFoldersPrediction(path, listing);
  const documents = listing.documents.filter((file) => basename(file) !== recordName);
  return listing.images.length === 0 && documents.length > 0
    ? cocoPrediction(path, documents)
    : labelFolderPrediction(path, listing);
}

/**
 * Opens the truth: any dataset that `openDataset` reads, or a folder of label images without their images.
 *
 * @throws {NucleateError} Exit code 3 if it is none of them or not in order.
 */
export async function openTruth(path: string, options: DatasetOptions = {}): Promise<TruthSource> {
  if (options.labels === undefined && (await isFolder(path))) {
    const listing = await listPredictionFolder(path);
    const hasMasks = await hasMaskFolders(path, listing);
    if (!hasMasks && (await holdsLabelImagesAlone(listing))) return labelFolderTruth(path, listing);
  }
  return datasetTruth(path, options);
}

/** Whether no image has its label image beside it, and no table has its masks. */
async function holdsLabelImagesAlone({ images, tables }: PredictionFolder): Promise<boolean> {
  const stems = new Set(images.map(({ stem }) => stem));
  if (images.length === 0 || images.some(({ stem }) => stems.has(`${stem}_masks`))) return false;
  for (const table of tables) if (isRunLengthHeader(await firstLine(table))) return false;
  return true;
}

async function firstLine(path: string): Promise<string> {
  const [line = ''] = (await beginning(path, 1000)).toString('utf8').split(/\r?\n/u);
  return line;
}

/** Whether a file begins as a zip archive does. */
const isZip = async (path: string) => (await beginning(path, 2)).toString('latin1') === 'PK';

async function beginning(path: string, length: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    const what = `There is nothing to read: ${(cause as Error).message}.`;
    throw sourceError(path, what, 'Check the path.', cause);
  }
}
