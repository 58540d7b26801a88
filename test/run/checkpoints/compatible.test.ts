import { expect, test } from 'vitest';
import { configDifferences, requireSameTraining } from '../../../src/run/checkpoints/compatible.js';
import type { Origin } from '../../../src/run/checkpoints/write.js';

const saved: Origin = {
  config: { seed: 1, model: { channels: [8, 16] }, loader: { workers: 2, batchSize: 4 } },
  dataset: 'aa',
  versions: { tfjs: '4.22.0', node: '20.1.0' },
  git: null,
};

test('differences by key, missing ones too', () => {
  expect(configDifferences({ a: 1, b: { c: [1], d: null } }, { b: { c: [1, 2], d: null, e: 'x' } })).toEqual([
    { key: 'a', saved: '1', now: 'nothing' },
    { key: 'b.c', saved: '[1]', now: '[1,2]' },
    { key: 'b.e', saved: 'nothing', now: '"x"' },
  ]);
  expect(configDifferences(saved.config, structuredClone(saved.config))).toEqual([]);
});

test('the same training continues without a notice', () => {
  expect(
    requireSameTraining(
      saved,
      { ...saved, git: { commit: 'c', dirty: false, diffSha256: null } },
      [],
      'step-1',
    ),
  ).toEqual([]);
});

test('changes that do not affect the numbers are reported', () => {
  const config = { seed: 1, model: { channels: [8, 16] }, loader: { workers: 8, batchSize: 4 } };
  const now = { ...saved, config, versions: { tfjs: '4.22.0', node: '22.0.0' } };
  expect(requireSameTraining(saved, now, ['loader.workers'], 'step-1')).toEqual([
    { what: 'loader.workers was 2 and is 8 now.' },
    { what: 'versions.node was "20.1.0" and is "22.0.0" now.' },
  ]);
});

test('another number of threads is told in a sentence; an older checkpoint does not know its number', () => {
  const of = (threads: string) => ({ ...saved, versions: { ...saved.versions, threads } });
  expect(requireSameTraining(of('2'), of('2'), [], 'step-1')).toEqual([]);
  expect(requireSameTraining(of('2'), of('16'), [], 'step-1')).toEqual([
    { what: expect.stringMatching(/^The run was trained with 2 threads and goes on with 16: /u) as string },
  ]);
  expect(requireSameTraining(saved, of('16'), [], 'step-1')).toEqual([]);
});

test('all changes that affect the numbers are rejected', () => {
  const config = { seed: 1, model: { channels: [8, 32] }, loader: { workers: 8, batchSize: 8 } };
  // `loader.work` is no section above `loader.workers`.
  expect(() => requireSameTraining(saved, { ...saved, config, dataset: 'bb' }, ['loader.work'], 'x')).toThrow(
    expect.objectContaining({
      exitCode: 6,
      where: 'x',
      problems: [
        { what: 'loader.batchSize was 4 and is 8 now.' },
        { what: 'loader.workers was 2 and is 8 now.' },
        { what: 'model.channels was [8,16] and is [8,32] now.' },
        { what: 'the dataset or its split was aa and is bb now.' },
      ],
    }) as Error,
  );
});

test('a section may change as a whole', () => {
  const config = { seed: 1, model: { channels: [8, 16] }, loader: { workers: 8, batchSize: 8 } };
  expect(requireSameTraining(saved, { ...saved, config }, ['loader'], 'x')).toHaveLength(2);
});
