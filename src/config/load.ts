import { dirname, isAbsolute, join } from 'node:path';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import { explainIssues } from './explain.js';
import { type LocatedMapping, merge, origins, plain, valueAt } from './located.js';
import { addKeys, renameKeys } from './migrations.js';
import { override, readOverride, withNewKeys } from './overrides.js';
import { readConfigFile } from './read-file.js';
import { Config, Extends } from './schema.js';
import { received } from './wording.js';

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value was written (`file:line:column`, `--set key=value`), by dotted key; not the defaults. */
  readonly origins: ReadonlyMap<string, string>;
  /** A notice for each old key that was read under its new name, with its place. */
  readonly oldKeys: readonly Problem[];
}

export interface LoadOptions {
  /**
   * Whether the file is one that nucleate wrote with every key, such as `config.resolved.yaml` of a run. Then its old keys
   * are not reported, and a key that is newer than the file gets the value that keeps the meaning of the file.
   */
  readonly resolved?: boolean;
}

/**
 * Reads a config file, the file it `extends`, and overrides, and resolves them to a config. Keys of older versions are
 * read under their new names.
 *
 * @param file Path of a YAML file.
 * @param overrides As in `--set`, for example `loader.batchSize=8`; later ones win.
 * @throws {NucleateError} With exit code 2 and every problem that was found, each with its place.
 */
export function loadConfig(
  file: string,
  overrides: readonly string[] = [],
  { resolved = false }: LoadOptions = {},
): LoadedConfig {
  const problems: Problem[] = [];
  const oldKeys: Problem[] = [];
  const report = (problem: Problem) => void problems.push(problem);
  const reports = { onOldKey: (notice: Problem) => void oldKeys.push(notice), onConflict: report };

  const files = readWithParent(file, report);
  const changes = overrides.flatMap((text) => readOverride(text, report) ?? []);
  if (files) {
    const task = taskOf(files);
    const ofFiles = resolved ? { ...reports, onOldKey: () => {} } : reports;
    const written = files.map((root) => renameKeys(root, task, ofFiles)).reduce(merge);
    const renamed = changes.flatMap((change) => withNewKeys(change, task, reports));
    const root = renamed.reduce(override, resolved ? addKeys(written, task) : written);
    const { data, error } = Config.safeParse(plain(root));
    if (data && problems.length === 0) return { config: data, origins: origins(root), oldKeys };
    explainIssues(error?.issues ?? [], root).forEach(report);
  }
  throw notValid(file, problems);
}

/** The file that the config `extends`, if any, and the config. */
function readWithParent(file: string, report: (problem: Problem) => void): LocatedMapping[] | undefined {
  const child = readConfigFile(file, file, report);
  const named = child && valueAt(child, ['extends']);
  if (!named) return child && [child];

  const entries = new Map(child.entries);
  entries.delete('extends');
  const own = { ...child, entries };

  const { data: name } = Extends.safeParse(plain(named));
  if (name === undefined) {
    const what = `Expected \`extends\` to be the name of a file, received ${received(plain(named))}.`;
    report({ what, where: named.where, hint: 'Write a path relative to this file.' });
    return undefined;
  }
  const parentFile = isAbsolute(name) ? name : join(dirname(file), name);
  const parent = readConfigFile(parentFile, named.where, report);
  if (parent?.entries.has('extends')) {
    const what = `Expected \`extends\` to name a file without \`extends\`, received ${received(name)}.`;
    report({
      what,
      where: named.where,
      hint: 'Copy the values that you need: `extends` works over one level only.',
    });
    return undefined;
  }
  return parent && [parent, own];
}

/** The task of the last file that names one. */
function taskOf(files: readonly LocatedMapping[]): unknown {
  const named = files.map((root) => valueAt(root, ['task'])).findLast((value) => value !== undefined);
  return named && plain(named);
}

function notValid(file: string, problems: readonly Problem[]): NucleateError {
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const { compare } = new Intl.Collator('en', { numeric: true });
  return new NucleateError({
    what: `The config ${JSON.stringify(file)} cannot be used: ${count}.`,
    where: file,
    hint: 'Correct each place and run the command again; nothing was written.',
    exitCode: exitCodes.usage,
    problems: problems.toSorted((a, b) => compare(a.where ?? '', b.where ?? '')),
  });
}
