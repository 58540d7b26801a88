import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureInstances } from '../../../src/data/geometry/label-image.js';
import { boxAt } from '../../../src/data/geometry/box.js';
import { anyExample } from '../augment/samples.js';

test('boxes are tight and half-open', () => {
  const labels = Int32Array.of(0, 1, 1, 0, 2, 0, 1, 0, 2, 2, 0, 0);
  // . 1 1 .
  // 2 . 1 .
  // 2 2 . .
  expect(measureInstances({ width: 4, height: 3, labels }, 2)).toEqual({
    boxes: Float32Array.of(1, 0, 3, 2, 0, 1, 2, 3),
    areas: Int32Array.of(3, 3),
  });
});

test('no instances give empty arrays; a missing or surplus label is an error', () => {
  const empty = { width: 2, height: 1, labels: new Int32Array(2) };
  expect(measureInstances(empty, 0)).toEqual({ boxes: new Float32Array(0), areas: new Int32Array(0) });
  expect(() => measureInstances(empty, 1)).toThrow('Expected labels 1 to 1, and 1 has no pixel');
  const surplus = { ...empty, labels: Int32Array.of(0, 2) };
  expect(() => measureInstances(surplus, 1)).toThrow('Expected labels from 0 to 1, received 2');
});

test('each side of a box touches its instance, and no pixel is outside', () => {
  fc.assert(
    fc.property(anyExample, ({ labelImage, instanceCount }) => {
      const { boxes, areas } = measureInstances(labelImage, instanceCount);
      for (let k = 0; k < instanceCount; k++) {
        const xs: number[] = [];
        const ys: number[] = [];
        labelImage.labels.forEach((label, pixel) => {
          if (label !== k + 1) return;
          xs.push(pixel % labelImage.width);
          ys.push(Math.floor(pixel / labelImage.width));
        });
        expect(boxAt(boxes, k)).toEqual({
          x1: Math.min(...xs),
          y1: Math.min(...ys),
          x2: Math.max(...xs) + 1,
          y2: Math.max(...ys) + 1,
        });
        expect(areas[k]).toBe(xs.length);
      }
    }),
  );
});
