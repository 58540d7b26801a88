import { expect, test } from 'vitest';
import { betterZoom } from '../../src/predict/second-pass.js';

const sizes = { low: 20, typical: 40, high: 100 };

const found = (...sides: number[]) =>
  sides.map((side, index) => ({ box: { x1: 9, y1: index, x2: 9 + side, y2: index + side }, score: 0.9 }));

test('nuclei of usual size need no second pass', () => {
  // 15 px are 30 of the network input at a zoom of 2.
  expect(betterZoom(found(15, 15, 15, 15, 15), 2, sizes)).toBeUndefined();
});

test('the median nucleus gets the size that is usual in training', () => {
  expect(betterZoom(found(4, 8, 8, 8, 90), 2, sizes)).toBe(5); // 8 px become 40
  expect(betterZoom(found(80, 80, 80, 80, 80), 2, sizes)).toBe(0.5);
});

test('nothing is enlarged or reduced more than fourfold', () => {
  expect(betterZoom(found(2, 2, 2, 2, 2), 2, sizes)).toBe(8);
  expect(betterZoom(found(900, 900, 900, 900, 900), 2, sizes)).toBe(0.5);
});

test('too few sure nuclei tell nothing', () => {
  expect(betterZoom(found(4, 4, 4, 4), 2, sizes)).toBeUndefined();
  const unsure = found(4, 4, 4, 4, 4).map((one) => ({ ...one, score: 0.4 }));
  expect(betterZoom(unsure, 2, sizes)).toBeUndefined();
});

test('a model that does not tell its sizes is taken for one of DSB2018', () => {
  expect(betterZoom(found(20, 20, 20, 20, 20), 2)).toBeUndefined();
  expect(betterZoom(found(6, 6, 6, 6, 6), 2)).toBeGreaterThan(4);
});
