import path from 'node:path';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { DetectorConfig } from '../../src/config/detector.js';
import { loadConfig } from '../../src/config/load.js';
import { implausibility } from '../../src/config/plausible.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { jsonError, nucleate } from '../cli/run-nucleate.js';

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
