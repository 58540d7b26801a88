import { expect, test } from 'vitest';
import { readComplete } from '../../src/config/complete.js';
import { DetectorConfig } from '../../src/config/detector.js';
import { currentFormat, migrateConfig, migrateModelFile } from '../../src/config/migrations.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { loadFiles, problemsOf } from './load-files.js';

const old = `task: detector
loader: { masks: true }
model:
  statisticsMomentum: 0.9
  levels:
    - { stride: 4, sizes: [12], ratios: [1, 2] }
    - { stride: 8, sizes: [24] }
  proposals: { candidates: 100, count: 50, minSize: 3 }
predict:
  tileSize: 256
  overlap: 64
`;

test('old keys of a config file are read, and reported with their places and new names', () => {
  const { config, oldKeys, origins } = loadFiles({ 'config.yaml': old });
  expect(config).toMatchObject({
    model: {
      normMomentum: 0.9,
      levels: [{ aspectRatios: [1, 2] }, { aspectRatios: [1] }],
      proposals: { preNmsTopK: 100, postNmsTopK: 50, minBoxSize: 3, trainPreNmsTopK: 1500 },
    },
    tiles: { size: 256, overlap: 64 },
    scoring: { images: 0 },
  });
  expect(oldKeys.map(({ where, what }) => `${where!.replace(/^.*\//u, '')}: ${what}`)).toEqual([
    'config.yaml:6:33: The key `model.levels[].ratios` is now called `model.levels[].aspectRatios`.',
    'config.yaml:4:3: The key `model.statisticsMomentum` is now called `model.normMomentum`.',
    'config.yaml:8:16: The key `model.proposals.candidates` is now called `model.proposals.preNmsTopK`.',
    'config.yaml:8:33: The key `model.proposals.count` is now called `model.proposals.postNmsTopK`.',
    'config.yaml:8:44: The key `model.proposals.minSize` is now called `model.proposals.minBoxSize`.',
    'config.yaml:10:3: The key `predict.tileSize` is now called `tiles.size`.',
    'config.yaml:11:3: The key `predict.overlap` is now called `tiles.overlap`.',
    'config.yaml:2:11: The key `loader.masks` was removed and has no effect. Batches always hold label images.',
  ]);
  expect(origins.get('tiles.size')).toMatch(/config\.yaml:10:13$/u);
});

test('old keys of a segmenter', () => {
  const { config, oldKeys } = loadFiles({
    'config.yaml':
      'task: segmenter\nboxes: { share: 0.3 }\npredict: { flips: true, batchSize: 7, threshold: 0.4 }\n',
  });
  expect(config).toMatchObject({ boxes: { probability: 0.3 }, inference: { tta: true, batchSize: 7 } });
  expect(oldKeys.map(({ what }) => what)).toContain(
    'The key `predict.threshold` was removed and has no effect. Validation uses the default of `assemble.maskThreshold`.',
  );
});

test("today's keys are not reported, and a section of old keys may be empty", () => {
  expect(loadFiles({ 'config.yaml': 'task: detector\ntiles: { size: 64 }\n' }).oldKeys).toEqual([]);
  expect(loadFiles({ 'config.yaml': 'task: detector\npredict: {}\n' }).config.task).toBe('detector');
});

test('the old and the new key of one setting in a file are an error', () => {
  expect(
    problemsOf({ 'config.yaml': 'task: detector\ntiles: { size: 64 }\npredict: { tileSize: 64 }\n' }),
  ).toEqual([
    'config.yaml:3:12: `predict.tileSize` and `tiles.size` are the old and the new name of one setting. Keep `tiles.size`.',
  ]);
  const levels = '[{ stride: 4, sizes: [8], ratios: [1], aspectRatios: [1] }]';
  expect(problemsOf({ 'config.yaml': `task: detector\nmodel: { levels: ${levels} }\n` })[0]).toBe(
    'config.yaml:2:44: `model.levels[].ratios` and `model.levels[].aspectRatios` are the old and the new name of one setting. Keep `model.levels[].aspectRatios`.',
  );
});

test('a file may override the old key of the file that it extends with the new one, and the reverse', () => {
  const base = 'task: detector\npredict: { tileSize: 64, overlap: 16 }\n';
  const child = (text: string) =>
    loadFiles({ 'base.yaml': base, 'config.yaml': `extends: base.yaml\n${text}` }).config;
  expect(child('tiles: { size: 96 }\n')).toMatchObject({ tiles: { size: 96, overlap: 16 } });
  const current = base.replace('predict: { tileSize', 'tiles: { size');
  const { config } = loadFiles({
    'base.yaml': current,
    'config.yaml': 'extends: base.yaml\npredict: { tileSize: 96 }\n',
  });
  expect(config).toMatchObject({ tiles: { size: 96, overlap: 16 } });
});

