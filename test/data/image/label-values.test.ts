import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { NucleateError } from '../../../src/errors.js';
import type { Image } from '../../../src/data/image/image.js';
import { encodePng } from '../../../src/data/image/image-io.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import { labelsOfValues, type LabelReading } from '../../../src/data/image/label-values.js';
import { dataErrorOf } from '../expect-error.js';

const side = 96;

/** `rows` x `rows` discs of radius 4 px on a grid, each with its number from 1; and what a disc is drawn with. */
function discs(rows: number, valueOf: (number: number) => number = (number) => number): Uint8Array {
  const pitch = side / rows;
  return Uint8Array.from({ length: side * side }, (_, at) => {
    const [x, y] = [at % side, Math.floor(at / side)];
    const [column, row] = [Math.floor(x / pitch), Math.floor(y / pitch)];
    const distance = Math.hypot(x - (column + 0.5) * pitch, y - (row + 0.5) * pitch);
    return distance <= 4 ? valueOf(row * rows + column + 1) : 0;
  });
}

const grey = (data: Uint8Array): Image => ({ width: side, height: side, channels: 1, data });
const read = async (image: Image, reading?: LabelReading) =>
  readLabelImage(await encodePng(image), 'x.png', reading);
const whatOf = async (image: Image, reading?: LabelReading) => (await dataErrorOf(read(image, reading))).what;
const numbersOf = ({ labels }: { labels: Iterable<number> }) => new Set(labels).size - 1;

describe('what is taken for labels', () => {
  test('discs with a number each are labels, also with one of two parts and one in another', async () => {
    expect(numbersOf(await read(grey(discs(6))))).toBe(36);
    expect(numbersOf(await read(grey(discs(6, (n) => (n === 36 ? 1 : n)))))).toBe(35);
    const nested = discs(6).map((label, at) => (at % side === 8 && label === 1 ? 200 : label));
    expect(numbersOf(await read(grey(nested)))).toBe(37);
  });

  test('one value in pieces is a foreground mask; two pieces only where the value is 255', async () => {
    expect(await whatOf(grey(discs(6, () => 255)))).toBe(
      'One value (255) in 36 pieces: this is a foreground mask, not a label image.',
    );
    expect(await whatOf(grey(discs(6, () => 1)))).toMatch(/^One value \(1\) in 36 pieces/u);
    expect(await whatOf(grey(discs(6, (n) => (n <= 2 ? 255 : 0))))).toMatch(
      /^One value \(255\) in 2 pieces/u,
    );
    expect(numbersOf(await read(grey(discs(6, (n) => (n <= 2 ? 1 : 0)))))).toBe(1);
    expect(numbersOf(await read(grey(discs(6, (n) => (n === 1 ? 255 : 0)))))).toBe(1);
  });

  test('a value all around is the background, or the mask is inverted, and the hint says how to read it', async () => {
    const cases = [
      [discs(6).map((n) => (n === 0 ? 255 : n)), { background: 255 }],
      [discs(6).map((n) => (n === 0 ? 255 : 0)), { background: 255, labelImages: 'pieces' }],
      // As ilastik exports a segmentation.
      [discs(6).map((n) => (n === 0 ? 2 : 1)), { background: 2, labelImages: 'pieces' }],
    ] as const;
    for (const [values, reading] of cases) {
      for (const labelImages of [undefined, 'pieces'] as const)
        expect(await whatOf(grey(values), { labelImages })).toMatch(
          /^The value (255|2) covers \d\d % of the image/u,
        );
      const { hint } = (await read(grey(values)).catch((error: unknown) => error)) as NucleateError;
      expect(hint).toContain(`--background ${reading.background}`);
      expect(hint.includes('--label-images pieces')).toBe('labelImages' in reading);
      const { labels } = await read(grey(values), reading);
      expect([...labels]).toEqual([...discs(6)]);
    }
    // One nucleus that fills most of a crop does not reach all around.
    const large = Uint8Array.from({ length: side * side }, (_, at) =>
      Math.hypot((at % side) - side / 2, Math.floor(at / side) - side / 2) < 44 ? 1 : 0,
    );
    expect(numbersOf(await read(grey(large)))).toBe(1);
  });

  test('inside and thin border are classes, and their pieces are no nuclei', async () => {
    const inside = discs(6, () => 1);
    const values = inside.map((value, at) => {
      const isNear = [1, -1, side, -side].some((step) => inside[at + step] === 1);
      return value === 1 ? 1 : isNear ? 2 : 0;
    });
    for (const labelImages of [undefined, 'pieces'] as const)
      expect(await whatOf(grey(values), { labelImages })).toBe(
        'The value 2 is thin and lies around the others: these are classes (inside, border), not nuclei.',
      );
  });

  test('few values in many pieces are classes', async () => {
    expect(await whatOf(grey(discs(6, (n) => 1 + (n % 4))))).toBe(
      '4 values in 36 pieces: these are classes or repeating colours, not nuclei.',
    );
  });

  test('pieces of a foreground mask, and of classes, are nuclei if the user says so', async () => {
    for (const valueOf of [() => 255, (n: number) => 1 + (n % 4), (n: number) => n]) {
      const { labels } = await read(grey(discs(6, valueOf)), { labelImages: 'pieces' });
      expect([...labels]).toEqual([...discs(6)]);
    }
    expect(numbersOf(await read(grey(discs(6, () => 255)), { labelImages: 'numbers' }))).toBe(1);
  });

  test('a smoothed, scaled, rotated or JPEG-worn label image is an error, as numbers and as pieces', async () => {
    const image = sharp(discs(6), { raw: { width: side, height: side, channels: 1 } });
    const worn = {
      blur: image.clone().blur(1),
      scale: image.clone().resize(150, 150, { kernel: 'cubic' }),
      rotate: image.clone().rotate(10, { background: '#000' }),
      jpeg: sharp(await image.clone().jpeg({ quality: 85 }).toBuffer()),
    };
    for (const [name, pipeline] of Object.entries(worn)) {
      const bytes = await pipeline.toColourspace('b-w').png().toBuffer();
      for (const labelImages of [undefined, 'pieces'] as const) {
        const { what } = await dataErrorOf(readLabelImage(bytes, 'x.png', { labelImages }));
        expect(`${name}: ${what}`).toBe(
          `${name}: The nuclei have rims of other values: the label image was smoothed, scaled, rotated or saved as JPEG.`,
        );
      }
    }
  });

  test('an image is an error, grey or in colours', async () => {
    const noise = Uint8Array.from(
      { length: side * side },
      (_, at) => 20 + ((at * 7919 + (at >> 3) * 31) % 40),
    );
    expect(await whatOf(grey(noise))).toMatch(/this is an image, not a label image\.$/u);
    const data = Uint8Array.from(
      { length: 3 * side * side },
      (_, at) => noise[Math.floor(at / 3)]! + (at % 3),
    );
    expect(await whatOf({ ...grey(data), channels: 3 })).toMatch(/^The colours change from pixel to pixel/u);
  });

  test('truth values of NumPy in a TIFF are foreground, 1 and not 0', async () => {
    const file = new URL('../../fixtures/annotations/truth-values.tif', import.meta.url).pathname;
    expect((await dataErrorOf(readLabelImage(file))).what).toMatch(
      /received 1: this may be a foreground mask/u,
    );
    const { labels } = await readLabelImage(file, file, { labelImages: 'pieces' });
    const areas = new Map<number, number>();
    for (const label of labels) areas.set(label, (areas.get(label) ?? 0) + 1);
    expect([...areas].sort()).toEqual([[0, 1344], [1, 64], [2, 64], [3, 64], [4, 64]]); // prettier-ignore
  });

  test('small drawings are not judged', async () => {
    const data = Uint8Array.from({ length: 31 * 33 }, (_, at) => at % 250);
    expect(numbersOf(await read({ width: 31, height: 33, channels: 1, data }))).toBe(249);
  });
});

