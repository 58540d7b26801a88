import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  cocoCounts,
  packCocoCounts,
  runsOfCocoCounts,
  unpackCocoCounts,
} from '../../../src/data/geometry/coco-rle.js';
import { areaOf, runsOfPixels } from '../../../src/data/geometry/mask.js';
import { drawing } from '../write-dataset.js';

const file = join(import.meta.dirname, '../../fixtures/masks/coco.json');
const vectors = JSON.parse(readFileSync(file, 'utf8')) as { rows: string[]; counts: string; area: number }[];

test.each(vectors.map((vector, index) => ({ index, ...vector })))(
  'pycocotools vector $index',
  ({ rows, counts, area }) => {
    const image = drawing(rows);
    const runs = runsOfPixels(image.data, image);
    expect(packCocoCounts(cocoCounts(runs, image))).toBe(counts);
    expect(runsOfCocoCounts(unpackCocoCounts(counts), image)).toEqual(runs);
    expect(areaOf({ name: '', runs })).toBe(area);
  },
);

test('strings keep counts of any size', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 ** 29 })), (counts) => {
      expect(unpackCocoCounts(packCocoCounts(counts))).toEqual(counts);
    }),
  );
});

test('rejects what is not a mask', () => {
  const size = { width: 2, height: 2 };
  expect(() => runsOfCocoCounts([1, 2], size)).toThrow(
    new RangeError('Expected counts of 4 pixels, received 3'),
  );
  expect(() => runsOfCocoCounts([5, -1], size)).toThrow(
    new RangeError('Expected counts from 0, received -1'),
  );
  expect(() => unpackCocoCounts(' ')).toThrow(new RangeError('Unexpected ` ` in a COCO mask'));
  expect(() => unpackCocoCounts('P')).toThrow(/ends within a number/);
});
