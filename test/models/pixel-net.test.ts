import { afterEach, expect, test } from 'vitest';
import { buildPixelNet } from '../../src/models/pixel-net.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();
afterEach(() => tf.disposeVariables());

const build = (seed: number) => buildPixelNet({ channels: [4, 4], kernelSize: 3, seed });
const weightsOf = (model: tf.LayersModel) => model.getWeights().map((weight) => [...weight.dataSync()]);

test('has the layers, shapes and weights that the options say', () => {
  const model = build(1);
  expect(model.layers.map(({ name }) => name)).toEqual(['images', 'conv1', 'conv2', 'logits']);
  expect(model.outputs[0]!.shape).toEqual([null, null, null, 1]);
  // conv1 3*3*3*4 + 4, conv2 3*3*4*4 + 4, logits 4 + 1
  expect(model.countParams()).toBe(112 + 148 + 5);
  expect((model.predict(tf.zeros([2, 7, 5, 3])) as tf.Tensor).shape).toEqual([2, 7, 5, 1]);
});

test('starts from the same weights for the same seed, from others for another', () => {
  expect(weightsOf(build(1))).toEqual(weightsOf(build(1)));
  expect(weightsOf(build(1))).not.toEqual(weightsOf(build(2)));
});

test('layers of one shape start from different weights', () => {
  const model = buildPixelNet({ channels: [3, 3], kernelSize: 3, seed: 1 });
  const [first, , second] = weightsOf(model);
  expect(first).not.toEqual(second);
});
