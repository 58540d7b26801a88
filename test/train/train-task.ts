import type { Recipe } from '../../src/data/loader/batch-maker.js';
import { batches } from '../../src/data/loader/batches.js';
import type { Task } from '../../src/train/task.js';
import { createTrainingStep, type TrainingStepOptions } from '../../src/train/training-step.js';
import { tf } from '../../src/tf.js';

/** The weights of a task after some steps; the caller disposes them. */
export async function weightsAfter<R extends Recipe>(
  steps: number,
  task: Task<R>,
  config: TrainingStepOptions<R>['config'],
): Promise<Record<string, tf.Tensor>> {
  const source = batches(task.recipe);
  const { value: first } = await source.next();
  const step = createTrainingStep(task, { config, mode: 'compiled', batches: [first] });
  step.run([first], 0);
  for (let at = 1; at < steps; at++) step.run([(await source.next()).value], at);
  await source.return(undefined as never);
  const { weights, statistics, ema, optimizer } = step.read();
  step.dispose();
  tf.dispose([ema, optimizer]);
  return { ...weights, ...statistics };
}
