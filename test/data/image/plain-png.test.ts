import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { readMaskImage } from '../../../src/data/image/label-io.js';
import { decodePlainPng } from '../../../src/data/image/plain-png.js';
import { dataErrorOf } from '../expect-error.js';

const fixtures = join(import.meta.dirname, '../../fixtures/images');
const fixture = (name: string) => readFileSync(join(fixtures, name));

/** Grey images as sharp writes them, with and without all filters. */
const greyPngs = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.boolean())
  .chain(([width, height, adaptiveFiltering]) =>
    fc
      .uint8Array({ minLength: width * height, maxLength: width * height })
      .map((data) => ({ width, height, data, adaptiveFiltering })),
  );

test('decodes what sharp encodes, whatever the filters', async () => {
  const filters = new Set<boolean>();
  await fc.assert(
    fc.asyncProperty(greyPngs, async ({ width, height, data, adaptiveFiltering }) => {
      const raw = { width, height, channels: 1 } as const;
      const bytes = await sharp(data, { raw }).toColourspace('b-w').png({ adaptiveFiltering }).toBuffer();
      filters.add(adaptiveFiltering);
      expect(await decodePlainPng(bytes)).toEqual({ ...raw, data });
    }),
  );
  expect(filters.size).toBe(2);
});

test('decodes plain grey files and leaves all others to sharp', async () => {
  const taken: string[] = [];
  for (const name of readdirSync(fixtures).filter((file) => !file.endsWith('.ts'))) {
    const decoded = await decodePlainPng(fixture(name));
    if (!decoded) continue;
    taken.push(name);
    expect(decoded).toEqual(await readImage(join(fixtures, name)));
  }
  expect(taken).toEqual(['grey8.png']);
});

test('rejects a plain file that is damaged anywhere', async () => {
  const bytes = fixture('grey8.png');
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    expect(await decodePlainPng(damaged), `byte ${at}`).toBeUndefined();
    expect(await decodePlainPng(bytes.subarray(0, at)), `cut at ${at}`).toBeUndefined();
  }
});

test.each([
  ['grey8.png', [0, 1, 2, 127, 128, 255]],
  ['grey16.png', [0, 1, 255, 256, 40000, 65535]],
  ['rgb8-equal.png', [0, 1, 2, 127, 128, 255]],
  ['bit1.png', [255, 0, 255, 0, 255, 0]],
])('readMaskImage reads %s', async (name, values) => {
  const mask = await readMaskImage(fixture(name));
  expect([...mask.data]).toEqual(values);
});

test.each([
  ['rgb8.png', 'The mask is in colours: its three channels differ.'],
  ['flat.jpg', 'A JPEG cannot hold a mask: its compression changes values.'],
  ['truncated.png', 'The image is damaged: its header can be read, but its pixels cannot.'],
  ['huge.png', 'The image has 65535 x 65535 pixels, more than 67 megapixels.'],
])('readMaskImage rejects %s', async (name, what) => {
  expect(await dataErrorOf(readMaskImage(fixture(name), 'm.png'))).toMatchObject({ what, where: 'm.png' });
});
