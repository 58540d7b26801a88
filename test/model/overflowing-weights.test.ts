import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeImage } from '../../src/data/image/image-io.js';
import { type ModelFolder, writeModelFolder } from '../../src/model/model-folder.js';
import { buildModel } from '../../src/model/model.js';
import { tuneModel } from '../../src/model/tune-model.js';
import { tf } from '../../src/tf.js';
import { nucleate } from '../cli/run-nucleate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from './small-model.js';

useNativeCpu();

const root = mkdtempSync(path.join(tmpdir(), 'nucleate-overflow-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Finite; with any other value of this size the product is beyond float32, 3.4e38. */
const huge = 1e30;

/** The model with all kernels of one network replaced. */
function overflowing(stage: 'detector' | 'segmenter', kernels = /\/kernel$/u, value = huge): ModelFolder {
  const model = smallModel();
  const weights = new Map(model[stage]);
  for (const [name, { shape, data }] of model[stage])
    if (kernels.test(name))
      weights.set(name, { dtype: 'F32', shape, data: new Float32Array(data.length).fill(value) });
  return { ...model, [stage]: weights };
}

const image = speckled(64);

describe.each(['compiled', 'eager'] as const)('%s: finite weights that overflow', (mode) => {
  test.each([
    ['everywhere', /\/kernel$/u, huge],
    ['in the objectness alone', /^rpn\/objectness.*\/kernel$/u, 3e38],
    ['in the boxes of the second stage alone', /^box_head\/deltas\/kernel$/u, 3e38],
  ])('in the detector, %s', async (_, kernels, value) => {
    const model = buildModel(overflowing('detector', kernels, value), { mode });
    // A size that is new is recorded, with its constants.
    await model.segment(image).catch(() => {});
    const { numTensors } = tf.memory();
    await expect(model.segment(image)).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(
        /^The detector computes (NaN|-?Infinity): its weights overflow/u,
      ) as string,
    });
    expect(tf.memory().numTensors).toBe(numTensors);
    model.dispose();
  });

  test('in the segmenter', async () => {
    const model = buildModel(overflowing('segmenter'), { mode });
    // A size that is new is recorded, with its constants.
    await model.segment(image).catch(() => {});
    const { numTensors } = tf.memory();
    await expect(model.segment(image)).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(/^The segmenter computes NaN: its weights overflow/u) as string,
    });
    expect(tf.memory().numTensors).toBe(numTensors);
    model.dispose();
  });
});

test('predict and tune name the network, its file and the image, and leave no outputs', async () => {
  const stored = overflowing('detector');
  const folder = path.join(root, 'model');
  await writeModelFolder(folder, stored, '');
  const file = path.join(root, 'speckled.png');
  await writeImage(file, image);
  const out = path.join(root, 'out');
  const outcome = await nucleate(['predict', file, '--model', folder, '--out', out]);
  expect(outcome).toMatchObject({ status: 5, stdout: '' });
  expect(outcome.stderr).toContain(`the weights in ${path.join(folder, 'detector.safetensors')} overflow`);
  expect(outcome.stderr).toContain(`where: ${file}`);
  expect(existsSync(path.join(out, 'labels'))).toBe(false);

  const model = buildModel(stored, { mode: 'eager' });
  const labelImage = { width: 64, height: 64, labels: new Int32Array(64 * 64) };
  const example = { id: 'speckled', image, labelImage, instanceCount: 0 };
  await expect(tuneModel(model, [example])).rejects.toMatchObject({ exitCode: 5, where: 'speckled' });
  model.dispose();
});
