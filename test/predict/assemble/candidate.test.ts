import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pasteCandidate, type Candidate } from '../../../src/predict/assemble/candidate.js';
import { uniform } from '../../helpers/uniform.js';

const image = { width: 7, height: 5 };
const box = { x1: 0, y1: 0, x2: 2, y2: 2 };
const crop = (window: Candidate['window'], size: number, ...body: number[]): Candidate => ({
  ...{ box, score: 0.5, window, size },
  body: Float32Array.from(body),
});

test('a crop of the pixels themselves is pasted as it is', () => {
  expect(pasteCandidate(crop({ x: 3, y: 1, side: 2 }, 2, 1, 0.2, 0.4, 0.6), image)).toEqual({
    ...{ box, score: 0.5, x: 3, y: 1, width: 2, height: 2 },
    body: Uint8Array.of(255, 51, 102, 153), // 255 * 0.2 = 51
  });
});

test('a crop is interpolated between the centres of its pixels, and constant beyond the outermost', () => {
  // Two pixels over four: the centres of the image's pixels lie at -0.25, 0.25, 0.75 and 1.25 of the crop's.
  const { body, width } = pasteCandidate(crop({ x: 1, y: 0, side: 4 }, 2, 0, 1, 0, 1), image);
  expect(width).toBe(3); // the column of zeros is gone
  expect([...body.subarray(0, 3)]).toEqual([64, 191, 255]); // 255 / 4 = 63.75, 255 * 3 / 4 = 191.25
});

test('what lies outside the image is cut off', () => {
  const pasted = pasteCandidate(crop({ x: -1, y: 3, side: 3 }, 3, 1, 1, 0, 1, 1, 1, 1, 1, 1), image);
  expect(pasted).toMatchObject({
    x: 0,
    y: 3,
    width: 2,
    height: 2,
    body: Uint8Array.of(255, 0, 255, 255),
  });
  const beside = pasteCandidate(crop({ x: 7, y: 0, side: 2 }, 1, 1), image);
  expect(beside).toMatchObject({ width: 0, height: 0, body: new Uint8Array() });
});

test('rows and columns are kept as long as one of the maps needs them', () => {
  const border = Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0);
  const candidate = crop({ x: 2, y: 1, side: 3 }, 3, 0, 0, 0, 0, 1, 0, 0, 0, 0);
  expect(pasteCandidate({ ...candidate, border }, image)).toEqual({
    ...{ box, score: 0.5, x: 2, y: 1, width: 2, height: 2 },
    body: Uint8Array.of(0, 0, 0, 255),
    border: Uint8Array.of(255, 0, 0, 0),
  });
  expect(pasteCandidate(candidate, image)).toMatchObject({ x: 3, y: 2, width: 1, height: 1 });
});

test('maps of another size and windows without a side are errors', () => {
  expect(() => pasteCandidate(crop({ x: 0, y: 0, side: 2 }, 2, 1, 1, 1), image)).toThrow(
    new RangeError('Expected a map of 2 x 2 probabilities, received 3 values'),
  );
  const flat = crop({ x: 0, y: 0, side: 0 }, 1, 1);
  expect(() => pasteCandidate(flat, image)).toThrow(
    new RangeError('Expected a window with a side, received 0 px'),
  );
});

/** One value by the definition: tents of width 1 around the centres of the crop's pixels. */
function sampled({ window, size, body }: Candidate, x: number, y: number): number {
  const inside = (value: number) => Math.min(Math.max(value, 0), size - 1);
  const u = inside(((x + 0.5 - window.x) * size) / window.side - 0.5);
  const v = inside(((y + 0.5 - window.y) * size) / window.side - 0.5);
  let sum = 0;
  body.forEach((value, at) => {
    const weightX = Math.max(0, 1 - Math.abs(u - (at % size)));
    const weightY = Math.max(0, 1 - Math.abs(v - Math.floor(at / size)));
    sum += weightX * weightY * value;
  });
  return sum;
}

test('any crop, anywhere, by the definition', () => {
  const crops = fc.integer({ min: 1, max: 5 }).chain((size) =>
    fc.record({
      size: fc.constant(size),
      box: fc.constant(box),
      score: fc.constant(1),
      body: fc.float32Array({ min: 0, max: 1, noNaN: true, minLength: size * size, maxLength: size * size }),
      window: fc.record({
        x: uniform(-6, 8),
        y: uniform(-6, 6),
        side: fc.double({ min: 0.1, max: 12, noNaN: true }),
      }),
    }),
  );
  fc.assert(
    fc.property(crops, (candidate) => {
      const { x: left, y: top, width, height, body } = pasteCandidate(candidate, image);
      const { x, y, side } = candidate.window;
      for (let row = 0; row < image.height; row++) {
        for (let column = 0; column < image.width; column++) {
          const isInWindow =
            column + 0.5 >= x && column + 0.5 < x + side && row + 0.5 >= y && row + 0.5 < y + side;
          const expected = isInWindow ? 255 * sampled(candidate, column, row) : 0;
          const isPasted = column >= left && column < left + width && row >= top && row < top + height;
          const found = isPasted ? body[(row - top) * width + column - left]! : 0;
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(0.5 + 1e-4);
        }
      }
    }),
  );
});
