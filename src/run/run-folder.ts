import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';
import { makeFolders } from '../make-folders.js';
import { isSystemError, writeError } from './durable-files.js';
import type { GitState } from './git.js';

/** The files and folders of a run, by what they hold; all paths. */
export const runFiles = (folder: string) => ({
  /** The config as the user wrote it, and with all defaults filled in. */
  config: path.join(folder, 'config.yaml'),
  resolvedConfig: path.join(folder, 'config.resolved.yaml'),
  environment: path.join(folder, 'env.json'),
  git: path.join(folder, 'git.json'),
  dataset: path.join(folder, 'dataset.json'),
  /** The folds, if they were drawn for the run. */
  split: path.join(folder, 'split.json'),
  metricNames: path.join(folder, 'metric-names.json'),
  status: path.join(folder, 'status.json'),
  log: path.join(folder, 'train.log'),
  metrics: path.join(folder, 'metrics.jsonl'),
  tensorboard: path.join(folder, 'tb'),
  checkpoints: path.join(folder, 'checkpoints'),
  evaluation: path.join(folder, 'eval'),
});

/** What a new run records before it begins. */
export interface RunRecords {
  readonly config: string;
  readonly resolvedConfig: string;
  /** Versions, device, threads, seed; as JSON. */
  readonly environment: object;
  readonly git: GitState | null;
  /** Hash and split; as JSON. */
  readonly dataset: object;
  /** The text of `split.json`; null if the folds are from another file. */
  readonly split: string | null;
  /** The text of `metric-names.json`. */
  readonly metricNames: string;
}

/** A new or empty folder; or where to make one, and the first part of its name. */
export type RunFolderPlace = string | { readonly runs: string; readonly name: string; readonly now: Date };

/**
 * Makes an empty folder.
 *
 * @param where The folder itself, which is new or empty; or `<runs>/<name>-<yyyymmdd>-<hhmmss>` (UTC, since local time
 *   repeats an hour each autumn), never an existing folder: a second run in the same second gets `-2` appended.
 * @returns The path of the folder.
 * @throws {NucleateError} Exit code 2 for a name that is not a file name or a folder that is not empty, 8 if the
 *   folder cannot be written.
 */
export function makeRunFolder(where: RunFolderPlace): string {
  try {
    return typeof where === 'string' ? makeEmpty(where) : makeNamed(where);
  } catch (error) {
    throw writeError(error, typeof where === 'string' ? where : where.runs);
  }
}

/**
 * Makes the folder of a run: {@link makeRunFolder} with its records.
 *
 * @returns The path of the folder.
 * @throws {NucleateError} As {@link makeRunFolder}.
 */
export function createRunFolder(where: RunFolderPlace, records: RunRecords): string {
  const folder = makeRunFolder(where);
  try {
    const files = runFiles(folder);
    const marker = path.join(folder, startingFile);
    write(marker, '');
    write(files.config, records.config);
    write(files.resolvedConfig, records.resolvedConfig);
    write(files.environment, json(records.environment));
    write(files.git, json(records.git));
    write(files.dataset, json(records.dataset));
    if (records.split !== null) write(files.split, records.split);
    write(files.metricNames, records.metricNames);
    for (const below of [files.tensorboard, files.checkpoints, files.evaluation]) mkdirSync(below);
    rmSync(marker);
    return folder;
  } catch (error) {
    throw writeError(error, folder);
  }
}

/** In the folder while its records are written: what a process that was killed then has left is no run. */
const startingFile = '.starting';

/** Whether a folder is what a process has left that was killed while it made a run's folder: there is nothing to resume. */
export const isUnbegun = (folder: string): boolean => existsSync(path.join(folder, startingFile));

function makeEmpty(folder: string): string {
  makeFolders(folder);
  const found = readdirSync(folder);
  if (found.length === 0) return folder;
  const records = Object.values(runFiles(folder)).map((file) => path.basename(file));
  if (
    found.includes(startingFile) &&
    found.every((name) => name === startingFile || records.includes(name))
  ) {
    // The marker last: this process may be killed, too.
    for (const name of records) rmSync(path.join(folder, name), { recursive: true, force: true });
    rmSync(path.join(folder, startingFile));
    return folder;
  }
  throw new NucleateError({
    what: 'The folder for the run is not empty.',
    where: folder,
    hint: 'Choose another folder, or resume the run in it: --resume.',
    exitCode: exitCodes.usage,
  });
}

function makeNamed({ runs, name, now }: { runs: string; name: string; now: Date }): string {
  if (!/^\w[\w.-]{0,99}$/u.test(name)) {
    throw new NucleateError({
      what: `A run's name has up to 100 letters, digits, \`_\`, \`.\` and \`-\`; received ${JSON.stringify(name)}.`,
      hint: 'Choose another name.',
      exitCode: exitCodes.usage,
    });
  }
  const time = now.toISOString().slice(0, 19).replaceAll(/[-:]/gu, '').replace('T', '-');
  makeFolders(runs);
  return makeNew(path.join(runs, `${name}-${time}`));
}

function makeNew(wanted: string): string {
  for (let count = 1; ; count++) {
    const folder = count === 1 ? wanted : `${wanted}-${count}`;
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    }
  }
}

const write = (file: string, text: string) => writeFileSync(file, text, { flag: 'wx' });

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;
