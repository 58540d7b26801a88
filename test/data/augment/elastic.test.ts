import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawElasticField } from '../../../src/data/augment/elastic.js';
import { randomFor } from '../../../src/random.js';
import { uniform } from '../../helpers/uniform.js';

test('a field never folds, however strong it is: neighbouring pixels keep their order', () => {
  fc.assert(
    fc.property(fc.integer(), uniform(0, 5), (seed, amplitude) => {
      const size = 48;
      const field = drawElasticField(size, { spacing: 0.25, amplitude }, randomFor(seed));
      const rows = Array.from({ length: size }, (_, v) => {
        const { dx, dy } = field.row(v);
        return { dx: dx.slice(), dy: dy.slice() };
      });
      for (let v = 0; v + 1 < size; v++) {
        for (let u = 0; u + 1 < size; u++) {
          const right = {
            x: 1 + rows[v]!.dx[u + 1]! - rows[v]!.dx[u]!,
            y: rows[v]!.dy[u + 1]! - rows[v]!.dy[u]!,
          };
          const down = {
            x: rows[v + 1]!.dx[u]! - rows[v]!.dx[u]!,
            y: 1 + rows[v + 1]!.dy[u]! - rows[v]!.dy[u]!,
          };
          expect(right.x * down.y - right.y * down.x).toBeGreaterThan(0);
        }
      }
    }),
    { numRuns: 20 },
  );
});

test('a field is smooth, has the requested strength, and is zero at strength 0', () => {
  const { dx, dy } = drawElasticField(200, { spacing: 0.02, amplitude: 0.005 }, randomFor(1)).row(100);
  const meanSquare = [...dx, ...dy].reduce((sum, value) => sum + value ** 2, 0) / 400;
  // A control point has 1 px; the spline averages its neighbours: sqrt((sum of squared weights)^2), 0.4 to 0.6.
  expect(Math.sqrt(meanSquare)).toBeGreaterThan(0.3);
  expect(Math.sqrt(meanSquare)).toBeLessThan(0.7);
  for (let u = 1; u < 200; u++) expect(Math.abs(dx[u]! - dx[u - 1]!)).toBeLessThan(1);
  const still = drawElasticField(50, { spacing: 0.25, amplitude: 0 }, randomFor(1)).row(7);
  expect(Math.max(...still.dx.map(Math.abs), ...still.dy.map(Math.abs))).toBe(0);
});
