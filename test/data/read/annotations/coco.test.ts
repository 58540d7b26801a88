import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runsOfPolygon } from '../../../../src/data/geometry/polygon.js';
import { openDataset } from '../../../../src/data/read/dataset.js';
import { dataErrorOf } from '../../expect-error.js';
import { readAll } from '../../read-all.js';
import { drawingPng, writeFolder, type Files } from '../../write-dataset.js';
import { differences, fixture, fixtures, readObjects, rowsOf, size } from './read.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-coco-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const dataset = (files: Files) => writeFolder(folder, files);
const image = await drawingPng('1234', '1234');

/** A mask of 4 x 2 pixels by its columns from the left. */
const columns = (from: number, to: number) => ({
  size: [2, 4],
  counts: [2 * from, 2 * (to - from), 8 - 2 * to],
});

const coco = (annotations: object[], more: object = {}) =>
  JSON.stringify({ images: [{ id: 1, file_name: 'a.png' }], annotations, ...more });

describe('what pycocotools writes', () => {
  test('is read: both kinds of run lengths to the pixel, united polygons within a tenth of a pixel of its grid', async () => {
    const { read, problems } = await readObjects(`${fixtures}coco.json`, { categories: ['all'] });
    expect(problems).toEqual([]);
    const { objects, leftOut } = read.get('C:\\slides\\x.png')!;
    expect(leftOut).toEqual([{ what: 'crowd regions', count: 1 }]);
    expect(objects.map(({ role, category }) => `${role} ${category}`)).toEqual([
      ...['nucleus nucleus', 'nucleus nucleus', 'nucleus nucleus', 'nucleus mitosis', 'crowd nucleus'],
    ]);
    const { masks } = fixture<{ masks: string[][] }>('coco-pixels.json');
    const rows = objects.map((object) => rowsOf(object.pixels(size)));
    for (const index of [0, 1, 3, 4]) expect(rows[index]).toEqual(masks[index]);
    expect(differences(rows[2]!, masks[2]!)).toBeLessThanOrEqual(6);
  });

  test('polygons are filled as shapely says which centres they hold; pycocotools differs in few pixels at the border', () => {
    const shapes = fixture<{ ring: number[]; pycocotools: string[]; shapely: string[] }[]>('polygons.json');
    for (const { ring, pycocotools, shapely } of shapes) {
      const rows = rowsOf(runsOfPolygon([ring], size));
      expect(rows).toEqual(shapely);
      // Its grid of a fifth of a pixel, rounded, moves a border by up to half a pixel.
      let perimeter = 0;
      for (let at = 0; at < ring.length; at += 2) {
        const next = (at + 2) % ring.length;
        perimeter += Math.hypot(ring[next]! - ring[at]!, ring[next + 1]! - ring[at + 1]!);
      }
      expect(differences(rows, pycocotools)).toBeLessThan(0.5 * perimeter);
    }
  });
});

