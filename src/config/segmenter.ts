import { z } from 'zod';
import { SegmentationLoader } from './loader.js';
import { training } from './training.js';

const fraction = z.number().min(0).max(1);
const factor = z.number().min(0);

const Model = z.strictObject({
  width: z
    .number()
    .positive()
    .max(2)
    .default(0.5)
    .describe("Channels of each block, as a multiple of VGG16's; rounded to a multiple of 8."),
  depth: z
    .int()
    .min(3)
    .max(5)
    .default(5)
    .describe('Number of blocks of VGG16, from the first; 2^(depth - 1) must divide `loader.cropSize`.'),
  norm: z
    .boolean()
    .default(true)
    .describe('Whether convolutions have batch normalization; the published VGG16 has none.'),
  normMomentum: fraction
    .default(0.98)
    .describe('Momentum of the moving statistics of batch normalization (Keras: 0.99).'),
  decoder: z
    .number()
    .positive()
    .max(2)
    .default(0.5)
    .describe("Channels of a decoder level, as a multiple of the encoder's at the same resolution."),
  decoderConvolutions: z.int().min(1).max(3).default(1).describe('Convolutions in each decoder level.'),
  standardize: z
    .boolean()
    .default(true)
    .describe(
      'Whether each crop is scaled to mean 0 and standard deviation 1, so that dim and bright nuclei look alike.',
    ),
  boxFalloff: z
    .number()
    .positive()
    .default(8)
    .describe(
      'Distance outside the box over which the box prior falls from 1 to 0, px of the crop; 8 is 3/4 of the margin of a crop of 64.',
    ),
});

const Target = z.strictObject({
  border: z
    .enum(['gap', 'outline', 'neighbours'])
    .default('gap')
    .describe(
      'What the third pixel class is: `gap`, pixels between touching nuclei (DSB2018 1st place); `outline`, a rim around the nucleus; `neighbours`, other nuclei.',
    ),
  borderWidth: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('Width of the border around a nucleus, px of the crop (1st place: 1.3 to 2.3 of 64).'),
  gapWeight: z
    .number()
    .min(1)
    .max(10_000)
    .default(3)
    .describe('Weight of pixels near two nuclei in the cross-entropy; 2 to 5 is usual.'),
});

const Loss = z.strictObject({
  crossEntropy: factor.default(0.6).describe('Weight of the cross-entropy of pixels (1st place: 0.6).'),
  bodyDice: factor.default(0.2).describe('Weight of 1 - Dice of the body (1st place: 0.2).'),
  borderDice: factor.default(0.2).describe('Weight of 1 - Dice of the border (1st place: 0.2).'),
});

const Boxes = z.strictObject({
  path: z
    .string()
    .default('')
    .describe(
      "JSON file with a detector's boxes of the training images, as `nucleate model boxes` writes it: " +
        '`{"<image id>": [[x1, y1, x2, y2], ...]}`, px of the image. Use detectors that were not trained on these images. Empty: none.',
    ),
  probability: fraction
    .default(0.5)
    .describe('Probability that a crop is drawn around the detected box instead of the jittered true box.'),
  minIou: fraction
    .default(0.5)
    .describe('A detected box is used for a nucleus if its IoU with the true box is at least this.'),
});

const Inference = z.strictObject({
  batchSize: z.int().min(1).default(32).describe('Crops that are segmented together.'),
  tta: z
    .boolean()
    .default(false)
    .describe(
      'Whether to use test-time augmentation: averages a crop and its three flips; takes four times as long.',
    ),
});

const Scoring = z.strictObject({
  maxNuclei: z
    .int()
    .min(1)
    .max(1e7)
    .default(2000)
    .describe(
      'Most nuclei of the validation fold that are scored, spread over its images, the same in every validation; 2000 take half a minute on two cores.',
    ),
  pictures: z.int().min(0).max(64).default(8).describe('Crops that are drawn with their masks.'),
  detector: z
    .string()
    .default('')
    .describe(
      'A run, checkpoint or model folder with a detector: the score of both stages together is then reported as well. Empty: none.',
    ),
  images: z
    .int()
    .min(0)
    .default(48)
    .describe('Images of the validation fold for the score of both stages, drawn by the seed; 0 takes all.'),
});

/** The config of `task: segmenter`: the mask network. */
export const SegmenterConfig = z
  .strictObject({
    task: z
      .literal('segmenter')
      .describe('Which network to train: `segmenter` cuts a nucleus out of its box.'),
    ...training,
    loader: SegmentationLoader.prefault({}).describe('The crops that it is trained on.'),
    boxes: Boxes.prefault({}).describe('Boxes of a detector to train on, with its errors.'),
    model: Model.prefault({}).describe('The network.'),
    target: Target.prefault({}).describe('What the network learns to predict.'),
    loss: Loss.prefault({}).describe('The loss: a weighted sum.'),
    inference: Inference.prefault({}).describe('How masks are predicted.'),
    scoring: Scoring.prefault({}).describe('How it is scored on the validation fold.'),
  })
  .refine(({ loader, model }) => loader.cropSize % 2 ** (model.depth - 1) === 0, {
    path: ['loader', 'cropSize'],
    message: 'a multiple of 2^(`model.depth` - 1)',
  });

/** A resolved {@link SegmenterConfig}: every key has a value. */
export type SegmenterConfig = z.output<typeof SegmenterConfig>;
