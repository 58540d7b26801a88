import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openFileTree } from '../../../src/data/files/open-files.js';
import { encodePng, readImage } from '../../../src/data/image/image-io.js';
import { planeChoice } from '../../../src/data/image/plane-choice.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { prepareDataset } from '../../../src/data/read/prepared-layout.js';
import { writeFolder } from '../write-dataset.js';

const fixtures = await openFileTree('test/fixtures/tiff/tiff.zip');
/** DAPI and GFP. */
const twoChannels = await fixtures.read('ome_c2.ome.tif');
let folder: string;
let dataset: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'nucleate-planes-'));
  const second = await readImage(twoChannels, 'x.tif', { channels: ['2'] });
  const labels = { ...second, channels: 1 as const, data: new Uint8Array(second.data.length).fill(1, 0, 3) };
  dataset = writeFolder(path.join(folder, 'pairs'), {
    'x.tif': twoChannels,
    'x_masks.png': await encodePng(labels),
  });
});
afterAll(() => rm(folder, { recursive: true }));

const choice = (channel: string | number, as: 'config' | 'options of a dataset' = 'options of a dataset') =>
  planeChoice({ channel: [channel] }, as);

async function firstOf(place: string, planes = planeChoice({}, 'config')) {
  const opened = await openDataset(place, { planes });
  try {
    return { image: (await opened.images[0]!.read()).image, planes: opened.planes };
  } finally {
    await opened.close();
  }
}

test('a dataset is read with the channel that was chosen, and says which', async () => {
  const { image, planes } = await firstOf(dataset, choice(2));
  expect(image).toEqual(await readImage(twoChannels, 'x.tif', { channels: ['2'] }));
  expect(image.data).not.toEqual((await firstOf(dataset, choice(1))).image.data);
  expect(planes).toEqual({ channel: ['2'], plane: [] });
});

test('without a choice the error says what is there and which key to set', async () => {
  await expect(firstOf(dataset)).rejects.toMatchObject({
    message: 'The file has 2 channels (DAPI, GFP), so it is unclear which of them shows the nuclei.',
    hint: 'Set data.channel: [DAPI] (a name, or a number from 1 to 2; up to three become colours).',
    exitCode: 3,
  });
});

test('a dataset has one image of each file', () => {
  expect(() => choice('each')).toThrow('A dataset has one image of each file');
});

test('a prepared dataset keeps its channel, and refuses another', async () => {
  const output = path.join(folder, 'second.prepared');
  const opened = await openDataset(dataset, { planes: choice(2) });
  await prepareDataset(opened, output);
  await opened.close();
  const expected = (await firstOf(dataset, choice(2))).image;
  expect((await firstOf(output)).image.data).toEqual(expected.data);
  expect((await firstOf(output, choice('2'))).image.data).toEqual(expected.data);
  await expect(firstOf(output, choice(1))).rejects.toThrow(
    'The dataset was prepared with the channel and plane 2, and not 1.',
  );
});
