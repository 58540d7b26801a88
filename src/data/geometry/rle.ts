/**
 * Run lengths in the format of the Data Science Bowl: pairs "start length"; pixels are counted from 1, down the columns from
 * the top left. Runs ascend and do not overlap. A run may continue in the next column.
 */
import type { Size } from './rect.js';
import { RunList } from './mask.js';

/** What is wrong with a run-length text. The caller knows the line of the file. */
export class RunLengthError extends Error {
  override readonly name = 'RunLengthError';
  /** Position of the error in the text, characters from 0. */
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(what);
    this.offset = offset;
  }
}

/**
 * Parses the text of one instance.
 *
 * @returns Pairs (start, length) as in the text, 1-based; empty for a text without numbers.
 * @throws {RunLengthError} For anything but digits and blanks, an odd count, a start or length of 0, and runs that
 *   overlap or do not ascend.
 */
export function parseRuns(text: string): Int32Array {
  // A number takes at least one digit and one blank.
  const runs = new Int32Array(Math.ceil(text.length / 2) + 1);
  let count = 0;
  /** The last pixel of the run before. */
  let end = 0;
  for (let at = skipBlanks(text, 0); at < text.length;) {
    const startTo = wordEnd(text, at);
    const start = toNumber(text, at, startTo);
    const lengthAt = skipBlanks(text, startTo);
    if (lengthAt === text.length) throw new RunLengthError(`The start ${start} has no length.`, at);
    const lengthTo = wordEnd(text, lengthAt);
    const length = toNumber(text, lengthAt, lengthTo);
    if (start < 1) throw new RunLengthError('A run starts at 0, but pixels are counted from 1.', at);
    if (length < 1) throw new RunLengthError(`The run at ${start} has the length 0.`, lengthAt);
    if (start <= end) {
      const what = `The run at ${start} overlaps the run before it, which ends at ${end}.`;
      throw new RunLengthError(what, at);
    }
    end = start + length - 1;
    runs[count++] = start;
    runs[count++] = length;
    at = skipBlanks(text, lengthTo);
  }
  return runs.slice(0, count);
}

/** Space, tab, line feed and carriage return. By character code: comparing one-letter strings is far slower. */
const isBlank = (code: number) => code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;

function skipBlanks(text: string, at: number): number {
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

function wordEnd(text: string, at: number): number {
  while (at < text.length && !isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** The largest value of an Int32Array; no image has as many pixels. */
const largest = 2 ** 31 - 1;

/** Most characters of a word that messages show. */
const shownCharacters = 20;

function toNumber(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to && value <= largest; at++) {
    const digit = text.charCodeAt(at) - 0x30;
    value = digit < 0 || digit > 9 ? Infinity : 10 * value + digit;
  }
  if (value <= largest) return value;
  const word = text.slice(from, Math.min(to, from + shownCharacters));
  const shown = to - from > shownCharacters ? `${word}...` : word;
  throw new RunLengthError(`Expected a number of pixels in digits, received \`${shown}\`.`, from);
}

/** Writes parsed runs; '' for none. */
export function formatRuns(runs: Int32Array): string {
  return runs.join(' ');
}

/**
 * Converts parsed runs to those of a mask: 0-based, along the rows.
 *
 * @throws {RangeError} If a run ends outside the image.
 */
export function decodeRuns(runs: Int32Array, { width, height }: Size): Int32Array {
  const [start, length] = runs.length === 0 ? [1, 0] : [runs.at(-2)!, runs.at(-1)!];
  if (start + length - 1 > width * height) {
    throw new RangeError(
      `The run at ${start} of length ${length} ends outside the image, which has ${width} x ${height} = ` +
        `${width * height} pixels.`,
    );
  }
  const zeroBased = runs.map((value, index) => (index % 2 === 0 ? value - 1 : value));
  // Down the columns is along the rows of the transposed image.
  return transposeRuns(zeroBased, { width: height, height: width });
}

/** Converts the runs of a mask to those of a text; the inverse of {@link decodeRuns}, except for how runs are split. */
export function encodeRuns(runs: Int32Array, size: Size): Int32Array {
  const merged = new RunList();
  let [start, length] = [0, 0];
  const columns = transposeRuns(runs, size);
  for (let run = 0; run < columns.length; run += 2) {
    if (length > 0 && columns[run] === start + length) {
      length += columns[run + 1]!;
      continue;
    }
    if (length > 0) merged.push(start + 1, length);
    [start, length] = [columns[run]!, columns[run + 1]!];
  }
  if (length > 0) merged.push(start + 1, length);
  return merged.toRuns();
}

/** The runs of the transposed mask, split at the ends of rows; those given may continue in the next row. */
function transposeRuns(runs: Int32Array, { width, height }: Size): Int32Array {
  const rows = splitRuns(runs, width);
  let [left, right] = [width, 0];
  for (let run = 0; run < rows.length; run += 2) {
    const column = rows[run]! % width;
    left = Math.min(left, column);
    right = Math.max(right, column + rows[run + 1]!);
  }
  const top = Math.floor((rows[0] ?? 0) / width);
  const boxHeight = Math.floor((rows.at(-2) ?? -width) / width) + 1 - top;
  const bitmap = new Uint8Array(Math.max(0, right - left) * boxHeight);
  for (let run = 0; run < rows.length; run += 2) {
    const row = Math.floor(rows[run]! / width) - top;
    const column = (rows[run]! % width) - left;
    for (let x = column; x < column + rows[run + 1]!; x++) bitmap[x * boxHeight + row] = 1;
  }
  const transposed = new RunList();
  for (let x = 0; x < right - left; x++) {
    for (let y = 0; y < boxHeight; y++) {
      if (bitmap[x * boxHeight + y] === 0) continue;
      const first = y;
      while (y < boxHeight && bitmap[x * boxHeight + y] === 1) y++;
      transposed.push((left + x) * height + top + first, y - first);
    }
  }
  return transposed.toRuns();
}

/** Splits runs at the end of each row. */
function splitRuns(runs: Int32Array, width: number): Int32Array {
  const split = new RunList();
  for (let run = 0; run < runs.length; run += 2) {
    const end = runs[run]! + runs[run + 1]!;
    for (let at = runs[run]!; at < end;) {
      const length = Math.min(end - at, width - (at % width));
      split.push(at, length);
      at += length;
    }
  }
  return split.toRuns();
}
