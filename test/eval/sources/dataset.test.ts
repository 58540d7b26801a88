import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDataset } from '../../../src/data/read/dataset.js';
import { prepareDataset } from '../../../src/data/read/prepared-layout.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { dataErrorOf } from '../../data/expect-error.js';
import { drawingPng, writeFolder, zip, type Files } from '../../data/write-dataset.js';
import { drawing } from '../../reference/draw.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-truth-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const image = await drawingPng('123', '456');
const challenge: Files = {
  'x/images/x.png': image,
  'x/masks/b.png': await drawingPng('.##', '...'),
  'x/masks/a.png': await drawingPng('##.', '...'),
  'x/masks/c.png': await drawingPng('.#.', '...'),
};
const runLengths: Files = {
  'x.png': image,
  // Down the columns from 1: 1 and 3, 3 and 5, 3.
  'labels.csv': 'ImageId,EncodedPixels\nx,1 1 3 1\nx,3 1 5 1\nx,3 1\n',
};
const zipped = (name: string, files: Files) => {
  const path = join(folder, name);
  writeFileSync(path, zip(files));
  return path;
};

test('all layouts of a dataset give the same truth', async () => {
  const archive = zipped('data.zip', challenge);
  const prepared = join(folder, 'data.prepared');
  const dataset = await openDataset(archive);
  await prepareDataset(dataset, prepared);
  await dataset.close();
  const labels = join(folder, 'labels.csv');
  writeFileSync(labels, runLengths['labels.csv']!);
  const truths = [
    [archive, {}],
    [writeFolder(join(folder, 'challenge'), challenge), {}],
    [writeFolder(join(folder, 'table'), runLengths), {}],
    [zipped('table.zip', runLengths), {}],
    [writeFolder(join(folder, 'images'), { 'x.png': image }), { labels }],
    [prepared, {}],
  ] as const;
  const identities: string[] = [];
  for (const [path, options] of truths) {
    const truth = await openTruth(path, options);
    expect(truth.ids).toEqual(['x']);
    // The first mask keeps the pixel that three claim; the third has no other.
    expect(await truth.read('x')).toEqual({
      labelImage: drawing('112', '...'),
      withoutPixels: 1,
      overlapPixels: 2,
    });
    expect((await truth.readImage('x'))!.data).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6));
    identities.push(await truth.identity());
    await truth.close();
  }
  // Zip, folder and prepared file of one dataset.
  expect(new Set([identities[0], identities[1], identities[5]]).size).toBe(1);
});

test('it has the ignore maps and clusters of the dataset', async () => {
  const path = writeFolder(folder, {
    'x.png': image,
    'x_masks.png': image,
    'x_ignore.png': await drawingPng('..#', '...'),
    'groups.csv': 'image_id,cluster,mosaic\nx,f,7\n',
  });
  const truth = await openTruth(path);
  expect(await truth.read('x')).toMatchObject({ ignore: Uint8Array.of(0, 0, 1, 0, 0, 0), cluster: 'f' });
});

test('a zip archive or a prepared file is a prediction, too', async () => {
  const archive = zipped('data.zip', challenge);
  const prediction = await openPrediction(archive);
  expect(prediction).toMatchObject({ kind: 'images with one mask file per nucleus', ids: ['x'] });
  const { labelImage } = await prediction.read('x', { width: 3, height: 2 });
  expect(labelImage).toEqual(drawing('112', '...'));
  expect(await dataErrorOf(prediction.read('x', { width: 2, height: 3 }))).toMatchObject({
    what: 'The prediction has 3 x 2 pixels and the truth 2 x 3.',
    where: `${archive}!/x/images/x.png`,
  });
  await prediction.close();
});

test('a dataset with problems, and a file that is no dataset, are errors', async () => {
  const broken = writeFolder(join(folder, 'broken'), { ...challenge, 'y/masks/a.png': image });
  expect((await dataErrorOf(openTruth(broken))).problems).toMatchObject([
    { what: 'The masks have no image.' },
  ]);
  writeFileSync(join(folder, 'a.csv'), '');
  expect((await dataErrorOf(openTruth(join(folder, 'a.csv')))).what).toBe(
    'The dataset is a file, but neither a zip archive nor a prepared dataset.',
  );
  expect((await dataErrorOf(openTruth(join(folder, 'missing')))).what).toBe(
    `There is no file or folder \`${join(folder, 'missing')}\`.`,
  );
});

test('a folder in which images and masks have folders of their own is a prediction, too', async () => {
  const labels = await drawingPng('112', '...');
  const files = { 'train/images/x.png': image, 'train/images/y.png': image };
  const path = writeFolder(folder, { ...files, 'train/masks/x.png': labels, 'train/masks/y.png': labels });
  const prediction = await openPrediction(path);
  expect(prediction).toMatchObject({ kind: 'images with their masks in another folder', ids: ['x', 'y'] });
  expect((await prediction.read('x', { width: 3, height: 2 })).labelImage).toEqual(drawing('112', '...'));
});
