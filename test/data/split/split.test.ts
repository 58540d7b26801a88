import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { pixelHashOf } from '../../../src/data/image/pixel-hash.js';
import type { Image } from '../../../src/data/image/image.js';
import { assignFolds, foldsOfClusters } from '../../../src/data/split/folds.js';
import { readGroupsCsv } from '../../../src/data/read/groups-csv.js';
import { Groups } from '../../../src/data/split/groups.js';
import { modalityOf } from '../../../src/data/split/modality.js';
import { signatureOf } from '../../../src/data/split/signature.js';
import { findNeighbours } from '../../../src/data/split/neighbours.js';
import { readSplit, writeSplit } from '../../../src/data/split/split-file.js';
import { type FindSplitImage, imageFinder, leaksOf, splitImages } from '../../../src/data/split/split.js';
import { randomFor } from '../../../src/random.js';
import { dataErrorOf } from '../expect-error.js';
import { uniform } from '../../helpers/uniform.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-split-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Smooth random blobs, so that neighbouring lines are similar, as in a microscope image. */
function field(name: string, width: number, height: number): Image {
  const random = randomFor(1, name);
  const waves = Array.from({ length: 12 }, () => ({
    x: random.normal() / 15,
    y: random.normal() / 15,
    phase: random.uniform() * 6,
  }));
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const sum = waves.reduce((total, wave) => total + Math.sin(wave.x * x + wave.y * y + wave.phase), 0);
    return 100 + 12 * sum + 3 * random.normal();
  });
  return { width, height, channels: 1, data };
}

function crop({ width, data }: Image, left: number, top: number, size: number): Image {
  const pixels = Uint8Array.from({ length: size * size }, (_, i) => {
    return data[(top + Math.floor(i / size)) * width + left + (i % size)]!;
  });
  return { width: size, height: size, channels: 1, data: pixels };
}

const mosaic = field('mosaic', 80, 80);
const tiles = [
  crop(mosaic, 0, 0, 40),
  crop(mosaic, 40, 0, 40),
  crop(mosaic, 0, 40, 40),
  crop(mosaic, 40, 40, 40),
];
const signatures = [
  ...tiles.map((tile, index) => signatureOf(`tile-${index}`, tile)),
  signatureOf('other', field('other', 40, 40)),
  signatureOf('twin-1', field('twin', 40, 40)),
  signatureOf('twin-2', field('twin', 40, 40)),
  signatureOf('small-twin', crop(field('twin', 40, 40), 0, 0, 39)),
  signatureOf('flat-1', { width: 40, height: 40, channels: 1, data: new Uint8Array(1600) }),
  signatureOf('flat-2', { width: 40, height: 40, channels: 1, data: new Uint8Array(1600).fill(1) }),
];

describe('a fold for each cluster', () => {
  const item = (id: string, group: number, cluster: string) => ({ id, group, cluster });

  test('the largest cluster first; a group is assigned to the cluster of most of its images', () => {
    const items = [
      item('p', 0, 'pink'),
      item('q', 1, 'dark'),
      item('r', 1, 'dark'),
      item('s', 1, 'pink'),
      item('t', 2, 'dark'),
      item('u', 3, 'grey'),
      item('v', 3, 'pink'),
    ];
    const folds = { q: 0, r: 0, s: 0, t: 0, u: 1, v: 1, p: 2 };
    expect(Object.fromEntries(foldsOfClusters(items))).toEqual(folds);
    expect(Object.fromEntries(foldsOfClusters(items.toReversed()))).toEqual(folds);
  });

  test('one cluster alone is an error', () => {
    expect(() => foldsOfClusters([item('p', 0, 'pink'), item('q', 1, 'pink')])).toThrow('received 1');
  });
});

