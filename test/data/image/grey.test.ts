import { expect, test } from 'vitest';
import { greyIfEqual } from '../../../src/data/image/grey.js';
import type { Image } from '../../../src/data/image/image.js';

const image = (data: Image['data'], channels: Image['channels'] = 3): Image => ({
  ...{ width: data.length / channels, height: 1, channels, data },
  scale: { offset: 1, factor: 2 },
});

test('equal channels become one; what else is known of the image stays', () => {
  expect(greyIfEqual(image(Uint8Array.of(5, 5, 5, 0, 0, 0)))).toEqual(image(Uint8Array.of(5, 0), 1));
  expect(greyIfEqual(image(Uint16Array.of(700, 700, 700)))).toEqual(image(Uint16Array.of(700), 1));
});

test.each([
  ['the last green value', Uint8Array.of(5, 5, 5, 7, 8, 7)],
  ['the last blue value', Uint8Array.of(5, 5, 5, 7, 7, 8)],
])('%s differs: it stays as it is', (_, data) => {
  const coloured = image(data);
  expect(greyIfEqual(coloured)).toBe(coloured);
});

test('grey images stay as they are', () => {
  const grey = image(Uint8Array.of(1, 1, 1), 1);
  expect(greyIfEqual(grey)).toBe(grey);
});
