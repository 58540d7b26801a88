/** A CSV of run lengths, one instance per line: `ImageId,EncodedPixels`, optionally with `Height,Width`. */
import type { Readable } from 'node:stream';
import { CsvError } from 'csv-parse';
import { exitCodes, NucleateError, type Problem } from '../../../errors.js';
import { parseRuns, RunLengthError } from '../../geometry/rle.js';
import { PlainRows } from './plain-rows.js';
import { findRunLengthColumns, type RunLengthColumns } from './run-length-columns.js';
import { lineHeader, RunLengthImages, type RunLengthLines } from './run-length-lines.js';
import { tableBlocks, type TakeLine, type TextPosition } from './table-records.js';

export interface RunLengthFile {
  /** The lines of each image, in the order of their first lines. */
  readonly images: ReadonlyMap<string, RunLengthLines>;
  /** Everything that is wrong, with line and column. Lines with problems are not in `images`. */
  readonly problems: readonly Problem[];
}

/** A file of another format has a problem in every line. */
const maxProblems = 1000;

/** Ten times the images of the largest public datasets; each takes about 0.5 KB. */
const maxImages = 2e6;

/**
 * Reads a whole file. Columns may be in any order and separated by comma, semicolon or tab. Other columns, a byte order
 * mark and blank lines are ignored. An image without instances has one line with empty runs.
 *
 * @param source The bytes of the file.
 * @param place The name of the file in problems.
 * @throws {NucleateError} Exit code 3 if the file cannot be read. Problems of its content are listed, not thrown.
 */
export async function readRunLengthCsv(source: Readable, place: string): Promise<RunLengthFile> {
  const images = new RunLengthImages(place);
  const problems: Problem[] = [];
  const note = ({ line, column }: TextPosition, what: string, hint: string) =>
    problems.push({ what, where: `${place}:${line}:${column}`, hint });
  let columns: RunLengthColumns | undefined;
  let plainRows: PlainRows | undefined;
  const take: TakeLine = (bytes, at, line) => plainRows?.take(bytes, at, line) ?? at;
  try {
    reading: for await (const block of tableBlocks(source)) {
      for (const record of block.records(take)) {
        const { fields } = record;
        if (columns === undefined) {
          const found = findRunLengthColumns(fields);
          if (typeof found === 'string') {
            note(record.place(0, 0), found, headerHint);
            break reading;
          }
          columns = found;
          plainRows = new PlainRows(columns, images);
          continue;
        }
        if (fields.length !== columns.count) {
          const what = `The line has ${fields.length} fields, but the header has ${columns.count}.`;
          note(record.place(0, 0), what, 'Give every line as many fields as the header.');
        } else {
          try {
            const { id, runs, width, height } = readRow(fields, columns);
            const { line, column } = record.place(columns.runs, 0);
            const row = new Int32Array(lineHeader + runs.length);
            row.set([line, column, width, height, runs.length]);
            row.set(runs, lineHeader);
            images.linesOf(id).add(row);
          } catch (error) {
            if (!(error instanceof FieldError)) throw error;
            note(record.place(error.field, error.offset), error.message, rowHint);
          }
        }
        if (problems.length >= maxProblems) break reading;
      }
      if (images.byId.size > maxImages) {
        const what = `The file has more than ${maxImages.toLocaleString('en')} image ids.`;
        note({ line: 1, column: 1 }, what, manyImagesHint);
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw unreadable(place, error);
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    note({ line, column: 1 }, `The file is not a valid CSV: ${error.message}.`, 'Export the file again.');
  } finally {
    source.destroy();
  }
  if (columns === undefined && problems.length === 0) {
    note({ line: 1, column: 1 }, 'The file is empty.', headerHint);
  }
  for (const [id, lines] of images.byId) {
    const where = lines.contradiction();
    if (where === undefined) continue;
    const what = `This line says that ${id} has no nuclei, but other lines have nuclei of it.`;
    problems.push({ what, where, hint: 'Remove this line, or the other lines of the image.' });
  }
  return { images: images.byId, problems };
}

/** An error of the system as an error for the user; any other error is a defect and is returned as it is. */
function unreadable(where: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).syscall === undefined) return cause;
  const what = `The file cannot be read: ${(cause as Error).message}.`;
  const hint = 'Check the path and its permissions.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}

const headerHint = 'The first line must be ImageId,EncodedPixels, optionally with Height,Width.';
const manyImagesHint = 'Divide the file and its images into several datasets.';
const rowHint =
  'Export the run lengths again: pairs "start length", with pixels counted from 1, column by column from top to bottom.';

/** What is wrong with a field, `offset` characters into it. */
class FieldError extends Error {
  constructor(
    what: string,
    readonly field: number,
    readonly offset = 0,
  ) {
    super(what);
  }
}

/** What stands for an image without nuclei besides an empty field; pandas writes `nan`, competitions ask for `-1`. */
const noNuclei = /^\s*(-1(\.0)?|nan|null|none)\s*$/iu;

function readRow(record: readonly string[], columns: RunLengthColumns) {
  const id = record[columns.id]!.trim();
  if (id === '') throw new FieldError('The image id is empty.', columns.id);
  let runs: Int32Array;
  try {
    const field = record[columns.runs]!;
    runs = noNuclei.test(field) ? new Int32Array() : parseRuns(field);
  } catch (error) {
    if (!(error instanceof RunLengthError)) throw error;
    throw new FieldError(error.message, columns.runs, error.offset);
  }
  const [width, height] = [columns.width, columns.height].map((field) => {
    if (field === -1) return 0;
    const text = record[field]!.trim();
    if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text);
    throw new FieldError(`Expected a size in pixels, received \`${text.slice(0, 20)}\`.`, field);
  }) as [number, number];
  return { id, runs, width, height };
}
