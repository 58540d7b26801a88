/** The records of a CSV table of any size: fast as long as no field is quoted, and by csv-parse from the first quote on. */
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';

/** A place in a file; both from 1. */
export interface TextPosition {
  readonly line: number;
  /** In characters. */
  readonly column: number;
}

export interface TableRecord {
  readonly fields: readonly string[];
  /** The place of a character of a field. */
  place(field: number, offset: number): TextPosition;
}

/**
 * Reads a line without quotes, if it can.
 *
 * @param bytes Whole lines, in UTF-8.
 * @param at Where the line begins.
 * @param line Its number in the file, from 1.
 * @returns Where the next line begins, or `at` for a line that it leaves to others.
 */
export type TakeLine = (bytes: Uint8Array, at: number, line: number) => number;

/** Some records, one after the other. */
export interface TableBlock {
  /** The records of all lines but those that are taken. They are read before the next block is asked for. */
  records(take: TakeLine): Iterable<TableRecord>;
}

/** A line without quotes. */
class PlainRecord implements TableRecord {
  constructor(
    readonly fields: readonly string[],
    readonly line: number,
  ) {}

  place(field: number, offset: number): TextPosition {
    let column = 1 + offset;
    for (let before = 0; before < field && before < this.fields.length; before++)
      column += this.fields[before]!.length + 1;
    return { line: this.line, column };
  }
}

/** Whole lines without quotes. */
class PlainBlock implements TableBlock {
  readonly #bytes: Buffer;
  #line: number;

  /** @param firstLine The number of the first line, from 1. */
  constructor(bytes: Buffer, firstLine: number) {
    this.#bytes = bytes;
    this.#line = firstLine;
  }

  /** The number of the line after those that were read. */
  get nextLine(): number {
    return this.#line;
  }

  *records(take: TakeLine) {
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length; this.#line++) {
      const next = take(bytes, at, this.#line);
      if (next > at) {
        at = next;
        continue;
      }
      let end = at;
      while (end < bytes.length && !isLineBreak(bytes[end]!)) end++;
      if (end > at) yield new PlainRecord(bytes.toString('utf8', at, end).split(separator), this.#line);
      at = afterBreak(bytes, end);
    }
  }
}

/** A record of csv-parse, which may have quoted fields with line breaks. */
class ParsedRecord implements TableRecord {
  constructor(
    readonly fields: readonly string[],
    readonly raw: string,
    readonly lastLine: number,
  ) {}

  place(field: number, offset: number): TextPosition {
    const record = this.raw.replace(/^[\ufeff\r\n]+/u, '');
    let start = 0;
    let quoted = false;
    for (let seen = 0; seen < field && start < record.length; start++) {
      if (record[start] === '"') quoted = !quoted;
      else if (!quoted && /[,;\t]/u.test(record[start]!)) seen++;
    }
    if (record[start] === '"') start++;
    const before = record.slice(0, start + offset).split('\n');
    const lines = record.trimEnd().split('\n').length;
    return { line: this.lastLine - lines + before.length, column: before.at(-1)!.length + 1 };
  }
}

class ParsedBlock implements TableBlock {
  constructor(readonly record: ParsedRecord) {}

  *records() {
    yield this.record;
  }
}

/** A longer line is left to csv-parse, which limits it, bytes. */
const longLine = 1e6;

/** Far more than a mask of 67 megapixels takes. A longer line is not a CSV. */
const maxRecordBytes = 256e6;

/**
 * The records of a table whose fields are separated by comma, semicolon or tab, in blocks. A byte order mark and empty
 * lines are left out.
 *
 * @throws {CsvError} If a quoted field does not end, or a record is too long; `lines` is its line.
 */
export async function* tableBlocks(source: Readable): AsyncGenerator<TableBlock> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let line = 1;
  let rest: Buffer = Buffer.alloc(0);
  for (let isStart = true; ;) {
    const { value, done } = await chunks.next();
    if (!done) rest = rest.length === 0 ? value : Buffer.concat([rest, value]);
    if (isStart) {
      if (!done && rest.length < byteOrderMark.length) continue;
      if (rest.subarray(0, byteOrderMark.length).equals(byteOrderMark)) rest = rest.subarray(3);
      isStart = false;
    }
    if (rest.includes('"') || rest.length > longLine) break;
    // A carriage return at the end may be half a line break.
    const whole = done ? rest.length : lastBreak(rest);
    const block = new PlainBlock(rest.subarray(0, whole), line);
    yield block;
    if (done) return;
    line = block.nextLine;
    rest = rest.subarray(whole);
  }
  yield* parsedBlocks(Readable.from(remaining(rest, chunks)), line - 1);
}

const byteOrderMark = Buffer.from('\ufeff');
const separator = /[,;\t]/u;

export const isLineBreak = (byte: number): boolean => byte === 0x0a || byte === 0x0d;
/** Comma, semicolon, tab. */
export const isSeparator = (byte: number): boolean => byte === 0x2c || byte === 0x3b || byte === 0x09;

/** Where the line after a line break begins: \n, \r or \r\n. */
export const afterBreak = (bytes: Uint8Array, at: number): number =>
  bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? at + 2 : at + 1;

/** The end of the last line break that is whole; 0 if there is none. */
function lastBreak(bytes: Uint8Array): number {
  for (let at = bytes.length - 1; at >= 0; at--) {
    if (bytes[at] === 0x0a || (bytes[at] === 0x0d && at < bytes.length - 1)) return at + 1;
  }
  return 0;
}

async function* remaining(rest: Buffer, chunks: AsyncIterator<Buffer, undefined>) {
  yield rest;
  for (;;) {
    const { value, done } = await chunks.next();
    if (done) return;
    yield value;
  }
}

async function* parsedBlocks(source: Readable, linesBefore: number): AsyncGenerator<TableBlock> {
  const parser = parse({
    delimiter: [',', ';', '\t'],
    info: true,
    raw: true,
    // The parser's own detection fails for files with blank lines.
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: maxRecordBytes,
  });
  source.on('error', (error) => parser.destroy(error)).pipe(parser);
  type Parsed = { record: string[]; raw: string; info: { lines: number } };
  try {
    for await (const { record, raw, info } of parser as AsyncIterable<Parsed>)
      yield new ParsedBlock(new ParsedRecord(record, raw, linesBefore + info.lines));
  } catch (error) {
    const at = error as { lines?: unknown };
    if (typeof at.lines === 'number') at.lines += linesBefore;
    throw error;
  } finally {
    source.destroy();
  }
}
