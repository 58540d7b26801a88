import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readImage, writeImage } from '../../../src/data/image/image-io.js';
import { readLabelImage, writeLabelImage } from '../../../src/data/image/label-io.js';
import { NucleateError } from '../../../src/errors.js';
import { dataErrorOf } from '../expect-error.js';

// The values are those that test/fixtures/images/make.ts writes into the files.
const fixture = (name: string) => join(import.meta.dirname, '../../fixtures/images', name);
const folder = mkdtempSync(join(tmpdir(), 'nucleate-image-io-'));
afterAll(() => rmSync(folder, { recursive: true }));

const grey8 = Uint8Array.of(0, 1, 2, 127, 128, 255);
const grey16 = Uint16Array.of(0, 1, 255, 256, 40000, 65535);
const rgb8 = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 100, 150, 200, 254, 253, 252);
const rgb16 = Uint16Array.from(
  [
    [65535, 0, 0, 0, 65535, 0, 0, 0, 65535],
    [1, 2, 3, 256, 257, 258, 60000, 50000, 40000],
  ].flat(),
);

describe('readImage keeps every value', () => {
  test.each([
    ['grey8.png', 1, grey8],
    ['grey8.tif', 1, grey8],
    ['grey8-gamma.png', 1, grey8],
    ['grey-alpha8-opaque.png', 1, grey8],
    ['grey16.png', 1, grey16],
    ['grey16.tif', 1, grey16],
    ['grey16-big-endian.tif', 1, grey16],
    ['grey-alpha16-opaque.png', 1, grey16],
    ['imagej.tif', 1, grey16],
    ['rgb8.png', 3, rgb8],
    ['rgb8.tif', 3, rgb8],
    ['rgb8-icc.png', 3, rgb8],
    ['rgba8-opaque.png', 3, rgb8],
    ['rgb16.png', 3, rgb16],
    ['rgb16.tif', 3, rgb16],
    ['palette.png', 3, Uint8Array.of(10, 20, 30, 40, 50, 60, 7, 7, 7, 7, 7, 7, 40, 50, 60, 10, 20, 30)],
    ['palette.tif', 1, Uint8Array.of(255, 254, 253, 128, 127, 0)], // inverted greys
    ['bit1.png', 1, Uint8Array.of(255, 0, 255, 0, 255, 0)],
    ['bit4.png', 1, Uint8Array.of(0, 17, 34, 119, 255, 136)], // 15 -> 255, so 1 -> 17
  ])('%s', async (name, channels, data) => {
    expect(await readImage(fixture(name))).toEqual({ width: 3, height: 2, channels, data });
  });

  test('flat.jpg', async () => {
    expect(await readImage(fixture('flat.jpg'))).toEqual({
      width: 8,
      height: 8,
      channels: 1,
      data: new Uint8Array(64).fill(77),
    });
  });

  test('bytes in memory, at any address', async () => {
    const bytes = readFileSync(fixture('grey16.png'));
    const shifted = Buffer.from(new ArrayBuffer(bytes.length + 1), 1);
    bytes.copy(shifted);
    expect((await readImage(shifted)).data).toEqual(grey16);
  });

  test('a name that libvips would read as a page number', async () => {
    const path = join(folder, 'stack.png[page=1]');
    writeFileSync(path, readFileSync(fixture('grey8.png')));
    expect((await readImage(path)).data).toEqual(grey8);
  });
});

describe('readImage rejects', () => {
  const damaged = 'The image is damaged: its header can be read, but its pixels cannot.';
  const turned = 'The file has the orientation tag 6, so it is unclear whether its masks are rotated too.';
  const notAlpha = (ordinal: string) =>
    `The image has a channel after the ${ordinal} that is not opaque alpha.`;
  const pixels = (layout: string) => `This kind of pixels is not supported: colour space ${layout}.`;
  test.each([
    ['empty.png', 'The file is empty (0 bytes).'],
    ['text.png', 'The file is a web page, which is not read.'],
    ['vector.png', 'The file is an SVG drawing, which is not read.'],
    ['truncated.png', damaged],
    ['truncated.tif', 'The TIFF is damaged.'],
    ['huge.png', 'The image has 65535 x 65535 pixels, more than 67 megapixels.'],
    ['two-pages.tif', 'The file has 2 pages, so it is unclear which of them shows the nuclei.'],
    ['animated.png', 'The file is an animation.'],
    ['turned.tif', turned],
    ['turned.jpg', turned],
    ['rgba8-fading.png', notAlpha('third')],
    ['rgba16-almost-opaque.png', notAlpha('third')],
    ['grey-alpha8-fading.png', notAlpha('first')],
    ['two-grey-channels.tif', 'The file has 2 channels, so it is unclear which of them shows the nuclei.'],
    ['three-grey-channels.tif', 'The file has 3 channels, so it is unclear which of them shows the nuclei.'],
    ['six-channels.tif', 'The file has 6 channels, so it is unclear which of them shows the nuclei.'],
    ['cmyk.tif', pixels('cmyk, 4 channels, values uchar')],
  ])('%s', async (name, what) => {
    expect(await dataErrorOf(readImage(fixture(name)))).toEqual({ what, where: fixture(name), problems: [] });
  });

  test('a missing file and a folder', async () => {
    const missing = await dataErrorOf(readImage(join(folder, 'missing.png')));
    expect(missing.what).toMatch(/^The file cannot be read: ENOENT/);
    const { what } = await dataErrorOf(readImage(folder));
    expect(what).toBe('The file cannot be read: it is a folder, not a plain file.');
  });

  test('a file that is too large, before reading it', async () => {
    const path = join(folder, 'sparse.png');
    writeFileSync(path, '\x89PNG\r\n\x1a\n', 'latin1');
    truncateSync(path, 3_000_000_000);
    expect((await dataErrorOf(readImage(path))).what).toBe(
      'The file has 3000.0 MB, more than the 2147.5 MB that are read.',
    );
  });

  test('bytes without a name', async () => {
    const { what, where } = await dataErrorOf(readImage(Buffer.alloc(0)));
    expect([what, where]).toEqual(['The file is empty (0 bytes).', 'image in memory']);
  });
});

