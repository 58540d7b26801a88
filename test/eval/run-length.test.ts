import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InstanceCanvas } from '../../src/eval/instance-canvas.js';
import { decodeRuns, RunLengthError } from '../../src/eval/run-length.js';

/** 4 px wide and 3 px high; pixel 1 is top left, 2 below it, 4 the top of the second column. */
const size = { width: 4, height: 3 };

test('runs go down the columns', () => {
  // 2 3: (0,1), (0,2), (1,0). 12 1: (3,2).
  expect([...decodeRuns('2 3 12 1', size)]).toEqual([4, 8, 1, 11]);
  expect([...decodeRuns('1 12', size)].sort((a, b) => a - b)).toEqual([...Array(12).keys()]);
});

test.each(['', ' ', '   '])('%j is no pixel', (text) => expect(decodeRuns(text, size)).toHaveLength(0));

test('further spaces do not matter', () => {
  expect(decodeRuns('  2 1   5 2 ', size)).toEqual(decodeRuns('2 1 5 2', size));
});

test.each([
  { text: '1 2 5', message: 'Start 5 has no length.', at: 4 },
  { text: '0 2', message: 'A run starts at 0; the first pixel is 1.', at: 0 },
  { text: '3 0', message: 'The run at 3 has the length 0.', at: 2 },
  { text: '12 2', message: 'The run at 12 of length 2 ends beyond the 12 pixels of the image.', at: 0 },
  { text: '13 1', message: 'The run at 13 of length 1 ends beyond the 12 pixels of the image.', at: 0 },
  { text: '1 3 3 1', message: 'The run at 3 begins before the one before it has ended, at 3.', at: 4 },
  { text: '5 1 1 2', message: 'The run at 1 begins before the one before it has ended, at 5.', at: 4 },
  { text: '-1 2', message: 'Expected a number of pixels in digits, received `-1`.', at: 0 },
  { text: '1 2.0', message: 'Expected a number of pixels in digits, received `2.0`.', at: 2 },
  { text: '1 1e3', message: 'Expected a number of pixels in digits, received `1e3`.', at: 2 },
  { text: 'NaN 1', message: 'Expected a number of pixels in digits, received `NaN`.', at: 0 },
  { text: '1\t2', message: 'Expected a number of pixels in digits, received `1\t2`.', at: 0 },
  {
    text: `1 ${'9'.repeat(400)}`,
    message: 'Expected a number of pixels in digits, received `999999999999999...`.',
    at: 2,
  },
])('$text', ({ text, message, at }) => {
  let error: unknown;
  try {
    decodeRuns(text, size);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(RunLengthError);
  expect(error).toMatchObject({ message, at });
});

test('decodes what a plain encoder writes', () => {
  /** Marks every pixel in its column-major place and reads off the runs. */
  function encode(pixels: ReadonlySet<number>, { width, height }: typeof size): string {
    const runs: number[] = [];
    let last = -1;
    for (let x = 0; x < width; x++) {
      for (let y = 0; y < height; y++) {
        const place = x * height + y + 1;
        if (!pixels.has(y * width + x)) continue;
        if (place === last + 1) runs[runs.length - 1]!++;
        else runs.push(place, 1);
        last = place;
      }
    }
    return runs.join(' ');
  }
  const side = fc.integer({ min: 1, max: 12 });
  fc.assert(
    fc.property(
      side,
      side,
      fc.array(fc.boolean(), { minLength: 144, maxLength: 144 }),
      (width, height, marks) => {
        const pixels = new Set([...Array(width * height).keys()].filter((pixel) => marks[pixel]));
        expect(new Set(decodeRuns(encode(pixels, { width, height }), { width, height }))).toEqual(pixels);
      },
    ),
  );
});

test('a million runs', () => {
  const many = Array.from({ length: 1e6 }, (_, index) => `${2 * index + 1} 1`).join(' ');
  expect(decodeRuns(many, { width: 1000, height: 2000 })).toHaveLength(1e6);
});

describe('objects that overlap', () => {
  test('the earlier keeps the pixels; who keeps none is counted', () => {
    const canvas = new InstanceCanvas({ width: 4, height: 1 });
    canvas.add(Int32Array.of(0, 1));
    canvas.add(Int32Array.of(1, 2)); // loses 1
    canvas.add(Int32Array.of(1, 0)); // loses 2, and has nothing
    canvas.add(Int32Array.of()); // an empty mask
    canvas.add(Int32Array.of(3));
    expect(canvas.drawn()).toEqual({
      labelImage: { width: 4, height: 1, labels: Int32Array.of(1, 1, 2, 5) },
      pixelless: 2,
      overlapPixels: 3,
    });
  });
});
