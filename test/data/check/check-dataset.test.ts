import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkDataset } from '../../../src/data/check/check-dataset.js';
import { checkContrast } from '../../../src/data/check/check-contrast.js';
import { checkMasks } from '../../../src/data/check/check-masks.js';
import { componentsOf } from '../../../src/data/geometry/components.js';
import { quantilesOf } from '../../../src/data/check/quantiles.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { encodePng } from '../../../src/data/image/image-io.js';
import { runsOfPixels } from '../../../src/data/geometry/mask.js';
import { randomFor } from '../../../src/random.js';
import { drawing, drawingPng, writeFolder } from '../write-dataset.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

const maskOf = (name: string, ...rows: string[]) => {
  const image = drawing(rows);
  return { name, runs: runsOfPixels(image.data, image) };
};

test.each([
  ['one pixel', ['#'], [1], []],
  ['nothing', ['..'], [], []],
  ['corners touch', ['#.', '.#'], [2], []],
  [
    'two pieces, to the last column and the first of the next row',
    ['..#', '#..', '...', '##.'],
    [2, 1, 1],
    [],
  ],
  ['a hole', ['###', '#.#', '###'], [8], [1]],
  ['a hole leaks only sideways, not over corners', ['##.', '#.#', '###'], [7], [1]],
  ['no hole where it is open', ['###', '#..', '###'], [7], []],
  ['an island in a hole', ['#####', '#...#', '#.#.#', '#...#', '#####'], [16, 1], [8]],
  ['two holes', ['#####', '#.#.#', '#.###', '#####'], [17], [2, 1]],
])('components: %s', (_, rows, pieces, holes) => {
  const width = rows[0]!.length;
  expect(componentsOf(maskOf('', ...rows), width)).toEqual({ pieces, holes });
});

test('a line is a sliver, from twelve times as long as wide', () => {
  const image = { width: 30, height: 3, channels: 1, data: new Uint8Array(90) } as const;
  const blank = '.'.repeat(30);
  const line = (name: string, row: number, length: number) => {
    const rows = [blank, blank, blank];
    rows[row] = '#'.repeat(length).padEnd(30, '.');
    return maskOf(name, ...rows);
  };
  const found = (...lengths: number[]) =>
    checkMasks({ id: 'x', image, masks: lengths.map((length, row) => line(`m${row}`, row, length)) })
      .filter(({ kind }) => kind === 'sliver')
      .map(({ mask }) => mask);
  expect(found(11, 12, 30)).toEqual(['m1', 'm2']);
});

describe('nuclei compared with each other', () => {
  const size = 120;
  /** Squares of 10 px and this grey value on a background, each with a mask. */
  function squares(values: readonly number[], background = 50) {
    const data = new Uint8Array(size * size).fill(background);
    const masks = values.map((value, index) => {
      const [left, top] = [5 + 25 * (index % 4), 5 + 25 * Math.floor(index / 4)];
      const pixels = new Uint8Array(size * size);
      for (let y = top; y < top + 10; y++) {
        data.fill(value, y * size + left, y * size + left + 10);
        pixels.fill(255, y * size + left, y * size + left + 10);
      }
      return { name: `m${index}`, runs: runsOfPixels(pixels, { width: size, height: size }) };
    });
    return { image: { width: size, height: size, channels: 1, data } as const, masks };
  }
  const found = (values: readonly number[], marked: number, more: object = {}, background = 50) => {
    const { image, masks } = squares(values, background);
    return checkContrast({ id: 'x', image, masks: masks.slice(0, marked), ...more }).map(
      ({ kind, mask, box, numbers }) => ({ kind, mask, box, numbers }),
    );
  };
  const box = { x1: 5, y1: 30, x2: 15, y2: 40 };

  test('a nucleus that is darker than its surroundings where the others are brighter is faint', () => {
    expect(found([150, 150, 150, 150, 40], 5)).toEqual([
      { kind: 'faint', mask: 'm4', box, numbers: { contrast: -10, usual: 100 } },
    ]);
    // On a bright background dark nuclei are the rule.
    expect(found([50, 50, 50, 50, 210], 5, {}, 200)).toMatchObject([{ kind: 'faint', mask: 'm4' }]);
    expect(found([150, 150, 150, 150, 55], 5)).toEqual([]);
    expect(found([150, 150, 150, 40], 4)).toEqual([]);
  });

  test('a region that looks like a nucleus but has no mask is reported', () => {
    expect(found([150, 150, 150, 150, 145], 4)).toEqual([
      { kind: 'unmarked', mask: undefined, box, numbers: { area: 100, usualArea: 100, contrastRatio: 0.95 } },
    ]);
    expect(found([150, 150, 150, 150, 120], 4)).toEqual([]); // 70 % of the usual contrast
    expect(found([150, 150, 150], 2)).toEqual([]); // too few to compare with
    expect(found([150, 150, 150, 150, 145], 4, { ignore: new Uint8Array(size * size).fill(1) })).toEqual([]);
  });
});