describe('readLabelImage', () => {
  test.each([
    ['grey8.png', grey8],
    ['grey8.tif', grey8],
    ['rgb8-equal.png', grey8],
    ['grey16.png', grey16],
    ['grey16.tif', grey16],
  ])('%s', async (name, labels) => {
    expect(await readLabelImage(fixture(name))).toEqual({
      width: 3,
      height: 2,
      labels: Uint16Array.from(labels),
    });
  });

  test.each([
    ['rgb8.png', 'The labels are colours: the three channels differ.'],
    ['palette.png', 'A palette image cannot hold labels: its values are colours.'],
    ['palette.tif', 'A palette image cannot hold labels: its values are colours.'],
    ['bit1.png', 'Expected labels of 8 or 16 bits, received 1: this may be a foreground mask.'],
    ['flat.jpg', 'A JPEG cannot hold labels: its compression changes values.'],
    ['grey-alpha8-fading.png', 'The image has a channel after the first that is not opaque alpha.'],
    ['two-pages.tif', 'The file has 2 pages, and a label image has one plane.'],
  ])('rejects %s', async (name, what) => {
    expect(await dataErrorOf(readLabelImage(fixture(name)))).toEqual({
      what,
      where: fixture(name),
      problems: [],
    });
  });
});

test('readLabelImage compares all three channels', async () => {
  const path = join(folder, 'green.png');
  for (const data of [Uint8Array.of(5, 6, 5), Uint8Array.of(5, 5, 6), Uint8Array.of(6, 5, 5)]) {
    await writeImage(path, { width: 1, height: 1, channels: 3, data });
    expect((await dataErrorOf(readLabelImage(path))).what).toMatch(/^The labels are colours/);
  }
});

describe('writeImage', () => {
  /** Bits a sample and colour type (0 = grey, 2 = RGB), bytes 24 and 25 of a PNG. */
  const kindOf = (path: string) => [...readFileSync(path).subarray(24, 26)];

  test.each([
    ['grey, 8 bits', { width: 3, height: 2, channels: 1, data: grey8 }, [8, 0]],
    ['grey, 16 bits', { width: 3, height: 2, channels: 1, data: grey16 }, [16, 0]],
    ['RGB, 8 bits', { width: 3, height: 2, channels: 3, data: rgb8 }, [8, 2]],
    ['RGB, 16 bits', { width: 3, height: 2, channels: 3, data: rgb16 }, [16, 2]],
    ['one pixel', { width: 1, height: 1, channels: 1, data: Uint8Array.of(9) }, [8, 0]],
  ] as const)('%s', async (_, image, kind) => {
    const path = join(folder, 'written.png');
    await writeImage(path, image);
    expect(await readImage(path)).toEqual(image);
    expect(kindOf(path)).toEqual(kind);
  });

  test('rejects data of another size, and names a file that cannot be written', async () => {
    const image = { width: 3, height: 2, channels: 1, data: grey8 } as const;
    await expect(writeImage(join(folder, 'x.png'), { ...image, width: 4 })).rejects.toThrow(
      new RangeError('Expected 4 x 2 x 1 values, received 6'),
    );
    const path = join(folder, 'no such folder', 'x.png');
    const error: unknown = await writeImage(path, image).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NucleateError);
    expect(error).toMatchObject({ where: path, exitCode: 8 });
  });
});

describe('writeLabelImage', () => {
  const write = (labels: number[]) =>
    writeLabelImage(join(folder, 'labels.png'), { width: 2, height: 1, labels: Int32Array.from(labels) });

  test('keeps labels up to 65535, with 16 bits even if 8 are enough', async () => {
    for (const labels of [
      [0, 65535],
      [0, 1],
    ]) {
      await write(labels);
      expect([...(await readLabelImage(join(folder, 'labels.png'))).labels]).toEqual(labels);
      expect(readFileSync(join(folder, 'labels.png'))[24]).toBe(16);
    }
  });

  test('rejects labels that 16 bits cannot hold', async () => {
    const { what } = await dataErrorOf(write([1, 65536]));
    expect(what).toBe('A 16-bit PNG holds labels up to 65535, but this label image has 65536.');
    await expect(write([1, -1])).rejects.toThrow(new RangeError('Expected labels from 0, received -1'));
    await expect(write([1, 2, 3])).rejects.toThrow(RangeError);
  });
});
