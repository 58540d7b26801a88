import { expect, test } from 'vitest';
import { batchNormTraining } from '../../src/ops/batch-norm.js';
import { biasAdd } from '../../src/ops/bias-add.js';
import { convolve } from '../../src/ops/convolution.js';
import { relu } from '../../src/ops/relu.js';
import { stopGradient } from '../../src/ops/stop-gradient.js';
import { tf } from '../../src/tf.js';
import { expectGradientMatchesDifferences } from '../helpers/gradients.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const noise = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);

test('relu and its gradient', () => {
  const x = tf.tensor1d([-2, -0.5, 0.5, 3]);
  expectTensorsClose(relu(x), [0, 0, 0.5, 3], { atol: 0 });
  expectTensorsClose(tf.grad(relu)(x, tf.tensor1d([1, 2, 3, 4])), [0, 0, 3, 4], { atol: 0 });
});

test('bias add and its gradients', () => {
  const x = noise([2, 3, 2, 4], 1);
  const bias = tf.tensor1d([1, 2, 3, 4]);
  expectTensorsClose(biasAdd(x, bias), tf.add(x, bias).arraySync(), { atol: 0 });
  const dy = noise(x.shape, 2);
  const [dx, dBias] = tf.grads((a, b) => biasAdd(a, b as tf.Tensor1D))([x, bias], dy);
  expectTensorsClose(dx!, dy.arraySync(), { atol: 0 });
  expectTensorsClose(dBias!, dy.sum([0, 1, 2]).arraySync(), { atol: 1e-6 });
});

test.each([
  { name: '1 x 1, as matrix products', kernel: [1, 1], stride: 1, padding: 'same' },
  { name: '1 x 1 with a stride', kernel: [1, 1], stride: 2, padding: 'valid' },
  { name: '3 x 1', kernel: [3, 1], stride: 1, padding: 'same' },
  { name: '3 x 3 with a stride', kernel: [3, 3], stride: 2, padding: 'valid' },
] as const)('convolution $name: values and gradients as tf.conv2d', ({ kernel, stride, padding }) => {
  const x = noise([2, 7, 5, 3], 3) as tf.Tensor4D;
  const filter = noise([...kernel, 3, 4], 4) as tf.Tensor4D;
  const ours = (a: tf.Tensor, b: tf.Tensor) =>
    convolve(a as tf.Tensor4D, b as tf.Tensor4D, { stride, padding, activation: 'linear' });
  const theirs = (a: tf.Tensor, b: tf.Tensor) =>
    tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, stride, padding);
  expectTensorsClose(ours(x, filter), theirs(x, filter).arraySync(), { atol: 1e-6 });
  const dy = noise(theirs(x, filter).shape, 5);
  const expected = tf.grads(theirs)([x, filter], dy);
  const actual = tf.grads(ours)([x, filter], dy);
  for (const [index, gradient] of actual.entries()) {
    expectTensorsClose(gradient, expected[index]!.arraySync(), { atol: 1e-5 });
  }
});

test('convolution with bias, trunk and relu', () => {
  const x = noise([1, 4, 4, 3], 3) as tf.Tensor4D;
  const kernel = noise([1, 1, 3, 2], 4) as tf.Tensor4D;
  const bias = tf.tensor1d([0.5, -0.25]);
  const trunk = noise([1, 4, 4, 2], 5) as tf.Tensor4D;
  const y = convolve(x, kernel, { stride: 1, padding: 'same', activation: 'relu', bias, trunk });
  const expected = tf.relu(tf.conv2d(x, kernel, 1, 'same').add(bias).add(trunk));
  expectTensorsClose(y, expected.arraySync(), { atol: 1e-6 });
});

test('batch norm in training: hand-computed values', () => {
  const parameters = {
    scale: tf.tensor1d([2]),
    offset: tf.tensor1d([1]),
    movingMean: tf.tensor1d([10]),
    movingVariance: tf.tensor1d([100]),
  };
  const x = tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]); // mean 3, variance (4 + 1 + 0 + 9) / 4 = 3.5
  const result = batchNormTraining(x, parameters, { epsilon: 0.5, momentum: 0.9 });
  // Divided by the root of 3.5 + 0.5, times 2, plus 1.
  expectTensorsClose(
    result.y,
    [
      [
        [[-1], [0]],
        [[1], [4]],
      ],
    ],
    { atol: 1e-6 },
  );
  expectTensorsClose(result.movingMean, [9.3], { atol: 1e-6 }); // 0.9 * 10 + 0.1 * 3
  expectTensorsClose(result.movingVariance, [90 + 0.1 * (14 / 3)], { atol: 1e-5 }); // unbiased: 14 / 3
});

test('batch norm in training: gradients match differences', () => {
  const moving = { movingMean: tf.zeros<tf.Rank.R1>([2]), movingVariance: tf.ones<tf.Rank.R1>([2]) };
  const x = noise([2, 3, 2, 2], 6) as tf.Tensor4D;
  const scale = tf.tensor1d([1.5, 0.5]);
  const offset = tf.tensor1d([0.25, -1]);
  const norm = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor) =>
    batchNormTraining(
      x as tf.Tensor4D,
      { ...moving, scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D },
      { epsilon: 1e-3, momentum: 0.99 },
    ).y;
  expectGradientMatchesDifferences((x) => norm(x, scale, offset), x, { step: 1e-2, atol: 2e-3 });
  expectGradientMatchesDifferences((scale) => norm(x, scale, offset), scale, { step: 1e-2, atol: 1e-3 });
  expectGradientMatchesDifferences((offset) => norm(x, scale, offset), offset, { step: 1e-2, atol: 1e-3 });
});

test('no gradient flows through stopGradient, and none is computed', () => {
  const x = tf.tensor1d([1, 2, 3]);
  const product = (x: tf.Tensor) => tf.sum<tf.Scalar>(x.mul(stopGradient(x)));
  expectTensorsClose(tf.grad(product)(x), [1, 2, 3], { atol: 0 }); // not 2 x
  expect(() => tf.grad((x) => tf.sum<tf.Scalar>(stopGradient(x)))(x)).toThrow(/Cannot compute gradient/);
  expectNewTensors(() => stopGradient(x), 1);
  expectTensorsClose(x, [1, 2, 3], { atol: 0 });
});
