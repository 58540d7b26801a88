/** A CSV of run lengths, one instance per line: `ImageId,EncodedPixels`, optionally with `Height,Width`. */
import type { Readable } from 'node:stream';
import { CsvError } from 'csv-parse';
import type { Size } from '../../geometry/rect.js';
import { exitCodes, NucleateError, type Problem } from '../../../errors.js';
import { RunList } from '../../geometry/mask.js';
import { parseRuns, RunLengthError } from '../../geometry/rle.js';
import { tableRecords, type TextPosition } from './table-records.js';

/** One line of the file. */
export interface RunLengthRow {
  /** `file:line:column` of the runs, for messages. */
  readonly place: string;
  readonly line: number;
  /** The result of {@link parseRuns}; empty for an image without instances. */
  readonly runs: Int32Array;
  /** From the columns Height and Width; absent if the file has none. */
  readonly size?: Size;
}

/**
 * The lines of one image, in their order, in one array: a file may have millions of lines, and one object per line would
 * take several times the memory of the file.
 */
export class RunLengthLines implements Iterable<RunLengthRow> {
  readonly #file: string;
  /** For each line {@link lineHeader} numbers, then its runs. */
  readonly #numbers = new RunList();

  constructor(file: string) {
    this.#file = file;
  }

  add({ line, column }: TextPosition, runs: Int32Array, { width, height }: Size = unknownSize): void {
    this.#numbers.append(Int32Array.of(line, column, width, height, runs.length));
    this.#numbers.append(runs);
  }

  /** `file:line:column` of a line without nuclei, if the image has other lines too. */
  contradiction(): string | undefined {
    let empty: string | undefined;
    let count = 0;
    for (const { runs, place } of this) {
      count += 1;
      if (runs.length === 0) empty ??= place;
      if (empty !== undefined && count > 1) return empty;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<RunLengthRow, void, undefined> {
    for (let at = 0; at < this.#numbers.length;) {
      const start = at + lineHeader;
      const [line, column, width, height, length] = this.#numbers.toRuns(at, start) as unknown as FiveNumbers;
      at = start + length;
      const row = { place: `${this.#file}:${line}:${column}`, line, runs: this.#numbers.toRuns(start, at) };
      yield width === 0 ? row : { ...row, size: { width, height } };
    }
  }
}

/** Line, column, width, height, and how many numbers its runs have. */
const lineHeader = 5;
type FiveNumbers = [number, number, number, number, number];

const unknownSize: Size = { width: 0, height: 0 };

export interface RunLengthFile {
  /** The lines of each image, in the order of their first lines. */
  readonly images: ReadonlyMap<string, RunLengthLines>;
  /** Everything that is wrong, with line and column. Lines with problems are not in `images`. */
  readonly problems: readonly Problem[];
}

/** A file of another format has a problem in every line. */
const maxProblems = 1000;

/**
 * Reads a whole file. Columns may be in any order and separated by comma, semicolon or tab. Other columns, a byte order
 * mark and blank lines are ignored. An image without instances has one line with empty runs.
 *
 * @param source The bytes of the file.
 * @param place The name of the file in problems.
 * @throws {NucleateError} Exit code 3 if the file cannot be read. Problems of its content are listed, not thrown.
 */
export async function readRunLengthCsv(source: Readable, place: string): Promise<RunLengthFile> {
  const images = new Map<string, RunLengthLines>();
  const problems: Problem[] = [];
  const note = ({ line, column }: TextPosition, what: string, hint: string) =>
    problems.push({ what, where: `${place}:${line}:${column}`, hint });
  let columns: Columns | undefined;
  try {
    reading: for await (const batch of tableRecords(source)) {
      for (const record of batch) {
        const { fields } = record;
        if (columns === undefined) {
          const found = findColumns(fields);
          if (typeof found === 'string') {
            note(record.place(0, 0), found, headerHint);
            break reading;
          }
          columns = found;
          continue;
        }
        if (fields.length !== columns.count) {
          const what = `The line has ${fields.length} fields, but the header has ${columns.count}.`;
          note(record.place(0, 0), what, 'Give every line as many fields as the header.');
        } else {
          try {
            const { id, runs, size } = readRow(fields, columns);
            const lines = images.get(id) ?? new RunLengthLines(place);
            images.set(id, lines);
            lines.add(record.place(columns.runs, 0), runs, size);
          } catch (error) {
            if (!(error instanceof FieldError)) throw error;
            note(record.place(error.field, error.offset), error.message, rowHint);
          }
        }
        if (problems.length >= maxProblems) break reading;
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
  for (const [id, lines] of images) {
    const where = lines.contradiction();
    if (where === undefined) continue;
    const what = `This line says that ${id} has no nuclei, but other lines have nuclei of it.`;
    problems.push({ what, where, hint: 'Remove this line, or the other lines of the image.' });
  }
  return { images, problems };
}

/** An error of the system as an error for the user; any other error is a defect and is returned as it is. */
function unreadable(where: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).syscall === undefined) return cause;
  const what = `The file cannot be read: ${(cause as Error).message}.`;
  const hint = 'Check the path and its permissions.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}

const headerHint = 'The first line must be ImageId,EncodedPixels, optionally with Height,Width.';
const rowHint =
  'Export the run lengths again: pairs "start length", with pixels counted from 1, column by column from top to bottom.';

/** The positions of the columns. */
interface Columns {
  readonly count: number;
  readonly id: number;
  readonly runs: number;
  /** -1 if the file has no sizes. */
  readonly height: number;
  readonly width: number;
}

/** Whether a line is the header of such a file. */
export function isRunLengthHeader(line: string): boolean {
  const names = line.replace(/^\ufeff/u, '').split(/[,;\t]/u);
  return typeof findColumns(names.map((name) => name.trim().replace(/^"(.*)"$/u, '$1'))) !== 'string';
}

/** Columns and the names they have, without regard to case and underscores: ImageId, image_id, EncodedPixels. */
const columnNames = { id: 'imageid', runs: 'encodedpixels', height: 'height', width: 'width' } as const;

/** The positions of the columns, or what is wrong with the header. */
function findColumns(names: readonly string[]): Columns | string {
  const plain = names.map((name) => name.replace(/[\s_]/gu, '').toLowerCase());
  const shown = names.map((name) => name.trim());
  const find = (column: keyof typeof columnNames) => plain.indexOf(columnNames[column]);
  for (const [column, name] of [['id', 'ImageId'] as const, ['runs', 'EncodedPixels'] as const]) {
    if (find(column) === -1)
      return `The column ${name} is missing; the first line is \`${shown.join(',')}\`.`;
  }
  const twice = plain.findIndex((name, index) => plain.indexOf(name) !== index);
  if (twice !== -1) return `There are two columns ${shown[twice]}.`;
  if ((find('height') === -1) !== (find('width') === -1))
    return 'There is only one of the columns Height and Width.';
  return {
    count: names.length,
    id: find('id'),
    runs: find('runs'),
    height: find('height'),
    width: find('width'),
  };
}

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

function readRow(record: readonly string[], columns: Columns) {
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
  if (columns.height === -1) return { id, runs };
  const [height, width] = [columns.height, columns.width].map((field) => {
    const text = record[field]!.trim();
    if (/^[1-9]\d{0,8}$/u.test(text)) return Number(text);
    throw new FieldError(`Expected a size in pixels, received \`${text.slice(0, 20)}\`.`, field);
  }) as [number, number];
  return { id, runs, size: { width, height } };
}
