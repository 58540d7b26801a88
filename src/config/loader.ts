import { z } from 'zod';
import { Augment } from './augment.js';

const ClusterWeight = z.strictObject({
  cluster: z.string().min(1).describe('Modality cluster (a name, a-f in DSB2018).'),
  weight: z.number().positive().describe('How often it is drawn, relative to 1 (factor).'),
});

const common = {
  clusterWeights: z
    .array(ClusterWeight)
    .default([])
    .describe(
      'Clusters drawn more or less often, by a factor (DSB2018 1st place: rare ones 2 to 4 times as often).',
    ),
  workers: z
    .int()
    .min(0)
    .max(64)
    .default(2)
    .describe(
      'Threads that prepare batches (count); 0 prepares them in the main thread. Results do not depend on it.',
    ),
  timeoutSeconds: z
    .number()
    .positive()
    .default(120)
    .describe('A batch that is waited for longer stops the run with the names of its images, s.'),
  augment: Augment.prefault({}).describe('How examples are varied.'),
};

/** What the detector is trained on. */
export const DetectionLoader = z.strictObject({
  batchSize: z.int().min(1).default(4).describe('Crops (count) in a batch.'),
  cropSize: z.int().min(32).max(2048).default(256).describe('Side of a crop, px of the network input.'),
  zoom: z
    .number()
    .positive()
    .default(1)
    .describe('Magnification: px of the crop for a pixel of the image (factor).'),
  maxBoxes: z
    .int()
    .min(1)
    .default(500)
    .describe(
      'Boxes (count) that a crop has room for; the smallest beyond them are ignored (DSB2018: up to 375).',
    ),
  ...common,
});

/** What the segmenter is trained on. */
export const SegmentationLoader = z.strictObject({
  batchSize: z.int().min(1).default(32).describe('Crops (count) in a batch.'),
  cropSize: z.int().min(16).max(512).default(64).describe('Side of a crop, px of the network input.'),
  margin: z
    .number()
    .min(0)
    .max(2)
    .default(0.25)
    .describe('What a crop shows on each side of the box, share of its longer side.'),
  minMargin: z.number().min(0).default(4).describe('Least margin, px of the image.'),
  jitter: z
    .number()
    .min(0)
    .max(0.4)
    .default(0.1)
    .describe(
      'How far each side of a box moves at most, share of its width or height: the errors of a detector.',
    ),
  ...common,
});

/** A resolved {@link DetectionLoader}: every key has a value. */
export type DetectionLoader = z.output<typeof DetectionLoader>;

/** A resolved {@link SegmentationLoader}: every key has a value. */
export type SegmentationLoader = z.output<typeof SegmentationLoader>;
