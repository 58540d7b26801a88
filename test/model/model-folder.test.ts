import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import { DetectorConfig } from '../../src/config/detector.js';
import { currentFormat } from '../../src/config/migrations.js';
import { PredictSettings } from '../../src/config/predict.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { modelCard } from '../../src/model/model-card.js';
import {
  type NewModelFile,
  readModelFolder,
  replaceModelFile,
  writeModelFolder,
} from '../../src/model/model-folder.js';
import type { StoredTensors } from '../../src/safetensors/tensor.js';

let place: string;
let folder: string;
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'model-'));
  folder = path.join(place, 'model');
});
afterEach(() => rmSync(place, { recursive: true }));

const origin = { run: 'run', step: 3, dataset: 'a/b', versions: {}, commit: null, score: 0.5 };

const file = (precision: 'float16' | 'float32'): NewModelFile => ({
  name: 'model',
  created: '2026-11-22T00:00:00.000Z',
  precision,
  detector: { config: DetectorConfig.parse({ task: 'detector' }), origin },
  segmenter: { config: SegmenterConfig.parse({ task: 'segmenter' }), origin },
  assemble: AssembleSettings.parse({ minArea: 7 }),
  predict: PredictSettings.parse({}),
  tuned: null,
});

const tensors = (...values: number[]): StoredTensors =>
  new Map([['layer/kernel', { dtype: 'F32', shape: [values.length], data: Float32Array.from(values) }]]);

const write = (precision: 'float16' | 'float32' = 'float32') =>
  writeModelFolder(
    folder,
    { file: file(precision), detector: tensors(1, 0.1), segmenter: tensors(2) },
    '# card\n',
  );

test('what is written is read: float32 to the bit, float16 rounded', async () => {
  await write();
  const read = await readModelFolder(folder);
  expect(read.detector).toEqual(tensors(1, 0.1));
  expect(read.segmenter).toEqual(tensors(2));
  expect(read.file).toMatchObject({ ...file('float32'), format: currentFormat });
  expect(readFileSync(path.join(folder, 'README.md'), 'utf8')).toBe('# card\n');
  rmSync(folder, { recursive: true });

  await write('float16');
  const [, rounded] = (await readModelFolder(folder)).detector.get('layer/kernel')!.data;
  expect(rounded).not.toBe(Math.fround(0.1));
  expect(rounded).toBeCloseTo(0.1, 4);
});

test('a folder that exists is an error, and no files are left behind', async () => {
  await write();
  await expect(write()).rejects.toMatchObject({ exitCode: 2, where: folder });
  expect(readdirSync(place)).toEqual(['model']);
});

test('a file in place of a folder is said to be one', async () => {
  const file = path.join(place, 'README.md');
  writeFileSync(file, 'x');
  await expect(readModelFolder(file)).rejects.toMatchObject({
    ...{ message: 'This is a file, not a model folder.', where: file, exitCode: 6 },
    hint: 'Name a folder made by `nucleate model pack`, or the one that `nucleate finetune` wrote to --out.',
  });
});

test.each([
  [
    'a missing description',
    (at: string) => rmSync(path.join(at, 'model.json')),
    'This folder is not a model folder',
  ],
  [
    'a device in its place',
    (at: string) => {
      rmSync(path.join(at, 'model.json'));
      symlinkSync('/dev/zero', path.join(at, 'model.json'));
    },
    'The model file cannot be read: it is a device, not a plain file',
  ],
  [
    'a device in place of its weights',
    (at: string) => {
      rmSync(path.join(at, 'detector.safetensors'));
      symlinkSync('/dev/zero', path.join(at, 'detector.safetensors'));
    },
    'The weights of the model cannot be read: it is a device, not a plain file',
  ],
  ['text in its place', (at: string) => writeFileSync(path.join(at, 'model.json'), 'x'), 'is not JSON'],
  [
    'a description of something else',
    (at: string) => writeFileSync(path.join(at, 'model.json'), '{}'),
    'cannot be used',
  ],
  [
    'a description that does not tell how to look',
    (at: string) => {
      const file = path.join(at, 'model.json');
      const description = JSON.parse(readFileSync(file, 'utf8')) as NewModelFile;
      writeFileSync(file, JSON.stringify({ ...description, predict: undefined }));
    },
    'predict',
  ],
  ['missing weights', (at: string) => rmSync(path.join(at, 'segmenter.safetensors')), 'are missing'],
  [
    'a flipped bit',
    (at: string) => {
      const weights = path.join(at, 'detector.safetensors');
      const bytes = readFileSync(weights);
      bytes[bytes.length - 1]! ^= 1;
      writeFileSync(weights, bytes);
    },
    'were changed after the model was packed',
  ],
])('%s is refused with exit code 6', async (_, damage, what) => {
  await write();
  damage(folder);
  await expect(readModelFolder(folder)).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringContaining(what) as string,
  });
});

