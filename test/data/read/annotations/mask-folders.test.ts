import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataset } from '../../../../src/data/read/dataset.js';
import { readAll } from '../../read-all.js';
import { drawingPng, type Files, writeFolder, zip } from '../../write-dataset.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-mask-folders-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const image = await drawingPng('1234', '1234');
const [left, right, labels] = [
  await drawingPng('1...', '1...'),
  await drawingPng('..11', '....'),
  await drawingPng('1.22', '1...'),
];

/** The label images by id, of images with what lies elsewhere. */
async function read(images: readonly string[], masks: Files, empty: readonly string[] = []) {
  const path = writeFolder(join(folder, 'images'), Object.fromEntries(images.map((name) => [name, image])));
  const elsewhere = writeFolder(join(folder, 'masks'), masks);
  for (const name of empty) mkdirSync(join(elsewhere, name), { recursive: true });
  const examples = await readAll(path, { labels: elsewhere });
  return Object.fromEntries(examples.map(({ id, labelImage }) => [id, [...labelImage.labels].join('')]));
}

const both = '10221000';

test('a folder of masks for each image, an empty one for an image without nuclei', async () => {
  const masks = { 'a/1.png': left, 'a/2.png': right, 'c/1.png': left };
  expect(await read(['a.png', 'b.tif.png', 'c.png'], masks, ['b.tif'])).toEqual({
    ...{ a: both, 'b.tif': '00000000', c: '10001000' },
  });
});

test('of one image only, whose folder is the only one', async () => {
  expect(await read(['a.png'], { 'a/1.png': left, 'a/2.png': right })).toEqual({ a: both });
});

test('as in the challenge, a folder in the folder of the image', async () => {
  const masks = { 'a/masks/1.png': left, 'b/masks/1.png': right };
  expect(await read(['a.png', 'b.png'], masks)).toEqual({ a: '10001000', b: '00110000' });
});

test('masks that are called as other images are', async () => {
  const masks = { '1/1.png': left, '1/2.png': right, '2/1.png': right };
  expect(await read(['1.png', '2.png'], masks)).toEqual({ 1: both, 2: '00110000' });
});

test('in a zip archive', async () => {
  const path = writeFolder(join(folder, 'images'), { 'a.png': image, 'b.png': image });
  const labelsZip = join(folder, 'masks.zip');
  writeFileSync(labelsZip, zip({ 'm/a/1.png': left, 'm/a/2.png': right, 'm/b/1.png': right }));
  const examples = await readAll(path, { labels: labelsZip });
  expect(examples.map(({ instanceCount }) => instanceCount)).toEqual([2, 1]);
});

test('label images in folders stay label images', async () => {
  expect(await read(['d/a.png', 'd/b.png'], { 'd/a.png': labels, 'd/b.png': labels })).toEqual({
    a: both,
    b: both,
  });
});

test('a folder without an image, and an image without a folder, are problems', async () => {
  const images = writeFolder(join(folder, 'images'), { 'a.png': image, 'b.png': image });
  const elsewhere = writeFolder(join(folder, 'masks'), { 'a/1.png': left, 'ghost/2.png': right });
  const dataset = await openDataset(images, { labels: elsewhere });
  expect(dataset.problems.map(({ what, where }) => [what, where])).toEqual([
    [`There are annotations of ${join(elsewhere, 'ghost')}, but no such image.`, join(elsewhere, 'ghost')],
    ['The image has no annotations.', join(images, 'b.png')],
  ]);
  await dataset.close();
});
