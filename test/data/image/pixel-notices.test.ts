import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import type { Image } from '../../../src/data/image/image.js';
import { pixelNotices } from '../../../src/data/image/pixel-notices.js';
import { randomFor } from '../../../src/random.js';

const noticesOf = (image: Image) => pixelNotices(image, 'a.png');

/** Discs of light on black with some noise; `x` and `y` differ for each channel but those that are the same picture. */
function picture(channels: readonly (number | undefined)[], brightness = 200): Image {
  const [width, height] = [96, 80];
  const random = randomFor(1, 'picture');
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      channels.forEach((shift, channel) => {
        const inside =
          shift !== undefined && ((x + shift) % 24) - 12 < 3 && (x + shift) % 24 > 6 && y % 20 < 9;
        data[3 * (y * width + x) + channel] = (inside ? brightness : 5) + Math.floor(random.uniform() * 6);
      });
  return { width, height, channels: 3, data };
}

test.each<[string, (number | undefined)[], string]>([
  ['one colour', [undefined, undefined, 0], 'blue alone'],
  ['two colours', [undefined, 11, 0], 'green and blue'],
  ['three colours', [17, 9, 0], 'red, green and blue'],
])('fluorescence in %s is noticed', (_, channels, words) => {
  expect(noticesOf(picture(channels))).toEqual([
    {
      what: `The image is taken for a colour photograph, but looks like fluorescence drawn in ${words}.`,
      where: 'a.png',
      hint: 'If one colour shows the nuclei, choose it: --channel blue.',
    },
  ]);
});

test('a grey picture in three channels, and a tinted one, are not', () => {
  const grey = picture([0, 0, 0]);
  expect(noticesOf(grey)).toEqual([]);
  const tinted = { ...grey, data: grey.data.map((value, i) => (i % 3 === 1 ? value * 0.4 : value)) };
  expect(noticesOf(tinted)).toEqual([]);
});

test('nor are the images of the sample: fluorescence, stained tissue, brightfield', async () => {
  const folder = 'examples/dsb2018-mini';
  const files = readdirSync(folder).filter((name) => /^[a-f]-[0-9a-f]+\.png$/u.test(name));
  expect(files.length).toBe(24);
  for (const file of files) expect(noticesOf(await readImage(`${folder}/${file}`)), file).toEqual([]);
});

test('colours that were channels are called as in the file', () => {
  const [notice] = pixelNotices(picture([undefined, 11, 0]), 'a.tif', ['x', 'y', 'DAPI, 405']);
  expect(notice!.hint).toContain('--channel "DAPI, 405"');
});

test.each([
  ['alone', 1, true],
  ['in pairs, as small nuclei have them', 2, false],
])('bright pixels %s', (_, pixels, isNoticed) => {
  const side = 200;
  const random = randomFor(2, 'noise');
  const data = Uint16Array.from({ length: side * side }, () => 1000 + Math.floor(random.uniform() * 500));
  // 0.5 % of the pixels, of many values, so that no gap tells them from the others.
  for (let at = 0; at < data.length; at += 197 * pixels)
    for (let k = 0; k < pixels; k++) data[at + k] = 3000 + Math.floor(random.uniform() * 60_000);
  const [notice] = noticesOf({ width: side, height: side, channels: 1, data });
  expect(notice?.what.startsWith('0.') && notice.what.includes('hot pixels')).toBe(
    isNoticed ? true : undefined,
  );
});

test('hot pixels that do not count for the contrast are told, too', () => {
  const side = 200;
  const data = Uint16Array.from({ length: side * side }, (_, i) =>
    i % 197 === 0 ? 65_535 : 1000 + ((i * 7919) % 400) + (i % side < 60 ? 1000 : 0),
  );
  const [notice] = noticesOf({ width: side, height: side, channels: 1, data });
  expect(notice!.what).toContain('hot pixels');
});

test('an image without a difference', () => {
  const [notice] = noticesOf({ width: 9, height: 9, channels: 1, data: new Uint16Array(81).fill(7) });
  expect(notice!.what).toContain('Every pixel has the same value');
});