test('masks: every kind of problem, with its numbers', () => {
  const image = { width: 12, height: 12, channels: 1, data: new Uint8Array(144) } as const;
  /** A mask of rows from the given one down; the rest is background. */
  const at = (name: string, top: number, ...rows: string[]) =>
    maskOf(name, ...Array.from({ length: 12 }, (_, y) => (rows[y - top] ?? '').padEnd(12, '.')));
  const masks = [
    at('ring', 0, '#####', '##.##', '#####', '#####'),
    at('ring again', 0, '#####', '##.##', '#####', '#####'),
    at('empty', 0),
    at('speck', 11, '###'),
    at('solid', 5, '#####', '#####', '#####', '#####'),
    at('parts', 8, '....####...#', '....####....', '....####....', '....####....'),
    {
      ...at('soft', 0, '.......#####', '.......#####', '.......#####', '.......#####'),
      isBlurred: true as const,
    },
    at('full', 5, ...Array<string>(4).fill('.....#######'), ...Array<string>(2).fill('........####')),
  ];
  const found = checkMasks({ id: 'x', origin: 'x.png', image, masks });
  expect(found.map(({ kind, mask, numbers }) => [kind, mask, numbers])).toEqual([
    ['holes', 'ring', { area: 19, holes: 1 }],
    ['duplicate-mask', 'ring again', { area: 19 }],
    ['empty-mask', 'empty', {}],
    ['speck', 'speck', { area: 3 }],
    ['pieces', 'parts', { area: 17, pieces: 2, smallest: 1 }],
    // 36 of 144 pixels are just a quarter.
    ['full-mask', 'full', { area: 36 }],
    ['blurred-mask', 'soft', { masks: 1 }],
    ['overlap', 'parts', { shared: 1, area: 17 }],
    // The row 8 of "parts": columns 5 to 7 and 11.
    ['overlap', 'full', { shared: 4, area: 36 }],
  ]);
  expect(found[0]).toMatchObject({
    severity: 'warning',
    image: 'x',
    where: 'x.png',
    what: 'The mask ring has 1 hole (1 px).',
    box: { x1: 0, y1: 0, x2: 5, y2: 4 },
  });
  expect(found.at(-1)!.what).toBe('The masks parts and full overlap by 4 pixels.');
  // A folder that was saved as JPEG has only blurred masks.
  const blurred = [masks[5]!, masks[6]!].map((mask) => ({ ...mask, isBlurred: true as const }));
  expect(checkMasks({ id: 'x', image, masks: blurred }).at(-1)).toMatchObject({
    kind: 'blurred-mask',
    what: '2 masks, the first of them parts, have several grey values besides 0.',
    numbers: { masks: 2 },
  });
  expect(checkMasks({ id: 'x', image, masks: [] }).map(({ kind }) => kind)).toEqual(['no-nuclei']);
});

