/**
 * What the average of the weights is worth: box figures of a checkpoint of a detector with it, and without.
 *
 *     npx tsx experiments/averages.ts runs/RUN/checkpoints/step-000000500 stage1_train_fixed.zip
 */
import { startRuntime } from '../src/engine/runtime.js';
import { readDetector } from '../src/library/trained-network.js';
import { DetectorPredictor } from '../src/predict/detect.js';
import { detectorMetricNames, validateDetector } from '../src/train/detector-validation.js';
import { loadCheckpoint } from '../src/train/run/checkpoints/read.js';
import { scoredImages } from '../src/train/scored-images.js';
import { withStored } from '../src/train/stored-tensors.js';
import { readTrainingData } from '../src/train/training-data.js';

const [checkpoint, dataPath] = process.argv.slice(2);
if (checkpoint === undefined || dataPath === undefined)
  throw new Error('Usage: averages.ts <checkpoint> <dataset>');

const { config } = await readDetector(checkpoint);
const { weights, ema, statistics } = (await loadCheckpoint(checkpoint)).tensors;
const { validation } = await readTrainingData({ ...config.data, path: dataPath }, config.seed);
const images = scoredImages(validation, { seed: config.seed, count: config.predict.images });
await startRuntime('auto');
for (const [name, group] of Object.entries({ averaged: ema, raw: weights })) {
  const predictor = withStored(
    new Map([...group, ...statistics]),
    (tensors) => new DetectorPredictor({ config, mode: 'compiled', weights: tensors }),
  );
  const { metrics } = await validateDetector(predictor, images, () => {});
  predictor.dispose();
  const figures = detectorMetricNames.map((metric) => `${metric} ${metrics[metric]!.toFixed(3)}`);
  process.stdout.write(`${name.padEnd(10)}${figures.join('  ')}\n`);
}
