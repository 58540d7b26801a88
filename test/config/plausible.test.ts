import path from 'node:path';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { DetectorConfig } from '../../src/config/detector.js';
import { loadConfig } from '../../src/config/load.js';
import { implausibility } from '../../src/config/plausible.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import type { NucleateError } from '../../src/errors.js';
import { jsonError, nucleate } from '../cli/run-nucleate.js';
import { thrownBy } from './load-files.js';

test('the defaults and all configs that come with nucleate can be built', () => {
  expect(implausibility(DetectorConfig.parse({ task: 'detector' }))).toBeUndefined();
  expect(implausibility(SegmenterConfig.parse({ task: 'segmenter' }))).toBeUndefined();
  for (const name of ['default', 'paper', 'small-stains', 'tiny'])
    expect(
      implausibility(loadConfig(`configs/detector/${name}.yaml`).config as DetectorConfig),
      name,
    ).toBeUndefined();
});

test('train says so before it reads data: exit code 2', async () => {
  const config = ['--config', 'configs/detector/tiny.yaml', '--data', 'examples/dsb2018-mini'];
  const run = ['--run-dir', path.join(tmpdir(), 'nucleate-never-written'), '--json'];
  const outcome = await nucleate(['train', 'detector', ...config, ...run, '--set', 'loader.cropSize=50']);
  expect(outcome.status).toBe(2);
  expect(jsonError(outcome)).toMatchObject({
    what: 'The network cannot be built: `loader.cropSize` is 50, which is no multiple of 32.',
    where: 'configs/detector/tiny.yaml',
  });
});

test.each([
  ['budget.steps', 1e12],
  ['budget.minutes', 1e9],
  ['budget.patience', 1e12],
  ['schedule.steps', 1e12],
  ['validation.everySteps', 1e12],
  ['checkpoints.everySteps', 1e12],
  ['checkpoints.keepLast', 1e6],
  ['optimizer.accumulate', 1e9],
  ['loader.batchSize', 100_000],
  ['loader.workers', 1000],
  ['loader.maxBoxes', 1e9],
  // Timers of Node end at once above 24 days.
  ['loader.timeoutSeconds', 3e6],
  ['loader.augment.copyPaste.maxCount', 1e9],
  ['loader.augment.scale.max', 1e6],
  ['model.rpn.batchSizePerImage', 1e9],
  ['model.boxHead.batchSizePerImage', 1e9],
  ['model.proposals.trainPreNmsTopK', 1e9],
])('%s=%d is an error of one sentence', (key, value) => {
  const error = thrownBy(() =>
    loadConfig('configs/detector/tiny.yaml', [`${key}=${value}`]),
  ) as NucleateError;
  expect(error.exitCode).toBe(2);
  expect(error.problems).toHaveLength(1);
  expect(error.problems[0]!.what).toMatch(/^Expected `.*` to be .*, received \d+\.$/u);
  expect(error.problems[0]!.what).toContain(`\`${key}\``);
});
