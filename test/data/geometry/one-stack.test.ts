import fc from 'fast-check';
import { expect, test } from 'vitest';
import { componentsOf, isOneStack } from '../../../src/data/geometry/components.js';
import { runsOfPixels } from '../../../src/data/geometry/mask.js';

const size = { width: 5, height: 4 };
const maskOf = (pixels: readonly number[]) => ({
  name: '',
  runs: runsOfPixels(Uint8Array.from(pixels), size),
});

test('what is said to be one piece is one', () => {
  let said = 0;
  fc.assert(
    fc.property(
      fc
        .array(fc.constantFrom(0, 1), { minLength: 20, maxLength: 20 })
        .filter((pixels) => pixels.includes(1)),
      (pixels) => {
        const mask = maskOf(pixels);
        if (!isOneStack(mask, size.width)) return;
        said += 1;
        expect(componentsOf(mask, size.width).pieces).toHaveLength(1);
      },
    ),
    { numRuns: 20_000 },
  );
  expect(said).toBeGreaterThan(20);
});

test.each([
  [true, '.....', '.###.', '..##.', '.....'],
  [true, '##...', '..#..', '.#...', '#....'], // corners touch
  [false, '##...', '...#.', '.....', '.....'],
  [false, '#.#..', '###..', '.....', '.....'], // one piece, which this does not see
  [false, '..#..', '.....', '..#..', '.....'],
  [false, '....#', '#....', '.....', '.....'], // the end of a row and the start of the next
])('%s: %s %s %s %s', (expected, ...rows) => {
  const pixels = [...rows.join('')].map((letter) => (letter === '#' ? 1 : 0));
  expect(isOneStack(maskOf(pixels), size.width)).toBe(expected);
});
