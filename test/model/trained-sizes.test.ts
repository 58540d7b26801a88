import { expect, test } from 'vitest';
import { dsb2018Sizes } from '../../src/predict/second-pass.js';
import { measureSizes } from '../../src/model/trained-sizes.js';

/** Squares of these sides, side by side. */
function squares(...sides: number[]) {
  const width = sides.reduce((sum, side) => sum + side, 0);
  const height = Math.max(1, ...sides);
  const labels = new Int32Array(Math.max(1, width) * height);
  let left = 0;
  sides.forEach((side, index) => {
    for (let y = 0; y < side; y++) labels.fill(index + 1, y * width + left, y * width + left + side);
    left += side;
  });
  return { labelImage: { width: Math.max(1, width), height, labels }, instanceCount: sides.length };
}

test('the median nucleus of each image counts, in px of the network input', () => {
  // Medians 4, 6 and 20 at a zoom of 2; an image without nuclei says nothing.
  const examples = [squares(3, 4, 9), squares(), squares(20), squares(6, 1, 7)];
  expect(measureSizes(examples, 2)).toEqual({ low: 8, typical: 12, high: 40 });
});

test('no nuclei, no sizes', () => {
  expect(measureSizes([squares()], 2)).toBeUndefined();
});

test('the default sizes are in order', () => {
  expect(dsb2018Sizes.low).toBeLessThan(dsb2018Sizes.typical);
  expect(dsb2018Sizes.typical).toBeLessThan(dsb2018Sizes.high);
});
