import { expect, test } from 'vitest';
import { buildPyramid, doubleSize } from '../../../src/models/detector/pyramid.js';
import { weightsOf } from '../../../src/models/weights.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const noise = (shape: [number, number, number, number], seed: number) =>
  tf.randomUniform<tf.Rank.R4>(shape, -1, 1, 'float32', seed);

test('each level is the sum of its tap and all coarser ones', () => {
  const shapes = [
    [4, 8, 8, 3],
    [8, 4, 4, 5],
    [16, 2, 2, 2],
  ] as const;
  const taps = shapes.map(([stride, ...shape]) => ({ stride, features: tf.input({ shape }) }));
  const levels = buildPyramid(taps, { channels: 4, strides: [8, 16], seed: 1, normMomentum: 0.9 });
  expect(levels.map(({ stride }) => stride)).toEqual([8, 16]);
  const model = tf.model({
    inputs: taps.slice(1).map(({ features }) => features),
    outputs: levels.map(({ features }) => features),
  });
  const { all } = weightsOf(model);
  for (const [index, weight] of Object.values(all).entries()) {
    weight.assign(tf.randomUniform(weight.shape, 0.5, 1.5, 'float32', index + 1).sub(0.5));
  }

  const convolve = (x: tf.Tensor4D, name: string) => {
    const get = (role: string) => all[`pyramid/${name}/${role}`] as tf.Tensor;
    const y = tf.conv2d(x, get('kernel') as tf.Tensor4D, 1, 'same');
    const deviation = tf.sqrt(get('moving_variance').add(1e-3));
    return y.sub(get('moving_mean')).div(deviation).add<tf.Tensor4D>(get('beta'));
  };
  const [fine, coarse] = [noise([1, 4, 4, 5], 7), noise([1, 2, 2, 2], 8)];
  const coarseSum = convolve(coarse, 'lateral16');
  const doubled = tf.buffer([1, 4, 4, 4]);
  const values = coarseSum.arraySync();
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 4; x++) {
      for (let c = 0; c < 4; c++) doubled.set(values[0]![y >> 1]![x >> 1]![c]!, 0, y, x, c);
    }
  }
  const fineSum = convolve(fine, 'lateral8').add<tf.Tensor4D>(doubled.toTensor());
  const [level8, level16] = model.predict([fine, coarse]) as [tf.Tensor, tf.Tensor];
  expectTensorsClose(level8, tf.relu(convolve(fineSum, 'smooth8')).arraySync(), { atol: 1e-5, rtol: 1e-5 });
  expectTensorsClose(level16, tf.relu(convolve(coarseSum, 'smooth16')).arraySync(), {
    atol: 1e-5,
    rtol: 1e-5,
  });
  expect(level8.max().dataSync()[0]).toBeGreaterThan(0);
});

test('doubling the size repeats each px, and its gradient is their sum', () => {
  const x = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  const rows = [
    [1, 1, 2, 2],
    [1, 1, 2, 2],
    [3, 3, 4, 4],
    [3, 3, 4, 4],
  ];
  expectTensorsClose(doubleSize(x).reshape([4, 4]), rows, { atol: 0 });
  const double = (x: tf.Tensor) => doubleSize(x as tf.Tensor4D);
  expectGradientMatchesDifferences(double, noise([2, 2, 3, 2], 5), { step: 1e-2, atol: 1e-3 });
});
