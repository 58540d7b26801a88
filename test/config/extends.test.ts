import { expect, test } from 'vitest';
import { loadFiles, problemsOf } from './load-files.js';

test('mappings merge, lists and single values replace', () => {
  const { config } = loadFiles({
    'base.yaml':
      'task: detector\nmodel: { boxHead: { units: [4, 8, 16], batchSizePerImage: 5 } }\nloader: { batchSize: 2 }\n',
    'config.yaml':
      'extends: base.yaml\nmodel: { boxHead: { units: [32] } }\nloader: { cropSize: 64 }\nseed: 7\n',
  });
  expect(config).toMatchObject({
    task: 'detector',
    seed: 7,
    model: { boxHead: { units: [32], batchSizePerImage: 5 } },
    loader: { batchSize: 2, cropSize: 64 },
  });
});

test('every value keeps the place it was written at', () => {
  const { origins } = loadFiles(
    {
      'base.yaml': 'task: detector\nloader:\n  batchSize: 2\n  cropSize: 64\n',
      'config.yaml': 'extends: base.yaml\nloader:\n  cropSize: 128\n',
    },
    ['optimizer.momentum=0.5'],
  );
  const places = [...origins].map(([key, where]) => [key, where.replace(/^.*\//u, '')]);
  expect(places).toEqual([
    ['task', 'base.yaml:1:7'],
    ['loader.batchSize', 'base.yaml:3:14'],
    ['loader.cropSize', 'config.yaml:3:13'],
    ['optimizer.momentum', '--set optimizer.momentum=0.5'],
  ]);
});

test('an error in the parent points into the parent, one in the child into the child', () => {
  const files = {
    'base.yaml': 'task: detector\nsead: 3\nloader:\n  batchSize: none\n  cropSize: none\n',
    'config.yaml': 'extends: ./base.yaml\nloader:\n  cropSize: 64\n  zoom: high\n',
  };
  expect(problemsOf(files)).toEqual([
    'base.yaml:2:1: Unknown key `sead`. Did you mean `seed`?',
    'base.yaml:4:14: Expected `loader.batchSize` to be an integer from 1 to 1024, received "none". Correct the value, or leave the key out for its default, 4.',
    'config.yaml:4:9: Expected `loader.zoom` to be a number above 0, received "high". Correct the value, or leave the key out for its default, 1.',
  ]);
});

test('a key that both files miss is missing in the child', () => {
  expect(problemsOf({ 'base.yaml': '\nseed: 1\n', 'config.yaml': 'extends: base.yaml\n' })).toEqual([
    'config.yaml:1:1: Expected `task` to be one of `detector`, `segmenter`, received nothing. Add the key.',
  ]);
});

test('broken YAML in the parent is reported there', () => {
  expect(problemsOf({ 'base.yaml': 'a: [1', 'config.yaml': 'extends: base.yaml\n' })).toEqual([
    'base.yaml:1:6: Expected valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]. Correct the YAML here or just above.',
  ]);
});

test('extends goes one level deep', () => {
  const files = {
    'root.yaml': 'task: detector\n',
    'base.yaml': 'extends: root.yaml\n',
    'config.yaml': 'seed: 3\nextends: base.yaml\n',
  };
  expect(problemsOf(files)).toEqual([
    'config.yaml:2:10: Expected `extends` to name a file without `extends`, received "base.yaml". Copy the values that you need: `extends` works over one level only.',
  ]);
});

test('a file cannot extend itself', () => {
  expect(problemsOf({ 'config.yaml': 'extends: config.yaml\ntask: detector\n' })).toEqual([
    'config.yaml:1:10: Expected `extends` to name a file without `extends`, received "config.yaml". Copy the values that you need: `extends` works over one level only.',
  ]);
});

test('a missing parent is reported where it is named', () => {
  expect(problemsOf({ 'config.yaml': 'task: detector\nextends: base.yaml\n' })).toEqual([
    'config.yaml:2:10: There is no config "base.yaml". Check the path.',
  ]);
});

test.each([
  ['5', '5'],
  ['[base.yaml]', '["base.yaml"]'],
  ['""', '""'],
  ['', 'null'],
])('extends: %s is no file name', (value, received) => {
  expect(problemsOf({ 'config.yaml': `task: detector\nextends: ${value}\n` })).toEqual([
    `config.yaml:2:10: Expected \`extends\` to be the name of a file, received ${received}. Write a path relative to this file.`,
  ]);
});
