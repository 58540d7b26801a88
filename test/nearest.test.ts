import { expect, test } from 'vitest';
import { nearestOf } from '../src/nearest.js';

test.each([
  ['sed', 'seed'],
  ['learningrate', 'learningRate'],
  ['seeds!!', undefined],
  ['', undefined],
  ['x'.repeat(65), undefined],
])('nearestOf(%j) is %j', (written, nearest) => {
  expect(nearestOf(written, ['learningRate', 'momentum', 'seed'])).toBe(nearest);
});

test('without names nothing is near', () => {
  expect(nearestOf('seed', [])).toBeUndefined();
});
