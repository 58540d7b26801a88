/** Datasets are checked as a whole: whoever mends one file wants to know of all others, too. */
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import { mapAhead } from './ahead.js';

/** The problems that an error stands for: those it lists, or itself. */
export function problemsOf(error: NucleateError): readonly Problem[] {
  if (error.problems.length > 0) return error.problems;
  const { message: what, where, hint: hint } = error;
  return [where === undefined ? { what, hint: hint } : { what, where, hint: hint }];
}

/** The error for a dataset, or a part of it, with one or more problems. */
export function refuseProblems(where: string | undefined, problems: readonly Problem[]): NucleateError {
  return new NucleateError({
    what:
      problems.length === 1 ? 'The dataset has 1 problem.' : `The dataset has ${problems.length} problems.`,
    ...(where === undefined ? {} : { where }),
    hint: 'Mend the files that are listed, or move them out of the dataset.',
    exitCode: exitCodes.data,
    problems,
  });
}

/**
 * As `Promise.all`, with every failure instead of the first.
 *
 * @throws {NucleateError} Exit code 3 with all problems; a single failure is thrown as it is.
 */
export async function allOf<T extends readonly unknown[]>(promises: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  const results = await Promise.allSettled(promises);
  throwAll(results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : [])));
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
}

/** As {@link allOf}, with up to `ahead` items under way at a time. */
export async function mapAllOf<T, R>(
  items: readonly T[],
  ahead: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const values: R[] = [];
  const errors: unknown[] = [];
  const settle = async (item: T) => {
    const [result] = await Promise.allSettled([map(item)]);
    return result;
  };
  for await (const result of mapAhead(items, ahead, settle)) {
    if (result.status === 'fulfilled') values.push(result.value);
    else errors.push(result.reason);
  }
  throwAll(errors);
  return values;
}

function throwAll(errors: readonly unknown[]): void {
  const refusals: NucleateError[] = [];
  for (const error of errors) {
    if (!(error instanceof NucleateError)) throw error as Error;
    refusals.push(error);
  }
  const [first, second] = refusals;
  if (first && !second) throw first;
  if (first) throw refuseProblems(first.where, refusals.flatMap(problemsOf));
}
