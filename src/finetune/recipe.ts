/** How a model is fine-tuned: everything that differs from how its networks were trained. Measured in experiments/LOG.md. */
import type { Augment } from '../config/augment.js';
import type { DetectorConfig } from '../config/detector.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import type { DatasetReading, TrainingConfig } from '../config/training.js';
import { quickestPrecision } from '../engine/processor.js';
import { type FinetuneData, replayCluster } from './finetune-data.js';

/** What the two trainings of a fine-tuning have in common. */
export interface TrainingFacts {
  readonly data: Pick<FinetuneData, 'train' | 'replayed' | 'unseen'>;
  /** As it is recorded: where the images and the folds are, and how they are read. */
  readonly place: Pick<TrainingConfig['data'], 'path' | 'more' | 'labels' | 'split' | 'validationFold'> &
    DatasetReading;
  readonly steps: number;
  readonly seed: number;
  /** Whether the device multiplies bfloat16; else a training that would use it uses float32. */
  readonly bfloat16: boolean;
  /** Folder of the fine-tuning. */
  readonly folder: string;
}

/** Steps of the segmenter for a step of the detector; it has less to learn anew, since a crop shows it one nucleus. */
const segmenterShare = 0.6;

/**
 * Of many steps: twice that of the last leg of the bundled model's detector, since there is much to learn; the rate falls to a
 * hundredth of it.
 */
const learningRate = 0.001;

/**
 * Fewer steps have a higher rate, up to twice as high: it is worth 0.02 of the score at 200 steps and nothing at 500, four times as
 * high costs 0.04 (experiments/LOG.md, 2026-12-01).
 */
const stepsOfUsualRate = 400;

/**
 * Fewer steps than these have a lower rate, in proportion: Adam's first steps change every weight by the whole rate, and
 * few steps do not mend what that spoils.
 */
const stepsOfFullRate = 20;

const rateOf = (steps: number): number =>
  learningRate * Math.min(Math.max(stepsOfUsualRate / steps, 1), 2) * Math.min(1, steps / stepsOfFullRate);

/**
 * Fraction of the trained weights in the model's segmenter; the rest are those before the training. Half is as good for the new images
 * as all, and forgets less of the others. Of the detector all are kept: averaging costs it more than it keeps.
 */
export const trainedFraction = 0.5;

/** Fraction of the draws that are older images, where there are any. */
const replayFraction = 0.25;

/** Steps between checkpoints: what a kill costs at most, half a minute on two cores. */
const checkpointSteps = 100;

/** Images and nuclei that are scored at the end of each training, for the card of the model. */
const scored = { images: 48, nuclei: 1000 };

/** More steps than this have not been tried: the last leg of the bundled model has as many. */
export const mostSteps = 3000;

/** Fewer steps are not worth the time that goes into reading, measuring and comparing; `--minutes` makes as many at least. */
export const fewestSteps = 50;

export const stepsOfSegmenter = (steps: number): number => Math.max(1, Math.round(segmenterShare * steps));

/** The config of the detector's training. Its statistics of normalization stay as they are: few images have others. */
export function detectorRecipe(base: DetectorConfig, facts: TrainingFacts): DetectorConfig {
  return {
    ...base,
    ...training(base, 'detector', facts),
    loader: {
      ...base.loader,
      clusterWeights: weights(facts.data, () => 1),
      augment: augmentation(base.loader.augment),
    },
    model: { ...base.model, normalization: 'frozen' },
    scoring: { ...base.scoring, images: scored.images },
  };
}

/** The config of the segmenter's training. */
export function segmenterRecipe(base: SegmenterConfig, facts: TrainingFacts): SegmenterConfig {
  return {
    ...base,
    ...training(base, 'segmenter', facts),
    loader: {
      ...base.loader,
      clusterWeights: weights(facts.data, ({ instanceCount }) => instanceCount),
      augment: augmentation(base.loader.augment),
    },
    boxes: { ...base.boxes, path: '' },
    scoring: { ...base.scoring, maxNuclei: scored.nuclei, pictures: 0, detector: '' },
  };
}

/** What both have in common. Validated once, at the end: no checkpoint is chosen by the validation images. */
function training(
  base: TrainingConfig,
  name: string,
  { data, place, steps, seed, bfloat16, folder }: TrainingFacts,
) {
  return {
    seed,
    precision: quickestPrecision(base.precision, bfloat16),
    data: { ...base.data, ...place, trainOnAll: !data.unseen },
    run: { folder, name },
    schedule: {
      ...base.schedule,
      kind: 'cosine' as const,
      learningRate: rateOf(steps),
      warmupSteps: Math.min(50, Math.floor(steps / 4)),
      steps,
    },
    budget: { steps, minutes: 0, patience: 0 },
    validation: { everySteps: steps },
    checkpoints: { ...base.checkpoints, everySteps: checkpointSteps },
  };
}

/** Colours and sizes vary less than for a model of all stains: the images of one microscope are alike. */
function augmentation(base: Augment): Augment {
  return {
    ...base,
    scale: { min: 0.8, max: 1.25 },
    invert: 0,
    grey: 0,
    palette: { ...base.palette, probability: 0 },
    colour: { ...base.colour, maxHueDegrees: 20, maxSaturation: 0.3 },
  };
}

/** Draws older images in {@link replayFraction} of the draws. */
function weights(
  { train, replayed }: Pick<FinetuneData, 'train' | 'replayed'>,
  draws: (example: FinetuneData['train'][number]) => number,
): DetectorConfig['loader']['clusterWeights'] {
  if (replayed === 0) return [];
  const sum = (isOlder: boolean) =>
    train
      .filter(({ cluster }) => (cluster === replayCluster) === isOlder)
      .reduce((total, example) => total + draws(example), 0);
  const weight = ((replayFraction / (1 - replayFraction)) * sum(false)) / sum(true);
  return [{ cluster: replayCluster, weight }];
}
