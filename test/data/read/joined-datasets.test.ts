/** Several datasets read as one. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readExamples } from '../../../src/data/read/dataset.js';
import { openDatasets } from '../../../src/data/read/joined-datasets.js';
import { readTrainingData } from '../../../src/data/loader/training-data.js';
import { DetectorConfig } from '../../../src/config/detector.js';
import { scoreSources } from '../../../src/eval/score-sources.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { dataErrorOf } from '../expect-error.js';
import { temporaryFolder } from '../../eval/sources/temporary-folder.js';
import { drawingPng, writeFolder } from '../write-dataset.js';

/** Two datasets that both have an image X, with other pixels, and each another one; `b/z` has the pixels of `a/X`. */
async function two(): Promise<readonly [string, string]> {
  const { path } = temporaryFolder();
  const mask = await drawingPng('#.', '..');
  const a = writeFolder(join(path, 'a'), {
    'X.png': await drawingPng('12', '34'),
    'X_masks.png': mask,
    'y.png': await drawingPng('55', '34'),
    'y_masks.png': mask,
  });
  const b = writeFolder(join(path, 'b'), {
    'x/images/1.png': await drawingPng('98', '76'),
    'x/masks/m.png': mask,
    'z/images/1.png': await drawingPng('12', '34'),
    'z/masks/m.png': await drawingPng('..', '.#'),
  });
  return [a, b];
}

test('images have their own ids, equal ones the number of their dataset; the identity is that of all', async () => {
  const [a, b] = await two();
  const joined = await openDatasets([a, b]);
  expect(joined.images.map(({ id }) => id)).toEqual(['1-X', '2-x', 'y', 'z']);
  const ids: string[] = [];
  for await (const { id, instanceCount } of readExamples(joined)) ids.push(`${id} ${instanceCount}`);
  expect(ids).toEqual(['1-X 1', '2-x 1', 'y 1', 'z 1']);
  const turned = await openDatasets([b, a]);
  expect(await joined.identity()).not.toBe(await turned.identity());
  for (const dataset of [joined, turned]) await dataset.close();
  expect((await dataErrorOf(openDatasets([a, join(b, 'none')]))).what).toMatch(
    /^There is no file or folder/u,
  );
});

test('as the data of a training: each dataset is a source, and images of equal pixels are named', async () => {
  const [a, b] = await two();
  const { data } = DetectorConfig.parse({
    task: 'detector',
    data: { path: a, more: [b], split: 'none', trainOnAll: true },
  });
  const { sources, warnings, train } = await readTrainingData(data, { seed: 1 });
  expect(train.map(({ id }) => id)).toEqual(['1-X', '2-x', 'y', 'z']);
  expect(sources.map(({ name, ids }) => [name, [...ids]])).toEqual([
    ['a', ['1-X', 'y']],
    ['b', ['2-x', 'z']],
  ]);
  expect(warnings[0]!.what).toBe('Images of several datasets have the same pixels: z those of 1-X.');
});

test('as the truth: a target of all of them is scored', async () => {
  const [a, b] = await two();
  const { path } = temporaryFolder();
  const mask = await drawingPng('#.', '..');
  const target = writeFolder(
    path,
    Object.fromEntries(['1-X', '2-x', 'y', 'z'].map((id) => [`${id}.png`, mask])),
  );
  const truth = await openTruth([a, b]);
  const { targets } = await scoreSources(truth, [await openPrediction(target)]);
  await truth.close();
  // Three of four images are right.
  expect(targets[0]!.evaluation.score).toBe(0.75);
});
