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

test('the order of the nuclei does not matter', () => {
  expect(betterZoom(found(8, 90, 4, 4, 8), 2, sizes)).toBe(5); // the median 8 px becomes 40
});

test('nothing is enlarged or reduced more than fourfold', () => {
  expect(betterZoom(found(2, 2, 2, 2, 2), 2, sizes)).toBe(8);
  expect(betterZoom(found(900, 900, 900, 900, 900), 2, sizes)).toBe(0.5);
});

test('with too few high-scoring nuclei there is no second pass', () => {
  expect(betterZoom(found(4, 4, 4, 4), 2, sizes)).toBeUndefined();
  const scored = (score: number) => found(4, 4, 4, 4, 4).map((one) => ({ ...one, score }));
  expect(betterZoom(scored(0.499), 2, sizes)).toBeUndefined();
  expect(betterZoom(scored(0.5), 2, sizes)).toBe(8); // 2 * 40 / 8 is more than fourfold
});

test('the median of an even number of nuclei is the larger of the two in the middle', () => {
  expect(betterZoom(found(4, 4, 4, 8, 8, 8), 2, sizes)).toBe(5); // 2 * 40 / 16
});

test('a model without sizes is assumed to be trained on DSB2018', () => {
  expect(betterZoom(found(20, 20, 20, 20, 20), 2)).toBeUndefined();
  const median = (side: number) => betterZoom(found(side, side, side, side, side), 1);
  // Usual are 18.8 to 105.2 px, 37 px typical.
  expect(median(18.8)).toBeUndefined();
  expect(median(18.7)).toBeCloseTo(37 / 18.7, 12);
  expect(median(105.2)).toBeUndefined();
  expect(median(105.3)).toBeCloseTo(37 / 105.3, 12);
});

test('a median at a bound of the usual sizes is still usual, one beyond it is not', () => {
  const median = (side: number) => betterZoom(found(side, side, side, side, side), 2, sizes);
  expect(median(10)).toBeUndefined(); // 20 px of the network input
  expect(median(9)).toBeCloseTo(40 / 9, 12); // 18 px become 40
  expect(median(50)).toBeUndefined(); // 100 px
  expect(median(64)).toBe(0.625); // 128 px become 40: 2 * 40 / 128
});
