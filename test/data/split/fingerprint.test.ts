import fc from 'fast-check';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import type { Image } from '../../../src/data/image/image.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import {
  decodeFingerprints,
  encodeFingerprints,
  sightingsOf,
  fingerprintOf,
} from '../../../src/data/split/fingerprint.js';
import { greyOf } from '../../../src/data/split/signature.js';
import { randomFor } from '../../../src/random.js';

const dataset = await openDataset('examples/dsb2018-mini');
const sample = await Promise.all(dataset.images.map(async (entry) => (await entry.read()).image));
await dataset.close();
const fingerprints = sample.map(fingerprintOf);

/** Reads each pixel from another place. */
function moved(image: Image, size: readonly [number, number], from: (x: number, y: number) => number): Image {
  const [width, height] = size;
  const { channels, data } = image;
  const values = Array.from({ length: width * height }, (_, at) => {
    const start = channels * from(at % width, Math.floor(at / width));
    return [...data.subarray(start, start + channels)];
  });
  return { ...image, width, height, data: Uint8Array.from(values.flat()) };
}

const clip = (value: number) => Math.max(0, Math.min(255, Math.round(value)));
const toned = (image: Image, tone: (value: number) => number): Image => ({
  ...image,
  data: Uint8Array.from(image.data, (value) => clip(tone(value))),
});

const changes: Record<string, (image: Image) => Image | Promise<Image>> = {
  'flipped to the side': (image) =>
    moved(image, [image.width, image.height], (x, y) => y * image.width + image.width - 1 - x),
  'turned by 90 degrees': (image) =>
    moved(image, [image.height, image.width], (x, y) => (image.height - 1 - x) * image.width + y),
  'half as large': (image) =>
    moved(image, [image.width >> 1, image.height >> 1], (x, y) => 2 * y * image.width + 2 * x),
  dimmed: (image) => toned(image, (value) => 0.6 * value + 10),
  'of another gamma': (image) => toned(image, (value) => 255 * (value / 255) ** 0.7),
  noisy: (image) => {
    const random = randomFor(1, 'noise');
    return toned(image, (value) => value + 6 * random.normal());
  },
  'a JPEG': async (image) => {
    const { width, height, channels } = image;
    const bytes = await sharp(image.data, { raw: { width, height, channels } })
      .jpeg({ quality: 50 })
      .toBuffer();
    const decoded = channels === 1 ? sharp(bytes).greyscale() : sharp(bytes);
    return { ...image, data: new Uint8Array(await decoded.raw().toBuffer()) };
  },
};

test.each(Object.entries(changes))(
  'an image that is %s is a copy of itself, and of no other',
  async (_, change) => {
    for (const [index, image] of sample.entries()) {
      const changed = [fingerprintOf(await change(image))];
      expect(sightingsOf(changed, fingerprints)).toEqual(['copy']);
      expect(sightingsOf(changed, fingerprints.toSpliced(index, 1))).toEqual([undefined]);
    }
  },
);

test('images of one dataset are themselves, and none is a copy of another', () => {
  expect(sightingsOf(fingerprints, fingerprints)).toEqual(sample.map(() => 'same'));
  for (const [index, fingerprint] of fingerprints.entries())
    expect(sightingsOf([fingerprint], fingerprints.toSpliced(index, 1))).toEqual([undefined]);
});

test('flat images have no copies but the same pixels', () => {
  const flat = (value: number, width = 20): Image => ({
    ...{ width, height: 20, channels: 1 },
    data: new Uint8Array(20 * width).fill(value),
  });
  const known = [fingerprintOf(flat(7))];
  expect(
    sightingsOf([fingerprintOf(flat(7)), fingerprintOf(flat(8)), fingerprintOf(flat(7, 21))], known),
  ).toEqual(['same', undefined, undefined]);
});

test('each part of the thumbnail is the mean of its pixels, also of parts of pixels', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 20 }),
      fc.nat(),
      (width, height, seed) => {
        const random = randomFor(seed, 'pixels');
        const data = Uint8Array.from({ length: width * height }, () => 255 * random.uniform());
        const image: Image = { width, height, channels: 1, data };
        // Each pixel as 8 x 8 equal ones: every part consists of whole pixels.
        const means = Array.from({ length: 64 }, (_, part) => {
          let sum = 0;
          for (let y = 0; y < height; y++)
            for (let x = 0; x < width; x++)
              sum +=
                greyOf(image)[
                  Math.floor((Math.floor(part / 8) * height + y) / 8) * width +
                    Math.floor(((part % 8) * width + x) / 8)
                ]!;
          return sum / (width * height);
        });
        const mean = means.reduce((sum, value) => sum + value, 0) / 64;
        const length = Math.hypot(...means.map((value) => value - mean));
        if (length < 1e-3) return;
        const { thumbnail } = fingerprintOf(image);
        for (const [part, value] of means.entries())
          expect(thumbnail[part]).toBeCloseTo((value - mean) / length, 4);
      },
    ),
    { numRuns: 25 },
  );
});

test('they are stored in 72 bytes each, in the order of their hashes and each once', () => {
  const text = encodeFingerprints([...fingerprints, ...fingerprints.toReversed()]);
  expect(Buffer.from(text, 'base64')).toHaveLength(72 * sample.length);
  expect(encodeFingerprints(fingerprints.toReversed())).toBe(text);
  const read = decodeFingerprints(text);
  expect(sightingsOf(fingerprints, read)).toEqual(sample.map(() => 'same'));
  for (const { hash, thumbnail } of read) {
    const { thumbnail: whole } = fingerprints.find((other) => other.hash === hash)!;
    expect(thumbnail.reduce((sum, value, part) => sum + value * whole[part]!, 0)).toBeGreaterThan(0.999);
  }
  expect(decodeFingerprints('')).toEqual([]);
  expect(() => decodeFingerprints('AAAA')).toThrow(
    new RangeError('Expected a multiple of 72 bytes, received 3'),
  );
});
