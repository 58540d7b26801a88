import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyConfig } from '../../train/tiny-task.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import type { Split } from '../../../src/data/split/split.js';
import { splitDataset } from '../../../src/data/split/split-dataset.js';
import { writeSplit } from '../../../src/data/split/split-file.js';
import { readTrainingData } from '../../../src/data/loader/training-data.js';
import { scratchFolder } from '../../run/scratch.js';

const sample = 'examples/dsb2018-mini';
const dataConfig = (changes: object) => tinyConfig({ data: changes }).data;
const read = (changes: object, seed = 1) => readTrainingData(dataConfig(changes), seed);
const ids = (examples: readonly { readonly id: string }[]) => examples.map(({ id }) => id);

describe('with a split', () => {
  let split: Split;
  beforeAll(async () => {
    const dataset = await openDataset(sample);
    split = await splitDataset(dataset, { folds: 4, seed: 1 });
    await dataset.close();
  }, 120_000);
  const written = async (changes: Partial<Split> = {}) => {
    const file = path.join(scratchFolder(), 'split.json');
    await writeSplit(file, { ...split, ...changes });
    return file;
  };

  test('one fold is for validation, the others for training; examples have their cluster', async () => {
    const data = await read({ split: await written(), validationFold: 2 });
    const inFold = Object.entries(split.images).flatMap(([id, { fold }]) => (fold === 2 ? [id] : []));
    expect(ids(data.validation)).toEqual(inFold.sort());
    expect(data.train).toHaveLength(24 - inFold.length);
    expect(ids(data.train).filter((id) => inFold.includes(id))).toEqual([]);
    for (const { id, cluster } of data.train) expect(cluster).toBe(split.images[id]!.cluster);
    expect(data).toMatchObject({ unseen: true, identity: split.dataset });
    const groups = Object.entries(split.images).map(([id, { group }]) => [id, group] as const);
    expect(data.groups).toEqual(new Map(groups));
  });

  test('all images are for training in a final model, and the result says so', async () => {
    const data = await read({ split: await written(), trainOnAll: true });
    expect(data.train).toHaveLength(24);
    expect(data.unseen).toBe(false);
  });

  test('of another dataset: exit code 3, and how to fix it', async () => {
    await expect(read({ split: await written({ dataset: 'f'.repeat(64) }) })).rejects.toMatchObject({
      exitCode: 3,
      hint: expect.stringContaining('--set data.split=none') as string,
      problems: [{ what: expect.stringContaining('made for another dataset: ffff') as string }],
    });
  });

  test('the hash changes with the folds, but not with the seed', async () => {
    const hash = async (changes: Partial<Split>) =>
      (await read({ split: await written(changes) })).splitSha256;
    const first = await hash({});
    expect(await hash({ seed: 9 })).toBe(first);
    const [id, image] = Object.entries(split.images)[0]!;
    expect(await hash({ images: { ...split.images, [id]: { ...image, fold: 3 - image.fold } } })).not.toBe(
      first,
    );
  });
});

describe('without a split', () => {
  test('a fifth of the images is for validation, drawn by the seed', async () => {
    const data = await read({ split: 'none' });
    expect(data.groups.size).toBe(0);
    expect([data.train.length, data.validation.length]).toEqual([19, 5]);
    expect(ids((await read({ split: 'none' })).validation)).toEqual(ids(data.validation));
    expect(ids((await read({ split: 'none' }, 2)).validation)).not.toEqual(ids(data.validation));
  });

  test('a fold without images: exit code 3, with the folds that exist', async () => {
    await expect(read({ split: 'none', validationFold: 5 })).rejects.toMatchObject({
      exitCode: 3,
      hint: 'Set data.validationFold to one of 0, 1, 2, 3, 4.',
    });
  });
});

test('images are read into memory that threads share, with the intensity range that the network sees', async () => {
  const example = async (intensity: string) =>
    (await read({ split: 'none', intensity })).train.find(({ id }) => id === 'f-16c3d593')!;
  const full = await example('full');
  expect(full.intensity).toBeUndefined();
  expect(full.labelImage.labels.buffer).toBeInstanceOf(SharedArrayBuffer);
  // This image is dark: the stretched range is part of the scale.
  const { black, white } = (await example('stretched')).intensity!;
  expect(white - black).toBeLessThan(250);
  expect(full.image.channels).toBe(1);
  expect(readFileSync(path.join(sample, 'f-16c3d593.png')).length).toBeGreaterThan(0);
});
