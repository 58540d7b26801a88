import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import yargs from 'yargs';
import { EvalDocument } from '../../src/report/eval-schema.js';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import { ttaSettings, withTta } from '../../src/cli/tta-options.js';
import { PredictSettings } from '../../src/config/predict.js';
import type { Image } from '../../src/data/image/image.js';
import { readImage, writeImage } from '../../src/data/image/image-io.js';
import { readLabelImage, writeLabelImage } from '../../src/data/image/label-io.js';
import { buildModel } from '../../src/model/model.js';
import { readModelFolder, replaceModelFile, writeModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { augmentedModel, smallModel } from '../model/small-model.js';
import { writeRun } from '../model/small-runs.js';
import { nucleate } from './run-nucleate.js';

useNativeCpu();

describe('options', () => {
  const parser = withTta(yargs()).parserConfiguration({
    'boolean-negation': false,
    'greedy-arrays': false,
  });
  const asked = (...args: string[]) => ttaSettings(parser.parseSync(args));

  test.each([
    { args: [], settings: {} },
    { args: ['--tta', 'none'], settings: { tta: [] } },
    { args: ['--tta', 'flips', '--tta', 'scales', '--tta', 'flips'], settings: { tta: ['flips', 'scales'] } },
    { args: ['--second-pass'], settings: { secondPass: true } },
    { args: ['--dark-zoom', '0.7'], settings: { darkZoom: 0.7 } },
    { args: ['--no-second-pass', '--tta', 'none'], settings: { tta: [], secondPass: false } },
  ])('$args', ({ args, settings }) => expect(asked(...args)).toEqual(settings));

  test.each(PredictSettings.shape.tta.unwrap().element.options)('%s', (view) => {
    expect(asked('--tta', view)).toEqual({ tta: [view] });
  });

  test('none and other views', () => {
    expect(() => asked('--tta', 'none', '--tta', 'flips')).toThrow('--tta none and other views contradict');
  });

  test.each([
    { args: ['--tta', 'mirrors'], told: 'flips' },
    { args: ['--second-pass', '--no-second-pass'], told: 'exclude each other' },
    { args: ['--dark-zoom', '4'], told: '--dark-zoom takes a number above 0.1 and below 4, received `4`' },
  ])('$args is refused', async ({ args, told }) => {
    const { status, stderr } = await nucleate(['predict', 'a.png', ...args]);
    expect(status).toBe(2);
    expect(stderr).toContain(told);
  });
});

describe('a truth that a model predicted with its own test-time augmentation', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-tta-'));
  const at = (...names: string[]) => path.join(folder, ...names);
  const plainArgs = ['--tta', 'none', '--no-second-pass'];
  // Networks of random weights may find one nucleus that covers nearly all of an image.
  const asNumbers = ['--label-images', 'numbers'];
  const readLabels = (file: string) => readLabelImage(file, file, { labelImages: 'numbers' });
  const own = { tta: ['polarity'], secondPass: true };
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await nucleate([...args, '--device', 'cpu', '--quiet', '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return JSON.parse(stdout) as unknown;
  };

  beforeAll(async () => {
    // Of the settings that `tune` tries: it shall find nothing better.
    const stored = augmentedModel(smallModel({ scoreThreshold: 0.05 }));
    await writeModelFolder(at('model'), stored, '# card\n');
    const predict = PredictSettings.parse({});
    await writeModelFolder(at('plain'), { ...stored, file: { ...stored.file, predict } }, '# card\n');
    await writeRun(at('boxes'), stored, 'detector');
    mkdirSync(at('data'));
    const model = buildModel(stored);
    for (const name of ['a-5afb7932', 'f-245b9958']) {
      const image = corner(await readImage(`examples/dsb2018-mini/${name}.png`), 64);
      await writeImage(at('data', `${name}.png`), image);
      await writeLabelImage(at('data', `${name}_masks.png`), (await model.segment(image)).labelImage);
    }
    model.dispose();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const evaluated = async (...args: string[]) => {
    const document = EvalDocument.parse(await run('eval', ...args, '--data', at('data'), ...asNumbers));
    const { kind, score } = document.targets[0]!;
    return { kind, score };
  };

  test('eval: test-time augmentation of the model, or as given', { timeout: 120_000 }, async () => {
    const words = 'segmenter small at step 0, tta polarity, second pass';
    expect(await evaluated(at('model'))).toEqual({ kind: `detector small at step 0, ${words}`, score: 1 });
    const { kind, score } = await evaluated(at('boxes'), '--with', at('model'), ...plainArgs);
    expect(kind).toBe('detector boxes at step 5, segmenter small at step 0');
    expect(score).toBeLessThan(0.9);
  });

  test('predict: test-time augmentation of the model, or as given', { timeout: 120_000 }, async () => {
    const labels = async (out: string, ...args: string[]): Promise<LabelImage> => {
      const image = at('data', 'a-5afb7932.png');
      await run('predict', image, '--model', at('model'), '--out', at(out), '--format', 'labels', ...args);
      return readLabels(at(out, 'labels', 'a-5afb7932.png'));
    };
    const truth = await readLabels(at('data', 'a-5afb7932_masks.png'));
    expect(await labels('own')).toEqual(truth);
    expect(await labels('other', ...plainArgs)).not.toEqual(truth);
  });

  test('tune: given test-time augmentation is saved in the model', { timeout: 120_000 }, async () => {
    const data = ['--data', at('data'), '--split', 'none', '--fold', '0', ...asNumbers];
    const { file: packed } = await readModelFolder(at('plain'));
    const twins = { of: 'twin', score: 0.6, images: 1, heldOut: null, date: '' };
    await replaceModelFile(at('plain'), { ...packed, tuned: twins }, '');
    const tuned = (await run('tune', at('plain'), ...data, '--tta', 'polarity', '--second-pass')) as object;
    expect(tuned).toMatchObject({ predict: own, score: 1 });
    const { file } = await readModelFolder(at('plain'));
    expect(file).toMatchObject({ predict: own, tuned: { score: 1 } });
    expect(file.tuned?.of).toBeUndefined();
    expect(readFileSync(at('plain', 'README.md'), 'utf8')).toContain('tta polarity, second pass');
  });
});

/** The upper left of an image. */
function corner({ width, channels, data }: Image, size: number): Image {
  const row = channels * size;
  const cut = new Uint8Array(row * size);
  for (let y = 0; y < size; y++)
    cut.set(data.subarray(y * width * channels, y * width * channels + row), y * row);
  return { width: size, height: size, channels, data: cut };
}
