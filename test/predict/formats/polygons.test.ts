import fc from 'fast-check';
import { expect, test } from 'vitest';
import { polygonsOf, ringArea } from '../../../src/predict/formats/polygons.js';
import { labelImageOf, maskOfLabel, rasterise, segmentationOf, segmentations } from './segmentations.js';

const polygonsOfDrawing = (...rows: string[]) => {
  const { labelImage, instances } = segmentationOf(labelImageOf(rows));
  return polygonsOf(labelImage, instances[0]!);
};

test('a pixel is a square, clockwise from where its first edge ends', () => {
  expect(polygonsOfDrawing('..', '.1')).toEqual([{ outer: [2, 1, 2, 2, 1, 2, 1, 1], holes: [] }]);
});

test('only corners are kept', () => {
  const [polygon] = polygonsOfDrawing('111', '1..');
  expect(polygon!.outer).toEqual([3, 0, 3, 1, 1, 1, 1, 2, 0, 2, 0, 0]);
});

test('a hole turns the other way', () => {
  const [{ outer, holes }] = polygonsOfDrawing('111', '1.1', '111') as [
    { outer: number[]; holes: number[][] },
  ];
  expect(ringArea(outer)).toBe(9);
  expect(holes.map(ringArea)).toEqual([-1]);
});

test('pixels that meet at a corner are two polygons', () => {
  expect(polygonsOfDrawing('1.', '.1').map(({ outer }) => ringArea(outer))).toEqual([1, 1]);
});

test('a hole that meets the outside at a corner is a hole, and the outer ring does not touch itself', () => {
  const [polygon] = polygonsOfDrawing('.11', '1.1', '111');
  expect(ringArea(polygon!.outer)).toBe(8); // 9 without the corner
  expect(polygon!.holes.map(ringArea)).toEqual([-1]);
});

test('any instance: rings are simple, and what they hold is the instance', () => {
  fc.assert(
    fc.property(segmentations, ({ labelImage, instances }) => {
      for (const instance of instances) {
        const polygons = polygonsOf(labelImage, instance);
        const rings = polygons.flatMap(({ outer, holes }) => [outer, ...holes]);
        for (const ring of rings) {
          const corners = Array.from(
            { length: ring.length / 2 },
            (_, k) => `${ring[2 * k]},${ring[2 * k + 1]}`,
          );
          expect(new Set(corners).size).toBe(corners.length);
          // Each side turns from the one before it.
          for (let at = 0; at < ring.length; at += 2) {
            const next = (index: number) => ring[(at + index) % ring.length]!;
            const isHorizontal = next(1) === next(3);
            expect(next(0) === next(2)).toBe(!isHorizontal);
            expect(next(3) === next(5)).toBe(!isHorizontal);
          }
        }
        for (const { outer, holes } of polygons) {
          expect(ringArea(outer)).toBeGreaterThan(0);
          for (const hole of holes) expect(ringArea(hole)).toBeLessThan(0);
        }
        const areas = rings.reduce((sum, ring) => sum + ringArea(ring), 0);
        expect(areas).toBe(instance.area);
        expect(rasterise(rings, labelImage)).toEqual(maskOfLabel(labelImage, instance.label));
        // Each polygon alone holds no pixel twice: together they hold no more than each for itself.
        const parts = polygons.map(({ outer, holes }) => rasterise([outer, ...holes], labelImage));
        const sum = parts.reduce((total, part) => total + part.reduce((count, pixel) => count + pixel, 0), 0);
        expect(sum).toBe(instance.area);
      }
    }),
    { numRuns: 200 },
  );
});
