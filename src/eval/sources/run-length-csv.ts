import type { Problem } from '../../errors.js';
import { InstanceCanvas } from '../instance-canvas.js';
import { decodeRuns, RunLengthError } from '../run-length.js';
import { readCsvRows, type CsvField } from './csv-rows.js';
import { sortedIds } from './label-folder.js';
import { refuseSource, sourceError, type PredictionSource, type Size } from './source.js';

/**
 * The form in which the 2018 Data Science Bowl took predictions: columns `ImageId,EncodedPixels`, one line a nucleus,
 * for an image without nuclei one line with an empty field. See {@link decodeRuns} for the field.
 *
 * The file is streamed; the texts of its fields stay in memory until their image is read, where its size is known.
 *
 * @throws {NucleateError} Exit code 3 with line and column.
 */
export async function runLengthPrediction(path: string): Promise<PredictionSource> {
  const fieldsOf = new Map<string, CsvField[]>();
  const problems: Problem[] = [];
  for await (const [id, runs] of readCsvRows(path, [['ImageId'], ['EncodedPixels']])) {
    if (id!.text === '') {
      problems.push({ what: 'The image id is empty.', where: place(path, id!) });
      continue;
    }
    const fields = fieldsOf.get(id!.text);
    if (fields) fields.push(runs!);
    else fieldsOf.set(id!.text, [runs!]);
  }
  for (const [id, fields] of fieldsOf) {
    const empty = fields.find(({ text }) => text.trim() === '');
    if (empty && fields.length > 1) {
      const what = `An empty field says that ${id} has no nuclei, and other lines give it some.`;
      problems.push({ what, where: place(path, empty) });
    }
  }
  refuseSource(path, 'The run-length file has', problems, 'Mend the lines that are listed.');
  return {
    path,
    kind: 'run-length CSV',
    ids: sortedIds(fieldsOf),
    dataHash: null,
    read: (id, size) => Promise.resolve().then(() => draw(path, fieldsOf.get(id)!, size)),
  };
}

function draw(path: string, fields: readonly CsvField[], size: Size) {
  const canvas = new InstanceCanvas(size);
  for (const field of fields) {
    if (field.text.trim() !== '') canvas.add(decodeField(path, field, size));
  }
  return canvas.drawn();
}

function decodeField(path: string, field: CsvField, size: Size): Int32Array {
  try {
    return decodeRuns(field.text, size);
  } catch (error) {
    if (!(error instanceof RunLengthError)) throw error;
    throw sourceError(
      place(path, field, error.at),
      error.message,
      `Runs are "start length" pairs, from 1, down the columns of the image of ${size.width} x ${size.height} pixels.`,
      error,
    );
  }
}

const place = (path: string, { line, column }: CsvField, at = 0) => `${path}:${line}:${column + at}`;
