import type { Recipe } from '../data/loader/batch-maker.js';
import { exitCodes, NucleateError } from '../errors.js';

/**
 * Runs a part of a training on the device.
 *
 * @param recipe Of the batches; the error names its settings to lower.
 * @throws {NucleateError} Exit code 4 if the device runs out of memory.
 */
export function withinMemory<Result>({ loader }: Recipe, work: () => Result): Result {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof Error) || !isOutOfMemory(cause)) throw cause;
    const { batchSize, cropSize } = loader;
    throw new NucleateError(
      {
        what:
          cause instanceof NucleateError
            ? cause.message
            : `The device ran out of memory: ${cause.message.split('\n', 1)[0]}`,
        hint:
          `Start a run with a lower loader.batchSize (now ${batchSize}) or loader.cropSize (now ${cropSize}); ` +
          'optimizer.accumulate averages the gradients of several smaller batches.',
        exitCode: exitCodes.memory,
      },
      { cause },
    );
  }
}

/** A compiled step throws a `NucleateError`; a single operation throws TensorFlow's own error. */
const isOutOfMemory = (error: Error): boolean =>
  error instanceof NucleateError
    ? error.exitCode === exitCodes.memory
    : /OOM when allocating|RESOURCE_EXHAUSTED/u.test(error.message);
