import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pasteBody } from '../../src/predict/segment.js';
import type { SegmentedCrop } from '../../src/predict/segment.js';
import { uniform } from '../helpers/uniform.js';

/** A crop whose body is `value` at the centre of each of its pixels, given in px of the image. */
function cropOf(
  { x, y, side, size }: Pick<SegmentedCrop, 'x' | 'y' | 'side' | 'size'>,
  value: (px: number, py: number) => number,
): SegmentedCrop {
  const centre = (i: number) => ((i + 0.5) * side) / size;
  const body = Float32Array.from({ length: size * size }, (_, i) =>
    value(x + centre(i % size), y + centre(Math.floor(i / size))),
  );
  return { x, y, side, size, body, border: new Float32Array(size * size) };
}

const window = fc.record({
  ...{ x: uniform(-30, 50), y: uniform(-30, 50), side: uniform(1, 60) },
  size: fc.integer({ min: 1, max: 24 }),
});
const image = { width: 37, height: 29 };

test('covers the pixels whose centre is in the crop and in the image, and no other', () => {
  fc.assert(
    fc.property(window, (at) => {
      const { x, y, width, height, values } = pasteBody(
        cropOf(at, () => 0.75),
        image,
      );
      expect(values.length).toBe(width * height);
      expect(values.every((value) => value === 0.75)).toBe(true);
      const isWithin = (first: number, count: number, from: number, length: number) =>
        Array.from({ length }, (_, i) => i).every((i) => {
          const isIn = i + 0.5 >= from && i + 0.5 < from + at.side;
          // Doubles may round a centre that lies on the border of the window to its other side.
          const onBorder = Math.min(Math.abs(i + 0.5 - from), Math.abs(i + 0.5 - from - at.side)) < 1e-9;
          return onBorder || isIn === (i >= first && i < first + count);
        });
      expect(isWithin(x, width, at.x, image.width)).toBe(true);
      expect(isWithin(y, height, at.y, image.height)).toBe(true);
    }),
  );
});

test('gives back a plane exactly, between the outermost centres of the crop', () => {
  const plane = (px: number, py: number) => 0.3 + 0.004 * px - 0.006 * py;
  fc.assert(
    fc.property(window, (at) => {
      const { x, y, width, height, values } = pasteBody(cropOf(at, plane), image);
      const half = at.side / at.size / 2;
      const clamp = (value: number, from: number) =>
        Math.min(Math.max(value, from + half), from + at.side - half);
      for (let i = 0; i < width * height; i++) {
        const [px, py] = [x + (i % width) + 0.5, y + Math.floor(i / width) + 0.5];
        expect(values[i]).toBeCloseTo(plane(clamp(px, at.x), clamp(py, at.y)), 5);
      }
    }),
  );
});

test('beyond the image there is nothing', () => {
  const crop = cropOf({ x: 40, y: 3, side: 5, size: 4 }, () => 1);
  expect(pasteBody(crop, image)).toMatchObject({ width: 0, values: new Float32Array(0) });
});
