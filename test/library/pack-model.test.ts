import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import { readModelFolder } from '../../src/library/model-folder.js';
import { packModel } from '../../src/library/pack-model.js';
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

const pack = async (name: string, portable: boolean) => {
  await packModel({
    ...{ detector: at('detector'), segmenter: at('segmenter'), folder: at(name) },
    ...{ precision: 'float16', portable, assemble: AssembleSettings.parse({}), now: new Date(0) },
  });
  return (await readModelFolder(at(name))).file;
};

test('a model remembers where its data are, so that it can be tuned; it looks once', async () => {
  const { detector, segmenter, predict } = await pack('mine', false);
  expect(predict).toEqual({ views: [], secondPass: false });
  expect(detector.config).toMatchObject({ data, run });
  expect(segmenter.config.scoring.detector).toBe('/home/me/runs/d');
});

test('a portable one knows names, and only paths within the working folder', async () => {
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
