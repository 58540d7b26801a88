import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { convolve } from '../../src/ops/convolution.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const image = (height: number, width: number) =>
  tf.randomUniform<tf.Rank.R4>([1, height, width, 2], -1, 1, 'float32', height * 100 + width);
const kernel = () => tf.variable(tf.randomUniform<tf.Rank.R4>([3, 3, 2, 4], -1, 1, 'float32', 1));

/** Shapes, a constant of the size of the image and sizes as numbers, as in the detector. */
function positions(x: tf.Tensor4D, weights: tf.Tensor4D): tf.Tensor2D {
  const y = convolve(x, weights, { stride: 2, padding: 'same', activation: 'relu' });
  const [, height, width] = y.shape;
  const columns = tf.tensor2d(
    Float32Array.from({ length: height * width }, (_, i) => i % width),
    [height * width, 1],
  );
  const zeros = tf.zeros<tf.Rank.R2>([height * width, 1]);
  const doubled = tf.image.resizeNearestNeighbor(y, [2 * height, 2 * width]).mean<tf.Tensor2D>([1, 2]);
  return tf.add(
    tf.mul(y.reshape<tf.Tensor2D>([height * width, 4]), columns.add(zeros)),
    tf.div(doubled, width),
  );
}

test('one compiled step answers as the function itself does, for sizes in any order and again', () => {
  const weights = kernel();
  const step = compile(({ x }: { x: tf.Tensor4D }) => ({ y: positions(x, weights) }), {
    inputs: { x: image(8, 8) },
    otherInputs: { x: image(12, 10) },
    state: { weights },
    mode: 'compiled',
  });
  // From 1,024 on, equal values are not stored one by one in steps of one size.
  for (const [height, width] of [
    [64, 64],
    [8, 8],
    [10, 12],
    [6, 20],
    [12, 10],
    [6, 20],
    [2, 2],
    [8, 8],
  ] as const) {
    const x = image(height, width);
    const { y } = step.run({ x });
    const expected = positions(x, weights);
    expect(y.shape).toEqual(expected.shape);
    expect(y.sub(expected).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  }
  expect(() => step.run({ x: tf.zeros<tf.Rank.R4>([2, 8, 8, 2]) })).toThrow(
    'Expected input `x` to be float32 [1, any, any, 2], received float32 [2, 8, 8, 2]',
  );
  step.dispose();
});

test('more sizes than are kept', () => {
  const weights = kernel();
  const [inputs, otherInputs] = [{ x: image(8, 8) }, { x: image(12, 10) }];
  const tensors = tf.memory().numTensors;
  const step = compile(({ x }: { x: tf.Tensor4D }) => ({ y: positions(x, weights) }), {
    ...{ inputs, otherInputs, state: { weights }, mode: 'compiled' },
  });
  const run = (width: number) => {
    const x = image(4, width);
    const { y } = step.run({ x });
    const far = y.sub(positions(x, weights)).abs().max().dataSync()[0]!;
    tf.dispose([x, y]);
    return far;
  };
  for (const width of [4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 4, 40]) {
    expect(tf.tidy(() => run(width))).toBeLessThan(1e-5);
  }
  const held = tf.memory().numTensors - tensors;
  for (let width = 42; width < 60; width += 2) tf.tidy(() => run(width));
  expect(tf.memory().numTensors - tensors).toBe(held);
  step.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

test('a step that does something else with another size is refused', () => {
  const weights = kernel();
  const other =
    (limit: number) =>
    ({ x }: { x: tf.Tensor4D }) => ({
      y: x.shape[1] > limit ? positions(x, weights).neg() : positions(x, weights),
    });
  const compiled = (limit: number) =>
    compile(other(limit), {
      ...{
        inputs: { x: image(8, 8) },
        otherInputs: { x: image(12, 10) },
        state: { weights },
        mode: 'compiled',
      },
    });
  expect(() => compiled(10)).toThrow('With inputs of another size the step is another one');
  const late = compiled(14);
  expect(() => late.run({ x: image(16, 8) })).toThrow('With inputs of another size the step is another one');
});
