import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { Origin } from './write.js';

export interface Difference {
  /** Dotted, as in `--set`. */
  readonly key: string;
  /** As JSON; `nothing` where the key is missing. */
  readonly saved: string;
  readonly now: string;
}

/** The values in which two configs differ, in the order of the keys; lists count as one value. */
export function configDifferences(saved: unknown, now: unknown): Difference[] {
  const [before, after] = [leaves(saved, ''), leaves(now, '')];
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .map((key) => ({ key, saved: before.get(key) ?? 'nothing', now: after.get(key) ?? 'nothing' }))
    .filter((difference) => difference.saved !== difference.now);
}

function leaves(value: unknown, key: string): Map<string, string> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return new Map([[key, JSON.stringify(value)]]);
  return new Map(
    Object.entries(value).flatMap(([name, below]) => [
      ...leaves(below, key === '' ? name : `${key}.${name}`),
    ]),
  );
}

/**
 * Refuses to go on with a run in another way than it began.
 *
 * @param saved Of the checkpoint.
 * @param now Of the process that wants to go on.
 * @param mayChange Dotted keys, or the sections above them, that do not change any number of the training, such as
 *   `loader.workers`.
 * @param where The checkpoint.
 * @returns What has changed although it may not matter: versions, and the keys that may change.
 * @throws {NucleateError} Exit code 6 with every other difference.
 */
export function requireSameTraining(
  saved: Origin,
  now: Origin,
  mayChange: readonly string[],
  where: string,
): Problem[] {
  const free = (key: string) => mayChange.some((name) => key === name || key.startsWith(`${name}.`));
  const config = configDifferences(saved.config, now.config);
  const refused = config.filter(({ key }) => !free(key)).map(problem);
  if (saved.dataset !== now.dataset)
    refused.push(problem({ key: 'the dataset or its split', saved: saved.dataset, now: now.dataset }));
  if (refused.length === 0) {
    const versions = configDifferences({ versions: saved.versions }, { versions: now.versions });
    // Older checkpoints do not tell the number of threads.
    const known = versions.filter(({ key, saved }) => key !== threadsKey || saved !== 'nothing');
    return [...config, ...known].map((one) => (one.key === threadsKey ? otherThreads(one) : problem(one)));
  }
  throw new NucleateError({
    what: 'The checkpoint belongs to another training.',
    where,
    hint: 'Resume with the values of the checkpoint, or start a new run that takes its weights: --init-from.',
    exitCode: exitCodes.checkpoint,
    problems: refused,
  });
}

const threadsKey = 'versions.threads';

const otherThreads = ({ saved, now }: Difference): Problem => ({
  what:
    `The run was trained with ${JSON.parse(saved)} threads and goes on with ${JSON.parse(now)}: sums are rounded in ` +
    'another order, so that its weights will not be exactly those of a run that was never stopped.',
});

const problem = ({ key, saved, now }: Difference): Problem => ({
  what: `${key} was ${saved} and is ${now} now.`,
});
