import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTruth } from '../../src/eval/sources/open.js';
import { buildModel } from '../../src/library/model.js';
import { isModelFolder, modelPrediction } from '../../src/library/model-prediction.js';
import { writeModelFolder } from '../../src/library/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';

useNativeCpu();

const sample = 'examples/dsb2018-mini';
const place = mkdtempSync(path.join(tmpdir(), 'model-prediction-'));
const folder = path.join(place, 'model');
beforeAll(() => writeModelFolder(folder, smallModel(), '# card\n'));
afterAll(() => rmSync(place, { recursive: true }));

test('a model folder is told from any other folder', async () => {
  expect(await isModelFolder(folder)).toBe(true);
  expect(await isModelFolder(sample)).toBe(false);
  expect(await isModelFolder(path.join(place, 'none'))).toBe(false);
});

test('predicts the images of the truth as the model does, masks and boxes', async () => {
  const truth = await openTruth(sample);
  const source = await modelPrediction(folder, truth);
  expect(source.ids).toEqual(truth.ids);
  const [id] = truth.ids;
  const image = (await truth.readImage(id!))!;
  const model = buildModel(smallModel());
  const drawn = await source.read(id!, image);
  expect(drawn.labelImage).toEqual((await model.segment(image)).labelImage);
  const { predBoxes, scores } = await source.readBoxes!(id!);
  const { detections } = await model.predictor.detect(image);
  expect([predBoxes.length, scores.length]).toEqual([4 * detections.length, detections.length]);
  expect(scores[0]).toBe(Math.fround(detections[0]!.score));
  model.dispose();
  await source.close();
  await truth.close();
});

test('a truth without images is refused when the first one is asked for', async () => {
  const truth = await openTruth(sample);
  const source = await modelPrediction(folder, { ...truth, readImage: () => Promise.resolve(null) });
  await expect(source.read(truth.ids[0]!, { width: 1, height: 1 })).rejects.toMatchObject({ exitCode: 3 });
  await source.close();
  await truth.close();
});
