import { expect, test } from 'vitest';
import {
  compareImages,
  evaluateImage,
  openPrediction,
  openTruth,
  randomFor,
  scoreSources,
  summarise,
} from '../../src/index.js';
import { drawing } from '../reference/draw.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

test('a program scores files on disk, and its own label images', async () => {
  const sample = 'examples/dsb2018-mini';
  const truth = await openTruth(sample);
  const prediction = await openPrediction(sample);
  const { targets } = await scoreSources(truth, [prediction], { selection: { ids: truth.ids.slice(0, 2) } });
  expect(targets[0]!.evaluation).toMatchObject({ score: 1, imageCount: 2 });
  await prediction.close();
  await truth.close();

  const gt = drawing('11.22', '11.22');
  const images = [drawing('11...', '11...'), gt].map((pred) => [evaluateImage(gt, pred, { id: 'a' })]);
  // One of two nuclei at every threshold.
  expect(summarise(images[0]!).score).toBe(0.5);
  const comparison = compareImages(images[0]!, images[1]!, { random: randomFor(1, 'bootstrap') });
  expect(comparison).toMatchObject({ difference: 0.5, interval: { low: 0.5, high: 0.5 }, better: 1 });
});
