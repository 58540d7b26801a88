/** Instances as a CSV of run lengths, one a line: `ImageId,EncodedPixels`, with `Height,Width` where known. */
import type { Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import type { Size } from '../geometry/rect.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import { RunList } from '../geometry/mask.js';
import { parseRuns, RunLengthError } from '../geometry/rle.js';

/** One line of the file. */
export interface RunLengthRow {
  /** `file:line:column` of the runs. */
  readonly place: string;
  readonly line: number;
  /** As {@link parseRuns} gives them; empty for an image without instances. */
  readonly runs: Int32Array;
  /** Of the columns Height and Width; absent where the file has none. */
  readonly size?: Size;
}

/**
 * The lines of one image, in their order. They share one array, since a file may have millions of lines, and an object
 * for each would take several times the memory of the file.
 */
export class RunLengthLines implements Iterable<RunLengthRow> {
  readonly #file: string;
  /** For each line {@link lineHeader} numbers and its runs. */
  readonly #numbers = new RunList();

  constructor(file: string) {
    this.#file = file;
  }

  add({ line, column }: Position, runs: Int32Array, { width, height }: Size = unknownSize): void {
    this.#numbers.append(Int32Array.of(line, column, width, height, runs.length));
    this.#numbers.append(runs);
  }

  /** `file:line:column` of an empty field beside other lines. */
  contradiction(): string | undefined {
    const rows = [...this];
    return rows.length === 1 ? undefined : rows.find(({ runs }) => runs.length === 0)?.place;
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

/** Line, column, width, height and how many numbers its runs have. */
const lineHeader = 5;
type FiveNumbers = [number, number, number, number, number];

const unknownSize: Size = { width: 0, height: 0 };

export interface RunLengthFile {
  /** The lines of each image that the file names, in the order of their first lines. */
  readonly images: ReadonlyMap<string, RunLengthLines>;
  /** Everything that is wrong, with line and column; such lines are not among the images. */
  readonly problems: readonly Problem[];
}

/** Far more than a mask of 64 megapixels takes: a line without an end is no CSV. */
const maxRecordBytes = 256e6;

/** A file of another kind has a problem in each line. */
const maxProblems = 1000;

/**
 * Reads a whole file. Columns may come in any order and be separated by comma, semicolon or tab; other columns are
 * ignored, as are a byte order mark and blank lines. An image without instances has one line with empty runs.
 *
 * @param source The bytes of the file.
 * @param place The file as problems name it.
 * @throws {NucleateError} Exit code 3 if the file cannot be read; whatever is wrong within it is listed.
 */
export async function readRunLengthCsv(source: Readable, place: string): Promise<RunLengthFile> {
  const images = new Map<string, RunLengthLines>();
  const problems: Problem[] = [];
  const note = ({ line, column }: Position, what: string, hint: string) =>
    problems.push({ what, where: `${place}:${line}:${column}`, hint: hint });
  let columns: Columns | undefined;
  const parser = parse({
    bom: true,
    delimiter: [',', ';', '\t'],
    info: true,
    raw: true,
    // Its own detection stumbles over blank lines.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  try {
    for await (const parsed of parser as AsyncIterable<ParsedRecord>) {
      const { record, raw } = parsed;
      const lastLine = parsed.info.lines;
      if (columns === undefined) {
        const found = findColumns(record);
        if (typeof found === 'string') {
          note({ line: lastLine, column: 1 }, found, mendHeader);
          break;
        }
        columns = found;
        continue;
      }
      const at = (field: number, offset = 0) => positionOf(raw, lastLine, field, offset);
      if (record.length !== columns.count) {
        const what = `The line has ${record.length} fields, the first line ${columns.count}.`;
        note(at(0), what, 'Give every line the same fields.');
        continue;
      }
      try {
        const { id, runs, size } = readRow(record, columns);
        const lines = images.get(id) ?? new RunLengthLines(place);
        images.set(id, lines);
        lines.add(at(columns.runs), runs, size);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        note(at(error.field, error.offset), error.message, mendRow);
      }
      if (problems.length >= maxProblems) break;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw unreadable(place, error);
    const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
    note({ line, column: 1 }, `The CSV is malformed: ${error.message}.`, 'Export the file again.');
  } finally {
    source.destroy();
  }
  if (columns === undefined && problems.length === 0) {
    note({ line: 1, column: 1 }, 'The file is empty.', mendHeader);
  }
  for (const [id, lines] of images) {
    const where = lines.contradiction();
    if (where === undefined) continue;
    const what = `An empty field says that ${id} has no nuclei, and other lines give it some.`;
    problems.push({ what, where, hint: 'Remove the line with the empty field.' });
  }
  return { images, problems };
}

/** Errors of the system; others are defects. */
function unreadable(where: string, cause: unknown): unknown {
  if ((cause as NodeJS.ErrnoException).syscall === undefined) return cause;
  const what = `The file cannot be read: ${(cause as Error).message}.`;
  const hint = 'Check the path and its permissions.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}

const mendHeader = 'Begin the file with the line ImageId,EncodedPixels.';
const mendRow = 'Export the line again, as "start length" pairs that count down the columns from 1.';

interface ParsedRecord {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: { readonly lines: number };
}

interface Position {
  /** From 1. */
  readonly line: number;
  /** Characters from 1. */
  readonly column: number;
}

/** Which fields hold what. */
interface Columns {
  readonly count: number;
  readonly id: number;
  readonly runs: number;
  /** -1 where the file has none. */
  readonly height: number;
  readonly width: number;
}

/** Whether a line can be the header of such a file. */
export function isRunLengthHeader(line: string): boolean {
  const names = line.replace(/^\ufeff/u, '').split(/[,;\t]/u);
  return typeof findColumns(names.map((name) => name.trim().replace(/^"(.*)"$/u, '$1'))) !== 'string';
}

/** The columns by their names; what is wrong, if they are not in order. */
function findColumns(names: readonly string[]): Columns | string {
  const trimmed = names.map((name) => name.trim());
  const find = (name: string) => trimmed.indexOf(name);
  for (const name of ['ImageId', 'EncodedPixels']) {
    if (find(name) === -1)
      return `The column ${name} is missing; the first line reads ${trimmed.join(', ')}.`;
  }
  const twice = trimmed.find((name, index) => find(name) !== index);
  if (twice !== undefined) return `The column ${twice} stands twice.`;
  if ((find('Height') === -1) !== (find('Width') === -1)) return 'Of Height and Width one column is missing.';
  const [id, runs] = [find('ImageId'), find('EncodedPixels')];
  return { count: names.length, id, runs, height: find('Height'), width: find('Width') };
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

function readRow(record: readonly string[], columns: Columns) {
  const id = record[columns.id]!.trim();
  if (id === '') throw new FieldError('The image id is empty.', columns.id);
  let runs: Int32Array;
  try {
    runs = parseRuns(record[columns.runs]!);
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

/** Where a character of a field stands in the file. */
function positionOf(raw: string, lastLine: number, field: number, offset: number): Position {
  const record = raw.replace(/^[\ufeff\r\n]+/u, '');
  let start = 0;
  let quoted = false;
  for (let seen = 0; seen < field && start < record.length; start++) {
    if (record[start] === '"') quoted = !quoted;
    else if (!quoted && /[,;\t]/u.test(record[start]!)) seen++;
  }
  if (record[start] === '"') start++;
  const before = record.slice(0, start + offset).split('\n');
  const lines = record.trimEnd().split('\n').length;
  return { line: lastLine - lines + before.length, column: before.at(-1)!.length + 1 };
}
