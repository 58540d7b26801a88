import { type CheckpointContent, saveCheckpoint } from '../../../src/run/checkpoints/write.js';
import type { AfterWrite } from '../../../src/run/durable-files.js';
import { randomFor } from '../../../src/random.js';
import type { StoredTensors } from '../../../src/safetensors/tensor.js';

/** Numbers that depend on the step and the name alone. */
function tensors(step: number, group: string, size: number): StoredTensors {
  const random = randomFor(step + 1, group);
  const data = Float32Array.from({ length: size }, () => random.normal());
  return new Map([
    [`${group}/kernel`, { dtype: 'F32', shape: [size], data }],
    [`${group}/count`, { dtype: 'I64', shape: [], data: BigInt64Array.of(BigInt(step)) }],
  ]);
}

/**
 * The checkpoint of a step.
 *
 * @param size Numbers (count) in the largest tensor of each group.
 */
export function contentOf(step: number, score: number | null = null, size = 100): CheckpointContent {
  return {
    tensors: {
      weights: tensors(step, 'weights', size),
      ema: tensors(step, 'ema', size),
      optimizer: tensors(step, 'optimizer', size),
      statistics: new Map(),
    },
    state: {
      step,
      draws: 4 * step,
      seconds: step / 2,
      best: null,
      validationsSinceBest: 0,
      logBytes: { 'metrics.jsonl': 10 * step },
    },
    score,
    origin: {
      config: { seed: 1, model: { channels: [8, 16] } },
      dataset: 'd0',
      versions: { node: '20' },
      git: null,
    },
  };
}

export const save = (
  folder: string,
  content: CheckpointContent,
  options: { keepLast?: number; afterWrite?: AfterWrite } = {},
) => saveCheckpoint(folder, content, { keepLast: 2, now: new Date(0), ...options });
