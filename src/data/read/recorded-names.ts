import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isOutputFolder, outputRecordName, readRecord } from '../files/output-record.js';
import { problemsError } from './problems.js';

/**
 * The images that the files of a folder are results of, as the record of `nucleate predict` beside the folder tells.
 *
 * @returns Ids by file name; empty for a folder without such a record.
 * @throws {NucleateError} Exit code 3 if results are not finished.
 */
export async function recordedIds(folder: string): Promise<ReadonlyMap<string, string>> {
  const real = await realpath(folder);
  if (!(await isOutputFolder(real))) return new Map();
  const format = basename(real);
  /** By the names of results. */
  const found = new Map<string, { id: string; files: string[] }>();
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
      found.set(line.name, { id: line.id ?? line.name, files: files.map(({ file }) => basename(file)) });
    }
  }
  const hint = 'End the prediction: the same command with --resume.';
  const problems = [...unfinished].map((name) => ({
    what: `The results of ${name} are not finished.`,
    hint,
  }));
  if (problems.length > 0) throw problemsError(folder, problems);
  return new Map([...found.values()].flatMap(({ id, files }) => files.map((file) => [file, id])));
}