describe('a dataset with a COCO file', () => {
  test('a results list may have names of images in place of numbers', async () => {
    const result = { image_id: 'a.png', score: 0.5, segmentation: columns(0, 1) };
    const path = dataset({
      'a.png': image,
      'results.json': JSON.stringify([result, { ...result, segmentation: columns(2, 4) }]),
    });
    const [example] = await readAll(path);
    expect([...example!.labelImage.labels]).toEqual([1, 0, 2, 2, 1, 0, 2, 2]);
    // "7" is a number that was written as a text.
    writeFolder(folder, { 'results.json': JSON.stringify([{ ...result, image_id: '7' }]) });
    const { what } = await dataErrorOf(readAll(path));
    expect(what).toBe('A results list has only numbers of images, not their names.');
  });

  test('finds images by their names, on whatever computer the file was made', async () => {
    const masks = { image_id: 1, segmentation: columns(0, 1) };
    const path = dataset({
      'images/a.png': image,
      'annotations/all.json': JSON.stringify({
        images: [{ id: 1, file_name: 'D:\\data\\images\\a.png', width: 4, height: 2 }],
        annotations: [masks, { ...masks, segmentation: [[2, 0, 4, 0, 4, 2, 2, 2]] }],
        categories: [{ id: 5, name: 'nucleus' }],
      }),
    });
    const [example, second] = await readAll(path);
    expect(second).toBeUndefined();
    expect(example).toMatchObject({ id: 'a', instanceCount: 2 });
    expect([...example!.labelImage.labels]).toEqual([1, 0, 2, 2, 1, 0, 2, 2]);
    expect((await openDataset(path)).description).toMatch(/^1 image with COCO annotations \(/u);
  });

  test('from elsewhere: --labels, also of several files', async () => {
    const path = join(folder, 'images');
    writeFolder(path, { 'a.png': image, 'deep/b.png': image });
    writeFolder(join(folder, 'labels'), {
      'a.json': coco([{ image_id: 1, segmentation: columns(0, 1) }]),
      'b.json': coco([], { images: [{ id: 1, file_name: 'b.tif' }] }),
    });
    const examples = await readAll(path, { labels: join(folder, 'labels') });
    expect(examples.map(({ id, instanceCount }) => [id, instanceCount])).toEqual([
      ['a', 1],
      ['b', 0],
    ]);
  });

  test('images of one name in several folders go by their folders', async () => {
    const path = dataset({
      'day1/a.png': image,
      'day2/a.png': image,
      'all.json': JSON.stringify({
        images: [
          { id: 1, file_name: 'day1/a.png' },
          { id: 2, file_name: 'day2/a.png' },
        ],
        annotations: [{ image_id: 2, segmentation: columns(0, 1) }],
      }),
    });
    const examples = await readAll(path);
    expect(examples.map(({ id, instanceCount }) => [id, instanceCount])).toEqual([
      ['day1/a', 0],
      ['day2/a', 1],
    ]);
  });

  test('crowd regions are no nuclei and are not scored, but for the nuclei in them', async () => {
    const path = dataset({
      'a.png': image,
      'a.json': coco([
        { image_id: 1, segmentation: columns(1, 2) },
        { image_id: 1, segmentation: columns(1, 4), iscrowd: 1 },
      ]),
    });
    const [example] = await readAll(path);
    expect(example!.instanceCount).toBe(1);
    expect([...example!.ignore!]).toEqual([0, 0, 1, 1, 0, 0, 1, 1]);
    const [entry] = (await openDataset(path)).images;
    expect((await entry!.read()).leftOut).toEqual([{ what: 'crowd regions', count: 1 }]);
  });

  test('several categories: a choice is asked for, and obeyed', async () => {
    const categories = ['tumour', 'immune', 'unused'].map((name, index) => ({ id: index + 1, name }));
    const annotations = [1, 2, 2].map((category, index) => ({
      image_id: 1,
      category_id: category,
      segmentation: columns(index, index + 1),
    }));
    const path = dataset({ 'a.png': image, 'a.json': coco(annotations, { categories }) });
    const { problems } = await dataErrorOf(readAll(path));
    expect(problems.map(({ what }) => what)).toEqual([
      'The annotations have 2 categories: tumour (1), immune (2), unused (0).',
    ]);
    const labelsOf = async (...chosen: string[]) =>
      [...(await readAll(path, { categories: chosen }))[0]!.labelImage.labels].slice(0, 4);
    expect(await labelsOf('all')).toEqual([1, 2, 3, 0]);
    expect(await labelsOf('immune')).toEqual([0, 1, 2, 0]);
    expect(await labelsOf('unused')).toEqual([0, 0, 0, 0]);
    expect((await dataErrorOf(readAll(path, { categories: ['immun'] }))).problems[0]!.what).toBe(
      'There is no category immun; there are: tumour (1), immune (2), unused (0).',
    );
  });

  test.each<[string, object, string]>([
    ['only a box', { bbox: [0, 0, 1, 1] }, 'The annotation has no mask: its segmentation is `nothing`.'],
    ['an empty list', { segmentation: [] }, 'The annotation has no mask: its segmentation is `[]`.'],
    [
      'half a corner',
      { segmentation: [[0, 0, 1, 1, 2]] },
      'A polygon is a list of x, y, x, y, ..., but this one is `[0,0,1,1,2]`.',
    ],
    [
      'text in a polygon',
      { segmentation: [[0, 'x']] },
      'A polygon is a list of x, y, x, y, ..., but this one is `[0,"x"]`.',
    ],
    ['no size', { segmentation: { counts: [8] } }, 'The mask has the size `nothing`, not [height, width].'],
    [
      'another size',
      { segmentation: { size: [4, 2], counts: [8] } },
      'The masks have 2 x 4 pixels, but the image has 4 x 2.',
    ],
    [
      'a huge size',
      { segmentation: { size: [1e9, 1e9], counts: '0' } },
      'The masks have 1000000000 x 1000000000 pixels, but the image has 4 x 2.',
    ],
    [
      'too many counts',
      { segmentation: { size: [2, 4], counts: [1, 9] } },
      'The mask is damaged: Expected counts of 8 pixels, received 10.',
    ],
    [
      'negative counts',
      { segmentation: { size: [2, 4], counts: [9, -1] } },
      'The mask is damaged: Expected counts from 0, received -1.',
    ],
    [
      'damaged text',
      { segmentation: { size: [2, 4], counts: '\u0001' } },
      'The mask is damaged: Unexpected `\u0001` in a COCO mask.',
    ],
  ])('%s is an error with its place', async (_, annotation, what) => {
    const path = dataset({ 'a.png': image, 'a.json': coco([{ image_id: 1, ...annotation }]) });
    expect(await dataErrorOf(readAll(path))).toMatchObject({
      what,
      where: `${join(path, 'a.json')}: annotations[0]`,
    });
  });

  test('images without annotations, annotations without images, and an image in two files', async () => {
    const path = dataset({
      'a.png': image,
      'b.png': image,
      '1.json': coco([], {
        images: [1, 2].map((id) => ({ id, file_name: ['a.png', '../../etc/passwd'][id - 1] })),
      }),
      '2.json': coco([]),
    });
    const { problems } = await dataErrorOf(readAll(path));
    expect(problems.map(({ what }) => what)).toEqual([
      'There are annotations of ../../etc/passwd, but no such image.',
      `There are annotations of a.png here and in ${join(path, '1.json')}.`,
      'The image has no annotations.',
    ]);
  });

  test('a key that is there twice would hide half of the nuclei', async () => {
    const path = dataset({
      'a.png': image,
      'a.json': '{"images": [], "annotations": [],\n "annotations": []}',
    });
    expect(await dataErrorOf(readAll(path))).toMatchObject({
      what: 'An object has the key "annotations" twice.',
      where: `${join(path, 'a.json')}:2`,
    });
  });

  test('masks that cover the image over and over are an error before they fill the memory', async () => {
    const whole = Array.from({ length: 1000 }, () => ({
      image_id: 1,
      segmentation: [[0, 0, 9e3, 0, 9e3, 9e3, 0, 9e3]],
    }));
    const path = dataset({
      'a.png': await drawingPng(...new Array<string>(1200).fill('1'.repeat(1200))),
      'a.json': coco(whole),
    });
    const { problems } = await dataErrorOf(readAll(path));
    expect(problems[0]!.what).toBe('The masks up to here cover the image more than 100 times.');
  });
});

test('a COCO file with its images beside it is a dataset, and its identity is that of both', async () => {
  const first = coco([{ image_id: 1, segmentation: columns(0, 1) }]);
  const path = dataset({ 'images/a.png': image, 'a.json': first });
  const [example] = await readAll(join(path, 'a.json'));
  expect(example).toMatchObject({ id: 'a', instanceCount: 1 });
  const identity = async () => (await openDataset(join(path, 'a.json'))).identity();
  const before = await identity();
  dataset({ 'a.json': coco([]) });
  expect(await identity()).not.toBe(before);
});

test('a file with more than 512 MiB is an error that says what to do with it', async () => {
  dataset({ 'a.png': image, 'a.json': coco([]) });
  truncateSync(join(folder, 'a.json'), 600e6);
  await expect(openDataset(folder)).rejects.toMatchObject({
    ...{ exitCode: 3, where: join(folder, 'a.json') },
    message: 'The file has 600.0 MB, more than the 536.9 MB that are read.',
    hint: 'Cut it: images into tiles, annotations into files of fewer images.',
  });
});
