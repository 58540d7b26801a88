import path from 'node:path';
import type { Recipe } from '../data/loader/batch-maker.js';
import { requireFittingWeights } from '../models/fitting-weights.js';
import { fromStored } from '../models/stored-tensors.js';
import { tensorFile, tensorGroups } from '../run/checkpoints/manifest.js';
import type { LoadedCheckpoint } from '../run/checkpoints/read.js';
import { tf } from '../tf.js';
import { initialTensors, type InitFromOptions } from './init-from.js';
import type { Task } from './task.js';
import type { TrainingStep } from './training-step.js';

/**
 * Puts a step where a checkpoint was saved: weights, averages, optimizer and statistics, exact to the bit.
 *
 * @throws {NucleateError} Exit code 6 unless the checkpoint has exactly the tensors of the step.
 */
export function restoreStep(step: TrainingStep<Recipe>, { tensors, folder }: LoadedCheckpoint): void {
  const { weights, ema, optimizer, statistics } = tensors;
  for (const group of tensorGroups) {
    requireFittingWeights(step.shapes[group], tensors[group], {
      network: group === 'optimizer' ? 'optimizer' : 'network',
      where: path.join(folder, tensorFile(group)),
    });
  }
  const loaded = {
    weights: fromStored(weights),
    ema: fromStored(ema),
    optimizer: fromStored(optimizer),
    statistics: fromStored(statistics),
  };
  try {
    step.write(loaded);
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
