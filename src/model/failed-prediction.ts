import { exitCodes, type ExitCode, NucleateError, type Problem } from '../errors.js';

/** Why an image is not predicted. */
export type FailedPrediction = Problem & { readonly file: string; readonly exitCode: ExitCode };

/**
 * What is wrong with the data of an image.
 *
 * @throws The error, if it is about anything else.
 */
export function failureOf(error: unknown, file: string): FailedPrediction {
  if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
  const { message: what, where = file, hint, exitCode } = error;
  return { what, where, hint, file, exitCode };
}
