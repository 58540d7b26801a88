/**
 * Run lengths as the Data Science Bowl writes them: pairs "start length", 1-based, pixels counted down the columns
 * from the top left, ascending and apart from each other. A run may go on in the next column.
 */
import type { Size } from './mask.js';
import { RunList } from './mask.js';

/** What is wrong with a run-length text; whoever read the text knows the line. */
export class RunLengthError extends Error {
  override readonly name = 'RunLengthError';
  /** Characters of the text before the place. */
  readonly offset: number;

  constructor(what: string, offset: number) {
    super(what);
    this.offset = offset;
  }
}

/**
 * Parses the text of one instance.
 *
 * @returns Pairs (start, length) as they stand, 1-based; empty for a text without numbers.
 * @throws {RunLengthError} For anything but digits and blanks, an odd count, a start or length of 0, and runs that
 *   overlap or do not ascend.
 */
export function parseRuns(text: string): Int32Array {
  const runs = new RunList();
  let start: { readonly value: number; readonly offset: number } | undefined;
  /** The first pixel that a run may start at. */
  let free = 1;
  for (const { 0: word, index } of text.matchAll(/\S+/gu)) {
    const value = parsePositive(word, index);
    if (start === undefined) {
      start = { value, offset: index };
      continue;
    }
    if (start.value < free) {
      throw new RunLengthError(
        `The run at ${start.value} overlaps or precedes the run before it, which ends at ${free - 1}.`,
        start.offset,
      );
    }
    free = start.value + value;
    runs.push(start.value, value);
    start = undefined;
  }
  if (start !== undefined) throw new RunLengthError(`The start ${start.value} has no length.`, start.offset);
  return runs.toRuns();
}

/** 2^31 - 1 fits an Int32Array, and no image has as many pixels. */
const largest = 2 ** 31 - 1;

function parsePositive(word: string, offset: number): number {
  const value = /^\d+$/u.test(word) ? Number(word) : NaN;
  if (value >= 1 && value <= largest) return value;
  const shown = word.length > 20 ? `${word.slice(0, 20)}...` : word;
  throw new RunLengthError(`Expected a whole number from 1, received \`${shown}\`.`, offset);
}

/** Writes parsed runs; '' for none. */
export function formatRuns(runs: Int32Array): string {
  return runs.join(' ');
}

/**
 * Turns parsed runs into those of a mask: 0-based, along the rows.
 *
 * @throws {RangeError} If a run ends beyond the image.
 */
export function decodeRuns(runs: Int32Array, { width, height }: Size): Int32Array {
  const last = runs.length === 0 ? 0 : runs.at(-2)! + runs.at(-1)! - 1;
  if (last > width * height) {
    throw new RangeError(
      `The runs end at pixel ${last}, and the image has ${width} x ${height} = ${width * height}.`,
    );
  }
  const zeroBased = runs.map((value, index) => (index % 2 === 0 ? value - 1 : value));
  // Counting down the columns is counting along the rows of the transposed image.
  return transposeRuns(zeroBased, { width: height, height: width });
}

/** Turns the runs of a mask into those of a text; the inverse of {@link decodeRuns} up to how runs are split. */
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

/** The runs of the transposed mask, none longer than its row; those given may go on in the next row. */
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

/** Cuts runs at the end of each row. */
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
