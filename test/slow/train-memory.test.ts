import path from 'node:path';
import { expect, test } from 'vitest';
import type { StepDone } from '../../src/train/events.js';
import { tf } from '../../src/tf.js';
import { scratchFolder } from '../run/scratch.js';
import { useTinyRuns } from '../train/tiny-run.js';

const train = useTinyRuns();

test.each([0, 2])('2,000 steps with %d workers: tensors, handles and memory stay', async (workers) => {
  const counts: { step: number; tensors: number; handles: number }[] = [];
  const events = await train(
    path.join(scratchFolder(), 'run'),
    {
      budget: { steps: 2000 },
      schedule: { learningRate: 1e-3, warmupSteps: 5, steps: 2000 },
      validation: { everySteps: 200 },
      checkpoints: { everySteps: 100 },
      loader: { workers },
    },
    {
      stopAt: (event) => {
        if (event.event !== 'step') return undefined;
        const handles = (tf.backend() as unknown as { getNumOfTFTensors(): number }).getNumOfTFTensors();
        counts.push({ step: event.step, tensors: tf.memory().numTensors, handles });
        return undefined;
      },
    },
  );
  const [first] = counts;
  for (const { step, tensors, handles } of counts)
    expect({ tensors, handles }, `step ${step}`).toEqual({
      tensors: first!.tensors,
      handles: first!.handles,
    });

  const memory = events
    .filter((event): event is StepDone => event.event === 'step')
    .map(({ memoryMiB }) => memoryMiB);
  const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!;
  // A leak of 4 kB a step would be 4 MiB; the collector's own ups and downs are larger, so medians are compared.
  const growth = median(memory.slice(1500)) - median(memory.slice(500, 1000));
  expect(growth).toBeLessThan(30);
});
