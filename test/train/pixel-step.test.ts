import { afterEach, expect, test } from 'vitest';
import { buildPixelNet } from '../../src/models/pixel-net.js';
import { evaluatePixels, pixelStep } from '../../src/train/pixel-step.js';
import { tf } from '../../src/tf.js';
import { expectNewTensors, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();
afterEach(() => tf.disposeVariables());

/** One 8 x 8 crop, its right half white and nucleus. */
const size = 8;
const isRight = (pixel: number) => pixel % size >= size / 2;
const batch = {
  ...{ count: 1, size },
  images: Float32Array.from({ length: size * size * 3 }, (_, i) => (isRight(Math.floor(i / 3)) ? 1 : -1)),
  targets: Float32Array.from({ length: size * size }, (_, i) => (isRight(i) ? 1 : 0)),
};

test('a model of zeros has the loss of a coin', () => {
  const model = buildPixelNet({ channels: [2], kernelSize: 3, seed: 1 });
  model.setWeights(model.getWeights().map((weight) => tf.zerosLike(weight)));
  expect(evaluatePixels(model, batch)).toBeCloseTo(Math.LN2, 6);
});

test('steps change every weight, lower the loss and learn the crop', () => {
  const model = buildPixelNet({ channels: [4], kernelSize: 3, seed: 1 });
  const before = model.getWeights().map((weight) => weight.clone());
  const optimizer = tf.train.momentum(0.5, 0.9);
  const first = pixelStep(model, optimizer, batch);
  expect(evaluatePixels(model, batch)).toBeLessThan(first);
  for (const [index, weight] of model.getWeights().entries()) {
    expect([...weight.dataSync()], model.weights[index]!.name).not.toEqual([...before[index]!.dataSync()]);
  }
  for (let step = 0; step < 30; step++) pixelStep(model, optimizer, batch);
  expect(evaluatePixels(model, batch)).toBeLessThan(0.1);
});

test('a step and an evaluation leave no tensor behind', () => {
  const model = buildPixelNet({ channels: [2], kernelSize: 3, seed: 1 });
  const optimizer = tf.train.momentum(0.1, 0.9);
  expectNewTensors(() => void pixelStep(model, optimizer, batch), 0);
  expectNewTensors(() => void evaluatePixels(model, batch), 0);
});