test.each([
  ['predict.tileSize=96', { tiles: { size: 96 } }],
  ['predict={tileSize: 96, overlap: 8}', { tiles: { size: 96, overlap: 8 } }],
  ['model.proposals={count: 7}', { model: { proposals: { postNmsTopK: 7, preNmsTopK: 40 } } }],
  [
    'model.levels=[{stride: 4, sizes: [8], ratios: [3]}]',
    { model: { levels: [{ stride: 4, sizes: [8], aspectRatios: [3] }] } },
  ],
])('--set %s works with its old key, with a warning', (override, expected) => {
  const file = 'task: detector\nmodel: { proposals: { preNmsTopK: 40 } }\ntiles: { size: 64 }\n';
  const { config, oldKeys } = loadFiles({ 'config.yaml': file }, [override]);
  expect(config).toMatchObject(expected);
  expect(oldKeys[0]).toMatchObject({ where: `--set ${override}` });
});

/** A config with every key, as format 1 had it. */
const storedDetector = () => {
  const { tiles, scoring, ...config } = JSON.parse(
    JSON.stringify(DetectorConfig.parse({ task: 'detector' })),
  ) as ReturnType<typeof DetectorConfig.parse>;
  const { normMomentum, ...model } = config.model;
  return {
    ...config,
    loader: { ...config.loader, masks: false },
    model: { ...model, statisticsMomentum: normMomentum },
    predict: { tileSize: tiles.size, overlap: tiles.overlap, images: scoring.images },
  };
};

test("a stored config of an older format has today's keys after its migration", () => {
  expect(migrateConfig(storedDetector(), 1)).toEqual(
    JSON.parse(JSON.stringify(DetectorConfig.parse({ task: 'detector' }))),
  );
  const current: unknown = JSON.parse(JSON.stringify(DetectorConfig.parse({ task: 'detector' })));
  expect(migrateConfig(current, currentFormat)).toEqual(current);
  expect(migrateConfig({ task: 'tiny', predict: { tileSize: 3 } }, 1)).toEqual({
    task: 'tiny',
    predict: { tileSize: 3 },
  });
  expect(migrateConfig(null, 1)).toBeNull();
});

test('keys that were added later are filled in as it was before; any other missing key is an error', () => {
  const { scoring, ...config } = SegmenterConfig.parse({ task: 'segmenter' });
  const added = migrateConfig({ ...config, scoring: { images: 5 } }, 1);
  expect(readComplete(SegmenterConfig, added)).toEqual({
    config: { ...config, scoring: { ...scoring, images: 5 } },
  });
  expect(readComplete(SegmenterConfig, migrateConfig(config, 1))).toEqual({ config: { ...config, scoring } });
  // Files of today's format were written with those keys.
  expect(readComplete(SegmenterConfig, migrateConfig(config, currentFormat))).toEqual({
    fault: '`scoring` is missing',
  });
  const { loss, ...without } = config;
  expect(readComplete(SegmenterConfig, migrateConfig(without, 1))).toEqual({ fault: '`loss` is missing' });
  expect(loss).toBeDefined();
});

test("model.json of format 1 has today's keys after its migration", () => {
  const file = {
    format: 1,
    detector: { config: storedDetector(), sha256: 'a' },
    segmenter: { config: { task: 'segmenter', predict: { flips: true } } },
    predict: { views: ['flips'], secondPass: false },
  };
  expect(migrateModelFile(file, 1)).toMatchObject({
    format: currentFormat,
    detector: { config: { tiles: { size: 512 } }, sha256: 'a' },
    segmenter: { config: { inference: { tta: true } } },
    predict: { tta: ['flips'], secondPass: false, darkZoom: 1 },
  });
});

test.each([
  ['task: detector\n', 'loader.masks=false'],
  ['task: segmenter\n', 'predict.threshold=0.4'],
])('an override of a removed key is reported and changes nothing', (text, override) => {
  const { config, oldKeys } = loadFiles({ 'config.yaml': text }, [override]);
  expect(config).toEqual(loadFiles({ 'config.yaml': text }).config);
  expect(oldKeys.map(({ what }) => what).join()).toMatch(/was removed and has no effect/u);
});

test('a key that an old section never had is named with its place, and with what it may be now', () => {
  const problems = problemsOf({
    'config.yaml': 'task: segmenter\npredict:\n  batchSiz: 4\n  colour: 1\n',
  });
  expect(problems).toEqual([
    'config.yaml:3:3: Unknown key `predict.batchSiz`. Did you mean `predict.batchSize`? It is now called `inference.batchSize`.',
    'config.yaml:4:3: Unknown key `predict.colour`. The keys of `predict` are now called `inference.batchSize`, `inference.tta`.',
  ]);
});
