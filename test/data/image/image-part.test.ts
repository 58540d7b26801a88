import { expect, test } from 'vitest';
import { imagePart } from '../../../src/data/image/image-part.js';
import { readImage } from '../../../src/data/image/image-io.js';
import { shownRange } from '../../../src/data/image/intensity.js';
import { paddingValues, readRegion } from '../../../src/data/image/stored-image.js';
import { openImage } from '../../helpers/open-image.js';

const file = 'examples/dsb2018-mini/c-13f2bec0.png';
const rect = { x: 30, y: 20, width: 40, height: 25 };
const inner = { x1: 3, y1: 2, x2: 12, y2: 9 };

test('a part has the pixels of the whole image, and its contrast and padding, in memory and on disk', async () => {
  const image = await readImage(file);
  const stored = await openImage(file, 1);
  for (const whole of [image, stored]) {
    const part = imagePart(whole, rect);
    expect([part.width, part.height]).toEqual([40, 25]);
    expect(part.read(inner)).toEqual(readRegion(image, { x1: 33, y1: 22, x2: 42, y2: 29 }));
    expect(part.channelMedians).toEqual(paddingValues(image));
    expect(shownRange(part, 'stretched')).toEqual(shownRange(image, 'stretched'));
    part.close();
    expect(readRegion(whole, inner).data).toHaveLength(9 * 7 * image.channels);
  }
  if ('read' in stored) stored.close();
});

test('a part carries what the values stand for and the size of a pixel', () => {
  const whole = {
    ...{ width: 2, height: 2, channels: 1 as const, data: Uint8Array.of(1, 2, 3, 4) },
    ...{ scale: { offset: -128, factor: 1 }, pixelSize: { x: 0.5, y: 0.5 } },
  };
  expect(imagePart(whole, { x: 1, y: 0, width: 1, height: 2 })).toMatchObject({
    scale: whole.scale,
    pixelSize: whole.pixelSize,
  });
});

test.each([
  { x: -1, y: 0, width: 2, height: 2 },
  { x: 0, y: 0, width: 3, height: 2 },
  { x: 1, y: 1, width: 1, height: 2 },
  { x: 0, y: 0, width: 0, height: 1 },
])('a part beyond the image is an error: $x,$y,$width,$height', (beyond) => {
  const whole = { width: 2, height: 2, channels: 1 as const, data: new Uint8Array(4) };
  expect(() => imagePart(whole, beyond)).toThrow('is not within the image of 2 x 2 px.');
});
