import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areaOf, boxOf, masksOfLabels, paintMasks, runsOfPixels } from '../../../src/data/geometry/mask.js';
import {
  decodeRuns,
  encodeRuns,
  formatRuns,
  parseRuns,
  RunLengthError,
} from '../../../src/data/geometry/rle.js';
import { drawing } from '../write-dataset.js';

/** Any label image of up to 9 x 9 pixels and 4 labels; few labels, so that they touch. */
const labelImages = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
  .chain(([width, height]) =>
    fc.record({
      width: fc.constant(width),
      height: fc.constant(height),
      labels: fc
        .array(fc.integer({ min: 0, max: 4 }), { minLength: width * height, maxLength: width * height })
        .map((labels) => Int32Array.from(labels)),
    }),
  );

test('runs follow the rows and end with them', () => {
  const image = drawing(['..##', '##..', '....', '#..#']);
  expect(runsOfPixels(image.data, image)).toEqual(Int32Array.of(2, 2, 4, 2, 12, 1, 15, 1));
  expect(runsOfPixels(Uint16Array.of(0, 256, 0, 1), { width: 2, height: 2 })).toEqual(
    Int32Array.of(1, 1, 3, 1),
  );
});

test('painting the masks of a label image gives the label image again', () => {
  fc.assert(
    fc.property(labelImages, (image) => {
      const masks = masksOfLabels(image.labels, image);
      const used = [...new Set(image.labels)].filter((label) => label > 0).sort();
      expect(masks.map(({ name }) => name)).toEqual(used.map(String));
      const painted = paintMasks(masks, image);
      expect(painted.instanceCount).toBe(used.length);
      expect(painted.labels).toEqual(image.labels.map((label) => used.indexOf(label) + 1));
    }),
  );
});

test('where masks overlap the first keeps the pixels, and a hidden mask gets no number', () => {
  const size = { width: 4, height: 1 };
  const mask = (name: string, ...runs: number[]) => ({ name, runs: Int32Array.from(runs) });
  const masks = [mask('a', 1, 2), mask('empty'), mask('hidden', 2, 1), mask('b', 0, 4)];
  expect(paintMasks(masks, size)).toEqual({
    labels: Int32Array.of(2, 1, 1, 2),
    instanceCount: 2,
    withoutPixels: 2, // `empty` and `hidden`
    overlapPixels: 3, // one of `hidden`, two of `b`
  });
});

test('area and box', () => {
  const image = drawing(['....', '.##.', '.#..', '....']);
  const mask = { name: '', runs: runsOfPixels(image.data, image) };
  expect([areaOf(mask), boxOf(mask, 4)]).toEqual([3, { x1: 1, y1: 1, x2: 3, y2: 3 }]);
  expect(boxOf({ name: '', runs: new Int32Array(0) }, 4)).toBeUndefined();
});

test('label image -> run lengths -> label image', () => {
  fc.assert(
    fc.property(labelImages, (image) => {
      for (const { runs } of masksOfLabels(image.labels, image)) {
        const text = formatRuns(encodeRuns(runs, image));
        expect(decodeRuns(parseRuns(text), image)).toEqual(runs);
      }
    }),
  );
});

test('run lengths count down the columns from 1, and continue in the next column', () => {
  // Column by column, 1-based: 3 = bottom left, 4 = top of the second column.
  const image = drawing(['.#', '..', '#.']);
  expect([...encodeRuns(runsOfPixels(image.data, image), image)]).toEqual([3, 2]);
  expect([...decodeRuns(Int32Array.of(3, 2), image)]).toEqual([1, 1, 4, 1]);
});

test.each([
  ['', []],
  [' 1  2 \t7 1 ', [1, 2, 7, 1]],
  ['1 2 3 4', [1, 2, 3, 4]],
])('parses %o', (text, runs) => {
  expect([...parseRuns(text)]).toEqual(runs);
});

test.each([
  ['1 2 3', 4, 'The start 3 has no length.'],
  ['0 2', 0, 'A run starts at 0, but pixels are counted from 1.'],
  ['3 0', 2, 'The run at 3 has the length 0.'],
  ['1 -2', 2, 'Expected a number of pixels in digits, received `-2`.'],
  ['1 2.5', 2, 'Expected a number of pixels in digits, received `2.5`.'],
  ['1e3 2', 0, 'Expected a number of pixels in digits, received `1e3`.'],
  ['1 NaN', 2, 'Expected a number of pixels in digits, received `NaN`.'],
  ['99999999999 1', 0, 'Expected a number of pixels in digits, received `99999999999`.'],
  [`1 ${'9'.repeat(400)}`, 2, 'Expected a number of pixels in digits, received `99999999999999999999...`.'],
  ['5 3 7 1', 4, 'The run at 7 overlaps the run before it, which ends at 7.'],
  ['5 3 1 1', 4, 'The run at 1 overlaps the run before it, which ends at 7.'],
])('rejects %o at %d', (text, offset, message) => {
  expect(() => parseRuns(text)).toThrow(new RunLengthError(message, offset));
  try {
    parseRuns(text);
  } catch (error) {
    expect((error as RunLengthError).offset).toBe(offset);
  }
});

test('rejects runs that end outside the image, and accepts those that end with it', () => {
  const size = { width: 3, height: 2 };
  expect([...decodeRuns(Int32Array.of(6, 1), size)]).toEqual([5, 1]);
  expect(() => decodeRuns(Int32Array.of(6, 2), size)).toThrow(
    new RangeError('The run at 6 of length 2 ends outside the image, which has 3 x 2 = 6 pixels.'),
  );
});
