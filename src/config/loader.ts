import { z } from 'zod';
import { Augment } from './augment.js';

const ClusterWeight = z.strictObject({
  cluster: z.string().min(1).describe('Name of a modality cluster; a to f in DSB2018.'),
  weight: z
    .number()
    .positive()
    .max(1e6)
    .describe('How often its images are drawn, relative to clusters that are not listed.'),
});

const common = {
  clusterWeights: z
    .array(ClusterWeight)
    .default([])
    .describe(
      'Clusters that are drawn more or less often than others (DSB2018 1st place: rare ones 2 to 4 times as often).',
    ),
  workers: z
    .int()
    .min(0)
    .max(64)
    .default(2)
    .describe('Threads that prepare batches; 0 uses the main thread. Results do not depend on it.'),
  timeoutSeconds: z
    .number()
    .positive()
    .max(86_400)
    .default(120)
    .describe(
      'Longest time to wait for a batch, s; after that the run stops and names the images of the batch.',
    ),
  augment: Augment.prefault({}).describe('Augmentation of the crops.'),
};

/** What the detector is trained on. */
export const DetectionLoader = z.strictObject({
  batchSize: z.int().min(1).max(1024).default(4).describe('Crops in a batch.'),
  cropSize: z.int().min(32).max(2048).default(256).describe('Side of a crop, px of the network input.'),
  zoom: z
    .number()
    .positive()
    .default(1)
    .describe('Magnification: px of the network input for one px of the image.'),
  maxBoxes: z
    .int()
    .min(1)
    .max(20_000)
    .default(500)
    .describe(
      'Most nuclei of a crop; the smallest ones beyond it are ignored (DSB2018 images have up to 375).',
    ),
  ...common,
});

/** What the segmenter is trained on. */
export const SegmentationLoader = z.strictObject({
  batchSize: z.int().min(1).max(4096).default(32).describe('Crops in a batch.'),
  cropSize: z.int().min(16).max(512).default(64).describe('Side of a crop, px of the network input.'),
  margin: z
    .number()
    .min(0)
    .max(2)
    .default(0.25)
    .describe('Margin of a crop on each side of the box, as a fraction of the longer side of the box.'),
  minMargin: z.number().min(0).max(512).default(4).describe('Smallest margin, px of the image.'),
  jitter: z
    .number()
    .min(0)
    .max(0.4)
    .default(0.1)
    .describe(
      'Largest random shift of each side of the box, as a fraction of its width or height; imitates the errors of a detector.',
    ),
  ...common,
});

/** A resolved {@link DetectionLoader}: every key has a value. */
export type DetectionLoader = z.output<typeof DetectionLoader>;

/** A resolved {@link SegmentationLoader}: every key has a value. */
export type SegmentationLoader = z.output<typeof SegmentationLoader>;
