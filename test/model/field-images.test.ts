/** Images as microscopes and programs write them, with the shipped model: ../shared/field/README.md says what is right. */
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import type { PlaneChoice } from '../../src/data/image/plane-choice.js';
import { openImages } from '../../src/data/image/stored-image.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const folder = path.join(import.meta.dirname, '../../../shared/field/images');
let model: Model;
beforeAll(async () => {
  model = buildModel(await readModelFolder('models/nucleate-small'));
});
afterAll(() => model.dispose());

async function nucleiOf(name: string, choice: PlaneChoice = {}): Promise<LabelImage[]> {
  const file = path.join(folder, name);
  const opened = await openImages(file, choice, { place: file });
  try {
    const found: LabelImage[] = [];
    for (const image of opened.images) found.push((await model.segment(await image.open())).labelImage);
    return found;
  } finally {
    await opened.close();
  }
}

const count = ({ labels }: LabelImage) => new Set<number>(labels).size - 1;

const score = (found: LabelImage, right: LabelImage) => evaluateImage(right, found, { id: '' }).score;

test('signed and floating-point values, zstd and pyramids: the nuclei of the PNG', async () => {
  const [dim] = await nucleiOf('ref_f.png');
  const [stained] = await nucleiOf('ref_e.png');
  expect(count(dim!)).toBe(80);
  for (const name of ['float32.tif', 'int16.tif', 'c_zstd.tif'])
    expect(score((await nucleiOf(name))[0]!, dim!), name).toBeGreaterThanOrEqual(0.9);
  expect((await nucleiOf('pyr_pages.tif'))[0]).toEqual(stained);
});

test('stacks: the plane or channel that is asked for, and a sentence that lists them without a choice', async () => {
  const [dim] = await nucleiOf('ref_f.png');
  const [middle] = await nucleiOf('ij_truncated.tif', { z: 3 });
  expect(score(middle!, dim!)).toBeGreaterThanOrEqual(0.9);
  expect(await nucleiOf('ij_truncated.tif', { z: 'each' })).toHaveLength(5);
  for (const name of ['ij_hyperstack.tif', 'yxc2.tif']) {
    const [first, second] = await nucleiOf(name, { channels: ['each'] });
    const [chosen] = await nucleiOf(name, { channels: ['2'] });
    expect(chosen, name).toEqual(second);
    expect(Math.max(score(first!, dim!), score(second!, dim!)), name).toBeGreaterThanOrEqual(0.9);
    await expect(nucleiOf(name)).rejects.toThrow(/2 channels/u);
  }
  await expect(nucleiOf('ij_truncated.tif')).rejects.toThrow(/5 depths/u);
});
