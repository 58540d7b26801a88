/** The records of a CSV table of any size: fast as long as no field is quoted, and by csv-parse from the first quote on. */
import { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
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

/** A longer line is left to csv-parse, which limits it, characters. */
const longLine = 1e6;

/** Far more than a mask of 67 megapixels takes. A longer line is not a CSV. */
const maxRecordBytes = 256e6;

/**
 * The records of a table whose fields are separated by comma, semicolon or tab, in batches. A byte order mark and empty
 * lines are left out.
 *
 * @throws {CsvError} If a quoted field does not end, or a record is too long; `lines` is its line.
 */
export async function* tableRecords(source: Readable): AsyncGenerator<readonly TableRecord[]> {
  const decoder = new StringDecoder('utf8');
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  let line = 0;
  let rest = '';
  for (let isFirst = true; ; isFirst = false) {
    const { value, done } = await chunks.next();
    rest += done ? decoder.end() : decoder.write(value);
    if (isFirst) rest = rest.replace(/^\ufeff/u, '');
    if (rest.includes('"') || rest.length > longLine) break;
    // A carriage return at the end may be half a line break.
    const whole = done ? rest.length : lastBreak(rest);
    const batch: TableRecord[] = [];
    const lines = rest.slice(0, whole).split(lineBreak);
    // After the last line break is nothing yet.
    if (!done || lines.at(-1) === '') lines.pop();
    for (const text of lines) {
      line += 1;
      if (text !== '') batch.push(new PlainRecord(text.split(separator), line));
    }
    rest = rest.slice(whole);
    yield batch;
    if (done) return;
  }
  yield* parsedRecords(Readable.from(remaining(rest, chunks, decoder)), line);
}

const lineBreak = /\r\n|\n|\r/u;
const separator = /[,;\t]/u;

/** The end of the last line break that is whole; 0 if there is none. */
function lastBreak(text: string): number {
  for (let at = text.length - 1; at >= 0; at--) {
    if (text[at] === '\n' || (text[at] === '\r' && at < text.length - 1)) return at + 1;
  }
  return 0;
}

async function* remaining(rest: string, chunks: AsyncIterator<Buffer, undefined>, decoder: StringDecoder) {
  yield rest;
  for (;;) {
    const { value, done } = await chunks.next();
    yield done ? decoder.end() : decoder.write(value);
    if (done) return;
  }
}

/** @param linesBefore How many lines have been read. */
async function* parsedRecords(source: Readable, linesBefore: number): AsyncGenerator<readonly TableRecord[]> {
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
      yield [new ParsedRecord(record, raw, linesBefore + info.lines)];
  } catch (error) {
    const at = error as { lines?: unknown };
    if (typeof at.lines === 'number') at.lines += linesBefore;
    throw error;
  } finally {
    source.destroy();
  }
}
