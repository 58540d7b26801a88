import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { bytesInMemory } from '../../../src/data/files/file-bytes.js';
import { openFileTree } from '../../../src/data/files/open-files.js';
import { readImage } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import type { NucleateError } from '../../../src/errors.js';
import type { PlaneChoice } from '../../../src/data/image/plane-choice.js';
import { openImages, readRegion } from '../../../src/data/image/stored-image.js';
import { toImageValues } from '../../../src/data/image/tiff/image-values.js';
import { openTiff } from '../../../src/data/image/tiff/open-tiff.js';
import { type PlaneValues, readPlane } from '../../../src/data/image/tiff/read-plane.js';
import { tiff } from '../../fixtures/images/write-tiff.js';

/** What tifffile reads from the files of test/fixtures/tiff/make.py. */
interface Row {
  readonly file: string;
  readonly dtype: keyof typeof arrays | 'float16';
  readonly shape: readonly number[];
  /** Of the first value in values.bin. */
  readonly at: number;
  readonly select: Partial<Record<'c' | 'z' | 't' | 'page', number>>;
}

const arrays = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

const tree = await openFileTree('test/fixtures/tiff/tiff.zip');
const rows = JSON.parse((await tree.read('table.json')).toString('utf8')) as Row[];
const values = await tree.read('values.bin');

function expected({ dtype, shape, at }: Row): PlaneValues {
  const type = arrays[dtype as keyof typeof arrays];
  const bytes = shape.reduce((product, size) => product * size, type.BYTES_PER_ELEMENT);
  return new type(new Uint8Array(values.subarray(at, at + bytes)).buffer);
}

/** JPEG is left to libvips, and numbers of 16 bits with a point have no array type in Node 20. */
const exact = rows.filter(({ file, dtype }) => dtype !== 'float16' && file !== 'svs.tif');

test('there are more than 60 kinds of files', () => {
  expect(new Set(exact.map(({ file }) => file)).size).toBeGreaterThan(60);
});

test.each(exact)('the pixels of $file, plane $select, are those that tifffile reads', async (row) => {
  const file = await openTiff(bytesInMemory(await tree.read(row.file)));
  const place = file.axes.placeOf({ c: 0, z: 0, t: 0, page: 0, ...row.select });
  const { width, height } = file.directories[place.directory]!;
  const plane = await readPlane(file, place, { x1: 0, y1: 0, x2: width, y2: height });
  expect(plane.values).toEqual(expected(row));
});

/** What a user writes for a selection. */
const choiceOf = ({ c, z, t, page }: Row['select'], isColour: boolean): PlaneChoice => ({
  // Of colours, c is 0 for all together.
  ...(c !== undefined && { channels: [String(isColour ? c : c + 1)] }),
  ...(z !== undefined && { z: z + 1 }),
  ...(t !== undefined && { t: t + 1 }),
  ...(page !== undefined && { plane: page + 1 }),
});

test.each(exact)('readImage gives the pixels of $file, $select, in 8 or 16 bits', async (row) => {
  const choice = choiceOf(row.select, row.file.startsWith('rgbx'));
  const image = await readImage(await tree.read(row.file), row.file, choice);
  expect({ width: image.width, height: image.height }).toEqual({ width: row.shape[1], height: row.shape[0] });
  expect(image.data).toEqual(toImageValues(expected(row)).values);
});

test('a slide in JPEG with thumbnail, label and macro image is read at its full size', async () => {
  const row = rows.find(({ file }) => file === 'svs.tif')!;
  const image = await readImage(await tree.read(row.file), row.file);
  const truth = expected(row);
  const furthest = Math.max(...truth.map((value, i) => Math.abs(value - image.data[i]!)));
  // Two decoders of JPEG round differently.
  expect(furthest).toBeLessThanOrEqual(2);
});

