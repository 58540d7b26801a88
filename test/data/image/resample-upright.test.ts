import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resamplePixels } from '../../../src/data/image/resample.js';
import type { Image } from '../../../src/data/image/image.js';
import { uniform } from '../../helpers/uniform.js';

/** Any image, any upright window with any zoom and mirroring, partly outside. */
const cases = fc.record({
  width: fc.integer({ min: 1, max: 7 }),
  height: fc.integer({ min: 1, max: 7 }),
  channels: fc.constantFrom(1 as const, 3 as const),
  size: fc.integer({ min: 1, max: 9 }),
  rows: fc.integer({ min: 1, max: 9 }),
  xx: uniform(-3, 3).filter((value) => Math.abs(value) > 0.05),
  yy: uniform(-3, 3).filter((value) => Math.abs(value) > 0.05),
  to: fc.record({
    x: uniform(-3, 9),
    y: uniform(-3, 9),
  }),
  seed: fc.integer(),
});

test('an upright crop is to the bit what the general way gives, which a crop with a displacement of 0 takes', () => {
  fc.assert(
    fc.property(cases, ({ width, height, channels, size, rows, xx, yy, to, seed }) => {
      const data = Uint8Array.from(
        { length: width * height * channels },
        (_, i) => (seed ^ (i * 2654435761)) & 255,
      );
      const image: Image = { width, height, channels, data };
      const view = { size, rows, map: { xx, xy: 0, yx: 0, yy }, from: { x: size / 2, y: rows / 2 }, to };
      const still = { dx: new Float32Array(size), dy: new Float32Array(size) };
      const general = resamplePixels(image, undefined, { ...view, elastic: { row: () => still } });
      expect(resamplePixels(image, undefined, view)).toEqual(general);
    }),
  );
});
