import { createReadStream } from 'node:fs';
import { CsvError, parse } from 'csv-parse';
import { sourceError } from './source.js';

/** One field, and where it stands. */
export interface CsvField {
  readonly text: string;
  /** From 1; of the last line of its record. */
  readonly line: number;
  /** From 1; of the first character of the text. */
  readonly column: number;
}

/** Characters; 10 million runs take about 130 million, and a quote that is never closed must end somewhere. */
const maxRecordSize = 2 ** 28;

/**
 * Reads some columns of a CSV file with a header line, record by record. UTF-8 with or without a byte order mark, line
 * ends of any system, quoted fields; empty lines are skipped, other columns ignored.
 *
 * @param columns For each wanted column the names it may have in the header; the first that is there is read.
 * @returns For each record, the fields in the order of `columns`.
 * @throws {NucleateError} Exit code 3 with line and column: a column is missing or there twice, a record has another
 *   number of fields than the header, quotes are wrong, the file cannot be read.
 */
export async function* readCsvRows(
  path: string,
  columns: readonly (readonly string[])[],
): AsyncGenerator<CsvField[]> {
  let indices: number[] | undefined;
  for await (const { record, raw, line } of readRecords(path)) {
    if (indices === undefined) {
      indices = findColumns(path, record, columns);
      continue;
    }
    // What csv-parse hands over begins or ends with the line ends around the record.
    const written = raw.replace(/^[\r\n]+/u, '');
    yield indices.map((index) => ({
      text: record[index]!,
      line,
      column: 1 + textOffset(written, record, index),
    }));
  }
  if (indices === undefined) {
    throw sourceError(path, 'The file is empty.', `Begin it with the line ${wantedHeader(columns)}.`);
  }
}

interface CsvRecord {
  readonly record: readonly string[];
  readonly raw: string;
  readonly line: number;
}

async function* readRecords(path: string): AsyncGenerator<CsvRecord> {
  const parser = parse({
    bom: true,
    info: true,
    raw: true,
    skip_empty_lines: true,
    max_record_size: maxRecordSize,
  });
  const file = createReadStream(path).on('error', (error) => parser.destroy(error));
  try {
    for await (const item of file.pipe(parser)) {
      const { record, raw, info } = item as { record: string[]; raw: string; info: { lines: number } };
      yield { record, raw, line: info.lines };
    }
  } catch (cause) {
    if (cause instanceof CsvError) {
      const line = typeof cause['lines'] === 'number' ? cause['lines'] : 1;
      throw sourceError(`${path}:${line}`, `${cause.message}.`, 'Write the file as CSV.', cause);
    }
    if ((cause as NodeJS.ErrnoException).syscall === undefined) throw cause;
    const what = `The file cannot be read: ${(cause as Error).message}.`;
    throw sourceError(path, what, 'Check the path.', cause);
  } finally {
    file.destroy();
  }
}

function findColumns(
  path: string,
  header: readonly string[],
  columns: readonly (readonly string[])[],
): number[] {
  return columns.map((names) => {
    const name = names.find((name) => header.includes(name));
    const index = header.findIndex((column) => column === name);
    if (name !== undefined && index === header.lastIndexOf(name)) return index;
    const what =
      name === undefined
        ? `The column ${names.join(' or ')} is missing; the header is \`${header.join(',').slice(0, 80)}\`.`
        : `The column ${name} is there twice.`;
    const mend = `Begin the file with the line ${wantedHeader(columns)}, separated by commas.`;
    throw sourceError(`${path}:1`, what, mend);
  });
}

const wantedHeader = (columns: readonly (readonly string[])[]) => columns.map(([name]) => name).join(',');

/** Where the text of a field begins in its record. */
function textOffset(raw: string, record: readonly string[], index: number): number {
  let offset = 0;
  for (let field = 0; ; field++) {
    const isQuoted = raw[offset] === '"';
    if (field === index) return offset + (isQuoted ? 1 : 0);
    const text = record[field]!;
    offset += (isQuoted ? text.replaceAll('"', '""').length + 2 : text.length) + 1;
  }
}
