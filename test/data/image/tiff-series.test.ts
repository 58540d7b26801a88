/** Files of tifffile with several series: see ../../fixtures/tiff/series/make.py. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import { dataErrorOf } from '../expect-error.js';

const file = (name: string) => path.join(import.meta.dirname, '../../fixtures/tiff/series', name);

test('the largest page is the image, though the description is that of a thumbnail before it', async () => {
  const { width, height, data } = await readImage(file('thumbnail-first.tif'));
  expect([width, height]).toEqual([64, 64]);
  expect([...data]).toEqual(Array.from({ length: 64 * 64 }, (_, at) => at % 251));
});

test('a second page of another size is not left out without a word', async () => {
  const { what } = await dataErrorOf(readImage(file('other-size.tif')));
  expect(what).toBe('The TIFF cannot be read: its 2 pages differ in size or type: 64 x 64, 64 x 50.');
});

test('whole numbers of 64 bits are read', async () => {
  const { data, scale } = await readImage(file('int64.tif'));
  expect([...data]).toEqual(Array.from({ length: 64 * 64 }, (_, at) => at % 251));
  expect(scale).toEqual({ offset: 0, factor: 1 });
  expect((await readLabelImage(file('int64.tif'), 'int64.tif', { labelImages: 'numbers' })).labels[250]).toBe(
    250,
  );
});
