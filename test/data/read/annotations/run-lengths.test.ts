import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readAll } from '../../read-all.js';
import { drawingPng, writeFolder } from '../../write-dataset.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nucleate-run-lengths-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const image = await drawingPng('12', '34');

test.each([
  ['-1 for none', 'ImageId,EncodedPixels\na,1 1\nb,-1\n'],
  ['nan for none', 'ImageId,EncodedPixels\na,1 1\nb,nan\n'],
  ['ids with endings', 'ImageId,EncodedPixels\na.png,1 1\nb.tif,\n'],
  ['ids with folders of another computer', 'ImageId,EncodedPixels\nC:\\x\\a.png,1 1\nC:\\x\\b.png,\n'],
  ['names in lower case, semicolons and CRLF', '\ufeffimage_id;encoded_pixels\r\na;1 1\r\nb;NaN\r\n'],
])('%s', async (_, table) => {
  const examples = await readAll(writeFolder(folder, { 'a.png': image, 'b.png': image, 'masks.csv': table }));
  expect(examples.map(({ id, labelImage }) => [id, [...labelImage.labels]])).toEqual([
    ['a', [1, 0, 0, 0]],
    ['b', [0, 0, 0, 0]],
  ]);
});

test('a folder of tables, one for each image', async () => {
  const path = writeFolder(folder, {
    'images/a.png': image,
    'images/b.png': image,
    'run-length/a.csv': 'ImageId,EncodedPixels\na,1 2\n',
    'run-length/b.csv': 'ImageId,EncodedPixels\nb,\n',
  });
  expect((await readAll(path)).map(({ instanceCount }) => instanceCount)).toEqual([1, 0]);
});
