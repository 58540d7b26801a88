import type { TrainingData } from '../data/loader/training-data.js';
import type { Mode } from '../engine/step.js';
import { stepBatches } from './step-batches.js';
import type { CreateTask, TaskConfig } from './train-request.js';
import { createTrainingStep } from './training-step.js';

/** Steps that are measured, after one that includes one-time preparation. */
const measuredSteps = 3;

/** How long a training takes, by a few of its steps. Writes nothing. */
export interface StepTime {
  /** Seconds of a step with its batch; the median. */
  readonly step: number;
  /** Seconds until the first step has ended. */
  readonly start: number;
}

/**
 * Runs a few steps of a training from random weights and forgets them.
 *
 * @throws {NucleateError} As `trainRun`: exit code 3 for data that cannot be used, 4 without memory.
 */
export async function measureStep<C extends TaskConfig>(
  config: C,
  { createTask, data, mode }: { createTask: CreateTask<C>; data: TrainingData; mode: Mode },
): Promise<StepTime> {
  const began = performance.now();
  const task = await createTask(config, data, { mode });
  const drawn = stepBatches(task.recipe, 0, config.optimizer.accumulate);
  try {
    const first = (await drawn.next()).value;
    const step = createTrainingStep(task, { config, mode, batches: first });
    try {
      step.run(first, 0);
      const start = (performance.now() - began) / 1000;
      const seconds: number[] = [];
      for (let at = 1; at <= measuredSteps; at++) {
        const asked = performance.now();
        step.run((await drawn.next()).value, at);
        seconds.push((performance.now() - asked) / 1000);
      }
      return { step: seconds.toSorted((one, other) => one - other)[measuredSteps >> 1]!, start };
    } finally {
      step.dispose();
    }
  } finally {
    await drawn.return(undefined as never);
    task.dispose();
  }
}
