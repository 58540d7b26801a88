/** A dataset is checked as a whole: all problems are reported at once, not only the first. */
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import { mapConcurrently } from '../../map-concurrently.js';

/** The problems of an error: those it lists, or the error itself. */
export function problemsOf(error: NucleateError): readonly Problem[] {
  if (error.problems.length > 0) return error.problems;
  const { message: what, where, hint } = error;
  return [where === undefined ? { what, hint } : { what, where, hint }];
}

/** Problems of one kind, as a folder of wrong files has them, that are listed one by one. */
const mostAlike = 3;

/** Problems with the same sentence and hint as one for those beyond the third. */
function grouped(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, number>();
  const kindOf = ({ what, hint }: Problem) => JSON.stringify([what, hint]);
  const listed = problems.filter((problem) => {
    const count = (seen.get(kindOf(problem)) ?? 0) + 1;
    seen.set(kindOf(problem), count);
    return count <= mostAlike;
  });
  return listed.flatMap((problem, index) => {
    const more = seen.get(kindOf(problem))! - mostAlike;
    const isLast = !listed.slice(index + 1).some((other) => kindOf(other) === kindOf(problem));
    return more > 0 && isLast ? [problem, { what: `${more} more: ${problem.what}` }] : [problem];
  });
}

/**
 * The error for a dataset, or a part of it, with one or more problems. Of those with the same words the first three are
 * listed, and the others counted.
 */
export function problemsError(where: string | undefined, problems: readonly Problem[]): NucleateError {
  return new NucleateError({
    what:
      problems.length === 1 ? 'The dataset has 1 problem.' : `The dataset has ${problems.length} problems.`,
    ...(where === undefined ? {} : { where }),
    hint: 'Fix the listed files, or move them out of the dataset.',
    exitCode: exitCodes.data,
    problems: grouped(problems),
  });
}

/**
 * Like `Promise.all`, but collects every failure instead of throwing the first.
 *
 * @throws {NucleateError} Exit code 3 with all problems; a single failure is thrown as it is.
 */
export async function allOrProblems<T extends readonly unknown[]>(promises: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const results = await Promise.allSettled(promises);
  throwAll(results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])));
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/**
 * Like {@link allOrProblems}, with up to `concurrency` items at a time. Not p-map with `stopOnError: false`, which lists
 * failures in the order in which they happen.
 */
export async function mapAllOrProblems<T, R>(
  items: readonly T[],
  concurrency: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const values: R[] = [];
  const errors: unknown[] = [];
  const outcomeOf = async (item: T) => {
    const [outcome] = await Promise.allSettled([map(item)]);
    return outcome;
  };
  for await (const outcome of mapConcurrently(items, concurrency, outcomeOf)) {
    if (outcome.status === 'fulfilled') values.push(outcome.value);
    else errors.push(outcome.reason);
  }
  throwAll(errors);
  return values;
}

function throwAll(errors: readonly unknown[]): void {
  const expected: NucleateError[] = [];
  for (const error of errors) {
    if (!(error instanceof NucleateError)) throw error as Error;
    expected.push(error);
  }
  const [first, second] = expected;
  if (first && !second) throw first;
  if (first) throw problemsError(first.where, expected.flatMap(problemsOf));
}
