import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkDataset } from '../../src/data/check/check-dataset.js';
import { checkMasks } from '../../src/data/check/check-masks.js';
import { componentsOf } from '../../src/data/check/components.js';
import { quantilesOf } from '../../src/data/check/quantiles.js';
import { openDataset } from '../../src/data/dataset.js';
import { encodePng } from '../../src/data/image-io.js';
import { runsOfPixels } from '../../src/data/mask.js';
import { randomFor } from '../../src/random.js';
import { drawing, drawingPng, writeFolder } from './write-dataset.js';

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

test('masks: every kind, with its numbers', () => {
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
    ['blurred-mask', 'soft', { area: 20 }],
    // 36 of 144 pixels are just a quarter.
    ['full-mask', 'full', { area: 36 }],
    ['overlap', 'parts', { shared: 1, area: 17 }],
    // The row 8 of "parts": columns 5 to 7 and 11.
    ['overlap', 'full', { shared: 4, area: 36 }],
  ]);
  expect(found[0]).toMatchObject({
    severity: 'warning',
    image: 'x',
    where: 'x.png',
    what: 'The mask ring has 1 hole of 1 px.',
    box: { left: 0, top: 0, right: 5, bottom: 4 },
  });
  expect(found.at(-1)!.what).toBe('The masks parts and full share 4 pixels.');
  expect(checkMasks({ id: 'x', image, masks: [] }).map(({ kind }) => kind)).toEqual(['no-nuclei']);
});

test('a dataset: what cannot be read, twins, leaks and the summary', async () => {
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
      ['file', 'error', undefined, 'The image has no masks.'],
      ['file', 'error', 'c', 'The file cannot be understood as a PNG, TIFF or JPEG image.'],
      ['full-mask', 'warning', 'a', 'The mask 1 covers 25 % of the image.'],
      ['full-mask', 'warning', 'b', 'The mask 1 covers 25 % of the image.'],
      ['duplicate-image', 'warning', 'b', 'The image b has the pixels of a.'],
      ['leak', 'error', 'b', 'The image b of fold 1 has the pixels of a of fold 0.'],
    ].sort((one, two) => order(one) - order(two)),
  );
  expect(summary).toMatchObject({
    images: 3,
    readable: 2,
    masks: 2,
    nuclei: 2,
    errors: 3,
    warnings: 3,
    sizes: [{ width: 20, height: 20, images: 2 }],
    nucleusArea: { least: 100, median: 100, most: 100 },
    identity: await dataset.identity(),
  });
  expect(seen).toEqual([1, 2, 3]);
  await dataset.close();
});

/** Findings stand in the order of the images, those of the listing first and of pairs last. */
const order = ([kind, , image]: readonly (string | undefined)[]): number =>
  image === undefined ? 0 : kind === 'duplicate-image' ? 4 : kind === 'leak' ? 5 : 'abc'.indexOf(image) + 0.5;

test('quantiles are values of the list', () => {
  expect(quantilesOf([5, 1, 3])).toEqual({ least: 1, p1: 1, median: 3, p95: 5, p99: 5, most: 5 });
  expect(quantilesOf([]).median).toBeNull();
});
