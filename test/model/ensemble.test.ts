import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTruth } from '../../src/eval/sources/open.js';
import { readTrainingData, datasetOf } from '../../src/data/loader/training-data.js';
import { networksOf, readModelFolder, type ModelFolder } from '../../src/model/model-folder.js';
import { madeWith } from '../../src/model/made-with.js';
import { findNetworks, findStage } from '../../src/model/find-networks.js';
import { buildModel } from '../../src/model/model.js';
import { outOfFoldPrediction, readFolds } from '../../src/model/out-of-fold.js';
import { packModel } from '../../src/model/pack-model.js';
import { tuneEnsemble } from '../../src/model/tune-ensemble.js';
import { type CheckpointContent, saveCheckpoint } from '../../src/run/checkpoints/write.js';
import { makeFolders } from '../../src/make-folders.js';
import { NucleusPredictor } from '../../src/predict/nucleus-predictor.js';
import { averageCandidates } from '../../src/predict/average-candidates.js';
import type { Candidate } from '../../src/predict/assemble/candidate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel, speckled } from './small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'ensemble-'));
const at = (...names: string[]) => path.join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

const data = 'examples/dsb2018-mini';
const split = 'configs/splits/dsb2018-mini.json';
let dataset: string;

/** Weights that differ from fold to fold. */
const shifted = (weights: ModelFolder['detector'], by: number): ModelFolder['detector'] =>
  new Map(
    [...weights].map(([name, tensor]) => {
      const data = Float32Array.from(tensor.data as Float32Array, (value) => value + by);
      return [name, name.endsWith('bias') ? { ...tensor, dtype: 'F32' as const, data } : tensor];
    }),
  );

/** Two runs, of a detector and of a segmenter, that kept a fold for validation. */
async function writeRuns(
  fold: number,
  changes: { readonly detector?: object; readonly segmenter?: object } = {},
): Promise<void> {
  const { file, detector, segmenter } = smallModel();
  const weights = { detector: shifted(detector, fold / 50), segmenter: shifted(segmenter, fold / 50) };
  for (const task of ['detector', 'segmenter'] as const) {
    const { config } = file[task];
    const checkpoints = at(`${task}-${fold}`, 'checkpoints');
    makeFolders(checkpoints);
    const content: CheckpointContent = {
      tensors: { weights: weights[task], ema: new Map(), optimizer: new Map(), statistics: new Map() },
      state: { step: 5, draws: 0, seconds: 0, best: null, validationsSinceBest: 0, logBytes: {} },
      score: 0.5,
      origin: {
        config: {
          ...config,
          data: { ...config.data, path: data, split, validationFold: fold },
          loader: { ...config.loader, ...changes[task] },
        },
        dataset,
        ...{ versions: {}, git: null },
      },
    };
    await saveCheckpoint(checkpoints, content, { keepLast: 1, now: new Date(0) });
  }
}

const pack = (name: string, folds: readonly number[]) =>
  packModel({
    ...{ detector: at(`detector-${folds[0]}`), segmenter: at(`segmenter-${folds[0]}`), folder: at(name) },
    more: folds.slice(1).flatMap((fold) => [at(`segmenter-${fold}`), at(`detector-${fold}`)]),
    ...{ precision: 'float32', portable: false, now: new Date(0) },
  });

beforeAll(async () => {
  const { file } = smallModel();
  const read = await readTrainingData({ ...file.detector.config.data, path: data, split }, { seed: 1 });
  dataset = datasetOf(read);
  for (const fold of [0, 1, 2]) await writeRuns(fold);
  await pack('of-two', [0, 1]);
});

test('the masks of several segmenters are averaged', async () => {
  const candidate = (body: number[], border?: number[]): Candidate => ({
    ...{ box: { x1: 0, y1: 0, x2: 2, y2: 1 }, score: 1, window: { x: 0, y: 0, side: 2 }, size: 2 },
    body: Float32Array.from(body),
    ...(border && { border: Float32Array.from(border) }),
  });
  async function* of(...candidates: Candidate[]) {
    for (const one of candidates) yield await Promise.resolve(one);
  }
  const averaged = [];
  const one = of(candidate([0, 0.5, 1, 1], [1, 0, 0, 0]), candidate([1, 1, 1, 1]));
  const other = of(candidate([1, 0.25, 0, 1], [0, 0, 0, 0.5]), candidate([0, 0, 0.5, 0]));
  for await (const each of averageCandidates([one, other])) averaged.push(each);
  expect(averaged.map(({ body }) => [...body])).toEqual([
    [0.5, 0.375, 0.5, 1],
    [0.5, 0.5, 0.75, 0.5],
  ]);
  expect([...averaged[0]!.border!]).toEqual([0.5, 0, 0, 0.25]);
  const wider = { ...candidate([1, 1, 1, 1]), window: { x: 0, y: 0, side: 4 } };
  await expect(averageCandidates([of(candidate([1, 1, 1, 1])), of(wider)]).next()).rejects.toThrow(
    RangeError,
  );
});

