import { expect, test } from 'vitest';
import { loadFiles, problemsOf } from './load-files.js';

const files = { 'config.yaml': 'task: quickstart\nmodel: { kernelSize: 5 }\ntrain: { batchSize: 2 }\n' };

test.each([
  ['train.batchSize=8', { train: { batchSize: 8 } }],
  ['train.learningRate=1e-3', { train: { learningRate: 0.001 } }],
  ['model.channels=[8, 4]', { model: { channels: [8, 4], kernelSize: 5 } }],
  ['model={channels: [2]}', { model: { channels: [2], kernelSize: 5 } }],
  ['data.path=some folder/a=b', { data: { path: 'some folder/a=b' } }],
  ['output.path="2026"', { output: { path: '2026' } }],
])('--set %s', (override, expected) => {
  expect(loadFiles(files, [override]).config).toMatchObject(expected);
});

test('an override keeps what stands beside it, and the last one wins', () => {
  const { config } = loadFiles(files, ['train.cropSize=64', 'seed=3', 'seed=4']);
  expect(config).toMatchObject({ seed: 4, train: { batchSize: 2, cropSize: 64 } });
});

test('an override mends a wrong value of the file', () => {
  expect(loadFiles({ 'config.yaml': 'task: quickstart\nseed: x\n' }, ['seed=3']).config.seed).toBe(3);
});

test('a missing key is missing in the file, not in the override', () => {
  expect(problemsOf({ 'config.yaml': 'train: {}\n' }, ['train.batchSize=2'])).toEqual([
    'config.yaml:1:1: Expected `task` to be one of `quickstart`, `detector`, `segmenter`, received nothing. Add the key.',
  ]);
});

const form = 'Write for example `--set train.batchSize=8`.';
const trainKeys = '`learningRate`, `momentum`, `batchSize`, `cropSize`';

test.each([
  ['seed', `Expected \`--set\` to be given key.path=value, received "seed". ${form}`],
  ['=3', `Expected \`--set\` to be given key.path=value, received "=3". ${form}`],
  [
    'train..batchSize=3',
    `Expected \`--set\` to be given key.path=value, received "train..batchSize=3". ${form}`,
  ],
  ['train.batchSzie=3', 'Unknown key `train.batchSzie`. Did you mean `batchSize`?'],
  ['tran.batchSize=3', 'Unknown key `tran`. Did you mean `train`?'],
  ['train.__proto__=3', `Unknown key \`train.__proto__\`. The keys here are ${trainKeys}.`],
  [
    '__proto__.seed=3',
    'Unknown key `__proto__`. The keys here are `extends`, `task`, `seed`, `data`, `model`, `train`, `output`.',
  ],
  [
    'train.batchSize=two',
    'Expected `train.batchSize` to be an integer from 1 up, received "two". Correct the value, or leave the key out for its default, 4.',
  ],
  [
    'seed=',
    'Expected `seed` to be an integer from 1 up, received null. Correct the value, or leave the key out for its default, 1.',
  ],
  [
    'model.channels.0=3',
    'Expected `model.channels` to be a list of 1 or more items, each an integer from 1 up, received {"0":3}. Correct the value, or leave the key out for its default, [8,16].',
  ],
  ['seed=[', 'Expected valid YAML: Flow sequence must end with a ]. Correct the YAML here or just above.'],
  [
    'task=other',
    'Expected `--set` to change a setting, received `task`, which decides what the settings are. Name a config file with the `task` you want.',
  ],
  [
    'extends=a.yaml',
    'Expected `--set` to change a setting, received `extends`, which decides what the settings are. Name a config file with the `extends` you want.',
  ],
])('--set %s is refused', (override, expected) => {
  expect(problemsOf(files, [override])).toEqual([`--set ${override}: ${expected}`]);
});

test('problems of overrides and of the file come together', () => {
  expect(problemsOf({ 'config.yaml': 'task: quickstart\nsede: 3\n' }, ['seed', 'tarin.momentum=0'])).toEqual([
    `--set seed: Expected \`--set\` to be given key.path=value, received "seed". ${form}`,
    '--set tarin.momentum=0: Unknown key `tarin`. Did you mean `train`?',
    'config.yaml:2:1: Unknown key `sede`. Did you mean `seed`?',
  ]);
});

test('overrides do not change the prototype of objects', () => {
  problemsOf(files, ['__proto__.polluted=1', 'constructor.prototype.polluted=1']);
  expect({}).not.toHaveProperty('polluted');
});
