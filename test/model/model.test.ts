import { expect, test } from 'vitest';
import type { PredictSettings } from '../../src/config/predict.js';
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
  const plain = await boxes({ tta: [], secondPass: false });
  const views = await boxes({ tta: ['polarity'], secondPass: false });
  const all = await boxes({ tta: ['polarity'], secondPass: true });
  expect(views).not.toEqual(plain);
  expect(all).not.toEqual(views);
  const own = stored.file.predict;
  expect(await boxes(own)).toEqual(all);
  expect(await boxes(own, { secondPass: false })).toEqual(views);
});
