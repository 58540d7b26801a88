import { expect, test } from 'vitest';
import { gatherPerImage } from '../../src/ops/gather-per-image.js';
import { tf } from '../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const x = () =>
  tf.tensor3d([
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    [
      [10, 20],
      [30, 40],
      [50, 60],
    ],
  ]);

test('rows of each image at its own indices, and the gradient', () => {
  const indices = tf.tensor2d(
    [
      [2, 2],
      [0, 1],
    ],
    undefined,
    'int32',
  );
  expectTensorsClose(
    gatherPerImage(x(), indices),
    [
      [
        [5, 6],
        [5, 6],
      ],
      [
        [10, 20],
        [30, 40],
      ],
    ],
    { atol: 0 },
  );
  const dy = tf.tensor3d([
    [
      [1, 2],
      [10, 20],
    ],
    [
      [3, 4],
      [5, 6],
    ],
  ]);
  expectTensorsClose(
    tf.grad((x) => gatherPerImage(x, indices))(x(), dy),
    [
      [
        [0, 0],
        [0, 0],
        [11, 22],
      ],
      [
        [3, 4],
        [5, 6],
        [0, 0],
      ],
    ],
    { atol: 0 },
  );
});

test('shared indices, shared rows, no axes but these', () => {
  const same = tf.tensor2d([[1, 0]], undefined, 'int32');
  expect(gatherPerImage(x(), same).arraySync()).toEqual([
    [
      [3, 4],
      [1, 2],
    ],
    [
      [30, 40],
      [10, 20],
    ],
  ]);
  const own = tf.tensor2d([[1], [2]], undefined, 'int32');
  expect(gatherPerImage(tf.tensor2d([[7, 8, 9]]), own).arraySync()).toEqual([[8], [9]]);
  const values = x();
  expectNewTensors(() => gatherPerImage(values, own), 1);
});
