import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { trainCommands } from '../../src/cli/commands/train.js';
import { Terminal } from '../../src/cli/terminal.js';
import { jsonError, nucleate } from './run-nucleate.js';

const runs = mkdtempSync(`${tmpdir()}/nucleate-train-`);
afterAll(() => rmSync(runs, { recursive: true }));

const unbegun = mkdtempSync(`${tmpdir()}/nucleate-train-`);
writeFileSync(`${unbegun}/.starting`, '');
afterAll(() => rmSync(unbegun, { recursive: true }));

const config = 'configs/segmenter/tiny.yaml';

test.each([
  ['neither a config nor a run', {}, 'A training needs a config.'],
  [
    'a run and a config',
    { resume: runs, config },
    '--resume and --config exclude each other: --resume uses the config of the run; --set changes single settings of it.',
  ],
  [
    'a run and other weights',
    { resume: runs, 'init-from': runs },
    '--resume and --init-from exclude each other: --resume continues with the weights of the run.',
  ],
  [
    'a run and another folder',
    { resume: runs, 'run-dir': runs },
    '--resume and --run-dir exclude each other: --resume continues in the folder of the run.',
  ],
  [
    'a run, to be tried',
    { resume: runs, 'dry-run': true },
    '--resume and --dry-run exclude each other: --resume continues the training.',
  ],
  ['no folder', { resume: 'missing' }, 'There is no run folder `missing`.'],
  [
    'a run that was killed while its folder was made',
    { resume: unbegun },
    'The run was killed while its folder was made: there is nothing to resume.',
  ],
  ['no run', { resume: runs }, `The config "${runs}/config.resolved.yaml" cannot be used: 1 problem.`],
  [
    'a config of another task',
    { config: 'configs/detector/tiny.yaml' },
    'The config is for the task `detector`.',
  ],
  ['no duration', { config, time: 'soon' }, '--time takes a duration, received `soon`.'],
  [
    'part of nothing',
    { config, 'allow-partial': true },
    '--allow-partial is for --init-from, which is not given.',
  ],
  ['nothing to widen', { config, widen: true }, '--widen is for --init-from, which is not given.'],
  ['no lock', { config, 'force-unlock': true }, '--force-unlock is for --resume: a new run has no lock.'],
])('%s: exit code 2', async (_, args, message) => {
  const segmenter = trainCommands.commands.find(({ usage }) => usage === 'segmenter')!;
  const options = { json: false, quiet: true, verbose: false, 'no-progress': true, debug: false };
  const work = segmenter.handler({ data: [], set: [`run.folder=${runs}`], ...args }, new Terminal(options));
  await expect(work).rejects.toMatchObject({ exitCode: 2, message });
  expect(readdirSync(runs)).toEqual([]);
});

test('a split of another dataset: nothing is written, and the error is one line of JSON', async () => {
  const sets = [`run.folder=${runs}`, 'data.split=configs/splits/dsb2018.json'];
  const outcome = await nucleate([
    ...['train', 'segmenter', '--config', config, '--json'],
    ...sets.flatMap((set) => ['--set', set]),
  ]);
  expect(outcome.status).toBe(3);
  expect(outcome.stdout.trim().split('\n')).toHaveLength(1);
  expect(jsonError(outcome)).toMatchObject({
    code: 3,
    what: 'The split does not match the dataset.',
  });
  expect(readdirSync(runs)).toEqual([]);
});
