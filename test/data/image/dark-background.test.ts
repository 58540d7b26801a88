import { expect, test } from 'vitest';
import type { Image } from '../../../src/data/image/image.js';
import { hasDarkBackground } from '../../../src/data/image/dark-background.js';
import { countsOf } from '../../../src/data/image/intensity.js';

const imageOf = (data: Uint8Array | Uint16Array): Image => ({
  width: data.length,
  height: 1,
  channels: 1,
  data,
});

test.each([
  { values: [0, 24, 25, 200, 100], range: { black: 0, white: 100 }, dark: false },
  { values: [0, 24, 24, 200, 100], range: { black: 0, white: 100 }, dark: true },
  // Half of the values are at or below 24.
  { values: [0, 24, 25, 100], range: { black: 0, white: 100 }, dark: true },
  { values: [0, 63, 255], range: undefined, dark: true },
  { values: [0, 64, 255], range: undefined, dark: false },
  { values: [100, 112, 140], range: { black: 100, white: 150 }, dark: true },
  { values: [100, 113, 140], range: { black: 100, white: 150 }, dark: false },
])('$values shown from $range.black to $range.white', ({ values, range, dark }) => {
  for (const data of [Uint8Array.from(values), Uint16Array.from(values)]) {
    const image = imageOf(data);
    expect(hasDarkBackground(image, range)).toBe(dark);
    expect(hasDarkBackground({ counts: countsOf(image) }, range)).toBe(dark);
  }
});

test('values that the file does not tell do not count', () => {
  const image = imageOf(Uint8Array.of(0, 0, 0, 90, 100));
  expect(hasDarkBackground(image)).toBe(true);
  expect(hasDarkBackground({ ...image, missing: { value: 0, count: 3 } })).toBe(false);
});
