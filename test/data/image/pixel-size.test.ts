import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { openImage } from '../../helpers/open-image.js';

const fixture = (name: string) => `test/fixtures/pixel-size/${name}`;

test.each([
  ['ome-um.ome.tif', { x: 0.25, y: 0.5 }],
  ['ome-nm.ome.tif', { x: 0.25, y: 0.5 }],
  ['imagej-um.tif', { x: 0.25, y: 0.5 }],
  // 10,000 um divided by 40,000 and 20,000.
  ['centimetre.tif', { x: 0.25, y: 0.5 }],
  ['aperio.tif', { x: 0.252, y: 0.252 }],
  // Not read by libvips.
  ['imagej-float.tif', { x: 0.25, y: 0.5 }],
])('%s tells the size of a pixel, in memory and on disk', async (name, pixelSize) => {
  expect((await readImage(fixture(name))).pixelSize).toEqual(pixelSize);
  const stored = await openImage(fixture(name), 1);
  expect('read' in stored && stored.pixelSize).toEqual(pixelSize);
  if ('read' in stored) stored.close();
});

test.each([
  '72-dpi.tif',
  '600-dpi.tif',
  'imagej-inch.tif',
  'imagej-none.tif',
  'none.tif',
  'ome-none.ome.tif',
])('%s does not: the resolution is that of a screen or a printer, or has no unit', async (name) => {
  expect(await readImage(fixture(name))).not.toHaveProperty('pixelSize');
  const stored = await openImage(fixture(name), 1);
  expect(stored).not.toHaveProperty('pixelSize');
  if ('read' in stored) stored.close();
});
