import { expect, test } from 'vitest';
import { renumberLabels } from '../../../src/data/read/example.js';

test('renumberLabels closes gaps in ascending order and does not change its argument', () => {
  const labels = Int32Array.of(0, 70000, 3, 3, 0, 12);
  expect(renumberLabels(labels)).toEqual({ labels: Int32Array.of(0, 3, 1, 1, 0, 2), instanceCount: 3 });
  expect(labels[1]).toBe(70000);
});

test('renumberLabels of background alone', () => {
  expect(renumberLabels(Int32Array.of(0, 0))).toEqual({ labels: Int32Array.of(0, 0), instanceCount: 0 });
  expect(renumberLabels(new Int32Array(0)).instanceCount).toBe(0);
});
