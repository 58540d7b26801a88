import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import { findNetworks, hasTrainedOn, isHalf, pairNetworks } from '../../src/model/find-networks.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { augmentedModel, smallModel } from './small-model.js';
import { writeRun } from './small-runs.js';

useNativeCpu();

const place = mkdtempSync(path.join(tmpdir(), 'eval-networks-'));
const at = (...names: string[]) => path.join(place, ...names);
beforeAll(async () => {
  const model = augmentedModel(smallModel({ minArea: 7 }));
  await writeModelFolder(at('model'), model, '# card\n');
  await writeRun(at('boxes'), model, 'detector');
  await writeRun(at('masks'), model, 'segmenter', 7);
});
afterAll(() => rmSync(place, { recursive: true }));

describe('what is at a path', () => {
  test('both networks of a model folder, one of a run or a checkpoint', async () => {
    const model = (await findNetworks(at('model')))!;
    expect(model.assemble).toMatchObject({ minArea: 7 });
    expect(model.predict).toEqual({ tta: ['polarity'], secondPass: true, darkZoom: 1 });
    expect(model.detector!.sizes).toMatchObject({ typical: 6 });
    expect(isHalf(model)).toBe(false);
    const step = at('boxes', 'checkpoints', 'step-000000005');
    for (const run of [at('boxes'), step]) {
      const networks = (await findNetworks(run))!;
      expect(networks).toMatchObject({ path: run, detector: { origin: { run: 'boxes', step: 5 } } });
      expect(networks.segmenter).toBeUndefined();
      expect(isHalf(networks)).toBe(true);
      expect(networks.detector!.weights).toEqual(model.detector!.weights);
    }
    expect(await findNetworks(at('masks'))).toMatchObject({ segmenter: { origin: { step: 7 } } });
  });

  test('no networks: predictions, and what is not there', async () => {
    mkdirSync(at('labels'));
    writeFileSync(at('labels', 'manifest.json'), '{}');
    expect(await findNetworks(at('labels'))).toBeUndefined();
    expect(await findNetworks(at('none'))).toBeUndefined();
    expect(await findNetworks('examples/dsb2018-mini')).toBeUndefined();
  });

  test('a run without a checkpoint, a damaged one, and one of another task are errors', async () => {
    mkdirSync(at('new', 'checkpoints'), { recursive: true });
    await expect(findNetworks(at('new'))).rejects.toMatchObject({
      exitCode: 6,
      message: 'The run has no checkpoint yet.',
    });
    cpSync(at('boxes'), at('cut'), { recursive: true });
    writeFileSync(at('cut', 'checkpoints', 'step-000000005', 'weights.safetensors'), '');
    await expect(findNetworks(at('cut'))).rejects.toThrow(
      /^The checkpoint cannot be read: weights.safetensors has 0 bytes/u,
    );
    const { file, ...weights } = smallModel();
    const other = { ...file, detector: { ...file.detector, config: { task: 'tiny' } } };
    await writeRun(at('other'), { file: other, ...weights } as never, 'detector');
    await expect(findNetworks(at('other'))).rejects.toMatchObject({
      exitCode: 6,
      message: 'Expected a detector, but this checkpoint is of the task "tiny".',
    });
  });
});

describe('a pair', () => {
  const found = async (name: string) => (await findNetworks(at(name)))!;

  test('of a run and the other network: settings of the model folder, else the defaults', async () => {
    const boxes = await found('boxes');
    const masks = await found('masks');
    const model = await found('model');
    const pair = pairNetworks(boxes, masks);
    expect(pair).toMatchObject({
      path: at('boxes'),
      kind: 'detector boxes at step 5, segmenter masks at step 7',
    });
    expect(pair.assemble).toEqual(AssembleSettings.parse({}));
    expect(pair.predict).toEqual({ tta: [], secondPass: false, darkZoom: 1 });
    expect(pairNetworks(masks, boxes).kind).toBe(pair.kind);
    expect(pairNetworks(boxes, model)).toMatchObject({
      kind: 'detector boxes at step 5, segmenter small at step 0, tta polarity, second pass',
      assemble: { minArea: 7 },
      predict: { tta: ['polarity'], secondPass: true, darkZoom: 1 },
    });
    // A model folder is whole: nothing of the other is taken.
    expect(pairNetworks(model, boxes).kind).toMatch(/^detector small at step 0, segmenter small at step 0/u);
  });

  test('given settings replace those of the model, the others stay', async () => {
    const model = await found('model');
    expect(pairNetworks(model, undefined, { predict: { tta: ['flips', 'scales'] } })).toMatchObject({
      kind: expect.stringMatching(/, tta flips x scales, second pass$/u) as string,
      predict: { tta: ['flips', 'scales'], secondPass: true, darkZoom: 1 },
    });
    const plain = pairNetworks(await found('boxes'), model, {
      predict: { tta: [], secondPass: false, darkZoom: 1 },
    });
    expect(plain.kind).toBe('detector boxes at step 5, segmenter small at step 0');
    expect(plain.predict).toEqual({ tta: [], secondPass: false, darkZoom: 1 });
  });

  test('without a network is an error with a hint', async () => {
    const boxes = await found('boxes');
    const masks = await found('masks');
    const refused = (one: typeof boxes, other?: typeof boxes) => {
      try {
        pairNetworks(one, other);
      } catch (error) {
        return error as Error;
      }
      return undefined;
    };
    expect(refused(boxes)).toMatchObject({
      exitCode: 2,
      where: at('boxes'),
      message: 'This is only a detector: to find nuclei, a segmenter is needed as well.',
      hint: 'Name a run of `nucleate train segmenter`, or a model folder: --with RUN_OR_MODEL.',
    });
    expect(refused(masks)?.message).toBe(
      'This is only a segmenter: to find nuclei, a detector is needed as well.',
    );
    expect(refused(boxes, boxes)).toMatchObject({
      message: 'This is a detector, and --with names a detector as well: a segmenter is missing.',
    });
  });
});

test('a pair was trained on all folds of its data except its validation fold', async () => {
  const boxes = (await findNetworks(at('boxes')))!;
  const masks = (await findNetworks(at('masks')))!;
  const on = (dataset: string, data: object) => {
    const { detector } = boxes;
    const config = { ...detector!.config, data: { ...detector!.config.data, ...data } };
    return pairNetworks(
      { ...boxes, detector: { ...detector!, config, origin: { ...detector!.origin, dataset } } },
      masks,
    );
  };
  const seen = (dataset: string, data: object, fold?: number) =>
    hasTrainedOn(on(dataset, data), { sha256: 'ab', fold });
  expect(seen('ab/cd', { validationFold: 1 })).toBe(true);
  expect(seen('ab/cd', { validationFold: 1 }, 0)).toBe(true);
  expect(seen('ab/cd', { validationFold: 1 }, 1)).toBe(false);
  expect(seen('ab/cd', { validationFold: 1, trainOnAll: true }, 1)).toBe(true);
  expect(seen('ef/cd', { trainOnAll: true })).toBe(false);
});