describe('images that belong together', () => {
  test('crops of one field, twins, and crops that look alike; flat images are not', () => {
    const found = findNeighbours(signatures).map(({ first, second, kind }) => `${first} ${second} ${kind}`);
    expect(found).toEqual([
      'tile-0 tile-1 adjacent',
      'tile-0 tile-2 adjacent',
      'tile-1 tile-3 adjacent',
      'tile-2 tile-3 adjacent',
      'twin-1 twin-2 same-pixels',
      'twin-1 small-twin alike',
      'twin-2 small-twin alike',
    ]);
  });

  test('the first numbers of a comparison never hide a pair: thumbnails around the bound, against their whole product', () => {
    const base = signatureOf('base', field('base', 40, 40));
    const [other] = [signatureOf('else', field('else', 40, 40))];
    const unit = (values: Float32Array) => {
      const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
      return values.map((value) => value / length);
    };
    const mixed = uniform(0, 0.3).map((part) => {
      const thumbnail = unit(base.thumbnail.map((value, at) => value + part * other.thumbnail[at]!));
      return { ...base, id: 'mixed', pixelHash: 'mixed', thumbnail };
    });
    fc.assert(
      fc.property(mixed, (signature) => {
        const product = base.thumbnail.reduce((sum, value, at) => sum + value * signature.thumbnail[at]!, 0);
        // Within rounding of the bound either is right.
        fc.pre(Math.abs(product - 0.99) > 1e-5);
        const isAlike = findNeighbours([base, signature]).some(({ kind }) => kind === 'alike');
        expect(isAlike).toBe(product >= 0.99);
      }),
    );
  });

  test('of 16-bit and colour images, too', () => {
    const wide = (image: Image): Image => ({
      ...image,
      data: Uint16Array.from(image.data, (value) => 100 * value),
    });
    const colour = (image: Image): Image => ({
      ...image,
      channels: 3,
      data: Uint8Array.from({ length: 3 * image.data.length }, (_, i) => image.data[Math.floor(i / 3)]!),
    });
    for (const change of [wide, colour]) {
      const [one, two] = [signatureOf('1', change(tiles[0]!)), signatureOf('2', change(tiles[1]!))];
      expect(findNeighbours([one, two]).map(({ kind }) => kind)).toEqual(['adjacent']);
    }
  });
});

test('groups are transitive, and sorted by their first id', () => {
  const groups = new Groups(['d', 'c', 'b', 'a', 'e']);
  groups.unite('d', 'c');
  groups.unite('b', 'd');
  groups.unite('a', 'unknown');
  groups.unite('a', 'a');
  expect([...groups.all().values()]).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
});

test.each([
  ['dim', 1, [5, 5, 5, 56]],
  ['dark', 1, [20, 20, 20, 100]],
  ['bright', 1, [220, 220, 220, 100]],
  ['stained', 3, [210, 200, 210, 210, 200, 210, 210, 200, 210, 120, 60, 150]],
  ['tinted', 3, [190, 140, 200, 190, 140, 200, 190, 140, 200, 90, 40, 120]],
] as const)('modality %s', (modality, channels, values) => {
  expect(modalityOf({ width: 4, height: 1, channels, data: Uint8Array.from(values) })).toBe(modality);
});

describe('folds', () => {
  const items = fc
    .array(fc.record({ group: fc.integer({ min: 0, max: 12 }), cluster: fc.constantFrom('a', 'b') }), {
      minLength: 60,
      maxLength: 80,
    })
    .map((found) => found.map((item, index) => ({ ...item, id: `image-${index}` })));

  test('keep groups together, contain every image, and depend only on ids and seed', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 2, max: 4 }), fc.nat(), (all, count, seed) => {
        fc.pre(new Set(all.map(({ group }) => group)).size >= count);
        const folds = assignFolds(all, count, seed);
        const ofGroup = new Map<number, number>();
        for (const { id, group } of all) {
          const fold = folds.get(id)!;
          expect(fold).toBeGreaterThanOrEqual(0);
          expect(fold).toBeLessThan(count);
          expect(ofGroup.get(group) ?? fold).toBe(fold);
          ofGroup.set(group, fold);
        }
        const again = assignFolds([...all].reverse(), count, seed);
        for (const { id } of all) expect(again.get(id)).toBe(folds.get(id));
      }),
    );
  });

  test('spread clusters evenly, and differ with the seed', () => {
    const all = Array.from({ length: 100 }, (_, i) => ({
      id: `${i}`,
      group: i,
      cluster: i < 10 ? 'rare' : 'frequent',
    }));
    const folds = assignFolds(all, 5, 1);
    for (let fold = 0; fold < 5; fold++) {
      const inFold = all.filter(({ id }) => folds.get(id) === fold);
      expect([inFold.length, inFold.filter(({ cluster }) => cluster === 'rare').length]).toEqual([20, 2]);
    }
    const other = assignFolds(all, 5, 2);
    expect(all.some(({ id }) => other.get(id) !== folds.get(id))).toBe(true);
  });

  test('need at least as many groups', () => {
    const one = [{ id: 'a', group: 0, cluster: 'x' }];
    expect(() => assignFolds(one, 2, 1)).toThrow(new RangeError('Expected at least 2 groups, received 1'));
  });
});

