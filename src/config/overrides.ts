import type { Problem } from '../errors.js';
import { type Located, type LocatedMapping, over } from './located.js';
import { type RenameReports, renameKeys } from './migrations.js';
import { quoted, received, shortened } from './wording.js';
import { readYaml } from './yaml.js';

/** One `--set key.path=value`. */
export interface Override {
  readonly path: readonly string[];
  readonly value: Located;
  /** `--set key.path=value`, as written. */
  readonly where: string;
}

/**
 * Reads `key.path=value`, the value as YAML: `4`, `1e-3`, `true`, `[8, 16]`, or a string.
 *
 * @returns `undefined` if it cannot be used; the reason has been reported.
 */
export function readOverride(written: string, report: (problem: Problem) => void): Override | undefined {
  const where = shortened(`--set ${written}`);
  const [, name, text] = /^([^=]*)=(.*)$/su.exec(written) ?? [];
  const path = name?.split('.') ?? [];
  if (text === undefined || path.includes('')) {
    const what = `Expected \`--set\` to be given key.path=value, received ${received(written)}.`;
    report({ what, where, hint: 'Write for example `--set loader.batchSize=8`.' });
    return undefined;
  }
  if (path[0] === 'task' || path[0] === 'extends') {
    const what = `Expected \`--set\` to change a setting, received ${quoted(path[0])}, which decides what the settings are.`;
    report({ what, where, hint: `Name a config file with the \`${path[0]}\` you want.` });
    return undefined;
  }
  const value = readYaml(text, { placeOf: () => where, report });
  return value && { path, value, where };
}

/** Applies an override to a config, like `merge`; the mappings above it keep their own place. */
export function override(root: LocatedMapping, { path, value, where }: Override): LocatedMapping {
  const [key = '', ...rest] = path;
  const below = root.entries.get(key)?.value;
  const parent = below?.kind === 'mapping' ? below : { kind: 'mapping' as const, where, entries: new Map() };
  const changed = rest.length > 0 ? override(parent, { path: rest, value, where }) : over(below, value);
  return { ...root, entries: new Map(root.entries).set(key, { keyWhere: where, value: changed }) };
}

/** The same override with today's keys; several if its value is a mapping with old keys. */
export function withNewKeys(change: Override, task: unknown, reports: RenameReports): Override[] {
  const { where } = change;
  const written = override({ kind: 'mapping', where, entries: new Map() }, change);
  const renamed = renameKeys(written, task, reports);
  if (renamed === written) return [change];
  // Nothing is left of a key that was removed.
  return renamed.entries.size === 0 ? [] : valuesOf(renamed, []).map((value) => ({ ...value, where }));
}

function valuesOf(value: Located, path: readonly string[]): Pick<Override, 'path' | 'value'>[] {
  if (value.kind !== 'mapping' || value.entries.size === 0) return [{ path, value }];
  return [...value.entries].flatMap(([key, below]) => valuesOf(below.value, [...path, key]));
}
