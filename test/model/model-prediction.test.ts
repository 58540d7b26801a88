import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boxAt } from '../../src/data/geometry/box.js';
import { scoreSources } from '../../src/eval/score-sources.js';
import { openTruth } from '../../src/eval/sources/open.js';
import { findNetworks, pairNetworks, type PairSettings } from '../../src/model/find-networks.js';
import { buildModel } from '../../src/model/model.js';
import { modelPrediction } from '../../src/model/model-prediction.js';
import { scaledSettings } from '../../src/model/predicted-instances.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { assembleInstances } from '../../src/predict/assemble/assemble.js';
import { pasteCandidate } from '../../src/predict/assemble/candidate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { augmentedModel, smallModel, speckled } from './small-model.js';
import { writeRun } from './small-runs.js';

useNativeCpu();

const sample = 'examples/dsb2018-mini';
const place = mkdtempSync(path.join(tmpdir(), 'model-prediction-'));
const at = (name: string) => path.join(place, name);
beforeAll(async () => {
  await writeModelFolder(at('model'), smallModel(), '# card\n');
  await writeModelFolder(at('looking'), augmentedModel(smallModel()), '# card\n');
  await writeRun(at('boxes'), smallModel(), 'detector');
});
afterAll(() => rmSync(place, { recursive: true }));

async function pair(target: string, partner?: string, settings?: PairSettings) {
  const other = partner === undefined ? undefined : await findNetworks(at(partner));
  return pairNetworks((await findNetworks(at(target)))!, other, settings);
}

test('predicts masks and boxes of the images of the truth like the model; also a run with a segmenter', async () => {
  const truth = await openTruth(sample);
  const [id] = truth.ids;
  const image = (await truth.readImage(id!))!;
  const model = buildModel(smallModel());
  const { labelImage } = await model.segment(image);
  const { detections } = await model.predictor.detect(image);
  model.dispose();
  for (const networks of [await pair('model'), await pair('boxes', 'model')]) {
    const source = modelPrediction(networks, truth);
    expect(source.ids).toEqual(truth.ids);
    const drawn = await source.read(id!, image);
    expect(drawn.labelImage).toEqual(labelImage);
    const { predBoxes, scores } = drawn.boxes!;
    expect([predBoxes.length, scores.length]).toEqual([4 * detections.length, detections.length]);
    expect(scores[0]).toBe(Math.fround(detections[0]!.score));
    await source.close();
  }
  await truth.close();
});

test('predicts with the settings of its model, at the sizes that the model was trained on', async () => {
  const truth = await openTruth(sample);
  const image = speckled(64);
  const model = buildModel(augmentedModel(smallModel()));
  const { labelImage } = await model.segment(image);
  model.dispose();
  const readImage = () => Promise.resolve(image);
  const source = modelPrediction(await pair('looking'), { ...truth, readImage });
  expect((await source.read('a', image)).labelImage).toEqual(labelImage);
  await source.close();
  await truth.close();
});

test('at a scale as the model, and says so', async () => {
  const truth = await openTruth(sample);
  const image = { ...speckled(96), pixelSize: { x: 9, y: 9 } };
  const model = buildModel(smallModel());
  const { labelImage } = await model.segment(image, { diameter: 20 });
  expect(labelImage).not.toEqual((await model.segment(image)).labelImage);
  model.dispose();
  const networks = await pair('model', undefined, { scale: { diameter: { um: 10 }, pixelSize: 0.5 } });
  expect(networks.kind).toMatch(/, diameter 10 um, pixel size 0\.5 um$/u);
  const source = modelPrediction(networks, { ...truth, readImage: () => Promise.resolve(image) });
  expect((await source.read('a', image)).labelImage).toEqual(labelImage);
  await source.close();
  await truth.close();
});

test.each([
  [{}, {}, undefined],
  [{ diameter: 20 }, {}, 20],
  [{ diameter: { um: 10 } }, { pixelSize: { x: 0.25, y: 0.25 } }, 40],
  [{ diameter: { um: 10 }, pixelSize: 0.5 }, { pixelSize: { x: 0.25, y: 0.25 } }, 20],
])('%j of an image with %j: nuclei of %s px', (scale, image, diameter) => {
  const { detector, assemble } = smallModel().file;
  expect(scaledSettings(image, { detector, assemble, scale }).scale?.diameter).toBe(diameter);
});

test('um in an image of unknown scale are an error that names it', async () => {
  const truth = await openTruth(sample);
  const networks = await pair('model', undefined, { scale: { diameter: { um: 10 } } });
  const source = modelPrediction(networks, { ...truth, readImage: () => Promise.resolve(speckled(64)) });
  await expect(source.read('a', speckled(64))).rejects.toMatchObject({
    ...{ exitCode: 3, where: 'a', hint: expect.stringContaining('--pixel-size UM') as string },
  });
  await source.close();
  await truth.close();
});

test('given boxes are segmented one by one and all together', async () => {
  const truth = await openTruth(sample);
  const source = modelPrediction(await pair('model'), truth);
  const boxes = Float32Array.of(10, 10, 34, 30, 120, 90, 150, 130);
  const { labelImage, masks } = await source.stages!.segmentBoxes(truth.ids[0]!, boxes);
  const image = (await truth.readImage(truth.ids[0]!))!;
  const model = buildModel(smallModel());
  const given = [0, 1].map((k) => ({ box: boxAt(boxes, k), score: 1 }));
  const candidates = await model.predictor.segmentBoxes(image, given);
  model.dispose();
  expect(labelImage).toEqual(assembleInstances(image, candidates, model.file.assemble).labelImage);
  const areas = masks.map((plane) => Array.from(plane!.values).filter((value) => value > 0).length);
  // Probabilities of 0.3 and more.
  const pasted = candidates.map((candidate) => pasteCandidate(candidate, image));
  expect(areas).toEqual(pasted.map(({ body }) => body.filter((value) => value >= 0.3 * 255).length));
  for (const [k, { box }] of given.entries()) {
    const { x, y, width, height } = masks[k]!;
    const [u, v] = [(box.x1 + box.x2) / 2, (box.y1 + box.y2) / 2];
    expect([x < u, u < x + width, y < v, v < y + height]).toEqual([true, true, true, true]);
  }
  await source.close();
  await truth.close();
});

test('an ablation is added to the scores if requested', async () => {
  const truth = await openTruth(sample);
  const source = modelPrediction(await pair('model'), truth);
  const selection = { ids: truth.ids.slice(0, 2) };
  const [plain] = (await scoreSources(truth, [source], { selection })).targets;
  expect(plain!.ablation).toBeNull();
  const [target] = (await scoreSources(truth, [source], { selection, ablate: true })).targets;
  const { gtCount, boxRecall, maskIou, trueBoxes, clusters } = target!.ablation!;
  expect(gtCount).toBe(target!.evaluation.gtCount);
  expect(boxRecall).toBeLessThan(1);
  // Masks of untrained networks, but in the right places.
  expect(maskIou).toBeGreaterThan(0);
  expect(trueBoxes).toBeGreaterThanOrEqual(0);
  expect(clusters.map(({ cluster }) => cluster)).toEqual(
    target!.evaluation.clusters.map(({ cluster }) => cluster),
  );
  await source.close();
  await truth.close();
});

test('a truth without images is an error when the first image is read', async () => {
  const truth = await openTruth(sample);
  const source = modelPrediction(await pair('model'), { ...truth, readImage: () => Promise.resolve(null) });
  await expect(source.read(truth.ids[0]!, { width: 1, height: 1 })).rejects.toMatchObject({ exitCode: 3 });
  await source.close();
  await truth.close();
});
