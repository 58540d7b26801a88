import { describe, expect, test } from 'vitest';
import { ScheduleConfig, OptimizerConfig } from '../../src/config/train.js';
import type { BatchOf, Recipe } from '../../src/data/loader/batch-maker.js';
import type { Task } from '../../src/train/task.js';
import { createTrainingStep, type TrainingStep } from '../../src/train/training-step.js';
import { tf } from '../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

type ToyRecipe = Recipe & { readonly task: 'detection' };
type ToyBatch = BatchOf<ToyRecipe>;

/** loss = sum(slope * kernel) + 2 * sum(bias), so the gradients are `slope` and 2; `count` counts the calls. */
function toyTask(): Task<ToyRecipe> & { readonly drawn: number[] } {
  const kernel = tf.variable(tf.tensor2d([[1, -1]]));
  const bias = tf.variable(tf.tensor1d([4]));
  const count = tf.variable(tf.scalar(0), false);
  const drawn: number[] = [];
  return {
    drawn,
    recipe: undefined as unknown as ToyRecipe,
    weights: { all: { kernel, bias, count }, trainable: { kernel, bias } },
    lossNames: ['lossKernel', 'lossBias'],
    scoreName: 'score',
    metricNames: ['score'],
    inputs: ({ images }, random) => {
      drawn.push(random.uniform());
      return { slope: tf.scalar(images[0]!), whole: tf.scalar(1, 'int32') };
    },
    losses: ({ slope }) => {
      count.assign(count.add(1));
      const lossKernel = kernel.sum().mul<tf.Scalar>(slope!);
      const lossBias = bias.sum().mul<tf.Scalar>(2);
      return { loss: lossKernel.add<tf.Scalar>(lossBias), lossKernel, lossBias };
    },
    validate: () => Promise.reject(new Error('not here')),
    dispose: () => tf.dispose([kernel, bias, count]),
  };
}

/** The same loss, its kernel in a matrix product, which float16 lowers; its sum is 0 at first, whatever the slope. */
function productTask(): Task<ToyRecipe> {
  const task = toyTask();
  const { kernel, bias } = task.weights.trainable;
  return {
    ...task,
    losses: ({ slope }) => {
      const sum = tf.matMul(kernel as tf.Tensor2D, tf.ones([2, 1])).asScalar();
      const lossKernel = sum.mul<tf.Scalar>(slope!);
      const lossBias = bias!.sum().mul<tf.Scalar>(2);
      return { loss: lossKernel.add<tf.Scalar>(lossBias), lossKernel, lossBias };
    },
  };
}

const batch = (slope: number): ToyBatch => ({ images: Float32Array.of(slope) }) as unknown as ToyBatch;

const plain = { kind: 'momentum', momentum: 0, weightDecay: 0, clipNorm: 0, emaDecay: 0 } as const;

function config(optimizer: object, others: object = {}) {
  return {
    seed: 1,
    optimizer: OptimizerConfig.parse({ ...plain, ...optimizer }),
    schedule: ScheduleConfig.parse({ kind: 'constant', learningRate: 0.5, warmupSteps: 0 }),
    precision: 'float32' as const,
    ...others,
  };
}

/** The values of the weights after the steps; disposes the step. */
function weightsAfter(step: TrainingStep<ToyRecipe>, batches: readonly (readonly ToyBatch[])[]) {
  const reports = batches.map((drawn, at) => step.run(drawn, at));
  const { weights, ema, statistics } = step.read();
  const values = (tensors: Readonly<Record<string, tf.Tensor>>) =>
    Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
  const { kernel, bias } = values(weights);
  const result = { reports, kernel, bias, ema: values(ema), count: values(statistics)['count'] };
  step.dispose();
  return result;
}

