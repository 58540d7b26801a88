import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { MadeWith } from '../../data/files/output-record.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { OutputFormat } from '../formats/output-formats.js';

/** @throws {NucleateError} Exit code 2 if a file is where the folder for outputs should be. */
export async function rejectFile(folder: string): Promise<void> {
  const facts = await stat(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOTDIR')
      throw usageError('A part of this path is a file.', folder, 'Give another --out.');
  });
  if (!facts || facts.isDirectory()) return;
  throw usageError('This is a file, and the results need a folder.', folder, 'Give another --out.');
}

/**
 * Checks that folders for outputs are empty, where no record says what is in them.
 *
 * @throws {NucleateError} Exit code 2 if one is not.
 */
export async function rejectUnrecorded(folder: string, formats: readonly OutputFormat[]): Promise<void> {
  for (const format of formats) {
    const place = path.join(folder, format);
    const names = await readdir(place).catch(() => []);
    if (names.every((name) => name.startsWith('.'))) continue;
    throw usageError(
      'The folder holds files, and no record says what made them.',
      place,
      'Give another --out, or move the files away.',
    );
  }
}

/** Names that an error lists. */
const listed = 3;

/**
 * Checks that no results stay that were made with other settings, beside those that are to come.
 *
 * @param staying Such results.
 * @param known What their settings are.
 * @throws {NucleateError} Exit code 2 if there are any.
 */
export function rejectMixture(
  folder: string,
  madeWith: MadeWith,
  {
    staying,
    known,
  }: { staying: readonly { name: string; settings: string }[]; known: ReadonlyMap<string, MadeWith> },
): void {
  const [first] = staying;
  if (!first) return;
  const other = known.get(first.settings);
  const names = staying.slice(0, listed).map(({ name }) => name);
  const shown = `${names.join(', ')}${staying.length > names.length ? ', ...' : ''}`;
  const count = staying.length === 1 ? '1 image' : `${staying.length} images`;
  throw usageError(
    `The folder holds results of ${count} not named now (${shown}), made with ` +
      `${other ? differences(other, madeWith) : 'other settings'}.`,
    folder,
    'Give another --out; or name these images, too, and all results are made again.',
  );
}

/** In what results differ: `another model (nucleate-small), other options (scoreThreshold)`. */
function differences(one: MadeWith, other: MadeWith): string {
  const keys = [...new Set([...Object.keys(one.options), ...Object.keys(other.options)])].filter(
    (key) => JSON.stringify(one.options[key]) !== JSON.stringify(other.options[key]),
  );
  return [
    ...(one.model.sha256 === other.model.sha256 ? [] : [`another model (${one.model.name})`]),
    ...(keys.length === 0 ? [] : [`other options (${keys.join(', ')})`]),
    ...(one.version === other.version ? [] : [`another version of nucleate (${one.version})`]),
  ].join(' and ');
}

const usageError = (what: string, where: string, hint: string) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.usage });
