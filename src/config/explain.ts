import type { z } from 'zod';
import type { Problem } from '../errors.js';
import { adviceForKey, adviceForValue } from './advice.js';
import { type JsonSchema, schemaAt, taskSchemas } from './json-schema.js';
import { movedKeys } from './migrations.js';
import { nearestOf } from '../nearest.js';
import { type Located, type Path, plain, valueAt, whereAt, whereKeyAt } from './located.js';
import { expectation, quoted, received } from './wording.js';

/**
 * Turns the issues that zod found into sentences with places.
 *
 * A value has at most one problem, which says everything that is expected of it. The message of a `.refine` must fit into
 * "Expected `key` to be <message>, received <value>."
 *
 * @param issues From `Config.safeParse(plain(root))`.
 */
export function explainIssues(issues: readonly z.core.$ZodIssue[], root: Located): Problem[] {
  const tasks = taskSchemas();
  const task = tasks.get(plainAt(root, ['task']));
  // Which other keys are allowed depends on the task, so a wrong task is the only problem.
  if (!task) return [wrongValue(root, ['task'], { enum: [...tasks.keys()].map(String) })];

  const seen = new Set<string>();
  return issues.flatMap((issue) => {
    const schema = schemaAt(task, issue.path);
    if (issue.code === 'unrecognized_keys') {
      const allowed = Object.keys(schema.properties ?? {});
      return issue.keys.flatMap(
        (key) =>
          unknownOldKeys(root, [...issue.path, key]) ?? [unknownKey(root, [...issue.path, key], allowed)],
      );
    }
    const path = issue.path.join('.');
    if (seen.has(path)) return [];
    seen.add(path);
    return [wrongValue(root, issue.path, schema, issue.code === 'custom' ? issue.message : undefined)];
  });
}

function unknownKey(root: Located, path: Path, allowed: readonly string[]): Problem {
  return {
    what: `Unknown key ${quoted(...path)}.`,
    where: whereKeyAt(root, path),
    hint: adviceForKey(String(path.at(-1)), allowed),
  };
}

/** Keys that an old section never had; undefined if this is no old section. */
function unknownOldKeys(root: Located, path: Path): Problem[] | undefined {
  const section = path.join('.');
  const moved = movedKeys(plainAt(root, ['task']), section);
  const written = valueAt(root, path);
  if (moved.size === 0 || written?.kind !== 'mapping') return undefined;
  return [...written.entries].map(([key, { keyWhere }]) => {
    const meant = nearestOf(key, [...moved.keys()]);
    const names = meant === undefined ? [...moved.values()] : [moved.get(meant)!];
    const hint =
      meant === undefined
        ? `The keys of ${quoted(section)} are now called ${names.map((name) => quoted(name)).join(', ')}.`
        : `Did you mean ${quoted(section, meant)}? It is now called ${quoted(names[0]!)}.`;
    return { what: `Unknown key ${quoted(section, key)}.`, where: keyWhere, hint };
  });
}

function wrongValue(root: Located, path: Path, schema: JsonSchema, expected = expectation(schema)): Problem {
  const value = plainAt(root, path);
  return {
    what: `Expected ${quoted(...path)} to be ${expected}, received ${received(value)}.`,
    where: whereAt(root, path),
    hint: adviceForValue(value, schema),
  };
}

function plainAt(root: Located, path: Path): unknown {
  const located = valueAt(root, path);
  return located && plain(located);
}