test.each(['compiled', 'eager'] as const)('%s: descends by the learning rate, and reports', (mode) => {
  const step = createTrainingStep(toyTask(), { config: config({}), mode, batches: [batch(3)] });
  // kernel: [1, -1] - 0.5 * 3, twice; bias: 4 - 0.5 * 2, twice.
  expect(weightsAfter(step, [[batch(3)], [batch(3)]])).toEqual({
    reports: [
      // Norm: sqrt(3^2 + 3^2 + 2^2) = sqrt(22).
      {
        loss: 8,
        parts: { lossKernel: 0, lossBias: 8 },
        gradientNorm: Math.fround(Math.sqrt(22)),
        learningRate: 0.5,
        lossScale: null,
        isSkipped: false,
      },
      // -3 (sum of [-0.5, -2.5]) * 3 and 3 * 2.
      {
        loss: -3,
        parts: { lossKernel: -9, lossBias: 6 },
        gradientNorm: Math.fround(Math.sqrt(22)),
        learningRate: 0.5,
        lossScale: null,
        isSkipped: false,
      },
    ],
    kernel: [-2, -4],
    bias: [2],
    count: [2],
    ema: {},
  });
});

test('accumulated batches: gradients, losses and reports are averaged', () => {
  const task = toyTask();
  const step = createTrainingStep(task, {
    config: config({ accumulate: 2 }),
    mode: 'compiled',
    batches: [batch(0), batch(0)],
  });
  const { reports, kernel, bias, count } = weightsAfter(step, [[batch(3), batch(5)]]);
  expect(kernel).toEqual([1 - 0.5 * 4, -1 - 0.5 * 4]);
  expect(bias).toEqual([3]);
  // Both batches have moved the statistics.
  expect(count).toEqual([2]);
  expect(reports[0]).toMatchObject({ loss: 8, gradientNorm: 6 }); // sqrt(4^2 + 4^2 + 2^2)
  // Each batch draws on from where the one before has stopped.
  expect(new Set(task.drawn.slice(-2)).size).toBe(2);
});

test('the random draws of a step depend only on its number', () => {
  const task = toyTask();
  const step = createTrainingStep(task, { config: config({}), mode: 'compiled', batches: [batch(0)] });
  const drawnAt = (at: number) => {
    step.run([batch(0)], at);
    return task.drawn.at(-1);
  };
  const [first, second] = [drawnAt(3), drawnAt(4)];
  expect(second).not.toBe(first);
  expect(drawnAt(3)).toBe(first);
});

test('gradients are clipped by their global norm, and only kernels decay', () => {
  const step = createTrainingStep(toyTask(), {
    config: config({ clipNorm: Math.sqrt(22) / 2, weightDecay: 0.2 }),
    mode: 'compiled',
    batches: [batch(3)],
  });
  const { kernel, bias, reports } = weightsAfter(step, [[batch(3)]]);
  // 1 - 0.5 * 0.2 * 1, then half of the gradient; the norm is that before clipping.
  expect(kernel![0]).toBeCloseTo(0.9 - 0.75, 6);
  expect(kernel![1]).toBeCloseTo(-0.9 - 0.75, 6);
  expect(bias![0]).toBeCloseTo(4 - 0.5, 6);
  expect(reports[0]!.gradientNorm).toBeCloseTo(Math.sqrt(22), 5);
});

test('averages follow the weights, faster in the first steps', () => {
  const step = createTrainingStep(toyTask(), {
    config: config({ emaDecay: 0.15 }),
    mode: 'compiled',
    batches: [batch(0)],
  });
  const { ema } = weightsAfter(step, [[batch(0)], [batch(0)]]);
  // bias 4, 3, 2. Decays: min(0.15, 1/10), min(0.15, 2/11). 0.1 * 4 + 0.9 * 3 = 3.1; 0.15 * 3.1 + 0.85 * 2 = 2.165.
  expect(ema['bias']![0]).toBeCloseTo(2.165, 6);
  expect(ema['kernel']).toEqual([1, -1]);
});

test('each step uses its learning rate of the schedule', () => {
  const schedule = ScheduleConfig.parse({
    kind: 'step',
    learningRate: 1,
    warmupSteps: 0,
    milestones: [2],
    gamma: 0.5,
  });
  const step = createTrainingStep(toyTask(), {
    config: config({}, { schedule }),
    mode: 'compiled',
    batches: [batch(0)],
  });
  expect(step.run([batch(0)], 1).learningRate).toBe(1);
  expect(step.run([batch(0)], 2).learningRate).toBe(0.5);
  const { weights } = step.read();
  expectTensorsClose(weights['bias']!, [4 - 2 - 1], { atol: 0 });
});

