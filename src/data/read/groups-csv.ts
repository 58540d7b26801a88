import { CsvError, parse } from 'csv-parse/sync';
import { readPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Annotation } from './example.js';

/** What a table says about an image. A field that is empty or has no column is absent. */
export interface KnownGroup {
  /** Modality cluster. */
  readonly cluster?: string;
  /** Images of one mosaic are crops of one field. An image that is not part of a mosaic has a value of its own. */
  readonly mosaic?: string;
  readonly annotation?: Annotation;
}

/**
 * Reads a table with the columns `name` or `image_id`, and `cluster`. `mosaic`, `annotator` and `tool` are optional, other
 * columns are ignored. `data/folds.csv` of a winning solution of the 2018 Data Science Bowl is such a table
 * (github.com/selimsef/dsb2018_topcoders).
 *
 * @returns The rows by image id.
 * @throws {NucleateError} Exit code 3 if the file cannot be read, lacks a column, or names an image twice.
 */
export async function readGroupsCsv(path: string): Promise<ReadonlyMap<string, KnownGroup>> {
  const bytes = await readPlainFile(path).catch((cause: Error) => {
    throw tableError(path, `The table cannot be read: ${cause.message}.`, cause);
  });
  return parseGroupsCsv(bytes, path);
}

/** Like {@link readGroupsCsv}, from the bytes of a file. `place` is its name in messages. */
export function parseGroupsCsv(bytes: Buffer, place: string): ReadonlyMap<string, KnownGroup> {
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(bytes, {
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as never;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw tableError(place, `The file is not a valid CSV: ${cause.message}.`, cause);
  }
  const groups = new Map<string, KnownGroup>();
  for (const { record, info } of rows) {
    const { name, image_id: id = '', cluster } = record;
    const image = name ?? id;
    if (image === '' || cluster === undefined) {
      throw tableError(`${place}:${info.lines}`, 'The line has no image id or no cluster.');
    }
    if (groups.has(image)) throw tableError(`${place}:${info.lines}`, `The image ${image} is listed twice.`);
    groups.set(image, knownOf(record));
  }
  return groups;
}

/** Whether a line is the header of such a table. */
export function isGroupsHeader(line: string): boolean {
  const names = line
    .replace(/^\ufeff/u, '')
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/u, '$1'));
  return names.includes('cluster') && (names.includes('name') || names.includes('image_id'));
}

function knownOf({ cluster, mosaic, annotator, tool }: Record<string, string>): KnownGroup {
  const annotation = annotator ? { annotator, ...(tool ? { tool } : {}) } : undefined;
  return {
    ...(cluster ? { cluster } : {}),
    ...(mosaic ? { mosaic } : {}),
    ...(annotation ? { annotation } : {}),
  };
}

function tableError(where: string, what: string, cause?: unknown): NucleateError {
  const hint = 'Give a CSV with the columns image_id,cluster,mosaic and one line per image.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}
