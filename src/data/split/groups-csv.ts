import { readFile } from 'node:fs/promises';
import { CsvError, parse } from 'csv-parse/sync';
import { exitCodes, NucleateError } from '../../errors.js';

/** What is known of an image from elsewhere. */
export interface KnownGroup {
  /** Modality cluster. */
  readonly cluster: string;
  /** Images of one mosaic are crops of one field; an id of one image stands for itself. */
  readonly mosaic: string;
}

/**
 * Reads a table with the columns `image_id,cluster,mosaic`, as `data/folds.csv` of the winning solution of the 2018
 * Data Science Bowl is published (github.com/selimsef/dsb2018_topcoders).
 *
 * @returns The rows by image id.
 * @throws {NucleateError} Exit code 3 if the file cannot be read, lacks a column or value, or names an image twice.
 */
export async function readGroupsCsv(path: string): Promise<ReadonlyMap<string, KnownGroup>> {
  const refuse = (what: string, line?: number, cause?: unknown) => {
    const where = line === undefined ? path : `${path}:${line}`;
    const mend = 'Give a CSV with the columns image_id,cluster,mosaic, one line an image.';
    return new NucleateError({ what, where, mend, exitCode: exitCodes.data }, { cause });
  };
  const text = await readFile(path).catch((cause: Error) => {
    throw refuse(`The groups cannot be read: ${cause.message}.`, undefined, cause);
  });
  let rows: { record: Record<string, string>; info: { lines: number } }[];
  try {
    rows = parse(text, { bom: true, columns: true, info: true, skip_empty_lines: true, trim: true }) as never;
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw refuse(`The CSV is malformed: ${cause.message}.`, undefined, cause);
  }
  const groups = new Map<string, KnownGroup>();
  for (const { record, info } of rows) {
    const { image_id: id, cluster, mosaic } = record;
    if (!id || !cluster || !mosaic) throw refuse('The line lacks image_id, cluster or mosaic.', info.lines);
    if (groups.has(id)) throw refuse(`The image ${id} stands twice.`, info.lines);
    groups.set(id, { cluster, mosaic });
  }
  return groups;
}