test('a split has no leaks, with and without known groups', () => {
  const neighbours = findNeighbours(signatures);
  const known = new Map(
    signatures.map(({ id }) => [
      id,
      { cluster: id[0]!, mosaic: ['other', 'flat-1'].includes(id) ? 'one' : id },
    ]),
  );
  for (const split of [
    splitImages(signatures, { dataset: 'x', folds: 3, seed: 1 }).split,
    splitImages(signatures, { dataset: 'x', folds: 3, seed: 1, known }).split,
  ]) {
    expect(leaksOf(split, neighbours)).toEqual([]);
    expect(new Set(Object.values(split.images).map(({ fold }) => fold))).toEqual(new Set([0, 1, 2]));
  }
  const { images } = splitImages(signatures, { dataset: 'x', folds: 3, seed: 1, known }).split;
  expect(images['other']!.group).toBe(images['flat-1']!.group);
  expect(images['tile-0']).toMatchObject({ cluster: 't' });
  const moved = { ...images, 'tile-0': { ...images['tile-0']!, fold: (images['tile-1']!.fold + 1) % 3 } };
  const leaky = { dataset: 'x', folds: 3, seed: 1, images: moved };
  expect(leaksOf(leaky, neighbours).map(({ second }) => second)).toEqual(['tile-1', 'tile-2']);
});

describe('images are found in a split', () => {
  const { split } = splitImages(signatures, { dataset: 'x', folds: 3, seed: 1 });
  const hash = new Map(signatures.map(({ id, pixelHash }) => [id, pixelHash]));
  const found = (finder: ReturnType<typeof imageFinder>, id: string, pixels = '') => {
    const image = (finder as FindSplitImage)(id, () => pixels);
    return 'what' in image ? image.what : image.fold;
  };

  test('by id in the dataset that was split, without reading pixels', () => {
    const finder = imageFinder(split, 'x') as FindSplitImage;
    const image = finder('tile-0', () => {
      throw new Error('was read');
    });
    expect(image).toBe(split.images['tile-0']);
    expect(found(finder, 'new')).toBe('The split lacks the image new.');
  });

  test('by pixels in any other, whatever they are called; other pixels under a known name are an error', () => {
    const finder = imageFinder(split, 'y');
    expect(found(finder, 'other', hash.get('tile-0'))).toBe(split.images['tile-0']!.fold);
    expect(found(finder, 'renamed', hash.get('other'))).toBe(split.images['other']!.fold);
    expect(found(finder, 'tile-0', 'f')).toBe(
      'The pixels of the image tile-0 are not those that were split.',
    );
    expect(found(finder, 'new', 'f')).toBe('The split lacks the image new.');
  });

  test('a split of nucleate 0.1 has no hashes: it is for the dataset that was split alone', () => {
    const images = Object.fromEntries(
      Object.entries(split.images).map(([id, { fold, group, cluster }]) => [id, { fold, group, cluster }]),
    );
    const old = { ...split, images };
    expect(imageFinder(old, 'y')).toMatchObject({
      what: 'The split was made for another dataset: x; this dataset is y.',
    });
    expect(found(imageFinder(old, 'x'), 'tile-0')).toBe(split.images['tile-0']!.fold);
  });
});

describe('a dataset that grows', () => {
  const first = signatures.filter(({ id }) => ['tile-0', 'other', 'twin-1', 'flat-1'].includes(id));
  const { split: old } = splitImages(first, { dataset: 'x', folds: 3, seed: 1 });

  test('keeps every image in its fold; new ones join those they belong to', () => {
    const renamed = signatures.map((image) =>
      image.id === 'other' ? { ...image, id: 'a-new-name' } : image,
    );
    for (const seed of [1, 2, 3]) {
      const { split, kept, warnings } = splitImages(renamed, { dataset: 'y', seed, keep: old });
      // Also twin-2, which has the pixels of twin-1.
      expect([kept, warnings, split.folds]).toEqual([5, [], 3]);
      const fold = (id: string) => split.images[id]!.fold;
      for (const id of ['tile-0', 'twin-1', 'flat-1']) expect(fold(id)).toBe(old.images[id]!.fold);
      expect(fold('a-new-name')).toBe(old.images['other']!.fold);
      expect([fold('tile-1'), fold('tile-2'), fold('tile-3')]).toEqual(Array(3).fill(fold('tile-0')));
      expect([fold('twin-2'), fold('small-twin')]).toEqual([fold('twin-1'), fold('twin-1')]);
    }
  });

  test('a new image between two folds is placed and reported; the kept ones do not move', () => {
    const apart = signatures.filter(({ id }) => ['tile-0', 'tile-3', 'other'].includes(id));
    const keep = splitImages(apart, { dataset: 'x', folds: 3, seed: 1 }).split;
    const { split, warnings } = splitImages(signatures, { dataset: 'y', seed: 1, keep });
    for (const id of ['tile-0', 'tile-3']) expect(split.images[id]!.fold).toBe(keep.images[id]!.fold);
    expect(warnings.map(({ where }) => where)).toEqual(['tile-1', 'tile-2']);
  });

  test('an old split without hashes is kept by ids', () => {
    const images = Object.fromEntries(
      Object.entries(old.images).map(([id, { fold, group, cluster }]) => [id, { fold, group, cluster }]),
    );
    const { split, kept } = splitImages(signatures, { dataset: 'y', seed: 1, keep: { ...old, images } });
    expect(kept).toBe(4);
    for (const id of Object.keys(images)) expect(split.images[id]!.fold).toBe(images[id]!.fold);
  });

  test('new images even out what the kept ones left uneven', () => {
    const item = (id: string, group: number) => ({ id, group, cluster: 'c' });
    const kept = new Map([0, 1, 2, 3].map((n) => [`kept-${n}`, 0]));
    const all = [...kept.keys()].map((id, n) => item(id, n));
    for (let n = 0; n < 8; n++) all.push(item(`new-${n}`, 10 + n));
    const folds = [...assignFolds(all, 3, 1, kept).values()];
    expect([0, 1, 2].map((fold) => folds.filter((other) => other === fold).length)).toEqual([4, 4, 4]);
  });
});

