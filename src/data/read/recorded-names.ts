import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileTree } from '../files/file-tree.js';
import { isOutputFolder, type OutputFile, outputRecordName, readRecord } from '../files/output-record.js';
import type { LabelReading } from '../image/label-values.js';
import { problemsError } from './problems.js';

/** A result of `nucleate predict`. */
export interface RecordedFile {
  /** Of its image. */
  readonly id: string;
  /** Of the file as it was written. */
  readonly sha256: string;
}

/**
 * What the record of `nucleate predict` beside a folder tells of its files.
 *
 * @returns By file name; empty for a folder without such a record.
 * @throws {NucleateError} Exit code 3 if results are not finished.
 */
export async function recordedFiles(folder: string): Promise<ReadonlyMap<string, RecordedFile>> {
  const real = await realpath(folder);
  if (!(await isOutputFolder(real))) return new Map();
  const format = basename(real);
  /** By the names of results. */
  const found = new Map<string, { id: string; files: readonly OutputFile[] }>();
  const unfinished = new Set<string>();
  for await (const { line } of readRecord(join(dirname(real), outputRecordName))) {
    if ('begun' in line) {
      unfinished.add(line.begun);
    } else if ('removed' in line) {
      unfinished.delete(line.removed);
      found.delete(line.removed);
    } else if ('name' in line) {
      unfinished.delete(line.name);
      const files = line.outputs.filter(({ file }) => dirname(file) === format);
      found.set(line.name, { id: line.id ?? line.name, files });
    }
  }
  const hint = 'End the prediction: the same command with --resume.';
  const problems = [...unfinished].map((name) => ({
    what: `The results of ${name} are not finished.`,
    hint,
  }));
  if (problems.length > 0) throw problemsError(folder, problems);
  return new Map(
    [...found.values()].flatMap(({ id, files }) =>
      files.map(({ file, sha256 }) => [basename(file), { id, sha256 }]),
    ),
  );
}

/** {@link recordedFiles} of a tree: a folder, or the folder of a file. An archive has no record. */
export async function recordedIn({ kind, path }: FileTree): Promise<ReadonlyMap<string, RecordedFile>> {
  return kind === 'zip' ? new Map() : recordedFiles(kind === 'folder' ? path : dirname(path));
}

/**
 * How a label image is read: what `nucleate predict` wrote is one, whatever it looks like, unless it was changed since.
 *
 * @param recorded Of its file; undefined without a record.
 */
export function readingOfResult(
  bytes: Buffer,
  recorded: RecordedFile | undefined,
  reading: LabelReading,
): LabelReading {
  if (!recorded || reading.labelImages !== undefined) return reading;
  const isAsWritten = createHash('sha256').update(bytes).digest('hex') === recorded.sha256;
  return isAsWritten ? { ...reading, labelImages: 'numbers' } : reading;
}
