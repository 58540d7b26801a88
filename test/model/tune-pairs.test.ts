import path from 'node:path';
import { expect, test } from 'vitest';
import { readModelFolder } from '../../src/model/model-folder.js';
import { readPair, tunePairs } from '../../src/model/tune-pairs.js';
import { exitCodes } from '../../src/errors.js';
import { writeDiscs, writeSmallModel } from '../finetune/small-finetune.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { scratchFolder } from '../run/scratch.js';

useNativeCpu();

test('each pair counts the same, however many images it has, and the settings are the best for their mean', async () => {
  const folder = scratchFolder();
  const model = await writeSmallModel(path.join(folder, 'model'), { scoreThreshold: 0 });
  const [few, many] = [
    await writeDiscs(path.join(folder, 'few'), 2),
    await writeDiscs(path.join(folder, 'many'), 5),
  ];
  const pairs = [await readPair(`${model}@${few}`), await readPair(`${model}@${many}`)];
  expect(pairs.map(({ examples }) => examples.length)).toEqual([2, 5]);
  const { file } = await readModelFolder(model);
  const counts: number[] = [];
  const tuned = await tunePairs(pairs, file.assemble, { onImage: (done) => counts.push(done) });
  expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(tuned.pairs.map(({ name, images }) => [name, images])).toEqual([
    [`${model}@${few}`, 2],
    [`${model}@${many}`, 5],
  ]);
  const meanOf = (key: 'before' | 'after') => (tuned.pairs[0]![key] + tuned.pairs[1]![key]) / 2;
  expect(tuned.score).toBeCloseTo(meanOf('after'), 12);
  expect(tuned.score).toBeGreaterThanOrEqual(meanOf('before'));
  // Images of both have the same names, and all of them are scored.
  expect(Object.values(tuned.heldOut!.clusters).map(({ images }) => images)).toEqual([2, 5]);
});

test('a model that left no image out, or that is not there, is no pair', async () => {
  const folder = scratchFolder();
  const model = await writeSmallModel(path.join(folder, 'model'), {}, { trainOnAll: true });
  await expect(readPair(model)).rejects.toMatchObject({ exitCode: exitCodes.usage, where: model });
  await expect(readPair(path.join(folder, 'none'))).rejects.toMatchObject({ exitCode: exitCodes.usage });
  await expect(readPair(`${model}@${path.join(folder, 'none')}`)).rejects.toMatchObject({
    exitCode: exitCodes.data,
  });
});
