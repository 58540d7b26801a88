import { expect, test } from 'vitest';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { readAll } from '../data/read-all.js';
import { batches } from '../../src/data/loader/batches.js';
import { weightsAfter } from './train-task.js';
import { createSegmenterTask } from '../../src/train/segmenter-task.js';
import { tf } from '../../src/tf.js';
import { noAugment } from '../data/augment/samples.js';
import { randomFor } from '../../src/random.js';
import { expectNewTensors, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const config = SegmenterConfig.parse({
  ...{ task: 'segmenter', model: { width: 0.125, depth: 3, normMomentum: 0.8 } },
  loader: { batchSize: 6, cropSize: 32, workers: 0, jitter: 0, augment: noAugment },
  optimizer: { weightDecay: 0 },
  schedule: { learningRate: 0.01, warmupSteps: 10, steps: 100 },
});

async function sixNuclei() {
  const examples = await readAll('examples/dsb2018-mini');
  const chosen = examples.filter(({ id }) => id === 'd-76a372bf');
  return { train: chosen, validation: chosen };
}

test('learns six nuclei by heart', async () => {
  const data = await sixNuclei();
  const task = createSegmenterTask(config, data);
  const weights = await weightsAfter(100, task, config);
  const { metrics } = await task.validate(weights, () => {});
  expect(metrics['meanIou']).toBeGreaterThan(0.9);
  tf.dispose(weights);
  task.dispose();
});

test('the same run ends with the same weights, to the bit', async () => {
  const settings = { ...config, loader: SegmenterConfig.parse({ task: 'segmenter' }).loader };
  const run = async () => {
    const loader = { ...settings.loader, batchSize: 8, workers: 0 };
    const task = createSegmenterTask({ ...settings, loader }, await sixNuclei());
    const weights = await weightsAfter(8, task, settings);
    const values = Object.values(weights).map((tensor) => tensor.dataSync());
    tf.dispose(weights);
    task.dispose();
    return values;
  };
  expect(await run()).toEqual(await run());
});

test('validation changes neither the weights in training nor the memory in use', async () => {
  const task = createSegmenterTask(config, await sixNuclei());
  const other = Object.fromEntries(
    Object.entries(task.weights.all).map(([name, variable]) => [name, tf.zerosLike(variable)]),
  );
  const sums = () =>
    Object.values(task.weights.all).map((variable) => tf.tidy(() => variable.sum().dataSync()[0]));
  const before = sums();
  for (const mode of ['compiled', 'eager'] as const) {
    const validating = createSegmenterTask(config, await sixNuclei(), { mode });
    const first = await validating.validate(other, () => {});
    const tensors = tf.memory().numTensors;
    expect(await validating.validate(other, () => {})).toEqual(first);
    expect(tf.memory().numTensors).toBe(tensors);
    // Logits of zero: all classes are equally likely, so no body anywhere.
    expect(first.metrics['meanIou']).toBe(0);
    validating.dispose();
  }
  expect(sums()).toEqual(before);
  tf.dispose(other);
  task.dispose();
});

test('a batch becomes tensors of fixed shapes, and its losses leave no other tensors behind', async () => {
  const task = createSegmenterTask(config, await sixNuclei());
  const { value: batch } = await batches(task.recipe).next();
  expectNewTensors(() => task.inputs(batch, randomFor(1)), 5);
  const inputs = task.inputs(batch, randomFor(1));
  expect(inputs['masks']!.shape).toEqual([6, 32, 32]);
  expectNewTensors(() => tf.tidy(() => ({ ...task.losses(inputs) })), 1 + task.lossNames.length);
  expect(Object.keys(task.losses(inputs))).toEqual(['loss', ...task.lossNames]);
  tf.dispose(inputs);
  task.dispose();
});
