import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyMap, areaFactor, invertMap, viewMap } from '../../../src/data/geometry/linear-map.js';
import { uniform } from '../../helpers/uniform.js';

const still = { scale: 1, quarterTurns: 0, flip: false, angle: 0 };

test('a flip exchanges left and right, a quarter turn shows the left side at the top', () => {
  expect(applyMap(viewMap({ ...still, flip: true }), { x: 3, y: 2 })).toEqual({ x: -3, y: 2 });
  // Turned clockwise, what is right of the centre of the crop was above it: (3, 0) shows (0, -3).
  const turned = applyMap(viewMap({ ...still, quarterTurns: 1 }), { x: 3, y: 0 });
  expect(turned.x).toBeCloseTo(0, 12);
  expect(turned.y).toBeCloseTo(-3, 12);
});

test('a scale of 2 halves steps, and a rotation turns the example clockwise', () => {
  expect(applyMap(viewMap({ ...still, scale: 2 }), { x: 3, y: 2 })).toEqual({ x: 1.5, y: 1 });
  const rotated = applyMap(viewMap({ ...still, angle: Math.PI / 2 }), { x: 3, y: 0 });
  expect(rotated.x).toBeCloseTo(0, 12);
  expect(rotated.y).toBeCloseTo(-3, 12);
});

test('the area factor depends only on the scale, and invertMap gives the inverse', () => {
  const parts = fc.record({
    scale: fc.double({ min: 0.1, max: 10, noNaN: true }),
    quarterTurns: fc.integer({ min: 0, max: 3 }),
    flip: fc.boolean(),
    angle: uniform(-3, 3),
  });
  fc.assert(
    fc.property(parts, (all) => {
      const map = viewMap(all);
      expect(areaFactor(map) * all.scale ** 2).toBeCloseTo(1, 9);
      const back = applyMap(invertMap(map), applyMap(map, { x: 5, y: -7 }));
      expect(back.x).toBeCloseTo(5, 9);
      expect(back.y).toBeCloseTo(-7, 9);
    }),
  );
});