test('an ensemble is written and read, and what it predicts with depends on all of its networks', async () => {
  const stored = await readModelFolder(at('of-two'));
  expect(existsSync(at('of-two', 'detector-2.safetensors'))).toBe(true);
  expect(stored.file.others).toMatchObject({
    detectors: [{ origin: { run: 'detector-1' } }],
    segmenters: [{ origin: { run: 'segmenter-1' } }],
  });
  expect(readFileSync(at('of-two', 'README.md'), 'utf8')).toContain('Further detector of the ensemble');
  const alone = { ...stored.file, others: undefined };
  expect(madeWith(stored.file).model.sha256).not.toBe(madeWith(alone).model.sha256);
  const image = speckled(100);
  const settings = { scoreThreshold: 0, maskThreshold: 0.25 };
  const found = async (model: ModelFolder) => {
    const built = buildModel(model);
    const { instances } = await built.segment(image, settings);
    built.dispose();
    return instances;
  };
  const { detector, segmenter } = stored;
  const single = await found({ file: alone, detector, segmenter });
  const two = await found(stored);
  expect(two.length).toBeGreaterThan(3);
  expect(two).not.toEqual(single);
  // The same networks twice are as sure as once, and find the same.
  const twice = {
    ...stored,
    file: { ...stored.file, others: { detectors: [alone.detector], segmenters: [alone.segmenter] } },
    others: { detectors: [stored.detector], segmenters: [stored.segmenter] },
  };
  expect(await found(twice)).toEqual(single);
}, 240_000);

test('weights of an ensemble that were changed are found', async () => {
  cpSync(at('of-two'), at('damaged'), { recursive: true });
  cpSync(at('of-two', 'segmenter.safetensors'), at('damaged', 'segmenter-2.safetensors'));
  await expect(readModelFolder(at('damaged'))).rejects.toThrow('The weights were changed');
});

test('where one network is needed, an ensemble is an error; so is one of networks that see differently', async () => {
  expect((await findNetworks(at('of-two')))?.others?.detectors).toHaveLength(1);
  await expect(findStage(at('of-two'), 'detector')).rejects.toThrow('This is an ensemble');
  await writeRuns(3, { detector: { zoom: 2 } });
  await expect(pack('unlike', [0, 3])).rejects.toThrow(
    'detectors of an ensemble must have the same loader.zoom',
  );
  await writeRuns(4, { segmenter: { margin: 0.7 } });
  await expect(pack('uncut', [0, 4])).rejects.toThrow(
    'segmenters of an ensemble must have the same loader.margin',
  );
});

test('out of fold, each image is predicted by the networks that have not seen it, and only by them', async () => {
  const stored = await readModelFolder(at('of-two'));
  const folds = await readFolds(networksOf(stored), at('of-two'));
  expect(folds.map(({ fold }) => fold)).toEqual([0, 1]);
  const truth = await openTruth(data);
  const { assemble, predict } = stored.file;
  const source = outOfFoldPrediction('of-two', folds, truth, { assemble, predict });
  for (const { data: part, networks } of folds) {
    const { id, labelImage } = part.validation[0]!;
    const alone = new NucleusPredictor(networks, { mode: 'compiled', predict });
    const image = await truth.readImage(id);
    const expected = await alone.segment(image!, assemble);
    alone.dispose();
    const read = await source.read(id, labelImage);
    expect(read.labelImage).toEqual(expected.labelImage);
  }
  const other = truth.ids.find(
    (id) => !folds.some((fold) => fold.data.validation.some((one) => one.id === id)),
  )!;
  await expect(source.read(other, { width: 1, height: 1 })).rejects.toThrow(
    `${other} is in none of the folds`,
  );
  await source.close();
  // One small part of each fold: thousands of combinations are tried.
  const few = folds.map((fold) => ({
    ...fold,
    data: { ...fold.data, validation: fold.data.validation.slice(0, 1) },
  }));
  const done: number[] = [];
  const tuned = await tuneEnsemble(stored.file, few, { onImage: (count) => done.push(count) });
  expect(done).toEqual([1, 2]);
  expect(tuned.heldOut).not.toBeNull();
  await truth.close();
}, 240_000);

test('networks whose unseen images are not known are no ensemble of folds', async () => {
  const stored = await readModelFolder(at('of-two'));
  const pair = networksOf(stored);
  const { others, ...single } = pair;
  await expect(readFolds(single, 'one')).rejects.toThrow('This is no ensemble.');
  const lacking = { ...pair, others: { ...others!, segmenters: [] } };
  await expect(readFolds(lacking, 'lacking')).rejects.toThrow(
    'The ensemble has no segmenter that was trained without fold 1.',
  );
  const { detector } = pair;
  const all = {
    ...detector,
    config: { ...detector.config, data: { ...detector.config.data, trainOnAll: true } },
  };
  await expect(readFolds({ ...pair, detector: all }, 'all')).rejects.toThrow('was trained on all images');
  const elsewhere = { ...detector, origin: { ...detector.origin, dataset: 'x' } };
  await expect(readFolds({ ...pair, detector: elsewhere }, 'other')).rejects.toThrow(
    'on different data or folds',
  );
  await expect(readFolds(pair, 'split', { split: 'none' })).rejects.toThrow(
    'are not those that the ensemble',
  );
});