describe('in float16', () => {
  /** What passes through 16 bits is the slope times the scale of the loss. */
  const half = (optimizer: object = {}) =>
    createTrainingStep(productTask(), {
      config: config(optimizer, { precision: 'float16' }),
      mode: 'compiled',
      batches: [batch(0)],
    });

  test('a scaled loss gives the same step where nothing overflows', () => {
    // 1 * 2^15 is below the largest float16, 65504.
    expect(weightsAfter(half(), [[batch(1)]])).toMatchObject({
      reports: [{ lossScale: 2 ** 15, isSkipped: false, gradientNorm: Math.fround(Math.sqrt(6)) }],
      kernel: [0.5, -1.5],
      bias: [3],
    });
  });

  test('a step whose gradients overflow is skipped, and the next one has half the scale', () => {
    // 6 * 2^15 and 6 * 2^14 exceed 65504, 6 * 2^13 does not. Decay of weights and rate would move them otherwise.
    const step = half({ weightDecay: 0.1 });
    const { reports, kernel, bias } = weightsAfter(step, [[batch(6)], [batch(6)], [batch(6)]]);
    expect(reports.map(({ lossScale, isSkipped }) => ({ lossScale, isSkipped }))).toEqual([
      { lossScale: 2 ** 15, isSkipped: true },
      { lossScale: 2 ** 14, isSkipped: true },
      { lossScale: 2 ** 13, isSkipped: false },
    ]);
    // 1 - 0.5 * 0.1 * 1 - 0.5 * 6: one step.
    expect(kernel![0]).toBeCloseTo(0.95 - 3, 5);
    expect(bias).toEqual([3]);
  });

  test('the scale doubles after 2,000 good steps, and is saved and restored', () => {
    const step = half();
    const saved = step.read();
    expect(saved.optimizer['lossScale']!.dataSync()[0]).toBe(2 ** 15);
    step.write({ optimizer: { lossScale: tf.scalar(8), lossScaleGoodSteps: tf.scalar(1998) } });
    const scales = [0, 1, 2].map((at) => step.run([batch(1)], at).lossScale);
    expect(scales).toEqual([8, 8, 16]);
    step.dispose();
  });

  test('a loss of NaN, and gradients that overflow without a scale, are errors and not skipped steps', () => {
    const step = half();
    expect(step.run([batch(NaN)], 0)).toMatchObject({ isSkipped: false, loss: NaN });
    step.write({ optimizer: { lossScale: tf.scalar(1) } });
    // 1e5 itself is more than 65504.
    expect(step.run([batch(1e5)], 1)).toMatchObject({
      isSkipped: false,
      lossScale: 1,
      gradientNorm: Infinity,
    });
    step.dispose();
  });
});

test('state that is read and written again continues exactly to the bit; tensors that do not fit are rejected', () => {
  const make = () =>
    createTrainingStep(toyTask(), {
      config: config({ kind: 'adamw', emaDecay: 0.9, weightDecay: 0.01 }),
      mode: 'compiled',
      batches: [batch(0)],
    });
  const [one, other] = [make(), make()];
  const slopes = [0.3, -0.7, 1.1, 0.2];
  for (const [at, slope] of slopes.entries()) one.run([batch(slope)], at);
  for (const at of [0, 1]) other.run([batch(slopes[at]!)], at);
  const resumed = make();
  const saved = other.read();
  resumed.write(saved);
  for (const at of [2, 3]) resumed.run([batch(slopes[at]!)], at);
  const [expected, found] = [one.read(), resumed.read()];
  for (const group of ['weights', 'ema', 'optimizer', 'statistics'] as const) {
    for (const [name, tensor] of Object.entries(expected[group]))
      expect([...found[group][name]!.dataSync()], `${group}/${name}`).toEqual([...tensor.dataSync()]);
  }
  expect(Object.keys(expected.optimizer)).toEqual([
    ...['adam-mean/kernel', 'adam-mean/bias', 'adam-square/kernel', 'adam-square/bias'],
    ...['beta1Power', 'beta2Power'],
  ]);
  expect(() => resumed.write({ weights: { kernel: tf.zeros([2, 2]) } })).toThrow(RangeError);
});

test('a step leaves no tensor behind', () => {
  const step = createTrainingStep(toyTask(), { config: config({}), mode: 'compiled', batches: [batch(1)] });
  expectNewTensors(() => step.run([batch(1)], 0).learningRate, 0);
});
