import { expect, test } from 'vitest';
import { buildInceptionResNetV2 } from '../../src/models/inception-resnet-v2.js';
import { NormConvolution } from '../../src/models/layers.js';
import { buildVgg16 } from '../../src/models/vgg16.js';
import { weightsOf } from '../../src/models/weights.js';
import { lossGradients } from '../../src/ops/gradients.js';
import { tf } from '../../src/tf.js';
import { expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const count = (variables: Record<string, tf.Variable>) =>
  Object.values(variables).reduce((sum, { size }) => sum + size, 0);

// Keras 3.15.1: keras.Model(whole.input, whole.get_layer('block17_20_ac').output) of
// keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(256, 256, 3)):
// output shape, count_params(), and the sum of the trainable weights' sizes.
test('Inception-ResNetV2 to block17 has the shape and the weights of Keras', () => {
  const model = buildInceptionResNetV2({ size: [256, 256], seed: 1 });
  expect(model.outputs[0]!.shape).toEqual([null, 14, 14, 1088]);
  const { all, trainable } = weightsOf(model);
  expect(count(all)).toBe(26_891_360);
  expect(count(trainable)).toBe(26_855_264);
  expect(Object.keys(all)).toContain('block17_20_1_conv3/moving_variance');
});

test('VGG16 has the shape and the weights of Keras', () => {
  const model = buildVgg16({ size: [96, 96], seed: 1 });
  expect(model.outputs[0]!.shape).toEqual([null, 3, 3, 512]);
  // keras.applications.VGG16(include_top=False, weights=None).count_params()
  expect(count(weightsOf(model).all)).toBe(14_714_688);
});

test('the same seed gives the same weights; every layer has its own', () => {
  const kernels = () => {
    const { all } = weightsOf(buildVgg16({ size: null, seed: 3 }));
    return ['block3_conv2/kernel', 'block3_conv3/kernel'].map((name) => [
      ...all[name]!.slice(0, 1).dataSync(),
    ]);
  };
  const [second, third] = kernels();
  expect(kernels()).toEqual([second, third]);
  expect(second).not.toEqual(third);
});

/** One convolution with normalization and statistics that are not those of a new layer. */
function normalized(): { model: tf.LayersModel; x: tf.Tensor4D } {
  const images = tf.input({ shape: [6, 6, 3] });
  const options = {
    filters: 4,
    kernelSize: 3,
    stride: 1,
    padding: 'same',
    activation: 'relu',
    seed: 1,
  } as const;
  const y = new NormConvolution({ name: 'conv', ...options }).apply(images) as tf.SymbolicTensor;
  const model = tf.model({ inputs: images, outputs: y });
  const { all } = weightsOf(model);
  all['conv/moving_mean']!.assign(tf.tensor1d([0.1, -0.2, 0.3, 0]));
  all['conv/moving_variance']!.assign(tf.tensor1d([0.5, 1, 2, 4]));
  all['conv/beta']!.assign(tf.tensor1d([0.5, 0, -0.5, 1]));
  return { model, x: tf.randomUniform([2, 6, 6, 3], -1, 1, 'float32', 8) };
}

test('frozen normalization computes the same as tfjs, with the same gradients, and changes no statistics', () => {
  const { model, x } = normalized();
  const { all, trainable } = weightsOf(model);
  const literal = () => {
    const y = tf.conv2d(x, all['conv/kernel'] as unknown as tf.Tensor4D, 1, 'same');
    const [mean, variance] = [all['conv/moving_mean']!, all['conv/moving_variance']!];
    return tf.relu(
      tf.batchNorm(y, mean as never, variance as never, all['conv/beta'] as never, tf.ones([4]), 1e-3),
    );
  };
  expectTensorsClose(model.apply(x) as tf.Tensor, literal().arraySync(), { atol: 1e-6 });
  const before = [all['conv/moving_mean']!, all['conv/moving_variance']!].map((variable) =>
    variable.dataSync(),
  );
  const gradients = (forward: () => tf.Tensor) =>
    lossGradients(trainable, () => ({ loss: tf.mean<tf.Scalar>(tf.square(forward())) })).gradients;
  const expected = gradients(literal);
  for (const [name, gradient] of Object.entries(gradients(() => model.apply(x) as tf.Tensor))) {
    expectTensorsClose(gradient, expected[name]!.arraySync(), { atol: 1e-6 });
  }
  const after = [all['conv/moving_mean']!, all['conv/moving_variance']!].map((variable) =>
    variable.dataSync(),
  );
  expect(after).toEqual(before);
});

test('in training the moving statistics take a hundredth of those of the batch', () => {
  const { model, x } = normalized();
  const { all } = weightsOf(model);
  const y = tf.conv2d(x, all['conv/kernel'] as unknown as tf.Tensor4D, 1, 'same');
  const expected = tf.add(all['conv/moving_mean']!.mul(0.99), tf.mean(y, [0, 1, 2]).mul(0.01)).arraySync();
  const features = model.apply(x, { training: true }) as tf.Tensor;
  expectTensorsClose(all['conv/moving_mean']!, expected, { atol: 1e-6 });
  // Before relu each channel has mean beta: the first one's is 0.5, so its positive part is larger than that.
  expect(features.mean([0, 1, 2]).dataSync()[0]).toBeGreaterThan(0.5);
});
