import { expect, test } from 'vitest';
import { DetectorConfig } from '../../src/config/detector.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { replayCluster } from '../../src/finetune/finetune-data.js';
import { detectorRecipe, segmenterRecipe, type TrainingFacts } from '../../src/finetune/recipe.js';
import { discs } from '../data/augment/samples.js';

const detector = DetectorConfig.parse({ task: 'detector' });
const segmenter = SegmenterConfig.parse({ task: 'segmenter' });
const nucleus = { x: 10, y: 10, radius: 4 };

const facts = (changes: Partial<TrainingFacts> = {}): TrainingFacts => ({
  data: { train: [discs(40, 40, [nucleus])], replayed: 0, unseen: true },
  place: { ...detector.data, path: 'mine', split: 'split.json' },
  ...{ steps: 400, seed: 1, bfloat16: false, folder: 'runs/x' },
  ...changes,
});

test.each([
  [4, 0.0004],
  [20, 0.002],
  [100, 0.002],
  [200, 0.002],
  [320, 0.00125],
  [400, 0.001],
  [3000, 0.001],
])('%i steps begin with a rate of %f in both networks', (steps, rate) => {
  for (const { schedule, budget } of [
    detectorRecipe(detector, facts({ steps })),
    segmenterRecipe(segmenter, facts({ steps })),
  ]) {
    expect(schedule.learningRate).toBeCloseTo(rate, 9);
    expect([schedule.steps, budget.steps]).toEqual([steps, steps]);
  }
});

test('a quarter of the draws are older images, whatever their number; of the segmenter a quarter of the nuclei', () => {
  const older = { ...discs(40, 40, [nucleus, { x: 30, y: 30, radius: 4 }]), cluster: replayCluster };
  const mine = discs(40, 40, [nucleus]);
  const train = [mine, mine, mine, older, older, older, older];
  const data = { train, replayed: 4, unseen: true };
  const weightOf = (weights: typeof detector.loader.clusterWeights) => {
    expect(weights.map(({ cluster }) => cluster)).toEqual([replayCluster]);
    return weights[0]!.weight;
  };
  const ofImages = weightOf(detectorRecipe(detector, facts({ data })).loader.clusterWeights);
  expect((4 * ofImages) / (3 + 4 * ofImages)).toBeCloseTo(0.25, 9);
  // Each older image has two nuclei.
  const ofNuclei = weightOf(segmenterRecipe(segmenter, facts({ data })).loader.clusterWeights);
  expect((8 * ofNuclei) / (3 + 8 * ofNuclei)).toBeCloseTo(0.25, 9);
});