describe('colours', () => {
  const coloured = (colourOf: (number: number) => readonly [number, number, number]): Image => ({
    ...grey(Uint8Array.from([...discs(6)].flatMap((n) => (n === 0 ? [0, 0, 0] : colourOf(n))))),
    channels: 3,
  });
  const unique = coloured((n) => [n, 255 - n, 100]);

  test('are an error that says how to read them, and labels if the user says so', async () => {
    expect(await whatOf(unique)).toBe('The labels are colours: the three channels differ.');
    const { labels } = await read(unique, { labelImages: 'colours' });
    expect([...labels]).toEqual([...discs(6)]);
    expect([...(await read(unique, { labelImages: 'pieces' })).labels]).toEqual([...discs(6)]);
  });

  test('that repeat are no labels, but their pieces are', async () => {
    const repeated = coloured((n) => [n % 5, 9, 100]);
    expect(await whatOf(repeated, { labelImages: 'colours' })).toMatch(/^5 values in 36 pieces/u);
    const { labels } = await read(repeated, { labelImages: 'pieces' });
    expect([...labels]).toEqual([...discs(6)]);
  });
});

describe('values of every type', () => {
  const size = { width: 3, height: 1, channels: 1 } as const;
  const labelsOf = (values: Parameters<typeof labelsOfValues>[0]['values'], reading?: LabelReading) => [
    ...labelsOfValues({ ...size, values }, 'x.tif', reading).labels,
  ];

  test.each([
    Int8Array,
    Uint8Array,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
  ])('%o', (type) => expect(labelsOf(type.of(0, 1, 100))).toEqual([0, 1, 100]));

  test('fractions, values that are no numbers and labels that are too large are errors', async () => {
    const whatOfValues = async (values: Float64Array) =>
      (await dataErrorOf(Promise.resolve().then(() => labelsOf(values)))).what;
    expect(await whatOfValues(Float64Array.of(0, 1, 1.5))).toMatch(
      /^The values are not whole numbers, such as 1\.5/u,
    );
    expect(await whatOfValues(Float64Array.of(0, 1, NaN))).toMatch(/such as NaN/u);
    expect(await whatOfValues(Float64Array.of(0, 1, Infinity))).toMatch(/such as Infinity/u);
    expect(await whatOfValues(Float64Array.of(0, 1, 2 ** 31))).toBe(
      'The image has a label above 2147483647.',
    );
  });

  test('-1 is background if it is named; then 0 is a nucleus', async () => {
    const error = await dataErrorOf(Promise.resolve().then(() => labelsOf(Int32Array.of(-1, 0, 7))));
    expect(error.what).toBe('The label image has negative values (-1 and up, in 33 % of its pixels).');
    expect(labelsOf(Int32Array.of(-1, 0, 7), { background: -1 })).toEqual([0, 8, 7]);
    expect(labelsOf(Float32Array.of(-1, 3, 7), { background: -1 })).toEqual([0, 3, 7]);
    // Files without it have the background 0.
    expect(labelsOf(Uint8Array.of(0, 3, 7), { background: -1 })).toEqual([0, 3, 7]);
  });

  test('whole labels of any type are read as they are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 2 ** 31 - 1 }), { minLength: 3, maxLength: 3 }),
        (labels) => {
          for (const type of [Int32Array, Uint32Array, Float64Array])
            expect(labelsOf(type.from(labels))).toEqual(labels);
        },
      ),
    );
  });
});
