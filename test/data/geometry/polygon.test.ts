import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runsOfPolygon, unionOfRuns } from '../../../src/data/geometry/polygon.js';
import { rasterise } from '../../predict/formats/segmentations.js';
import { uniform } from '../../helpers/uniform.js';

const size = { width: 4, height: 3 };

/** `width * height` values, 1 in the runs. */
function filled(runs: Int32Array, { width, height }: typeof size): Uint8Array {
  const pixels = new Uint8Array(width * height);
  for (let run = 0; run < runs.length; run += 2) {
    expect(Math.floor(runs[run]! / width)).toBe(Math.floor((runs[run]! + runs[run + 1]! - 1) / width));
    pixels.fill(1, runs[run], runs[run]! + runs[run + 1]!);
  }
  return pixels;
}

describe('the pixels of a polygon', () => {
  test('are those whose centres it holds', () => {
    // x from 0.6 to 2.5: the centre 0.5 is outside, 1.5 inside, 2.5 on the right border.
    expect([...runsOfPolygon([[0.6, 0, 2.5, 0, 2.5, 2, 0.6, 2]], size)]).toEqual([1, 1, 5, 1]);
  });

  test('a centre on a border belongs to the polygon on its right, or below', () => {
    const halves = [
      [0, 0, 1.5, 0, 1.5, 1.5, 0, 1.5],
      [1.5, 0, 4, 0, 4, 1.5, 1.5, 1.5],
      [0, 1.5, 4, 1.5, 4, 3, 0, 3],
    ];
    expect(halves.map((ring) => [...runsOfPolygon([ring], size)])).toEqual([
      [0, 1],
      [1, 3],
      [4, 4, 8, 4],
    ]);
  });

  test('outside of the image are cut off, however far', () => {
    expect([...runsOfPolygon([[-1e9, -1e9, 1e9, -1e9, 1e9, 1e9, -1e9, 1e9]], size)]).toEqual([
      0, 4, 4, 4, 8, 4,
    ]);
    expect(runsOfPolygon([[10, 10, 20, 10, 20, 20]], size)).toHaveLength(0);
    expect(runsOfPolygon([[-9, 0, -1, 0, -1, 3]], size)).toHaveLength(0);
  });

  test('with too few corners or no area are none', () => {
    for (const ring of [[], [1, 1], [0, 0, 4, 3], [0, 1.5, 4, 1.5, 2, 1.5]])
      expect(runsOfPolygon([ring], size)).toHaveLength(0);
  });

  test('corners that are no numbers, and far too many crossings, are errors', () => {
    expect(() => runsOfPolygon([[0, 0, NaN, 1, 1, 1]], size)).toThrow('The polygon has the corner NaN, 1.');
    expect(() => runsOfPolygon([[0, 0, 1e300, 1, 1, 1]], size)).toThrow(RangeError);
    const zigzag = Array.from({ length: 20_000 }, (_, at) => (at % 2 === 0 ? at : (at % 4) * 1000));
    expect(() => runsOfPolygon([zigzag], { width: 4, height: 4000 })).toThrow(/^The polygon crosses rows/u);
  });

  test('any rings, crossing or not: the same as counting borders from each centre', () => {
    const coordinate = fc.oneof(fc.integer({ min: -2, max: 12 }), uniform(-2, 12));
    const ring = fc
      .array(fc.tuple(coordinate, coordinate), { maxLength: 9 })
      .map((corners) => corners.flat());
    const sizes = fc.record({
      width: fc.integer({ min: 1, max: 10 }),
      height: fc.integer({ min: 1, max: 10 }),
    });
    fc.assert(
      fc.property(fc.array(ring, { maxLength: 3 }), sizes, (rings, image) => {
        expect(filled(runsOfPolygon(rings, image), image)).toEqual(rasterise(rings, image));
      }),
      { numRuns: 300 },
    );
  });

  test('triangles around a point: each pixel of the square in exactly one', () => {
    fc.assert(
      fc.property(uniform(0, 8), uniform(0, 8), (x, y) => {
        const corners = [0, 0, 8, 0, 8, 8, 0, 8];
        const count = new Uint8Array(64);
        for (let side = 0; side < 4; side++) {
          const triangle = [...[0, 1, 2, 3].map((at) => corners[(2 * side + at) % 8]!), x, y];
          const pixels = filled(runsOfPolygon([triangle], { width: 8, height: 8 }), {
            width: 8,
            height: 8,
          });
          pixels.forEach((value, pixel) => (count[pixel]! += value));
        }
        expect([...new Set(count)]).toEqual([1]);
      }),
    );
  });
});

describe('the union of masks', () => {
  test('joins runs that touch or overlap, but not across the end of a row', () => {
    const union = unionOfRuns([Int32Array.of(0, 2, 6, 2), Int32Array.of(1, 3, 4, 1, 8, 2)], 4);
    expect([...union]).toEqual([0, 4, 4, 1, 6, 2, 8, 2]);
    expect(unionOfRuns([], 4)).toHaveLength(0);
  });
});
