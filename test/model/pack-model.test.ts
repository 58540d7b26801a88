import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exitCodes } from '../../src/errors.js';
import { modelCard } from '../../src/model/model-card.js';
import { readModelFolder, replaceModelFile } from '../../src/model/model-folder.js';
import { packModel } from '../../src/model/pack-model.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';
import { writeRun } from './small-runs.js';

useNativeCpu();

const place = mkdtempSync(path.join(tmpdir(), 'pack-model-'));
const at = (name: string) => path.join(place, name);
afterAll(() => rmSync(place, { recursive: true }));

/** What runs of another machine remember, as absolute paths and as relative ones that lead out and back. */
const data = {
  ...{ path: '/home/me/cells.prepared', labels: '../masks/fixed.csv' },
  split: 'configs/../../splits/dsb2018.json',
};
const run = { folder: '/home/me/runs/', name: 'd' };

beforeAll(async () => {
  const model = smallModel();
  const { detector, segmenter } = model.file;
  const file = {
    ...model.file,
    detector: {
      ...detector,
      config: { ...detector.config, data: { ...detector.config.data, ...data }, run },
    },
    segmenter: {
      ...segmenter,
      config: {
        ...segmenter.config,
        boxes: { ...segmenter.config.boxes, path: '/home/me/boxes.json' },
        scoring: { ...segmenter.config.scoring, detector: '/home/me/runs/d' },
      },
    },
  };
  await writeRun(at('detector'), { ...model, file }, 'detector');
  await writeRun(at('segmenter'), { ...model, file }, 'segmenter');
});

const pack = async (name: string, portable: boolean, settings: { settingsOf?: string } = {}) => {
  await packModel({
    ...{ detector: at('detector'), segmenter: at('segmenter'), folder: at(name) },
    ...{ precision: 'float16', portable, now: new Date(0), ...settings },
  });
  return (await readModelFolder(at(name))).file;
};

test('a model keeps the paths of its data, so that it can be tuned; it has no test-time augmentation', async () => {
  const { detector, segmenter, predict } = await pack('mine', false);
  expect(predict).toEqual({ tta: [], secondPass: false, darkZoom: 1 });
  expect(detector.config).toMatchObject({ data, run });
  expect(segmenter.config.scoring.detector).toBe('/home/me/runs/d');
});

test('a portable model has names, and only paths within the working folder', async () => {
  const { detector, segmenter } = await pack('portable', true);
  expect(detector.config).toMatchObject({
    data: { path: 'cells.prepared', labels: 'fixed.csv', split: 'dsb2018.json' },
    run: { folder: 'runs', name: 'd' },
  });
  const { config } = smallModel().file.segmenter;
  expect(segmenter.config).toEqual({
    ...config,
    boxes: { ...config.boxes, path: 'boxes.json' },
    scoring: { ...config.scoring, detector: 'd' },
  });
  expect(config.data.split).toBe('configs/splits/dsb2018.json');
  expect(readFileSync(path.join(at('portable'), 'model.json'), 'utf8')).not.toMatch(/"[^"]*(?:home|\.\.)/u);
});

test('it takes the settings of another model, and names that model', async () => {
  const file = await pack('twin', false);
  const heldOut = { score: 0.582, clusters: { a: { images: 132, score: 0.582 } } };
  const tuned = { score: 0.6, images: 132, heldOut, date: '2026-11-28' };
  const settings = {
    assemble: { ...file.assemble, scoreThreshold: 0.41 },
    predict: { ...file.predict, secondPass: true },
  };
  await replaceModelFile(at('twin'), { ...file, ...settings, tuned }, '');

  const final = await pack('final', false, { settingsOf: at('twin') });
  expect(final).toMatchObject({ ...settings, tuned: { of: 'twin', ...tuned } });
  const card = readFileSync(path.join(at('final'), 'README.md'), 'utf8');
  expect(card).toBe(modelCard(final));
  expect(card).toContain('those of `twin`, tuned on 132 validation images; challenge score 0.600');
  expect(card).toContain('**0.582**');
});

test('settings of a model that is not tuned are an error', async () => {
  await pack('untuned', false);
  await expect(pack('refused', false, { settingsOf: at('untuned') })).rejects.toMatchObject({
    exitCode: exitCodes.usage,
    message: `The model in ${at('untuned')} is not tuned.`,
  });
  expect(existsSync(at('refused'))).toBe(false);
});

test('a folder that does not exist, and a model folder, are not runs', async () => {
  await pack('packed', false);
  const packFrom = (detector: string) =>
    packModel({
      ...{ detector: at(detector), segmenter: at('segmenter'), folder: at('none') },
      ...{ precision: 'float16', portable: false, now: new Date(0) },
    });
  await expect(packFrom('missing')).rejects.toMatchObject({
    exitCode: exitCodes.usage,
    message: `There is no folder \`${at('missing')}\`.`,
  });
  await expect(packFrom('packed')).rejects.toMatchObject({
    exitCode: exitCodes.checkpoint,
    message: 'This is a model folder; name the run it was packed from.',
  });
});

test('networks whose weights do not fit their configs are not packed, nor those too large for 16 bits', async () => {
  const model = smallModel();
  const missing = new Map(model.segmenter);
  missing.delete('logits/kernel');
  await writeRun(at('incomplete'), { ...model, segmenter: missing }, 'segmenter');
  const bias = { dtype: 'F32', shape: [1], data: Float32Array.of(1e30) } as const;
  const large = new Map([...model.detector, ['box_head/logits/bias', bias]]);
  await writeRun(at('large'), { ...model, detector: large }, 'detector');
  const packFrom = (detector: string, segmenter: string, precision: 'float16' | 'float32') =>
    packModel({
      ...{ detector: at(detector), segmenter: at(segmenter), folder: at('unfit') },
      ...{ precision, portable: false, now: new Date(0) },
    });
  await expect(packFrom('detector', 'incomplete', 'float16')).rejects.toMatchObject({
    exitCode: exitCodes.checkpoint,
    message: expect.stringMatching(
      /^The weights do not fit the segmenter: 1 of its \d+ tensors differ\.$/u,
    ) as string,
    problems: [{ what: 'The file lacks logits/kernel.' }],
  });
  await expect(packFrom('large', 'segmenter', 'float16')).rejects.toMatchObject({
    exitCode: exitCodes.diverged,
    message: `The tensor box_head/logits/bias has the value ${Math.fround(1e30)}; 16 bits hold at most 65504.`,
  });
  expect(existsSync(at('unfit'))).toBe(false);
  await packFrom('large', 'segmenter', 'float32');
  expect((await readModelFolder(at('unfit'))).detector.get('box_head/logits/bias')!.data[0]).toBe(
    Math.fround(1e30),
  );
});
