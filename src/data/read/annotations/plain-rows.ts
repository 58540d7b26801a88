/** The usual lines of a run-length CSV, read without an object for each: a file may have 30 million. */
import type { RunLengthColumns } from './run-length-columns.js';
import { lineHeader, type RunLengthImages, type RunLengthLines } from './run-length-lines.js';
import { afterBreak, isLineBreak, isSeparator } from './table-records.js';

/** Reads lines without quotes of one file, with its columns, into its images. */
export class PlainRows {
  readonly #columns: RunLengthColumns;
  readonly #images: RunLengthImages;
  /** Where the fields of the line begin; the last number is where a further one would. */
  readonly #starts: Int32Array;
  /** The line as {@link RunLengthLines.add} takes it. */
  #row = new Int32Array(1024);
  /** Most lines belong to the image of the line before. */
  #lastId: Uint8Array = new Uint8Array();
  #lastLines: RunLengthLines | undefined;

  constructor(columns: RunLengthColumns, images: RunLengthImages) {
    this.#columns = columns;
    this.#images = images;
    this.#starts = new Int32Array(columns.count + 1);
  }

  /**
   * Adds a line to its image. Whatever is unusual is left to others, who find it right or wrong: another number of fields,
   * letters beyond ASCII, blanks at the ends of fields or twice between numbers, `nan`.
   *
   * @returns Where the next line begins, or `at` for a line that it leaves.
   */
  take(bytes: Uint8Array, at: number, line: number): number {
    const end = this.#findFields(bytes, at);
    if (end === -1) return at;
    const { id, runs, width, height } = this.#columns;
    const idFrom = this.#starts[id]!;
    const idTo = this.#starts[id + 1]! - 1;
    if (idFrom === idTo || bytes[idFrom] === blank || bytes[idTo - 1] === blank) return at;
    const row = this.#row;
    row[0] = line;
    row[1] = 1 + this.#starts[runs]! - at;
    row[2] = this.#sizeIn(bytes, width);
    row[3] = this.#sizeIn(bytes, height);
    if (row[2] === -1 || row[3] === -1 || !this.#readRuns(bytes)) return at;
    this.#linesOf(bytes, idFrom, idTo).add(this.#row);
    return afterBreak(bytes, end);
  }

  /** Where the line ends; -1 if it has not as many fields as the header, or characters that cannot be seen. */
  #findFields(bytes: Uint8Array, at: number): number {
    const starts = this.#starts;
    const { count } = this.#columns;
    let fields = 0;
    starts[0] = at;
    let end = at;
    for (; end < bytes.length; end++) {
      const byte = bytes[end]!;
      if (byte > comma && byte < semicolon) continue;
      if (isLineBreak(byte)) break;
      if (isSeparator(byte)) {
        fields++;
        if (fields === count) return -1;
        starts[fields] = end + 1;
      } else if (byte < blank || byte > lastVisible) return -1;
    }
    starts[count] = end + 1;
    return fields === count - 1 ? end : -1;
  }

  /** A size in pixels, 0 without such a column; -1 for anything but 1 to 9 digits, the first of them not 0. */
  #sizeIn(bytes: Uint8Array, column: number): number {
    if (column === -1) return 0;
    const from = this.#starts[column]!;
    const to = this.#starts[column + 1]! - 1;
    if (to === from || to - from > 9 || bytes[from] === zero) return -1;
    let value = 0;
    for (let at = from; at < to; at++) {
      const digit = bytes[at]! - zero;
      if (digit < 0 || digit > 9) return -1;
      value = 10 * value + digit;
    }
    return value;
  }

  /** Reads runs into the row; false for anything but ascending pairs of digits with one blank between. */
  #readRuns(bytes: Uint8Array): boolean {
    const { runs } = this.#columns;
    const from = this.#starts[runs]!;
    const to = this.#starts[runs + 1]! - 1;
    // A number takes at least one digit and one blank.
    const most = lineHeader + Math.ceil((to - from + 1) / 2);
    if (most > this.#row.length) {
      const grown = new Int32Array(2 * most);
      grown.set(this.#row.subarray(0, lineHeader));
      this.#row = grown;
    }
    const row = this.#row;
    let count = 0;
    let value = 0;
    let digits = 0;
    /** The last pixel of the run before. */
    let last = 0;
    for (let at = from; at <= to && to > from; at++) {
      const digit = at === to ? blank - zero : bytes[at]! - zero;
      if (digit >= 0 && digit <= 9) {
        value = 10 * value + digit;
        digits++;
        continue;
      }
      if (digit !== blank - zero || digits === 0 || digits > 9 || value === 0) return false;
      if (count % 2 === 0) {
        if (value <= last) return false;
        last = value;
      } else last += value - 1;
      row[lineHeader + count] = value;
      count++;
      value = 0;
      digits = 0;
    }
    row[lineHeader - 1] = count;
    return count % 2 === 0;
  }

  #linesOf(bytes: Uint8Array, from: number, to: number): RunLengthLines {
    const last = this.#lastId;
    if (this.#lastLines && to - from === last.length) {
      let same = 0;
      while (same < last.length && last[same] === bytes[from + same]) same++;
      if (same === last.length) return this.#lastLines;
    }
    this.#lastId = bytes.slice(from, to);
    this.#lastLines = this.#images.linesOf(Buffer.from(this.#lastId).toString('latin1'));
    return this.#lastLines;
  }
}

const zero = 0x30;
const blank = 0x20;
const comma = 0x2c;
const semicolon = 0x3b;
const lastVisible = 0x7e;