test('parts of such a slide that is read from its file are those of the whole', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'svs-'));
  try {
    const file = path.join(folder, 'slide.svs');
    writeFileSync(file, await tree.read('svs.tif'));
    const { images, close } = await openImages(file, {}, { place: file, inMemory: 0 });
    const stored = await images[0]!.open();
    await close();
    const box = { x1: 11, y1: 5, x2: 70, y2: 50 };
    expect(readRegion(stored, box).data).toEqual(readRegion(await readImage(file), box).data);
    expect(stored.pixelSize).toEqual({ x: 0.2525, y: 0.2525 });
    if ('read' in stored) stored.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  ...['strip', 'tile'].map((kind) => [
    `no_pyramid_${kind}.tif`,
    'The TIFF cannot be read: its pages differ in size (80 x 64, 40 x 32) and are no smaller versions of each other.',
  ]),
  ['metamorph.stk', 'The file has 5 pages, so it is unclear which of them shows the nuclei.'],
  [
    'confocal.lsm',
    'The file has 3 channels and 2 depths (z), so it is unclear which of them shows the nuclei.',
  ],
  [
    'ome_rgb_channels.ome.tif',
    'The file has 3 channels (DAPI, GFP, Cy5), so it is unclear which of them shows the nuclei.',
  ],
  ['rgbx_contig_uint8.tif', 'The image has a channel after the third that is not opaque alpha.'],
  [
    'wide_too_large.tif',
    'The TIFF cannot be read: its values are whole numbers of 64 bits, and 1099511627776 does not fit into 32.',
  ],
  ['ij_one_dir.tif', 'The file has 6 depths (z), so it is unclear which of them shows the nuclei.'],
  [
    'ij_zstd.tif',
    'The file has 2 channels, 3 depths (z) and 5 times (t), so it is unclear which of them shows the nuclei.',
  ],
  ['ome_c2.ome.tif', 'The file has 2 channels (DAPI, GFP), so it is unclear which of them shows the nuclei.'],
  ['shaped_truncated.tif', 'The file has 7 pages, so it is unclear which of them shows the nuclei.'],
  ['pages.tif', 'The file has 4 pages, so it is unclear which of them shows the nuclei.'],
  ['named_jpegxl.tif', 'The TIFF cannot be read: its pixels are compressed as JPEG XL.'],
  ['named_jpeg2000.tif', 'The TIFF cannot be read: its pixels are compressed as JPEG 2000.'],
  ...['none', 'zstd'].flatMap((compression) => [
    [
      `colours_ycbcr_${compression}.tif`,
      'The TIFF cannot be read: its pixels are colours as YCbCr without JPEG.',
    ],
    [`colours_cielab_${compression}.tif`, 'The TIFF cannot be read: its pixels are colours as CIELAB.'],
  ]),
  ['colours_cmyk_none.tif', 'This kind of pixels is not supported: colour space cmyk'],
  ['colours_cmyk_zstd.tif', 'The TIFF cannot be read: its pixels are colours of a printer (CMYK).'],
  ['colours_palette_zstd.tif', 'The TIFF cannot be read: its pixels are numbers of a palette of colours.'],
  ['colours_cfa_zstd.tif', 'The TIFF cannot be read: its pixels are those of a camera sensor (CFA).'],
  ['named_lzma.tif', 'The TIFF cannot be read: its pixels are compressed as LZMA.'],
])('%s is an error that says what is in it', async (file, message) => {
  const reading = readImage(await tree.read(file), file);
  await expect(reading).rejects.toThrow(message);
  await expect(reading).rejects.toMatchObject({ exitCode: 3, where: file });
});

