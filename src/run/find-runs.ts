import { readdirSync } from 'node:fs';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';
import { runFiles } from './run-folder.js';

/** Depth of the search below the given folder: `runs/<project>/<day>/<run>` is found. */
const deepest = 3;

/** Files that every run has from the start. */
const marks = [runFiles('').resolvedConfig, runFiles('').environment];

/**
 * The run folders in a folder, or the folder itself if it is a run, sorted by path. Does not follow links or look into
 * hidden folders.
 *
 * @throws {NucleateError} Exit code 2 if there is no such folder.
 */
export function findRuns(folder: string): string[] {
  try {
    return search(folder, readdirSync(folder, { withFileTypes: true }), 0);
  } catch (cause) {
    const what = `The folder cannot be read: ${(cause as Error).message}.`;
    const hint = 'Name a run folder, or a folder with runs in it.';
    throw new NucleateError({ what, where: folder, hint, exitCode: exitCodes.usage }, { cause });
  }
}

type Entries = readonly { readonly name: string; isDirectory(): boolean; isFile(): boolean }[];

function search(folder: string, entries: Entries, depth: number): string[] {
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  if (marks.every((name) => files.has(name))) return [folder];
  if (depth === deepest) return [];
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
    .map(({ name }) => path.join(folder, name))
    .sort()
    .flatMap((below) => search(below, listed(below), depth + 1));
}

/** Empty for a folder that cannot be read or has just been deleted. */
function listed(folder: string): Entries {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

/**
 * @throws {NucleateError} Exit code 2 if a folder is not a run.
 */
export function requireRun(folder: string): void {
  if (findRuns(folder)[0] === folder) return;
  throw new NucleateError({
    what: 'This folder is not a run: config.resolved.yaml and env.json are missing.',
    where: folder,
    hint: 'List the runs: nucleate runs.',
    exitCode: exitCodes.usage,
  });
}
