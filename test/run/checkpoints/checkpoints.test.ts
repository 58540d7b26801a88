import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { prepareCheckpoints } from '../../../src/run/checkpoints/keep.js';
import { loadCheckpoint, loadNewestCheckpoint } from '../../../src/run/checkpoints/read.js';
import { scratchFolder } from '../scratch.js';
import { contentOf, save } from './content.js';

const silent = () => {};

const stepFolders = (folder: string) =>
  readdirSync(folder)
    .filter((name) => /^step-/u.test(name))
    .map((name) => Number(name.slice(5)));

test('a saved checkpoint is loaded', async () => {
  const folder = path.join(scratchFolder(), 'checkpoints');
  await prepareCheckpoints(folder, 0);
  const content = contentOf(7, 0.5);
  await save(folder, content);
  const { manifest, state, tensors } = await loadNewestCheckpoint(folder, silent);
  expect(tensors).toEqual(content.tensors);
  expect(state).toEqual(content.state);
  expect(manifest).toMatchObject({
    step: 7,
    score: 0.5,
    created: '1970-01-01T00:00:00.000Z',
    ...content.origin,
  });
  expect(readFileSync(path.join(folder, 'latest'), 'utf8')).toBe('step-000000007\n');
  expect(readdirSync(folder).sort()).toEqual(['best', 'latest', 'step-000000007']);
});

test('a state with keys of an older nucleate is loaded without them', async () => {
  const folder = scratchFolder();
  const content = contentOf(3);
  await save(folder, { ...content, state: { ...content.state, random: {} } as typeof content.state });
  const { state } = await loadNewestCheckpoint(folder, ({ what }) => expect.fail(what));
  expect(state).toEqual(content.state);
});

test('the last two and the best are kept, of equal scores the earlier one', async () => {
  const folder = scratchFolder();
  const scores = [null, 0.2, 0.7, 0.7, 0.1, null];
  for (const [step, score] of scores.entries()) await save(folder, contentOf(step, score));
  expect(stepFolders(folder)).toEqual([2, 4, 5]);
  expect(readFileSync(path.join(folder, 'best'), 'utf8')).toBe('step-000000002\n');
  await save(folder, contentOf(6, 0.71));
  expect(stepFolders(folder)).toEqual([5, 6]);
});

test('the best one is loaded by its folder', async () => {
  const folder = scratchFolder();
  for (const step of [1, 2, 3, 4]) await save(folder, contentOf(step, 1 / step));
  const best = readFileSync(path.join(folder, 'best'), 'utf8').trim();
  expect((await loadCheckpoint(path.join(folder, best))).state.step).toBe(1);
});

test('without any score there is no best', async () => {
  const folder = scratchFolder();
  for (const step of [1, 2, 3]) await save(folder, contentOf(step));
  expect(readdirSync(folder).sort()).toEqual(['latest', 'step-000000002', 'step-000000003']);
});

test('a step is saved once', async () => {
  const folder = scratchFolder();
  await save(folder, contentOf(1, 0.5));
  await save(folder, contentOf(1, 0.9));
  expect((await loadNewestCheckpoint(folder, silent)).manifest.score).toBe(0.5);
});

test.each([Number.NaN, Infinity])('a checkpoint with %s is not written', async (value) => {
  const folder = scratchFolder();
  await save(folder, contentOf(1));
  const content = contentOf(2);
  content.tensors.optimizer.get('optimizer/kernel')!.data[3] = value;
  await expect(save(folder, content)).rejects.toMatchObject({
    exitCode: 5,
    message: `The tensor optimizer/kernel has the value ${value} at index 3; no checkpoint is written.`,
  });
  expect(readdirSync(folder).sort()).toEqual(['latest', 'step-000000001']);
});

test('preparing deletes leftovers of killed processes and sets newer checkpoints aside', async () => {
  const folder = scratchFolder();
  for (const step of [1, 2]) await save(folder, contentOf(step, step));
  mkdirSync(path.join(folder, '.tmp-step-000000003'));
  writeFileSync(path.join(folder, '.tmp-step-000000003/weights.safetensors'), 'half');
  await prepareCheckpoints(folder, 1);
  expect(readdirSync(folder).sort()).toEqual(['best', 'damaged-step-000000002', 'latest', 'step-000000001']);
  expect(readFileSync(path.join(folder, 'best'), 'utf8')).toBe('step-000000001\n');
  await save(folder, contentOf(2));
  await prepareCheckpoints(folder, 1);
  expect(readdirSync(folder).sort()).toEqual(['best', 'damaged-step-000000002', 'latest', 'step-000000001']);
});

test('damaged newer checkpoints do not make pruning delete whole ones', async () => {
  const folder = scratchFolder();
  for (const step of [1, 2]) await save(folder, contentOf(step));
  writeFileSync(path.join(folder, 'step-000000002/state.json'), '');
  await save(folder, contentOf(3));
  expect(stepFolders(folder)).toEqual([1, 3]);
});

test('a run without checkpoints is an error', async () => {
  for (const folder of [scratchFolder(), path.join(scratchFolder(), 'none')]) {
    await expect(loadNewestCheckpoint(folder, silent)).rejects.toMatchObject({
      exitCode: 6,
      message: 'The run has no checkpoint.',
      where: folder,
    });
  }
});

test('links do not count as checkpoints or as their files', async () => {
  const folder = scratchFolder();
  const elsewhere = scratchFolder();
  await save(folder, contentOf(1));
  await save(elsewhere, contentOf(2));
  symlinkSync(path.join(elsewhere, 'step-000000002'), path.join(folder, 'step-000000002'));
  await expect(loadNewestCheckpoint(folder, silent)).resolves.toMatchObject({ state: { step: 1 } });
  const weights = path.join(folder, 'step-000000001/weights.safetensors');
  writeFileSync(path.join(elsewhere, 'weights'), readFileSync(weights));
  rmSync(weights);
  symlinkSync(path.join(elsewhere, 'weights'), weights);
  await expect(loadNewestCheckpoint(folder, silent)).rejects.toMatchObject({
    exitCode: 6,
    problems: [{ what: 'The checkpoint is damaged: weights.safetensors is not a file.' }],
  });
});
