import { expect, test } from 'vitest';
import type { PredictSettings } from '../../src/config/predict.js';
import type { Image } from '../../src/data/image/image.js';
import { buildModel } from '../../src/model/model.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { augmentedModel, smallModel, speckled } from './small-model.js';

useNativeCpu();

test('a model predicts with its own settings, or with those that are given', async () => {
  const stored = augmentedModel(smallModel());
  const image = speckled(64);
  const boxes = async (own: PredictSettings, predict?: Partial<PredictSettings>) => {
    const model = buildModel({ ...stored, file: { ...stored.file, predict: own } }, predict && { predict });
    const { detections } = await model.predictor.detect(image);
    model.dispose();
    return detections;
  };
  const plain = await boxes({ tta: [], secondPass: false, darkZoom: 1 });
  const views = await boxes({ tta: ['polarity'], secondPass: false, darkZoom: 1 });
  const all = await boxes({ tta: ['polarity'], secondPass: true, darkZoom: 1 });
  expect(views).not.toEqual(plain);
  expect(all).not.toEqual(views);
  const own = stored.file.predict;
  expect(await boxes(own)).toEqual(all);
  expect(await boxes(own, { secondPass: false })).toEqual(views);
});

test('only images with a dark background are shown at the dark zoom', async () => {
  const stored = augmentedModel(smallModel());
  const { zoom } = stored.file.detector.config.loader;
  const predict = { tta: [], secondPass: false, darkZoom: 0.5 };
  const model = buildModel({ ...stored, file: { ...stored.file, predict } });
  const [bright, mixed] = [speckled(64), speckled(64)];
  bright.data.forEach((value, at) => (bright.data[at] = 255 - (value >> 1)));
  // Three of four values are near black.
  mixed.data.forEach((value, at) => (mixed.data[at] = at % 4 === 0 ? value : value >> 4));
  const found = async (image: Image, at?: number) =>
    (await model.predictor.detect(image, { zoom: at })).detections;
  expect(await found(mixed)).toEqual(await found(mixed, zoom / 2));
  expect(await found(mixed)).not.toEqual(await found(mixed, zoom));
  expect(await found(bright)).toEqual(await found(bright, zoom));
  expect(await found(bright)).not.toEqual(await found(bright, zoom / 2));
  model.dispose();
});
