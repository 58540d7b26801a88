import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeImage } from '../../../../src/data/image/image-io.js';
import { openDataset } from '../../../../src/data/read/dataset.js';
import type { AnnotationChoice } from '../../../../src/data/read/annotations/annotation.js';
import { readGeoJson } from '../../../../src/data/read/annotations/geojson.js';
import { parseJson } from '../../../../src/data/read/annotations/json.js';
import { masksOfObjects } from '../../../../src/data/read/annotations/masks-of-objects.js';
import { dataErrorOf } from '../../expect-error.js';
import { fixture, fixtures, readObjects, rowsOf, size } from './read.js';

const square = (x: number, y: number, side: number) => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
];
const polygon = (...rings: number[][][]) => ({ type: 'Polygon', coordinates: rings });
const feature = (geometry: object, properties: object = {}, more: object = {}) => ({
  type: 'Feature',
  geometry,
  properties,
  ...more,
});

async function read(document: unknown, choice: AnnotationChoice = {}) {
  const text = typeof document === 'string' ? document : JSON.stringify(document);
  return await Promise.resolve().then(() => readGeoJson(Buffer.from(text), 'x.geojson', choice));
}

async function masksOf(document: unknown, choice: AnnotationChoice = {}) {
  return masksOfObjects(await read(document, choice), { width: 8, height: 4 }, 'x.geojson', choice);
}

describe('what shapely and the rules of QuPath make', () => {
  test.each(['x.geojson', 'y.geojson.gz'])(
    '%s: holes, the nucleus of a cell, several parts, a region',
    async (name) => {
      const { format, read } = await readObjects(fixtures + name);
      expect(format).toBe('geojson');
      const { objects, leftOut } = read.get(name[0]!)!;
      expect(leftOut).toEqual([{ what: 'points', count: 1 }]);
      expect(objects.map(({ role }) => role)).toEqual(['nucleus', 'nucleus', 'nucleus', 'region']);
      const { masks } = fixture<{ masks: string[][] }>('geojson-pixels.json');
      expect(objects.map((object) => rowsOf(object.pixels(size)))).toEqual(masks);
    },
  );
});

test('a list, a single feature and a collection are the same', async () => {
  const one = feature(polygon(square(1, 1, 2)));
  for (const document of [one, [one], { type: 'FeatureCollection', features: [one] }])
    expect([...(await masksOf(document)).masks[0]!.runs]).toEqual([9, 2, 17, 2]);
  expect((await masksOf({ type: 'FeatureCollection', features: [] })).masks).toEqual([]);
});

test('what lies outside of the reviewed regions is not reviewed, nor is what lies in Ignore*, nuclei too', async () => {
  const classified = (name: string) => ({ classification: { name } });
  const { masks, ignore } = await masksOf([
    feature(polygon(square(0, 0, 2)), classified('Nucleus')),
    feature(polygon(square(0, 0, 4)), classified('Region*')),
    feature(polygon(square(5, 0, 1)), classified('reviewed')),
    feature(polygon(square(1, 1, 2)), classified('Ignore*')),
  ]);
  expect(masks).toHaveLength(1);
  const rows = [0, 1, 2, 3].map((row) => [...ignore!].slice(8 * row, 8 * row + 8).join(''));
  expect(rows).toEqual(['00001011', '01101111', '01101111', '00001111']);
});

test('classes: several need a choice; objects without a class are nuclei', async () => {
  const classes = [{ name: 'Tumor' }, { names: ['Immune', 'Positive'] }, undefined];
  const document = classes.map((classification, index) =>
    feature(polygon(square(2 * index, 0, 2)), { objectType: 'detection', classification }),
  );
  expect((await dataErrorOf(read(document))).what).toBe(
    'The annotations have 2 categories: Tumor (1), Immune: Positive (1).',
  );
  const { masks, leftOut } = await masksOf(document, { categories: ['Immune: Positive'] });
  expect(masks.map(({ name }) => name)).toEqual(['features[1]', 'features[2]']);
  expect(leftOut).toEqual([{ what: 'objects of other categories', count: 1 }]);
});

test('an outline drawn around several nuclei is not taken for one', async () => {
  const detections = [0, 2, 4].map((x) => feature(polygon(square(x, 1, 2)), { objectType: 'detection' }));
  const around = feature(polygon(square(0, 0, 8)), { objectType: 'annotation' });
  const { what, where } = await dataErrorOf(masksOf([around, ...detections]));
  expect([what, where]).toEqual([
    'The annotation holds 3 other objects: is it a nucleus?',
    'x.geojson: features[0]',
  ]);
});

