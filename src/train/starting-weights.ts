import type { Recipe } from '../data/loader/batch-maker.js';
import { exitCodes, NucleateError } from '../errors.js';
import { fromStored } from '../models/stored-tensors.js';
import type { LoadedCheckpoint } from '../run/checkpoints/read.js';
import { tf } from '../tf.js';
import { initialTensors, type InitFromOptions } from './init-from.js';
import type { Task } from './task.js';
import type { TrainingStep } from './training-step.js';

/**
 * Puts a step where a checkpoint was saved: weights, averages, optimizer and statistics, exact to the bit.
 *
 * @throws {NucleateError} Exit code 6 if the checkpoint does not fit the network.
 */
export function restoreStep(step: TrainingStep<Recipe>, { tensors, folder }: LoadedCheckpoint): void {
  const { weights, ema, optimizer, statistics } = tensors;
  const loaded = {
    weights: fromStored(weights),
    ema: fromStored(ema),
    optimizer: fromStored(optimizer),
    statistics: fromStored(statistics),
  };
  try {
    step.write(loaded);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new NucleateError(
      {
        what: `The checkpoint does not fit the network: ${cause.message}.`,
        where: folder,
        hint: 'Resume with the version of nucleate that wrote the checkpoint.',
        exitCode: exitCodes.checkpoint,
      },
      { cause },
    );
  } finally {
    tf.dispose(loaded);
  }
}

/**
 * Gives a new run the weights of `--init-from`.
 *
 * @param averages Whether the run averages its weights; the averages start from the same values.
 * @returns A sentence that counts the weights.
 * @throws {NucleateError} As {@link initialTensors}.
 */
export async function initializeStep(
  step: TrainingStep<Recipe>,
  { task, init, averages }: { task: Task; init: InitFromOptions; averages: boolean },
): Promise<string> {
  const { tensors, summary } = await initialTensors(task, init, averages);
  step.write(tensors);
  tf.dispose(tensors);
  return summary;
}
