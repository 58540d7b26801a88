import { masksOfLabels } from '../../data/geometry/mask.js';
import { encodeRuns, formatRuns } from '../../data/geometry/rle.js';
import type { Segmentation } from '../assemble/segmentation.js';
import { csvLines } from './csv-lines.js';
import type { Encode } from './encode.js';

/** The first line of a run-length CSV, as the 2018 Data Science Bowl took it. */
export const runLengthHeader = 'ImageId,EncodedPixels\n';

/**
 * The lines of one image, one for each nucleus, highest-scoring first; an image without nuclei has one line without
 * runs. Lines of several images after one {@link runLengthHeader} are a submission.
 *
 * @param id A text that a spreadsheet would run as a formula gets an apostrophe before it.
 */
export function runLengthLines(id: string, segmentation: Segmentation): Generator<string> {
  return csvLines(rows(id, segmentation));
}

function* rows(id: string, { labelImage }: Segmentation): Generator<[string, string]> {
  const masks = masksOfLabels(labelImage.labels, labelImage);
  if (masks.length === 0) yield [id, ''];
  for (const { runs } of masks) yield [id, formatRuns(encodeRuns(runs, labelImage))];
}

/** A CSV file of one image. */
export const encodeRunLength: Encode = (name, { segmentation }) => ({
  extension: '.csv',
  pieces: withHeader(runLengthLines(name, segmentation)),
});

function* withHeader(lines: Iterable<string>): Generator<string> {
  yield runLengthHeader;
  yield* lines;
}
