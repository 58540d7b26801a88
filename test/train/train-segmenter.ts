import type { SegmenterConfig } from '../../src/config/segmenter.js';
import { batches } from '../../src/data/loader/batches.js';
import type { createSegmenterTask } from '../../src/train/segmenter-task.js';
import { createTrainingStep } from '../../src/train/training-step.js';
import type { tf } from '../../src/tf.js';

/** The weights that a task has after some steps; the caller disposes them. */
export async function weightsAfter(
  steps: number,
  task: ReturnType<typeof createSegmenterTask>,
  config: SegmenterConfig,
): Promise<Record<string, tf.Tensor>> {
  const source = batches(task.recipe);
  const { value: first } = await source.next();
  const step = createTrainingStep(task, { config, mode: 'compiled', batches: [first] });
  step.run([first], 0);
  for (let at = 1; at < steps; at++) step.run([(await source.next()).value], at);
  await source.return(undefined as never);
  const { weights, statistics, ema, optimizer } = step.read();
  step.dispose();
  for (const tensor of [ema, optimizer].flatMap((group) => Object.values(group))) tensor.dispose();
  return { ...weights, ...statistics };
}
