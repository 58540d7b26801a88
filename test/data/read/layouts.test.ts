import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataset } from '../../../src/data/read/dataset.js';
import { layouts } from '../../../src/data/read/layouts.js';
import { prepareDataset } from '../../../src/data/read/prepared-layout.js';
import { dataErrorOf } from '../expect-error.js';
import { readAll } from '../read-all.js';
import { drawingPng, writeFolder, zip, type Files } from '../write-dataset.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-layouts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const image = await drawingPng('12', '34');
const mask = await drawingPng('##', '..');
/** A rectangle of ImageJ: top 0, left 0, bottom 1, right 2. */
const upperRow = Buffer.alloc(128);
upperRow.write('Iout');
upperRow.set([0, 228, 1, 0, 0, 0, 0, 0, 0, 1, 0, 2], 4);
const upperRowArray = Buffer.concat([
  Buffer.from('\x93NUMPY\x01\x00\x3c\x00', 'latin1'),
  Buffer.from("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 2)}".padEnd(59) + '\n'),
  Buffer.from([1, 1, 0, 0]),
]);
const examples: Readonly<Record<string, Files>> = {
  challenge: { 'x/images/x.png': image, 'x/masks/1.png': mask },
  folders: { 'images/x.png': image, 'masks/x.png': mask },
  pairs: { 'x.png': image, 'x_masks.png': mask },
  // 1 1 and 3 1: the upper pixel of each column.
  coco: {
    'x.png': image,
    'coco.json': JSON.stringify({
      images: [{ id: 1, file_name: 'x.png' }],
      // The upper row, down the columns.
      annotations: [{ image_id: 1, segmentation: { size: [2, 2], counts: [0, 1, 1, 1, 1] } }],
    }),
  },
  geojson: {
    'x.png': image,
    'x.geojson': JSON.stringify({
      type: 'Feature',
      geometry: { type: 'Polygon', coordinates: [[[0, 0], [2, 0], [2, 1], [0, 1], [0, 0]]] }, // prettier-ignore
    }),
  },
  imagej: { 'x.png': image, 'x_rois.zip': zip({ 'nucleus.roi': upperRow }) },
  arrays: { 'x.png': image, 'x_seg.npy': upperRowArray },
  'run-lengths': { 'x.png': image, 'x.csv': 'ImageId,EncodedPixels\nx,1 1 3 1\n' },
};

test.each([
  'challenge',
  'folders',
  'pairs',
  'coco',
  'geojson',
  'imagej',
  'arrays',
  'run-lengths',
  'prepared',
])('%s is recognised, described, and read as the same example', async (name) => {
  let path = writeFolder(join(folder, 'dataset'), examples[name] ?? examples['pairs']!);
  if (name === 'prepared') {
    const source = await openDataset(path);
    path = join(folder, 'x.prepared');
    await prepareDataset(source, path);
    await source.close();
  }
  const { describe, arrangement } = layouts.find((layout) => layout.name === name)!;
  const dataset = await openDataset(path);
  expect(dataset.layout).toBe(name);
  expect(dataset.description).toContain(`1 ${describe.replace('images', 'image')} (${arrangement})`);
  await dataset.close();
  const labels = Int32Array.of(1, 1, 0, 0);
  expect(await readAll(path)).toMatchObject([{ id: 'x', instanceCount: 1, labelImage: { labels } }]);
});

const roisByName = { 'x/nucleus.roi': upperRow, 'x/late one.roi': upperRow };

test.each<[string, Files, string?]>([
  ['beside its image', { 'x.png': image, ...roisByName }],
  ['beside the folder of its image', { 'images/x.png': image, ...roisByName }],
  ['elsewhere', { 'images/x.png': image, 'rois/x/nucleus.roi': upperRow }, 'rois'],
])(
  'a folder of regions that a user has named belongs to the image of its name, %s',
  async (_, files, own) => {
    const root = writeFolder(join(folder, 'named-rois'), files);
    const examples = await readAll(own ? join(root, 'images') : root, own ? { labels: join(root, own) } : {});
    expect(examples).toMatchObject([{ id: 'x', labelImage: { labels: Int32Array.of(1, 1, 0, 0) } }]);
  },
);

test('a folder of regions with the names of images is not of one image', async () => {
  const root = writeFolder(join(folder, 'rois-by-image'), { 'x.png': image, 'rois/x.roi': upperRow });
  expect(await readAll(root)).toMatchObject([{ id: 'x', instanceCount: 1 }]);
});

test('layouts have different names', () => {
  expect(new Set(layouts.map(({ name }) => name)).size).toBe(layouts.length);
});

test('the hint for an unknown layout lists all of them', async () => {
  const dataset = openDataset(writeFolder(join(folder, 'none'), { 'x.png': image }));
  const { hint } = await dataset.then(
    () => ({ hint: '' }),
    (error: { hint: string }) => error,
  );
  for (const { arrangement } of layouts) expect(hint).toContain(arrangement);
});

test('of the layouts whose masks are images, one mask file per nucleus wins; a table beside them is ambiguous', async () => {
  const both = writeFolder(join(folder, 'both'), {
    'x/images/x.png': image,
    'x/masks/x_masks.png': mask,
    'x/masks/other.png': mask,
  });
  const dataset = await openDataset(both);
  expect(dataset.layout).toBe('challenge');
  await dataset.close();
  const unclear = writeFolder(join(folder, 'unclear'), { ...examples['pairs'], ...examples['run-lengths'] });
  expect((await dataErrorOf(openDataset(unclear))).what).toBe(
    'It is unclear which masks to use: those of x_masks.png or those of x.csv.',
  );
});
