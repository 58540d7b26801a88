import { z } from 'zod';
import { AssembleSettings } from './assemble.js';
import { DetectorConfig } from './detector.js';
import { TrainingHistory } from './history.js';
import { currentFormat } from './migrations.js';
import { PredictSettings } from './predict.js';
import { SegmenterConfig } from './segmenter.js';

const sha256 = z.hash('sha256');

/** Where a network comes from and how well it did. */
const Origin = z.strictObject({
  /** Name of the run folder. */
  run: z.string(),
  step: z.int().min(0),
  /** SHA-256 of the dataset, and of the folds. */
  dataset: z.string(),
  /** Of nucleate and the libraries it uses. */
  versions: z.record(z.string(), z.string()),
  /** Commit of nucleate, null outside of git. */
  commit: z.string().nullable(),
  /** Validation score at that step (box AP or mask score); null if there was none. */
  score: z.number().nullable(),
  /** Absent in models of nucleate 0.1. */
  history: TrainingHistory.optional(),
});

/** The median nucleus of the images that a detector was trained on: square root of its box's area. */
const TrainedSizes = z.strictObject({
  /** px of the network input: quantiles 0.02, 0.5 and 0.98 over the images. */
  low: z.number().positive(),
  typical: z.number().positive(),
  high: z.number().positive(),
});

/** How the settings were chosen. */
const Tuned = z.strictObject({
  /** Name of the model that was tuned; absent if it is this one. */
  of: z.string().min(1).optional(),
  /** Challenge score with these settings on the images that they were chosen on. */
  score: z.number(),
  images: z.int().min(1),
  /** Chosen on one half of the images and scored on the other, both ways round; null for one group of images. */
  heldOut: z
    .strictObject({
      score: z.number(),
      clusters: z.record(z.string(), z.strictObject({ images: z.int().min(1), score: z.number() })),
    })
    .nullable(),
  /** If other models took part, each on images that it has not seen: which, and the score of each before and after. */
  pairs: z
    .array(
      z.strictObject({ name: z.string(), images: z.int().min(1), before: z.number(), after: z.number() }),
    )
    .optional(),
  /** ISO 8601, UTC. */
  date: z.string(),
});

/** How far several people agree on the training images: means over the images that two of them have reviewed. */
const HumanCeiling = z.strictObject({
  annotators: z.array(z.string()).min(2),
  images: z.int().min(1),
  /** Challenge score of one against the other. */
  score: z.number(),
  /** Of nuclei with an IoU above 0.5; null where nobody found any. */
  f1: z.number().nullable(),
  /** Mean IoU of these. */
  iou: z.number().nullable(),
});

export type HumanCeiling = z.output<typeof HumanCeiling>;

export type NetworkOrigin = z.output<typeof Origin>;

export type TrainedSizes = z.output<typeof TrainedSizes>;

const StoredDetector = z.strictObject({
  config: DetectorConfig,
  sha256,
  origin: Origin,
  /** Absent if the training images were not available when the model was packed. */
  sizes: TrainedSizes.optional(),
});

const StoredSegmenter = z.strictObject({ config: SegmenterConfig, sha256, origin: Origin });

/** `model.json` of a model folder: everything that prediction needs besides the weights. */
export const ModelFile = z.strictObject({
  /** See `migrations.ts`. */
  format: z.literal(currentFormat),
  name: z.string().min(1),
  /** ISO 8601, UTC. */
  created: z.string(),
  /** How weights are stored; computation uses float32. */
  precision: z.enum(['float16', 'float32']),
  detector: StoredDetector,
  segmenter: StoredSegmenter,
  /** Of an ensemble: its further networks. Boxes of all detectors are fused, masks of all segmenters averaged. */
  others: z
    .strictObject({ detectors: z.array(StoredDetector), segmenters: z.array(StoredSegmenter) })
    .optional(),
  assemble: AssembleSettings,
  predict: PredictSettings,
  /** How `nucleate tune` chose `assemble` on a validation fold, predicting as in `predict`; null for defaults. */
  tuned: Tuned.nullable(),
  /** Absent where fewer than two people have annotated the same training images. */
  people: HumanCeiling.optional(),
});

export type ModelFile = z.output<typeof ModelFile>;
