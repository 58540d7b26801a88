import { expect, test } from 'vitest';
import { tf } from '../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from './tensors.js';

useNativeCpu();

test('expectTensorsClose compares shape, values and NaN', () => {
  const actual = tf.tensor2d([[1, 2, 3]]);
  expectTensorsClose(actual, [[1, 2, 3]], { atol: 0 });
  expectTensorsClose(actual, [[1, 2, 3.09]], { atol: 0.1 });
  expectTensorsClose(actual, [[1, 2, 3.2]], { atol: 0, rtol: 0.1 });
  expect(() => expectTensorsClose(actual, [[1, 2, 3.2]], { atol: 0.1 })).toThrow(/values beyond/);
  expect(() => expectTensorsClose(actual, [1, 2, 3], { atol: 1 })).toThrow(/shape/);
  expect(() => expectTensorsClose(tf.tensor1d([NaN]), [1], { atol: 1 })).toThrow(/values beyond/);
});

test('expectNewTensors counts leaks as well as results', () => {
  const kept: tf.Tensor[] = [];
  expectNewTensors(() => tf.ones([2]), 1);
  expectNewTensors(() => tf.tidy(() => tf.ones([2]).add(1)), 1);
  expect(() => expectNewTensors(() => kept.push(tf.ones([2])), 0)).toThrow(/new tensors/);
  expect(() => expectNewTensors(() => tf.ones([2]).add(1), 1)).toThrow(/new tensors/);
});