test('a card says what the networks have learnt from, and nothing that is not recorded', () => {
  expect(modelCard(file('float32'))).toContain('It is not recorded which images trained it.');
  expect(modelCard(file('float32'))).toMatch(
    /the nuclei were that trained it is not recorded; .* takes [\d.]+ px/u,
  );
  const mine = {
    ...{ name: 'liver', sha256: '1'.repeat(64), images: 12, nuclei: 1500 },
    ...{ annotators: ['ada', 'ben'], licence: null },
  };
  const theirs = { ...mine, name: 'kidney', annotators: [], licence: 'CC-BY-4.0' };
  const history = {
    datasets: [mine],
    ancestors: [
      { name: 'vgg16.h5', step: null, datasets: [] },
      { name: 'unknown', step: 7, datasets: null },
      { name: 'kidneys', step: 900, datasets: [theirs] },
    ],
    fingerprints: '',
  };
  const trained = <Stage extends object>(stage: Stage) => ({ ...stage, origin: { ...origin, history } });
  const { detector, segmenter, ...others } = file('float32');
  const card = modelCard({ ...others, detector: trained(detector), segmenter: trained(segmenter) });
  const hash = `SHA-256 \`${'1'.repeat(64)}\`.`;
  expect(card).toContain(
    [
      '## Training data',
      '',
      `- liver: 12 images, 1,500 nuclei; annotated by ada, ben; licence: not recorded; ${hash}`,
      '- It began from `kidneys`, step 900, trained on:',
      `  - kidney: 12 images, 1,500 nuclei; licence: CC-BY-4.0; ${hash}`,
      '- It began from `unknown`, step 7; which images trained that is not recorded.',
      '- It began from `vgg16.h5`, weights that others published.',
      '',
      '## Limits',
    ].join('\n'),
  );
  for (const text of [card, modelCard(file('float32'))]) expect(text).not.toMatch(/Science Bowl|CC0/u);

  // Of an ensemble, what each network has learnt from.
  const measured = { ...trained(detector), sizes: { low: 8, typical: 20, high: 50 } };
  const further = {
    detectors: [{ ...detector, origin: { ...origin, history: { ...history, datasets: [theirs] } } }],
  };
  const several = modelCard({
    ...{ ...others, detector: measured, segmenter: trained(segmenter) },
    others: { ...further, segmenters: [trained(segmenter)] },
  });
  expect(several).toMatch(
    /Of the detector:\n\n- liver[^]*Of detector 2:\n\n- kidney[^]*Of segmenter 2:\n\n- liver/u,
  );
  expect(several).toMatch(/It knows nuclei of about [\d.]+ px in diameter/u);
});

test('settings, test-time augmentation and the card are replaced, and the weights are kept', async () => {
  await write();
  const read = await readModelFolder(folder);
  const assemble = AssembleSettings.parse({ minArea: 33 });
  const clusters = { a: { images: 80, score: 0.7 }, c: { images: 52, score: 0.4 } };
  const tuned = { score: 0.6, images: 132, heldOut: { score: 0.582, clusters }, date: '' };
  const predict = PredictSettings.parse({ tta: ['flips', 'polarity'], secondPass: true });
  const file = { ...read.file, assemble, predict, tuned };
  await replaceModelFile(folder, file, modelCard(file));
  const card = readFileSync(path.join(folder, 'README.md'), 'utf8');
  expect(card).toContain(
    'scored on the other): **0.582**;\n  by cluster (number of images): a 0.700 (80), c 0.400 (52).',
  );
  expect(card).toContain('\n- Prediction with tta flips x polarity, second pass.\n');
  expect(modelCard(read.file)).not.toContain('Prediction with');
  const again = await readModelFolder(folder);
  expect(again.file.assemble.minArea).toBe(33);
  expect(again.file.predict).toEqual(predict);
  expect(again.file.tuned).toEqual(tuned);
  expect(again.detector).toEqual(read.detector);
  expect(readdirSync(folder).sort()).toEqual([
    'README.md',
    'detector.safetensors',
    'model.json',
    'segmenter.safetensors',
  ]);
});
