import { expect, test } from 'vitest';
import { loadFiles, problemsOf } from './load-files.js';

const files = {
  'config.yaml': 'task: detector\nmodel: { boxHead: { batchSizePerImage: 5 } }\nloader: { batchSize: 2 }\n',
};

test.each([
  ['loader.batchSize=8', { loader: { batchSize: 8 } }],
  ['schedule.learningRate=2e-3', { schedule: { learningRate: 0.002 } }],
  ['model.boxHead.units=[8, 4]', { model: { boxHead: { units: [8, 4], batchSizePerImage: 5 } } }],
  ['model={boxHead: {units: [2]}}', { model: { boxHead: { units: [2], batchSizePerImage: 5 } } }],
  ['data.path=some folder/a=b', { data: { path: 'some folder/a=b' } }],
  ['run.name="2026"', { run: { name: '2026' } }],
])('--set %s', (override, expected) => {
  expect(loadFiles(files, [override]).config).toMatchObject(expected);
});

test('an override keeps what stands beside it, and the last one wins', () => {
  const { config } = loadFiles(files, ['loader.cropSize=64', 'seed=3', 'seed=4']);
  expect(config).toMatchObject({ seed: 4, loader: { batchSize: 2, cropSize: 64 } });
});

test('an override replaces a wrong value of the file', () => {
  expect(loadFiles({ 'config.yaml': 'task: detector\nseed: x\n' }, ['seed=3']).config.seed).toBe(3);
});

test('a missing key is missing in the file, not in the override', () => {
  expect(problemsOf({ 'config.yaml': 'loader: {}\n' }, ['loader.batchSize=2'])).toEqual([
    'config.yaml:1:1: Expected `task` to be one of `detector`, `segmenter`, received nothing. Add the key.',
  ]);
});

const form = 'Write for example `--set loader.batchSize=8`.';
const budgetKeys = '`steps`, `minutes`, `patience`';

test.each([
  ['seed', `Expected \`--set\` to be given key.path=value, received "seed". ${form}`],
  ['=3', `Expected \`--set\` to be given key.path=value, received "=3". ${form}`],
  [
    'loader..batchSize=3',
    `Expected \`--set\` to be given key.path=value, received "loader..batchSize=3". ${form}`,
  ],
  ['loader.batchSzie=3', 'Unknown key `loader.batchSzie`. Did you mean `batchSize`?'],
  ['laoder.batchSize=3', 'Unknown key `laoder`. Did you mean `loader`?'],
  ['budget.__proto__=3', `Unknown key \`budget.__proto__\`. The keys here are ${budgetKeys}.`],
  [
    '__proto__.seed=3',
    'Unknown key `__proto__`. The keys here are `extends`, `task`, `seed`, `data`, `run`, `optimizer`, `schedule`, `budget`, `validation`, `checkpoints`, `precision`, `loader`, `model`, `tiles`, `scoring`.',
  ],
  [
    'loader.batchSize=two',
    'Expected `loader.batchSize` to be an integer from 1 to 1024, received "two". Correct the value, or leave the key out for its default, 4.',
  ],
  [
    'seed=',
    'Expected `seed` to be an integer from 1 up, received null. Correct the value, or leave the key out for its default, 1.',
  ],
  [
    'model.boxHead.units.0=3',
    'Expected `model.boxHead.units` to be a list, each an integer from 1 up, received {"0":3}. Correct the value, or leave the key out for its default, [256,256].',
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

test('problems of overrides and of the file are reported together', () => {
  expect(problemsOf({ 'config.yaml': 'task: detector\nsede: 3\n' }, ['seed', 'optimzer.momentum=0'])).toEqual(
    [
      '--set optimzer.momentum=0: Unknown key `optimzer`. Did you mean `optimizer`?',
      `--set seed: Expected \`--set\` to be given key.path=value, received "seed". ${form}`,
      'config.yaml:2:1: Unknown key `sede`. Did you mean `seed`?',
    ],
  );
});

test('overrides do not change the prototype of objects', () => {
  problemsOf(files, ['__proto__.polluted=1', 'constructor.prototype.polluted=1']);
  expect({}).not.toHaveProperty('polluted');
});
