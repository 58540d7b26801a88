import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readImage } from '../../src/data/image/image-io.js';
import { readLabelImage } from '../../src/data/image/label-io.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { predictImages } from '../../src/model/predict-images.js';
import type { SegmentSettings } from '../../src/model/segment-settings.js';
import { settingsLines, type UsedSettings, usedSettings } from '../../src/model/used-settings.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'used-'));
let out: string;
let count = 0;
let model: Model;
beforeAll(() => (model = buildModel(smallModel({ minArea: 20 }))));
beforeEach(() => (out = path.join(folder, `out-${count++}`)));
afterAll(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

const file = 'examples/dsb2018-mini/a-5afb7932.png';
const predict = (settings: SegmentSettings, pixelSize?: number, images = [file]) =>
  predictImages(
    model,
    images.map((file) => ({ file, name: path.parse(file).name })),
    {
      ...{ out, formats: ['labels', 'table', 'overlay'], resume: false, settings },
      ...(pixelSize !== undefined && { pixelSize }),
    },
  );

test('nothing differs, nothing is told; but the model and all settings are beside the results', async () => {
  const result = await predict({});
  expect(settingsLines(result)).toEqual([]);
  const stored = JSON.parse(readFileSync(path.join(out, 'settings.json'), 'utf8')) as UsedSettings;
  expect(stored).toEqual(result.used);
  expect(stored).toMatchObject({
    // Of DSB2018 at a zoom of 1.
    model: { name: 'small', diameter: 37 },
    settings: { minArea: 20, border: 'keep', tta: [], diameter: 'trained', region: null, pixelSize: null },
    own: {},
  });
  expect(stored.model.sha256).toMatch(/^[\da-f]{64}$/u);
  const [first] = readFileSync(path.join(out, 'predictions.jsonl'), 'utf8').split('\n');
  expect(JSON.parse(first!)).toMatchObject({ madeWith: { model: { sha256: stored.model.sha256 } } });
});

test('what differs is told in one line, and is in the file with the values of the model', async () => {
  const region = { x: 10, y: 20, width: 100, height: 90 };
  const result = await predict({ scoreThreshold: 0.1, border: 'drop', diameter: 18.5, region });
  expect(settingsLines(result)).toEqual([
    'settings    score-threshold 0.1 (model: 0), min-area 5 (model: 20), border drop (model: keep), diameter 18.5 (model: 37), region 10,20,100,90',
  ]);
  expect(result.used.own).toEqual({
    ...{ scoreThreshold: 0, minArea: 20, border: 'keep', diameter: 'trained', region: null },
  });
  expect(result.predicted[0]!.diameter).toBe(18.5);
  const labels = await readLabelImage(path.join(out, 'labels', 'a-5afb7932.png'));
  expect([labels.width, labels.height]).toEqual([256, 256]);
  // The overlay shows the region, four times as large.
  expect(await readImage(path.join(out, 'overlay', 'a-5afb7932.png'))).toMatchObject({
    width: 400,
    height: 360,
  });
});

test('a diameter in um is told in px, of the images that say how large their pixels are', async () => {
  const fixtures = ['ome-um.ome.tif', 'aperio.tif'].map((name) => `test/fixtures/pixel-size/${name}`);
  const result = await predict({ diameter: { um: 10 } }, undefined, [...fixtures, file]);
  // 10 um / sqrt(0.25 x 0.5) um, and 10 um / 0.252 um.
  expect(settingsLines(result)).toEqual(['settings    diameter 10um = 28.3 to 39.7 px (model: 37)']);
  expect(result.predicted).toHaveLength(2);
  expect(result.failed).toMatchObject([{ where: file, exitCode: 3 }]);
});

test('the size of a pixel that is given is the one in the table, and scales the areas', async () => {
  const result = await predict({ diameter: { um: 10 } }, 0.5);
  expect(settingsLines(result)).toEqual([
    'settings    min-area 6 (model: 20), diameter 10um = 20 px (model: 37), pixel-size 0.5',
  ]);
  expect(readFileSync(path.join(out, 'table', 'a-5afb7932.csv'), 'utf8')).toMatch(/,area_um2\n/u);
});

test('a diameter that is impossible ends it before anything is written', async () => {
  await expect(predict({ diameter: 1 })).rejects.toMatchObject({ exitCode: 2 });
  expect(existsSync(out)).toBe(false);
});

test('so does one that the size of a pixel makes impossible, whose user gave both', async () => {
  await expect(predict({ diameter: { um: 10 } }, 0.01)).rejects.toMatchObject({ exitCode: 2 });
  expect(existsSync(out)).toBe(false);
});

test.each([
  ['', 'This is a file, and the results need a folder.'],
  ['/below', 'A part of this path is a file.'],
])('a file in place of the folder%s is an error before anything is predicted', async (below, what) => {
  writeFileSync(out, 'mine');
  out = `${out}${below}`;
  await expect(predict({})).rejects.toThrow(
    expect.objectContaining({ message: what, exitCode: 2, where: out }),
  );
});

test('the networks decide on the hash of a model, its settings and name do not', () => {
  const hash = (file: Model['file']) => usedSettings({ file, own: file }, {}).model.sha256;
  const { file: own } = model;
  expect(hash({ ...own, name: 'other', assemble: { ...own.assemble, minArea: 3 } })).toBe(hash(own));
  const other = { ...own.segmenter, sha256: '1'.repeat(64) };
  expect(hash({ ...own, segmenter: other })).not.toBe(hash(own));
});
