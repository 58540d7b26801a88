import { expect } from 'vitest';
import { NucleateError, type Problem } from '../../src/errors.js';

/** Awaits an error with exit code 3, and returns the parts that a user reads. */
export async function dataErrorOf(
  promise: Promise<unknown>,
): Promise<{ what: string; where: string | undefined; problems: readonly Problem[] }> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof NucleateError)) throw new Error('Expected a NucleateError', { cause: error });
  expect(error.exitCode).toBe(3);
  expect(error.hint).toMatch(/\.$/);
  return { what: error.message, where: error.where, problems: error.problems };
}