test('JPEG of 12 bits is refused as that', async () => {
  const bytes = await sharp(Buffer.alloc(64 * 64, 100), { raw: { width: 64, height: 64, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ compression: 'jpeg' })
    .toBuffer();
  // An entry of tag 258, bits of a sample: a SHORT, once, 8.
  const entry = bytes.indexOf(Buffer.of(2, 1, 3, 0, 1, 0, 0, 0, 8, 0));
  bytes[entry + 8] = 12;
  await expect(readImage(bytes, 'a.tif')).rejects.toThrow('its pixels are compressed as JPEG of 12 bits');
});

test('a text without its end, which libvips refuses, does no harm', async () => {
  const whole = await tree.read('ome_damaged.ome.tif');
  const bytes = Buffer.from(whole);
  bytes[bytes.indexOf(0, bytes.indexOf('<?xml'))] = 0x20;
  expect(await readImage(bytes, 'a.tif')).toEqual(await readImage(whole, 'a.tif'));
});

test.each([
  'zstd_uint8_n_strip.tif',
  'zstd_float32_p_tile.tif',
  'deflate_float32_n_strip.tif',
  'grey_float32_le.tif',
])('%s that is cut off is an error, at every length', async (name) => {
  const bytes = await tree.read(name);
  for (let length = bytes.length - 1; length > 8; length -= Math.ceil(bytes.length / 40)) {
    const reading = readImage(bytes.subarray(0, length), name);
    await expect(reading, `${length} bytes`).rejects.toMatchObject({ exitCode: 3, where: name });
  }
});

test.each(['metamorph.stk', 'ij_one_dir.tif', 'pages.tif', 'ij_None.tif', 'ome_tzcyx.ome.tif'])(
  '%s without its end is said to be cut off, in a choice of its last plane',
  async (name) => {
    const bytes = await tree.read(name);
    const last = { channels: ['2'], plane: 'max', t: 'max' } as const;
    for (const part of [0.3, 0.6, 0.95]) {
      const reading = readImage(bytes.subarray(0, Math.floor(part * bytes.length)), name, last);
      await expect(reading).rejects.toMatchObject({ exitCode: 3, where: name });
      await reading.catch((error: NucleateError) => {
        expect(`${error.message} ${error.hint}`, String(part)).toMatch(
          /cut off.*Copy the file again|no channel/u,
        );
      });
    }
  },
);

test('a damaged block of zstd is an error, not a black image', async () => {
  const name = 'zstd_float32_n_tile.tif';
  const bytes = Buffer.from(await tree.read(name));
  // The magic number of zstd at the beginning of its first block.
  const at = bytes.indexOf(Buffer.of(0x28, 0xb5, 0x2f, 0xfd));
  bytes.fill(0xff, at + 8, at + 40);
  await expect(readImage(bytes, name)).rejects.toMatchObject({ exitCode: 3, where: name });
});

test('WebP in a TIFF is read by libvips', async () => {
  const image = await readImage(await tree.read('named_webp.tif'), 'named_webp.tif');
  expect(image).toMatchObject({ width: 64, height: 64, channels: 3 });
});

test('values that are not finite become the median, and hot pixels take nothing from the others', () => {
  const plain = Float32Array.from({ length: 10_000 }, (_, i) => i / 10_000);
  plain[5] = NaN;
  plain[6] = Infinity;
  plain[7] = 1e9;
  const { values: stored, scale, missing } = toImageValues(plain);
  expect(missing).toEqual({ value: stored[5], count: 2 });
  // Percentiles 0.1 and 99.9 are 0.001 and 0.999; with twice as much on both sides 0 (the least) to 2.995.
  expect(scale!.factor).toBeCloseTo(2.995 / 65_535, 6);
  expect(stored[5]).toBe(stored[6]);
  expect(Math.abs(scale!.offset + scale!.factor * stored[5]! - 0.5)).toBeLessThan(0.01);
});

test('signed and wide integers keep their differences', () => {
  expect(toImageValues(Int16Array.of(-5, 0, 7))).toEqual({
    values: Uint16Array.of(32_763, 32_768, 32_775),
    scale: { offset: -32_768, factor: 1 },
  });
  expect(toImageValues(Uint32Array.of(1_000_000, 1_000_007))).toEqual({
    values: Uint16Array.of(0, 7),
    scale: { offset: 1_000_000, factor: 1 },
  });
});

test('values of 12 bits, as cameras pack them, rows of an odd width filled up', async () => {
  const samples = [0, 1, 2].map((y) => [0, 1, 2, 3, 4].map((x) => (777 * (5 * y + x)) % 4096));
  const page = { width: 5, height: 3, bits: 12, photometric: 'black-is-zero', samples } as const;
  for (const endian of ['little', 'big'] as const) {
    const { data } = await readImage(tiff([page], endian), 'camera.tif');
    expect(data).toEqual(Uint16Array.from(samples.flat()));
  }
});

test('a stack is no label image, and is not advised to be projected', async () => {
  const reading = readLabelImage(await tree.read('pages.tif'), 'pages.tif');
  await expect(reading).rejects.toMatchObject({
    ...{ exitCode: 3, message: 'The file has 4 pages, and a label image has one plane.' },
    hint: 'Save the labels of one plane, in one channel, as a file of its own.',
  });
});
