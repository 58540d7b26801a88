import { createReadStream } from 'node:fs';
import { readRunLengthCsv } from '../../data/read/rle-csv.js';
import { masksOfLines } from '../../data/read/run-length-layout.js';
import { masksToLabelImage, throwIfProblems, type PredictionSource } from './source.js';

/**
 * The form in which the 2018 Data Science Bowl took predictions: columns `ImageId,EncodedPixels`, one line a nucleus,
 * for an image without nuclei one line with an empty field. The file is streamed; its runs stay in memory.
 *
 * @throws {NucleateError} Exit code 3 with line and column.
 */
export async function runLengthPrediction(path: string): Promise<PredictionSource> {
  const { images, problems } = await readRunLengthCsv(createReadStream(path), path);
  throwIfProblems(path, 'The run-length file has', problems, 'Mend the lines that are listed.');
  return {
    path,
    kind: 'run-length CSV',
    ids: [...images.keys()].sort(),
    dataHash: null,
    read: (id, size) =>
      Promise.resolve().then(() => masksToLabelImage(masksOfLines(images.get(id)!, size, path), size)),
    close: () => Promise.resolve(),
  };
}
