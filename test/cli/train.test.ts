import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { jsonError, nucleate } from './run-nucleate.js';

const runs = mkdtempSync(`${tmpdir()}/nucleate-train-`);
afterAll(() => rmSync(runs, { recursive: true }));

const tiny = ['--config', 'configs/segmenter/tiny.yaml', '--set', `run.folder=${runs}`];

test.each([
  ['neither a config nor a run', [], 2, 'A training needs a config.'],
  [
    'a run and a config',
    ['--resume', runs, ...tiny],
    2,
    '--resume takes the config of the run; --set changes what may change, and --config contradicts that.',
  ],
  [
    'a run and other weights',
    ['--resume', runs, '--init-from', runs],
    2,
    '--resume goes on with the weights of the run, and --init-from contradicts that.',
  ],
  [
    'a run and another folder',
    ['--resume', runs, '--run-dir', runs],
    2,
    '--resume goes on in the folder of the run, and --run-dir contradicts that.',
  ],
  ['no run', ['--resume', runs], 2, /config\.resolved\.yaml/u],
  [
    'a config of another task',
    ['--config', 'configs/quickstart.yaml'],
    2,
    'The config is of the task `quickstart`.',
  ],
  ['no duration', [...tiny, '--time', 'soon'], 2, '--time takes a duration, received `soon`.'],
  [
    'part of nothing',
    [...tiny, '--allow-partial'],
    2,
    '--allow-partial is for --init-from, which is not given.',
  ],
  ['no lock', [...tiny, '--force-unlock'], 2, '--force-unlock is for --resume: a new run has no lock.'],
  ['no data', [...tiny, '--data', `${runs}/none`], 3, /none/u],
  [
    'the split of another dataset',
    [...tiny, '--set', 'data.split=configs/splits/dsb2018.json'],
    3,
    'The split does not fit the dataset.',
  ],
] as const)('%s: nothing is written, and the error is one line of JSON', async (_, args, code, what) => {
  const outcome = await nucleate(['train', 'segmenter', ...args, '--json']);
  expect(outcome.status).toBe(code);
  expect(outcome.stdout.trim().split('\n')).toHaveLength(1);
  const error = jsonError(outcome);
  expect(error.code).toBe(code);
  if (typeof what === 'string') expect(error.what).toBe(what);
  else expect(`${error.what} ${error.where}`).toMatch(what);
  expect(readdirSync(runs)).toEqual([]);
});
