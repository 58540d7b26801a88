/**
 * The effect of averaging weights: box metrics of a checkpoint of a detector with averaged and with raw weights, then box
 * AP by cluster.
 *
 *     npx tsx experiments/averages.ts runs/RUN/checkpoints/step-000000500 stage1_train_fixed.zip [seed]
 *
 * The images are the validation images of a run with this seed; default: the seed of the checkpoint.
 */
import { startRuntime } from '../src/engine/runtime.js';
import { readDetector } from '../src/model/trained-network.js';
import { DetectorPredictor } from '../src/predict/detect.js';
import { detectorMetricNames, validateDetector } from '../src/train/detector-validation.js';
import { loadCheckpoint } from '../src/run/checkpoints/read.js';
import { scoredImages } from '../src/train/scored-images.js';
import { withStored } from '../src/models/stored-tensors.js';
import { readTrainingData } from '../src/data/loader/training-data.js';

const [checkpoint, dataPath, seedOfImages] = process.argv.slice(2);
if (checkpoint === undefined || dataPath === undefined)
  throw new Error('Usage: averages.ts <checkpoint> <dataset> [seed]');

const { config } = await readDetector(checkpoint);
const { weights, ema, statistics } = (await loadCheckpoint(checkpoint)).tensors;
const { validation } = await readTrainingData({ ...config.data, path: dataPath }, { seed: config.seed });
const seed = seedOfImages === undefined ? config.seed : Number(seedOfImages);
const images = scoredImages(validation, { seed, count: config.scoring.images });
await startRuntime('auto');
const predictor = new DetectorPredictor({ config, mode: 'compiled' });
for (const [name, group] of Object.entries({ averaged: ema, raw: weights })) {
  withStored(new Map([...group, ...statistics]), (tensors) => predictor.load(tensors));
  const { metrics } = await validateDetector(predictor, images, () => {});
  const clusters = Object.keys(metrics).filter((metric) => /^cluster-.*\/ap$/u.test(metric));
  const shown = [...detectorMetricNames, ...clusters].map(
    (metric) => `${metric} ${metrics[metric]?.toFixed(3) ?? '-'}`,
  );
  process.stdout.write(`${name.padEnd(10)}${shown.join('  ')}\n`);
}
predictor.dispose();