test('an outline that holds two smaller objects is a region, a rectangle with one; neighbours that overlap are nuclei', async () => {
  const drawn = (...corners: number[][]) => feature(polygon(corners), { objectType: 'annotation' });
  const inner = [0, 3].map((x) => feature(polygon(square(x, 1, 2)), { objectType: 'detection' }));
  const pentagon = [[0, 0], [8, 0], [8, 4], [4, 4], [0, 4], [0, 0]]; // prettier-ignore
  expect((await dataErrorOf(masksOf([drawn(...pentagon, [0, 0]), ...inner]))).what).toMatch(
    /holds 2 other objects/u,
  );
  expect((await dataErrorOf(masksOf([...inner.slice(1), drawn(...square(0, 0, 8))]))).what).toMatch(
    /holds 1 other object: /u,
  );
  // Drawn twice, and touching: both stay, and lose pixels where they overlap.
  const twice = [drawn(...square(0, 0, 4)), drawn(...square(0, 0, 4)), drawn(...square(2, 0, 4))];
  expect((await masksOf(twice)).masks).toHaveLength(3);
});

test('an object outside of the image is an error, and parts of others there are counted', async () => {
  const { what, where } = await dataErrorOf(
    masksOf([feature(polygon(square(1, 1, 2))), feature(polygon(square(20, 30, 4)))]),
  );
  expect([what, where]).toEqual([
    'The annotation lies outside of the image, which has 8 x 4 pixels: x is 20 to 24, y is 30 to 34.',
    'x.geojson: features[1]',
  ]);
  const { masks, leftOut } = await masksOf([
    feature(polygon(square(6, 1, 5))),
    // Half a pixel beyond the border is how outlines are drawn.
    feature(polygon(square(-0.5, 0, 3))),
  ]);
  expect(masks.map(({ runs }) => runs.length)).toEqual([6, 6]);
  expect(leftOut).toEqual([{ what: 'parts of objects beyond the border of the image', count: 1 }]);
});

test('cells without a nucleus, tiles, lines and points are left out and counted', async () => {
  const { leftOut, objects } = await read([
    feature(polygon(square(0, 0, 4)), { objectType: 'cell' }),
    feature(polygon(square(0, 0, 4)), { objectType: 'tile' }),
    feature({ type: 'LineString', coordinates: [] }),
    feature({ type: 'Point', coordinates: [1, 1] }),
  ]);
  expect(objects).toEqual([]);
  expect(leftOut.map(({ what, count }) => `${what} ${count}`)).toEqual([
    ...['cells without a nucleus 1', 'tiles 1', 'lines 1', 'points 1'],
  ]);
});

test.each<[string, unknown, string, string]>([
  ['no JSON', '{"type": "FeatureCollection", "feat', 'The file is not JSON: ', 'x.geojson'],
  ['another JSON', { a: 1 }, 'Expected GeoJSON with features, received `{"a":1}`.', 'x.geojson'],
  ['no geometry', [feature(null as never)], 'The feature has no geometry.', 'x.geojson: features[0]'],
  [
    'a circle',
    [feature({ type: 'Circle' })],
    'The geometry has the type `"Circle"`, not Polygon or MultiPolygon.',
    'x.geojson: features[0].geometry',
  ],
  [
    'text for numbers',
    [feature(polygon([['a', 'b']] as never))],
    'The coordinates of a Polygon are wrong: `["a","b"]`.',
    'x.geojson: features[0].geometry',
  ],
  [
    'nothing for numbers',
    [feature({ type: 'MultiPolygon', coordinates: [null] })],
    'The coordinates of a MultiPolygon are wrong: `null`.',
    'x.geojson: features[0].geometry',
  ],
  [
    'two planes',
    [0, 3].map((z) => feature({ ...polygon(square(0, 0, 1)), plane: { c: -1, z, t: 0 } })),
    'The objects are in 2 planes of a stack: z 0, t 0 (1); z 3, t 0 (1).',
    'x.geojson',
  ],
])('%s is an error with its place', async (_, document, what, where) => {
  const error = await dataErrorOf(masksOf(document));
  expect(error.what).toContain(what);
  expect(error.where).toBe(where);
});

test.each([
  ['little', '\xff\xfe[\0]\0'],
  ['big', '\xfe\xff\0[\0]'],
])('a file in UTF-16, %s-endian, is an error that says so', async (_, text) => {
  const read = Promise.resolve().then(() => parseJson(Buffer.from(text, 'latin1'), 'x.geojson'));
  expect((await dataErrorOf(read)).what).toBe('The file is text in UTF-16, and JSON is UTF-8.');
});

test('X_ignore.png and Ignore* are not reviewed, either of them', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-ignore-'));
  const image = {
    width: 8,
    height: 4,
    channels: 1 as const,
    data: Uint8Array.from({ length: 32 }, (_, at) => at),
  };
  await writeImage(path.join(folder, 'x.png'), image);
  const map = Uint8Array.from({ length: 32 }, (_, at) => (at % 8 === 0 ? 255 : 0));
  await writeImage(path.join(folder, 'x_ignore.png'), { ...image, data: map });
  const objects = [feature(polygon(square(6, 0, 1)), { classification: { name: 'Ignore*' } })];
  writeFileSync(path.join(folder, 'x.geojson'), JSON.stringify(objects));
  const dataset = await openDataset(folder);
  expect(dataset.images).toHaveLength(1);
  const { ignore } = await dataset.images[0]!.read();
  expect([...ignore!].flatMap((value, at) => (value === 1 ? [at] : []))).toEqual([0, 6, 8, 16, 24]);
  await dataset.close();
  rmSync(folder, { recursive: true });
});
