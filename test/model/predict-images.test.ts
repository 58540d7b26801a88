import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { readImage, writeImage } from '../../src/data/image/image-io.js';
import { planeChoice } from '../../src/data/image/plane-choice.js';
import { buildModel, type Model } from '../../src/model/model.js';
import { predictImages } from '../../src/model/predict-images.js';
import { outputFormatNames } from '../../src/predict/formats/output-formats.js';
import { listImages } from '../../src/predict/inputs/list-images.js';
import { tf } from '../../src/tf.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'predict-'));
const images = path.join(folder, 'images');
let count = 0;
let out: string;
let model: Model;

beforeAll(() => {
  model = buildModel(smallModel());
  mkdirSync(images);
  for (const name of ['a-5afb7932.png', 'd-3594684b.png'])
    copyFileSync(path.join('examples/dsb2018-mini', name), path.join(images, name));
});
beforeEach(() => {
  out = path.join(folder, `out-${count++}`);
});
afterAll(() => {
  model.dispose();
  rmSync(folder, { recursive: true });
});

const formats = ['labels', 'table'] as const;

const listed = async (paths: readonly string[]) => (await listImages(paths)).images;

test('writes every format of every image, and returns the paths', async () => {
  const done: number[] = [];
  const { predicted, skipped, failed, nuclei } = await predictImages(model, await listed([images]), {
    ...{ out, formats, resume: false },
    onImage: (number) => done.push(number),
  });
  expect(done).toEqual([1, 2]);
  expect([skipped, failed]).toEqual([[], []]);
  expect(nuclei).toBeGreaterThan(0);
  for (const { outputs, nuclei: own } of predicted) {
    const [, table] = outputs;
    // A header and a line for each nucleus.
    expect(readFileSync(table!, 'utf8').trimEnd().split('\n')).toHaveLength(own + 1);
  }
  expect(readdirSync(path.join(out, 'labels'))).toEqual(['a-5afb7932.png', 'd-3594684b.png']);
});

test('an image that cannot be read is reported with its path, and the others are predicted', async () => {
  const broken = path.join(folder, 'broken.png');
  writeFileSync(broken, 'no image');
  const told: unknown[] = [];
  const { predicted, failed } = await predictImages(model, await listed([broken, images]), {
    ...{ out, formats, resume: false },
    onFailure: (problem) => told.push(problem.where),
  });
  expect(predicted).toHaveLength(2);
  expect(told).toEqual([broken]);
  expect(failed).toMatchObject([{ where: broken, exitCode: 3 }]);
});

test('files that are no images, images of any kind and names of any kind do no harm', async () => {
  const hostile = path.join(folder, 'hostile');
  mkdirSync(path.join(hostile, 'sub'), { recursive: true });
  const fixtures = path.join(import.meta.dirname, '../fixtures/images');
  const refused = [
    ...['empty.png', 'text.png', 'truncated.png', 'truncated.tif', 'vector.png', 'huge.png', 'animated.png'],
    ...['two-pages.tif', 'turned.jpg', 'cmyk.tif', 'six-channels.tif', 'rgba8-fading.png'],
  ];
  const accepted = [
    'bit1.png',
    'grey16.tif',
    'rgb16.png',
    'palette.png',
    'rgba8-opaque.png',
    'flat.jpg',
    'float32.tif',
  ];
  for (const name of [...refused, ...accepted])
    copyFileSync(path.join(fixtures, name), path.join(hostile, name));
  const names = [
    '<script>alert(1)<\u2215script>.png',
    '=HYPERLINK("x").png',
    '\u001b]0;title\u0007\u001b[31mred\nline.png',
    '-rf.png',
    'nul.png',
    `${'x'.repeat(240)}.png`,
    'sub/..png',
  ];
  for (const name of names) copyFileSync(path.join(fixtures, 'grey8.png'), path.join(hostile, name));
  await writeImage(path.join(hostile, 'one.png'), {
    width: 1,
    height: 1,
    channels: 1,
    data: Uint8Array.of(9),
  });
  await writeImage(path.join(hostile, 'line.png'), {
    ...{ width: 70, height: 1, channels: 1 },
    data: Uint8Array.from({ length: 70 }, (_, x) => 3 * x),
  });
  const before = readdirSync(folder, { recursive: true }).sort();
  const { predicted, failed } = await predictImages(
    model,
    await listed([hostile, path.join(hostile, 'sub/..png')]),
    {
      ...{ out, formats: outputFormatNames, resume: false },
    },
  );
  expect(failed.map(({ where }) => path.basename(where ?? '')).sort()).toEqual(refused.toSorted());
  expect(new Set(failed.map(({ exitCode }) => exitCode))).toEqual(new Set([3]));
  expect(predicted).toHaveLength(accepted.length + names.length + 2);
  // All outputs are in their folders, and nothing else has come or gone.
  for (const { outputs } of predicted)
    for (const [index, file] of outputs.entries())
      expect(path.dirname(file)).toBe(path.join(out, outputFormatNames[index]!));
  const own = path.basename(out);
  const after = readdirSync(folder, { recursive: true }).filter((file) => !String(file).startsWith(own));
  expect(after.sort()).toEqual(before);
});

