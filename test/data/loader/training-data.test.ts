import { createHash } from 'node:crypto';
import { cpSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyConfig } from '../../train/tiny-task.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import type { Split } from '../../../src/data/split/split.js';
import { splitDataset } from '../../../src/data/split/split-dataset.js';
import { writeSplit } from '../../../src/data/split/split-file.js';
import { datasetOf, readTrainingData } from '../../../src/data/loader/training-data.js';
import { randomFor } from '../../../src/random.js';
import { scratchFolder } from '../../run/scratch.js';

const sample = 'examples/dsb2018-mini';
const dataConfig = (changes: object) => tinyConfig({ data: changes }).data;
const read = (changes: object, seed = 1) => readTrainingData(dataConfig(changes), { seed });
const idOf = (name: string) => /^(.*)_masks\.png$/u.exec(name)?.[1];
const ids = (examples: readonly { readonly id: string }[]) => examples.map(({ id }) => id);

describe('with a split', () => {
  let split: Split;
  beforeAll(async () => {
    const dataset = await openDataset(sample);
    ({ split } = await splitDataset(dataset, { folds: 4, seed: 1 }));
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

  test('folds belong to images: a corrected mask, another name and a new reviewed region change none', async () => {
    const folder = path.join(scratchFolder(), 'grown');
    cpSync(sample, folder, { recursive: true });
    const [first, second, third] = Object.keys(split.images).sort() as [string, string, string];
    const file = (id: string, rest: string) => path.join(folder, `${id}${rest}`);
    cpSync(file(first, '_masks.png'), file(first, '_ignore.png'));
    renameSync(file(second, '.png'), file('renamed', '.png'));
    renameSync(file(second, '_masks.png'), file('renamed', '_masks.png'));
    rmSync(file(third, '.png'));
    rmSync(file(third, '_masks.png'));
    const data = await read({ path: folder, split: await written(), trainOnAll: true });
    expect(data.identity).not.toBe(split.dataset);
    expect(data.train).toHaveLength(23);
    const groupOf = (id: string) => split.images[id === 'renamed' ? second : id]!.group;
    for (const { id } of data.train) expect(data.groups.get(id)).toBe(groupOf(id));
    const fold = split.images[second]!.fold;
    const held = await read({ path: folder, split: await written(), validationFold: fold });
    expect(ids(held.validation)).toContain('renamed');
  });

  test('an image that is new: exit code 3, and how to split it', async () => {
    const folder = path.join(scratchFolder(), 'new');
    cpSync(sample, folder, { recursive: true });
    const first = Object.keys(split.images)[0]!;
    const images = Object.fromEntries(Object.entries(split.images).filter(([id]) => id !== first));
    rmSync(path.join(folder, `${Object.keys(images)[0]!}.png`));
    rmSync(path.join(folder, `${Object.keys(images)[0]!}_masks.png`));
    await expect(read({ path: folder, split: await written({ images }) })).rejects.toMatchObject({
      exitCode: 3,
      problems: [
        { what: `The split lacks the image ${first}.`, hint: expect.stringContaining('--keep') as string },
      ],
    });
  });

  test('of another dataset: exit code 3, and how to fix it', async () => {
    const images = Object.fromEntries(
      Object.entries(split.images).map(([id, { fold, group, cluster }]) => [id, { fold, group, cluster }]),
    );
    await expect(read({ split: await written({ dataset: 'f'.repeat(64), images }) })).rejects.toMatchObject({
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
    expect(data.groups.size).toBe(24);
    expect([data.train.length, data.validation.length]).toEqual([19, 5]);
    expect(Object.values(data.split!.images).filter(({ fold }) => fold === 0)).toHaveLength(5);
    expect(ids((await read({ split: 'none' })).validation)).toEqual(ids(data.validation));
    expect(ids((await read({ split: 'none' }, 2)).validation)).not.toEqual(ids(data.validation));
  });

  test('a training of nucleate 0.1, which drew each image on its own, is repeated', async () => {
    const shuffled = randomFor(1, 'folds').shuffle(
      (await readdir(sample)).flatMap((name) => idOf(name) ?? []).sort(),
    );
    const lines = shuffled.map((id, index) => [id, `${JSON.stringify([id, index % 5, ''])}\n`] as const);
    const hash = createHash('sha256');
    for (const [, line] of lines.sort(([one], [other]) => (one < other ? -1 : 1))) hash.update(line);
    const { identity } = await read({ split: 'none' });
    const trained = `${identity}/${hash.digest('hex')}`;
    const data = await readTrainingData(dataConfig({ split: 'none' }), { seed: 1, trained });
    expect(ids(data.validation)).toEqual(shuffled.filter((_, index) => index % 5 === 0).sort());
    expect([data.split, datasetOf(data)]).toEqual([null, trained]);
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
    (await read({ split: 'none', intensity, trainOnAll: true })).train.find(({ id }) => id === 'f-16c3d593')!;
  const full = await example('full');
  expect(full.intensity).toBeUndefined();
  expect(full.labelImage.labels.buffer).toBeInstanceOf(SharedArrayBuffer);
  // This image is dark: the stretched range is part of the scale.
  const { black, white } = (await example('stretched')).intensity!;
  expect(white - black).toBeLessThan(250);
  expect(full.image.channels).toBe(1);
  expect(readFileSync(path.join(sample, 'f-16c3d593.png')).length).toBeGreaterThan(0);
});
