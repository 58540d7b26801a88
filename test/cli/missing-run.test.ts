import { expect, test } from 'vitest';
import { jsonError, nucleate } from './run-nucleate.js';

const data = ['--data', 'examples/dsb2018-mini'];

test.each([
  [['runs', 'show', 'missing']],
  [['report', 'missing']],
  [['train', 'detector', '--resume', 'missing']],
  [['finetune', '--resume', 'missing']],
  [['finetune', 'missing', ...data]],
  [['tune', 'missing', ...data]],
  [['model', 'pack', 'missing', 'missing', '--out', 'none']],
  [['predict', 'examples/dsb2018-mini/a-5afb7932.png', '--model', 'missing', '--out', 'none']],
  [['eval', 'missing', ...data]],
])('%j: a run, model or result that is not there is a wrong argument', async (args) => {
  const outcome = await nucleate([...args, '--json']);
  expect([outcome.status, jsonError(outcome).where]).toEqual([2, expect.stringMatching(/^missing/u)]);
});
