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

test('nothing is near to no candidates', () => {
  expect(nearestOf('seed', [])).toBeUndefined();
});
