/** What a run-length CSV says, in few objects: it may have millions of lines. */
import type { Size } from '../../geometry/rect.js';
import { RunList } from '../../geometry/mask.js';

/** One line of the file. */
export interface RunLengthRow {
  /** `file:line:column` of the runs, for messages. */
  readonly place: string;
  readonly line: number;
  /** The result of `parseRuns`; empty for an image without instances. */
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
  readonly #numbers = new RunList(lineHeader + 3);
  #count = 0;
  /** Line and column of the first line without runs; 0 if all have some. */
  #emptyLine = 0;
  #emptyColumn = 0;

  constructor(file: string) {
    this.#file = file;
  }

  /** @param row Line, column, width, height (0 if unknown), how many numbers the runs have, then these. */
  add(row: Int32Array): void {
    const runs = row[lineHeader - 1]!;
    this.#numbers.append(row, lineHeader + runs);
    this.#count += 1;
    if (runs > 0 || this.#emptyLine > 0) return;
    this.#emptyLine = row[0]!;
    this.#emptyColumn = row[1]!;
  }

  /** `file:line:column` of a line without nuclei, if the image has other lines too. */
  contradiction(): string | undefined {
    if (this.#count < 2 || this.#emptyLine === 0) return undefined;
    return `${this.#file}:${this.#emptyLine}:${this.#emptyColumn}`;
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

/** Numbers before the runs of a line. */
export const lineHeader = 5;
type FiveNumbers = [number, number, number, number, number];

/** The images of a file, in the order of their first lines. */
export class RunLengthImages {
  readonly #file: string;
  readonly byId = new Map<string, RunLengthLines>();

  constructor(file: string) {
    this.#file = file;
  }

  linesOf(id: string): RunLengthLines {
    let lines = this.byId.get(id);
    if (lines) return lines;
    lines = new RunLengthLines(this.#file);
    this.byId.set(id, lines);
    return lines;
  }
}
