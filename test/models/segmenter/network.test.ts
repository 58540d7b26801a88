import { expect, test } from 'vitest';
import { buildSegmenter, type SegmenterShape } from '../../../src/models/segmenter/network.js';
import { weightsOf } from '../../../src/models/weights.js';
import { lossGradients } from '../../../src/ops/gradients.js';
import { tf } from '../../../src/tf.js';
import { useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const plain: SegmenterShape = {
  size: 16,
  width: 0.25,
  depth: 3,
  norm: false,
  normMomentum: 0.9,
  decoder: 0.5,
  decoderConvolutions: 2,
  seed: 1,
};

const shapesOf = (model: tf.LayersModel) =>
  Object.fromEntries(Object.entries(weightsOf(model).all).map(([name, { shape }]) => [name, shape]));

test('has the layers of VGG16 at its width, and a decoder to the resolution of the crop', () => {
  const model = buildSegmenter(plain);
  expect(model.outputs[0]!.shape).toEqual([null, 16, 16, 3]);
  const convolution = (name: string, from: number, to: number, side = 3) => ({
    [`${name}/kernel`]: [side, side, from, to],
    [`${name}/bias`]: [to],
  });
  // VGG16 has 64, 128 and 256 channels; a quarter is 16, 32, 64. The decoder has half of those it meets.
  expect(shapesOf(model)).toEqual({
    ...convolution('block1_conv1', 4, 16),
    ...convolution('block1_conv2', 16, 16),
    ...convolution('block2_conv1', 16, 32),
    ...convolution('block2_conv2', 32, 32),
    ...convolution('block3_conv1', 32, 64),
    ...convolution('block3_conv2', 64, 64),
    ...convolution('block3_conv3', 64, 64),
    ...convolution('decoder2_conv1', 32 + 64, 16),
    ...convolution('decoder2_conv2', 16, 16),
    ...convolution('decoder1_conv1', 16 + 16, 8),
    ...convolution('decoder1_conv2', 8, 8),
    ...convolution('logits', 8, 3, 1),
  });
});

test('at full width it has all weights of VGG16, and those of the box prior are 0 at first', () => {
  const model = buildSegmenter({ ...plain, size: 32, width: 1, depth: 5 });
  const { all } = weightsOf(model);
  const encoder = Object.entries(all).filter(([name]) => name.startsWith('block'));
  // keras.applications.VGG16(include_top=False, weights=None).count_params(), and 3 x 3 x 64 rows for the prior.
  expect(encoder.reduce((sum, [, { size }]) => sum + size, 0)).toBe(14_714_688 + 576);
  const [kernel, prior] = tf.split(all['block1_conv1/kernel']!, [3, 1], 2) as [tf.Tensor, tf.Tensor];
  expect(prior.abs().max().dataSync()[0]).toBe(0);
  expect(kernel.abs().min().dataSync()[0]).toBeGreaterThan(0);
});

test('every trained weight changes the loss, also those of the box prior', () => {
  for (const norm of [false, true]) {
    const model = buildSegmenter({ ...plain, norm });
    const { trainable } = weightsOf(model);
    const crops = tf.randomUniform([2, 16, 16, 4], -1, 1, 'float32', 3);
    const target = tf.randomUniform([2, 16, 16, 3], -1, 1, 'float32', 4);
    const { gradients } = lossGradients(trainable, () => ({
      loss: tf.mean<tf.Scalar>(tf.mul(model.apply(crops, { training: norm }) as tf.Tensor, target)),
    }));
    for (const [name, gradient] of Object.entries(gradients)) {
      expect(gradient.abs().max().dataSync()[0], name).toBeGreaterThan(0);
    }
    const rows = gradients['block1_conv1/kernel']!.abs().max([0, 1, 3]);
    expect(rows.dataSync()[3]).toBeGreaterThan(0);
  }
});

test('weights depend only on the seed and the names of the layers', () => {
  const kernel = (changes: Partial<SegmenterShape>, name: string) => [
    ...weightsOf(buildSegmenter({ ...plain, ...changes })).all[`${name}/kernel`]!.dataSync(),
  ];
  expect(kernel({}, 'decoder1_conv2')).toEqual(kernel({ depth: 4 }, 'decoder1_conv2'));
  expect(kernel({}, 'decoder1_conv2')).not.toEqual(kernel({ seed: 2 }, 'decoder1_conv2'));
  expect(kernel({}, 'block3_conv2')).not.toEqual(kernel({}, 'block3_conv3'));
});
