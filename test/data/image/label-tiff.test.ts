import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readImage } from '../../../src/data/image/image-io.js';
import { encodeLabelImage, readLabelImage } from '../../../src/data/image/label-io.js';
import { labelTiff } from '../../../src/data/image/label-tiff.js';
import { dataErrorOf } from '../expect-error.js';

const tiff = (labels: number[], width: number) =>
  Buffer.concat(labelTiff({ width, height: labels.length / width, labels: Int32Array.from(labels) }));

test('labels are read back as they were written, with 16 bits and with 32', async () => {
  const labels = (largest: number) =>
    fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
      fc.record({
        width: fc.constant(width),
        height: fc.constant(height),
        labels: fc.int32Array({ min: 0, max: largest, minLength: width * height, maxLength: width * height }),
      }),
    );
  for (const largest of [65_535, 2 ** 31 - 1]) {
    await fc.assert(
      fc.asyncProperty(labels(largest), async (labelImage) => {
        const bytes = Buffer.concat(labelTiff(labelImage));
        expect(bytes.readUInt32LE(4) % 2).toBe(0); // TIFF 6.0: a directory begins on a word boundary
        const read = await readLabelImage(bytes);
        expect(read.labels).toBeInstanceOf(
          Math.max(...labelImage.labels) > 65_535 ? Int32Array : Uint16Array,
        );
        expect({ ...read, labels: Int32Array.from(read.labels) }).toEqual(labelImage);
      }),
      { numRuns: 30 },
    );
  }
});

test.each([
  [700, 2],
  [1500, 3],
])('400 x %i labels in %i strips', async (height, strips) => {
  // 4 bytes each, 1 MB a strip.
  const labels = Int32Array.from({ length: 400 * height }, (_, pixel) => pixel);
  const pieces = labelTiff({ width: 400, height, labels });
  expect(pieces).toHaveLength(strips + 3); // header, padding and directory
  const bytes = Buffer.concat(pieces);
  // Each pixel has a number of its own, which looks like an image.
  const read = await readLabelImage(bytes, 'labels.tif', { labelImages: 'numbers' });
  // Vitest compares element by element, slowly.
  expect(Buffer.compare(new Uint8Array(read.labels.buffer), new Uint8Array(labels.buffer))).toBe(0);
});

test('a label of 65,535 takes 16 bits, one of 65,536 takes 32', async () => {
  expect((await readImage(tiff([65_535], 1))).data).toEqual(Uint16Array.of(65_535));
  // 32 bits, and so shifted when they are read as an image: the least becomes 0.
  const wide = await readImage(tiff([65_536, 65_540], 2));
  expect(wide).toMatchObject({ data: Uint16Array.of(0, 4), scale: { offset: 65_536, factor: 1 } });
});

test('a label image becomes a PNG if its labels and its size allow it', async () => {
  const encode = (...labels: number[]) =>
    encodeLabelImage({ width: labels.length, height: 1, labels: Int32Array.from(labels) });
  for (const [label, extension] of [
    [65_535, '.png'],
    [65_536, '.tif'],
  ] as const) {
    const encoded = await encode(0, label);
    expect(encoded.extension).toBe(extension);
    expect([...(await readLabelImage(Buffer.concat(encoded.pieces))).labels]).toEqual([0, label]);
  }
  await expect(encode(-1)).rejects.toThrow(new RangeError('Expected labels from 0, received -1'));
});

test('something that is not a label image is not written', () => {
  expect(() => tiff([-1], 1)).toThrow(new RangeError('Expected labels from 0, received -1'));
  expect(() => labelTiff({ width: 2, height: 2, labels: new Int32Array(3) })).toThrow(
    new RangeError('Expected 2 x 2 labels, received 3'),
  );
});

test('a label above 2^31 - 1 is an error', async () => {
  const bytes = tiff([0x7fffffff], 1);
  const strip = deflateSync(Buffer.of(0, 0, 0, 0x80));
  const old = deflateSync(Buffer.of(255, 255, 255, 0x7f));
  expect(strip).toHaveLength(old.length);
  bytes.set(strip, bytes.indexOf(old));
  expect((await dataErrorOf(readLabelImage(bytes))).what).toBe('The image has a label above 2147483647.');
});

test('a damaged file is an error', async () => {
  const bytes = tiff([70_000, 1, 2, 3], 2);
  bytes.fill(0, 10, 20);
  const { what } = await dataErrorOf(readLabelImage(bytes));
  expect(what).toBe('The TIFF is damaged.');
});
