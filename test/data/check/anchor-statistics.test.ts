import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bestIous, coverageOf, fitAnchors } from '../../../src/data/check/anchor-statistics.js';
import { uniform } from '../../helpers/uniform.js';

const square = (x: number, y: number, side: number) => [x, y, x + side, y + side];
const boxesOf = (...boxes: number[][]) => Float32Array.from(boxes.flat());

test('clusters of sizes and ratios are found, in ascending order', () => {
  const boxes = boxesOf(
    ...[30, 33, 36, 8, 9, 10].map((side) => square(5, 5, side)),
    [0, 0, 40, 10], // size 20, ratio 1/4
    [0, 0, 10, 40],
  );
  const { sizes, aspectRatios } = fitAnchors(boxes, { sizes: 3, aspectRatios: 3 });
  // Geometric means: (8 * 9 * 10)^(1/3) = 8.963, 20, (30 * 33 * 36)^(1/3) = 32.91.
  expect(sizes.map((size) => size.toFixed(2))).toEqual(['8.96', '20.00', '32.91']);
  expect(aspectRatios.map((ratio) => ratio.toFixed(3))).toEqual(['0.250', '1.000', '4.000']);
});

test('there are no more anchors than different boxes, and none without boxes', () => {
  const boxes = boxesOf(square(0, 0, 8), square(3, 3, 8));
  const fitted = fitAnchors(boxes, { sizes: 5, aspectRatios: 3 });
  expect(fitted.sizes.map((size) => size.toFixed(6))).toEqual(['8.000000']);
  expect(fitted.aspectRatios).toEqual([1]);
  expect(fitAnchors(new Float32Array(0), { sizes: 5, aspectRatios: 3 })).toEqual({
    sizes: [],
    aspectRatios: [],
  });
});

test('best IoU, hand-computed', () => {
  const anchors = { sizes: [16], aspectRatios: [1] };
  const ious = bestIous(
    // Centre (8, 8), as the cell's; centre (12, 8); centre (24, 24) and half as wide as the anchor.
    boxesOf(square(0, 0, 16), square(4, 0, 16), square(20, 20, 8)),
    anchors,
    { scale: 1, stride: 16 },
  );
  expect([...ious]).toEqual([1, (12 * 16) / (2 * 256 - 12 * 16), 64 / 256]);
  // Twice as large, the second box is centred at 24 = (1 + 1/2) * 16, with 32 px to the anchor's 16.
  const scaled = bestIous(boxesOf(square(4, 4, 16)), anchors, { scale: 2, stride: 16 });
  expect(scaled[0]).toBe(256 / 1024);
  // A ratio of 4 is twice as high as wide, 8 x 32: height / width.
  const high = bestIous(
    boxesOf([4, -8, 12, 24]),
    { sizes: [16], aspectRatios: [4] },
    { scale: 1, stride: 16 },
  );
  expect(high[0]).toBe(1);
});

test('the nearest cell is the best: brute force over the grid', () => {
  const box = fc.record({
    x: uniform(0, 60),
    y: uniform(0, 60),
    width: fc.double({ min: 1, max: 50, noNaN: true }),
    height: fc.double({ min: 1, max: 50, noNaN: true }),
  });
  fc.assert(
    fc.property(box, fc.constantFrom(4, 8, 16), ({ x, y, width, height }, stride) => {
      const [x1, y1, x2, y2] = Float32Array.of(x, y, x + width, y + height) as unknown as number[] &
        [number, number, number, number];
      const anchors = { sizes: [8, 30], aspectRatios: [0.5, 2] };
      let best = 0;
      for (const size of anchors.sizes) {
        for (const ratio of anchors.aspectRatios) {
          const [w, h] = [size / Math.sqrt(ratio), size * Math.sqrt(ratio)];
          for (let cx = -stride / 2; cx < 130; cx += stride) {
            for (let cy = -stride / 2; cy < 130; cy += stride) {
              const shared =
                Math.max(0, Math.min(x2, cx + w / 2) - Math.max(x1, cx - w / 2)) *
                Math.max(0, Math.min(y2, cy + h / 2) - Math.max(y1, cy - h / 2));
              best = Math.max(best, shared / ((x2 - x1) * (y2 - y1) + w * h - shared));
            }
          }
        }
      }
      expect(bestIous(Float32Array.of(x1, y1, x2, y2), anchors, { scale: 1, stride })[0]).toBeCloseTo(
        best,
        9,
      );
    }),
  );
});

test('coverage is the fraction of boxes that reach the IoU, and 0 without boxes', () => {
  expect(coverageOf(Float64Array.of(0.4, 0.5, 0.7, 1))).toEqual({
    atIou50: 0.75,
    atIou70: 0.5,
    meanIou: 0.65,
  });
  expect(coverageOf(new Float64Array(0))).toEqual({ atIou50: 0, atIou70: 0, meanIou: 0 });
});
