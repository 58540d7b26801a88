import { expect, test } from 'vitest';
import { clipByGlobalNorm, lossGradients } from '../../src/ops/gradients.js';
import {
  createAdam,
  createMomentum,
  decayWeights,
  type Optimizer,
  updateAverages,
} from '../../src/ops/optimizers.js';
import { tf } from '../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const rate = () => tf.scalar(0.1);

/** The values of one variable that begins at [1, -2] after two steps with the gradients [1, 3] and [-2, 0.5]. */
function afterTwoSteps(create: (variables: { w: tf.Variable }) => Optimizer, decay = 0): tf.Variable {
  const w = tf.variable(tf.tensor1d([1, -2]));
  const optimizer = create({ w });
  for (const gradient of [
    [1, 3],
    [-2, 0.5],
  ]) {
    if (decay > 0) decayWeights([w], rate(), decay);
    optimizer.apply({ w: tf.tensor1d(gradient) }, rate());
  }
  return w;
}

test('momentum: hand-computed', () => {
  const w = afterTwoSteps((variables) => createMomentum(variables, { momentum: 0.9, nesterov: false }));
  // a = 1, 3 then 0.9 - 2 = -1.1, 2.7 + 0.5 = 3.2; w = w - 0.1 a
  expectTensorsClose(w, [1 - 0.1 + 0.11, -2 - 0.3 - 0.32], { atol: 1e-6 });
});

test('Nesterov momentum: hand-computed', () => {
  const w = afterTwoSteps((variables) => createMomentum(variables, { momentum: 0.9, nesterov: true }));
  // w = w - 0.1 (g + 0.9 a)
  expectTensorsClose(w, [1 - 0.1 * 1.9 - 0.1 * (-2 - 0.99), -2 - 0.1 * 5.7 - 0.1 * (0.5 + 2.88)], {
    atol: 1e-6,
  });
});

/** Adam in double precision, as Keras writes it. */
function referenceAdam(w: number, gradients: number[], decay: number): number {
  let [mean, square, value] = [0, 0, w];
  for (const [index, gradient] of gradients.entries()) {
    value -= 0.1 * decay * value;
    mean = 0.9 * mean + 0.1 * gradient;
    square = 0.99 * square + 0.01 * gradient ** 2;
    const step = (0.1 * Math.sqrt(1 - 0.99 ** (index + 1))) / (1 - 0.9 ** (index + 1));
    value -= (step * mean) / (Math.sqrt(square) + 1e-3);
  }
  return value;
}

test.each([0, 0.2])('Adam with a decoupled decay of %s', (decay) => {
  const options = { beta1: 0.9, beta2: 0.99, epsilon: 1e-3 };
  const w = afterTwoSteps((variables) => createAdam(variables, options), decay);
  expectTensorsClose(w, [referenceAdam(1, [1, -2], decay), referenceAdam(-2, [3, 0.5], decay)], {
    atol: 2e-6,
  });
});

test('averages move towards the variables', () => {
  const average = tf.variable(tf.tensor1d([1, 0]));
  const w = tf.variable(tf.tensor1d([2, -4]));
  updateAverages({ w: average }, { w }, 0.75);
  expectTensorsClose(average, [1.25, -1], { atol: 1e-6 });
  expectTensorsClose(w, [2, -4], { atol: 0 });
});

test('an optimizer leaves no tensor behind, and frees its state', () => {
  const w = tf.variable(tf.tensor1d([1, -2]));
  const gradient = tf.tensor1d([1, 1]);
  const learningRate = rate();
  expectNewTensors(() => {
    const optimizer = createAdam({ w }, { beta1: 0.9, beta2: 0.99, epsilon: 1e-3 });
    optimizer.apply({ w: gradient }, learningRate);
    optimizer.dispose();
  }, 0);
});

test('clipping scales all gradients by one factor, and only if they are too long', () => {
  const gradients = { a: tf.tensor1d([3, 0]), b: tf.tensor2d([[4]]) }; // norm 5
  const clipped = clipByGlobalNorm(gradients, 2.5);
  expectTensorsClose(clipped.norm, 5, { atol: 1e-6 });
  expectTensorsClose(clipped.gradients['a']!, [1.5, 0], { atol: 1e-6 });
  expectTensorsClose(clipped.gradients['b']!, [[2]], { atol: 1e-6 });
  expectTensorsClose(clipByGlobalNorm(gradients, 50).gradients['a']!, [3, 0], { atol: 0 });
  expectNewTensors(() => [Object.values(clipByGlobalNorm(gradients, 1).gradients)], 3);
});

test('lossGradients passes the parts through and names a variable without a gradient', () => {
  const w = tf.variable(tf.tensor1d([1, 2]));
  const unused = tf.variable(tf.scalar(1));
  const losses = () => ({ loss: tf.sum<tf.Scalar>(w.square()), largest: w.max() });
  const { parts, gradients } = lossGradients({ w }, losses);
  expectTensorsClose(parts.loss, 5, { atol: 0 });
  expectTensorsClose(parts.largest, 2, { atol: 0 });
  expectTensorsClose(gradients['w']!, [2, 4], { atol: 0 });
  expect(() => lossGradients({ w, unused }, losses)).toThrow('Expected the loss to depend on `unused`');
  expectNewTensors(() => tf.tidy(() => lossGradients({ w }, losses).parts.loss), 1);
});
