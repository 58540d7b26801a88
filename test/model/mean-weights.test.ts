import { expect, test } from 'vitest';
import { meanWeights } from '../../src/model/mean-weights.js';
import type { StoredTensors } from '../../src/safetensors/tensor.js';

const weights = (values: readonly number[], bias: number): StoredTensors =>
  new Map([
    ['kernel', { dtype: 'F32', shape: [2, 2], data: Float32Array.from(values) }],
    ['bias', { dtype: 'F32', shape: [], data: Float32Array.of(bias) }],
  ]);

test('each weight is the mean of both, by the share of the first; both stay as they are', () => {
  const [first, second] = [weights([1, 2, 3, 4], 8), weights([5, -2, 3, 0], 0)];
  expect(meanWeights(first, second, 0.25)).toEqual(weights([4, -1, 3, 1], 2));
  expect(meanWeights(first, second, 1)).toEqual(first);
  expect(meanWeights(first, second, 0)).toEqual(second);
  expect(first).toEqual(weights([1, 2, 3, 4], 8));
});