test('a dataset: unreadable files, duplicates, leaks and the summary', async () => {
  const random = randomFor(1, 'noise');
  const noise = (width: number) =>
    encodePng({
      width,
      height: 20,
      channels: 1,
      data: Uint8Array.from({ length: width * 20 }, () => random.integer(256)),
    });
  const [first, other] = [await noise(20), await noise(24)];
  const mask = await drawingPng(...Array<string>(20).fill(`${'.'.repeat(15)}#####`));
  const path = writeFolder(folder, {
    'a/images/a.png': first,
    'a/masks/1.png': mask,
    'b/images/b.png': first,
    'b/masks/1.png': mask,
    'c/images/c.png': other,
    'c/masks/1.png': mask,
    'c/masks/2.png': 'nonsense',
    'd/images/d.png': first,
  });
  const dataset = await openDataset(path);
  const facts = { group: 0, cluster: 'x' };
  const images = { a: { fold: 0, ...facts }, b: { fold: 1, ...facts } };
  const seen: number[] = [];
  const { findings, summary } = await checkDataset(dataset, {
    split: { dataset: '', seed: 1, folds: 2, images },
    onImage: (done) => seen.push(done),
  });
  expect(findings.map(({ kind, severity, image, what }) => [kind, severity, image, what])).toEqual(
    [
      ['file', 'error', 'c', 'The file is not a PNG, TIFF or JPEG image, or is damaged.'],
      ['file', 'error', 'd', 'The image has no masks.'],
      ['full-mask', 'warning', 'a', 'The mask 1 covers 25 % of the image.'],
      ['full-mask', 'warning', 'b', 'The mask 1 covers 25 % of the image.'],
      ['duplicate-image', 'warning', 'b', 'The image b has the same pixels as a.'],
      ['leak', 'error', 'b', 'The image b in fold 1 has the same pixels as a in fold 0.'],
    ].sort((one, two) => order(one) - order(two)),
  );
  expect(summary).toMatchObject({
    images: 4,
    readable: 2,
    masks: 2,
    nuclei: 2,
    errors: 3,
    warnings: 3,
    sizes: [{ width: 20, height: 20, images: 2 }],
    nucleusArea: { least: 100, median: 100, most: 100 },
    identity: await dataset.identity(),
  });
  expect(seen).toEqual([1, 2, 3, 4]);
  await dataset.close();
});

/** Findings stand in the order of the images, those of the listing first and of pairs last. */
const order = ([kind, , image]: readonly (string | undefined)[]): number =>
  image === undefined
    ? 0
    : kind === 'duplicate-image'
      ? 4
      : kind === 'leak'
        ? 5
        : 'abcd'.indexOf(image) + 0.5;

test('quantiles are values of the list', () => {
  expect(quantilesOf([5, 1, 3])).toEqual({ least: 1, p1: 1, median: 3, p95: 5, p99: 5, most: 5 });
  expect(quantilesOf([]).median).toBeNull();
});

test('images that may not be what they are taken for are told', async () => {
  const side = 96;
  const data = new Uint8Array(3 * side * side).map((_, i) => 5 + ((i * 7919) % 5));
  // Discs of blue light on black.
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) if (x % 24 < 8 && y % 20 < 9) data[3 * (y * side + x) + 2] = 200;
  const path = writeFolder(join(folder, 'doubtful'), {
    'a.png': await encodePng({ width: side, height: side, channels: 3, data }),
    'a_masks.png': await encodePng({
      width: side,
      height: side,
      channels: 1,
      data: new Uint8Array(side * side),
    }),
  });
  const dataset = await openDataset(path);
  const { findings } = await checkDataset(dataset);
  await dataset.close();
  expect(findings.filter(({ kind }) => kind === 'doubtful-image')).toMatchObject([
    { image: 'a', severity: 'warning', hint: expect.stringContaining('--channel blue') as string },
  ]);
});

test('what nobody has reviewed is counted, with the masks there; and JPEG images are named', async () => {
  const path = writeFolder(join(folder, 'unreviewed'), {
    'a.png': await drawingPng('1234', '5678'),
    'a_masks.png': await drawingPng('11.2', '..22'),
    // Two of the three pixels of nucleus 2, none of nucleus 1.
    'a_ignore.png': await drawingPng('...#', '...#'),
    'b.jpg': await drawingPng('1234', '5678'),
    'b_masks.png': await drawingPng('....', '....'),
  });
  const dataset = await openDataset(path);
  const { summary, findings } = await checkDataset(dataset);
  await dataset.close();
  expect(summary.unreviewed).toEqual({ images: 1, share: 2 / 16, masks: 1 });
  expect(findings.filter(({ kind }) => kind === 'jpeg')).toMatchObject([
    { image: 'b', what: 'An image is a JPEG file, whose compression blurs edges.' },
  ]);
});
