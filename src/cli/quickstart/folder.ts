import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { makeFolders } from '../../make-folders.js';
import { readPlainTextSync } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { lockRun } from '../../run/lock/lock.js';
import { quickstartFiles } from './steps.js';

/** Written into the record of a folder, to recognise it later. */
const maker = 'nucleate quickstart';

/**
 * Makes and locks the folder of a quickstart. Results of an earlier quickstart in it are removed, and nothing else.
 *
 * @returns Releases the lock; to be called at the end.
 * @throws {NucleateError} Exit code 2 for a folder with other things in it, 7 if a quickstart is running in it.
 */
export function takeFolder(out: string): () => void {
  const { record, ...results } = quickstartFiles(out);
  makeFolders(out);
  if (readdirSync(out).length > 0 && !isOurs(record)) {
    throw new NucleateError({
      what: 'The folder is not empty and was not made by a quickstart.',
      where: out,
      hint: 'Choose another folder: --out DIR.',
      exitCode: exitCodes.usage,
    });
  }
  writeRecord(out, {});
  const { release } = lockRun(out, { force: false, onTakeover: () => {} });
  for (const result of Object.values(results)) rmSync(result, { recursive: true, force: true });
  return release;
}

/** Writes the results of the quickstart as JSON, for other programs. */
export function writeRecord(out: string, value: object): void {
  const text = JSON.stringify({ madeBy: maker, ...value }, null, 2);
  writeFileSync(quickstartFiles(out).record, `${text}\n`);
}

function isOurs(record: string): boolean {
  try {
    return (JSON.parse(readPlainTextSync(record)) as { madeBy?: unknown } | null)?.madeBy === maker;
  } catch {
    return false;
  }
}
