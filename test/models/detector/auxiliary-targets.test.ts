import fc from 'fast-check';
import { expect, test } from 'vitest';
import { auxiliaryTargets } from '../../../src/models/detector/auxiliary-targets.js';

test('two nuclei and a pixel that nobody has reviewed', () => {
  // prettier-ignore
  const labels = Int32Array.of(
    1, 1, 0, 0,
    1, 1, 0, 0,
    0, 0, 1, 2,
    0, 0, 1, 2,
  );
  const ignore = new Uint8Array(16);
  ignore[0] = 1;
  const { size, targets, weights } = auxiliaryTargets(labels, ignore, { count: 1, size: 4, cell: 2 });
  expect(size).toBe(2);
  // Foreground and border of: nucleus, background, background, two nuclei.
  expect([...targets]).toEqual([1, 0, 0, 0, 0, 0, 1, 1]);
  expect([...weights]).toEqual([0.75, 1, 1, 1]);
});

test('equals a count in each cell, for several images', () => {
  const maps = fc.record({
    labels: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2 * 64, maxLength: 2 * 64 }),
    ignore: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 2 * 64, maxLength: 2 * 64 }),
  });
  fc.assert(
    fc.property(maps, ({ labels, ignore }) => {
      const shape = { count: 2, size: 8, cell: 4 };
      const found = auxiliaryTargets(Int32Array.from(labels), Uint8Array.from(ignore), shape);
      for (let image = 0; image < 2; image++) {
        for (const [cell, [row, column]] of (
          [
            [0, 0],
            [0, 1],
            [1, 0],
            [1, 1],
          ] as const
        ).entries()) {
          const pixels = labels.flatMap((_, at) => {
            const [y, x] = [Math.floor((at - 64 * image) / 8), at % 8];
            const inCell =
              Math.floor(at / 64) === image && Math.floor(y / 4) === row && Math.floor(x / 4) === column;
            return inCell ? [at] : [];
          });
          const at = 4 * image + cell;
          const fraction = (is: (pixel: number) => boolean) => pixels.filter(is).length / 16;
          expect(found.targets[2 * at]).toBe(fraction((pixel) => labels[pixel] !== 0));
          expect(found.targets[2 * at + 1]).toBe(
            new Set(pixels.map((pixel) => labels[pixel])).size > 1 ? 1 : 0,
          );
          expect(found.weights[at]).toBe(fraction((pixel) => ignore[pixel] === 0));
        }
      }
    }),
  );
});