describe('without a number of folds', () => {
  test('there are as many as groups, at most five', () => {
    expect(splitImages(signatures, { dataset: 'x', seed: 1 }).split.folds).toBe(5);
    expect(splitImages(signatures.slice(3, 6), { dataset: 'x', seed: 1 }).split.folds).toBe(3);
  });

  test('images of one field alone are divided all the same, with a warning', () => {
    const { split, warnings } = splitImages(signatures.slice(0, 4), { dataset: 'x', seed: 1 });
    expect(split.folds).toBe(4);
    expect(warnings).toHaveLength(1);
    expect(splitImages(signatures.slice(5, 7), { dataset: 'x', seed: 1 }).split.folds).toBe(1);
  });
});

test('the pixel hash is that of the values, not of how they are stored', () => {
  const grey: Image = { width: 2, height: 1, channels: 1, data: Uint8Array.of(1, 2) };
  const asColour: Image = { ...grey, channels: 3, data: Uint8Array.of(1, 1, 1, 2, 2, 2) };
  const colour: Image = { ...asColour, data: Uint8Array.of(1, 1, 1, 2, 2, 3) };
  const tall: Image = { ...grey, width: 1, height: 2 };
  expect(pixelHashOf(asColour)).toBe(pixelHashOf(grey));
  expect(new Set([grey, colour, tall].map(pixelHashOf)).size).toBe(3);
});

describe('files', () => {
  test('a split is read back as it was written, one line per image', async () => {
    const { split } = splitImages(signatures, { dataset: 'x', folds: 2, seed: 7 });
    const path = join(folder, 'split.json');
    await writeSplit(path, split);
    expect(await readSplit(path)).toEqual(split);
    expect(
      readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.includes('"fold":')),
    ).toHaveLength(10);
  });

  test.each([
    ['no JSON', '{', /^The split file is not valid JSON/],
    ['no object', '[1]', /^The file is JSON, but not a split/],
    [
      'a fold too high',
      '{"dataset":"","seed":1,"folds":2,"images":{"a":{"fold":2,"group":0,"cluster":"x"}}}',
      /not a split/,
    ],
  ])('%s', async (_, text, what) => {
    const path = join(folder, 'bad.json');
    writeFileSync(path, text);
    expect((await dataErrorOf(readSplit(path))).what).toMatch(what);
  });

  test.each([
    ['image_id,mosaic\na,1\n', 2, 'The line has no image id or no cluster.'],
    ['image_id,cluster\n,f\n', 2, 'The line has no image id or no cluster.'],
    ['image_id,cluster,mosaic\na,b,1\na,b,2\n', 3, 'The image a is listed twice.'],
  ])('groups: %o', async (text, line, what) => {
    const path = join(folder, 'groups.csv');
    writeFileSync(path, text);
    expect(await dataErrorOf(readGroupsCsv(path))).toMatchObject({ what, where: `${path}:${line}` });
  });
});

const published = join(import.meta.dirname, '../../../../shared/data/dsb2018/groups.csv');
test.runIf(existsSync(published))(
  'the committed split keeps every published mosaic in one fold',
  async () => {
    const split = await readSplit(join(import.meta.dirname, '../../../configs/splits/dsb2018.json'));
    const groups = await readGroupsCsv(published);
    expect(Object.keys(split.images).sort()).toEqual([...groups.keys()].sort());
    const foldOf = new Map<string, number>();
    for (const [id, { mosaic = '', cluster }] of groups) {
      const image = split.images[id]!;
      expect(image.cluster).toBe(cluster);
      expect(foldOf.get(mosaic) ?? image.fold).toBe(image.fold);
      foldOf.set(mosaic, image.fold);
    }
  },
);
