import { expect, test } from 'vitest';
import { networkCrops } from '../../../src/models/segmenter/crops.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const images = () => tf.randomUniform<tf.Rank.R4>([2, 4, 4, 3], -1, 1, 'float32', 1);
const boxes = () =>
  tf.tensor2d([
    [0, 0, 4, 4],
    [10, 10, 12, 12],
  ]);
const parts = (crops: tf.Tensor) => tf.split(crops, [3, 1], 3) as [tf.Tensor4D, tf.Tensor4D];

test('the prior of its own box is the fourth channel of each crop', () => {
  const options = { boxFalloff: 1, standardize: false };
  const [unchanged, prior] = parts(networkCrops(images(), boxes(), options));
  expectTensorsClose(unchanged, images().arraySync(), { atol: 0 });
  expect([...prior.dataSync()]).toEqual([...Array<number>(16).fill(1), ...Array<number>(16).fill(0)]);
  const [x, y] = [images(), boxes()];
  expectNewTensors(() => networkCrops(x, y, { ...options, standardize: true }), 1);
});

test('standardized crops do not depend on brightness and contrast; a flat one is zero', () => {
  const options = { boxFalloff: 1, standardize: true };
  const [plain] = parts(networkCrops(images(), boxes(), options));
  const dim = images()
    .mul<tf.Tensor4D>(tf.tensor4d([0.1, 1], [2, 1, 1, 1]))
    .sub<tf.Tensor4D>(0.9);
  const [same] = parts(networkCrops(dim, boxes(), options));
  expectTensorsClose(same, plain.arraySync(), { atol: 1e-5 });
  const { mean, variance } = tf.moments(plain, [1, 2, 3]);
  expectTensorsClose(mean, [0, 0], { atol: 1e-6 });
  expectTensorsClose(variance, [1, 1], { atol: 1e-5 });
  const [flat] = parts(networkCrops(tf.fill([2, 4, 4, 3], 0.5), boxes(), options));
  expect(flat.abs().max().dataSync()[0]).toBe(0);
});