test('when resumed, it skips outputs that exist and makes those that are missing', async () => {
  const all = await listed([images]);
  await predictImages(model, all, { out, formats, resume: false });
  const label = path.join(out, 'labels', 'a-5afb7932.png');
  const before = readFileSync(label);
  rmSync(label);
  const { predicted, skipped } = await predictImages(model, all, { out, formats, resume: true });
  expect(predicted.map(({ file }) => path.basename(file))).toEqual(['a-5afb7932.png']);
  expect(skipped.map((file) => path.basename(file))).toEqual(['d-3594684b.png']);
  expect(readFileSync(label)).toEqual(before);
});

test('an image gives the same nuclei whatever was predicted before, and no tensor is left', async () => {
  const [a, d] = await Promise.all(
    ['a-5afb7932.png', 'd-3594684b.png'].map((name) => readImage(path.join(images, name))),
  );
  const first = await model.segment(a!);
  const { numTensors } = tf.memory();
  await model.segment(d!);
  const again = await model.segment(a!);
  expect(again).toEqual(first);
  expect(tf.memory().numTensors).toBe(numTensors);
});

test("settings given for one image take the place of the model's", async () => {
  const image = await readImage(path.join(images, 'a-5afb7932.png'));
  expect((await model.segment(image, { scoreThreshold: 1 })).instances).toEqual([]);
  expect((await model.segment(image)).instances.length).toBeGreaterThan(0);
});

test('each channel of a file gets outputs of its own name, which --resume knows', async () => {
  const several = path.join(folder, 'several');
  mkdirSync(several);
  const fixtures = path.join(import.meta.dirname, '../fixtures/images');
  copyFileSync(path.join(fixtures, 'two-grey-channels.tif'), path.join(several, 'x.tif'));
  copyFileSync(path.join(fixtures, 'grey8.tif'), path.join(several, 'x-c1.tif'));
  const options = { out, formats: ['labels', 'coco'] as const, planes: planeChoice({ channel: ['each'] }) };
  const all = await predictImages(model, (await listImages([several])).images, { ...options, resume: false });
  expect(all.predicted.map(({ planes }) => planes)).toEqual(['', 'c1', 'c2']);
  expect(readdirSync(path.join(out, 'labels'))).toEqual(['x-c1-2.png', 'x-c1.png', 'x-c2.png']);
  const document = readFileSync(path.join(out, 'coco', 'x-c2.json'), 'utf8');
  expect(document).toContain('"file_name":"x-c2.tif"');
  rmSync(path.join(out, 'labels', 'x-c2.png'));
  const again = await predictImages(model, (await listImages([several])).images, {
    ...options,
    resume: true,
  });
  expect(again.predicted.map(({ planes }) => planes)).toEqual(['c2']);
  expect(again.skipped).toEqual([path.join(several, 'x-c1.tif'), path.join(several, 'x.tif')]);
});

test('an image without any difference is told', async () => {
  const file = path.join(folder, 'black.png');
  await writeImage(file, { width: 20, height: 20, channels: 1, data: new Uint8Array(400) });
  const notices: unknown[] = [];
  const options = { out, formats, resume: false, onNotice: (notice: unknown) => notices.push(notice) };
  await predictImages(model, (await listImages([file])).images, options);
  expect(notices).toMatchObject([{ where: file }]);
});
